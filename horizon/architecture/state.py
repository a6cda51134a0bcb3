"""The parts of this cloud as they are now: made from what the operator API and Nova say."""
import dataclasses
import hashlib

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from horizon.architecture import parts
from horizon.ui.templatetags.ui import duration, milliseconds, parse_time, size

# From best to worst; a part looks as the worst of its daemons does.
LEVELS = ('idle', 'good', 'busy', 'bad')
_BY_STATE = {'up': 'good', 'starting': 'busy', 'stopping': 'busy', 'late': 'busy', 'dead': 'bad'}
# One that died and came back stays red for so long: who looks away for a moment shall see it. Then it is a warning.
_RED_SECONDS, _WARN_SECONDS = 15, 600


@dataclasses.dataclass
class Seen:
    """A part: `level` (LEVELS), `state` and `detail` in words for the drawing, its daemons and what it keeps."""

    part: parts.Part
    level: str = 'idle'
    state: str = ''
    detail: str = ''
    daemons: list = dataclasses.field(default_factory=list)
    kept: list = dataclasses.field(default_factory=list)
    series: list = dataclasses.field(default_factory=list)
    per_second: float = 0

    @property
    def key(self):
        return self.part.key

    @property
    def spoken(self):
        """The whole of it for a screen reader."""
        return ', '.join(str(each) for each in (self.part.title, self.state, self.detail) if each)


class State:
    """Everything: `parts` {key: Seen}, `troubles` (sentences), `digest` of what would be announced."""

    def __init__(self, found):
        self.hosts, self.silent = found['hosts'], found['silent']
        self.parts, self.unplaced = {'you': Seen(parts.BY_KEY['you'], detail=_('browser or client'))}, []
        for host in self.hosts:
            self._add_host(host)
        self._add_records(found['services'], {host['host'] for host in self.hosts})
        self._add_hypervisors(found['hypervisors'])
        for seen in self.parts.values():
            _summarise(seen)
        self.daemons = [each for seen in self.parts.values() for each in seen.daemons] + self.unplaced
        self.troubles = _troubles(self.daemons)
        self.worst = max((each['level'] for each in self.daemons), key=LEVELS.index, default='good')
        self.digest = hashlib.sha256('\n'.join(map(str, self.troubles)).encode()).hexdigest()[:12]

    def _seen(self, key):
        return self.parts.setdefault(key, Seen(parts.BY_KEY[key]))

    def _add_host(self, host):
        for daemon in host['daemons']:
            daemon = {**daemon, 'host': host['host'], **_judge(daemon, host['time'])}
            key = parts.of_daemon(daemon['name'], daemon['service'])
            (self._seen(key).daemons if key else self.unplaced).append(daemon)
        if host['broker']['kind']:
            self._seen('broker').kept.append(host['broker'])
        for database in host['databases']:
            key = parts.database_of(database['service'])
            if key and not self._seen(key).kept:
                self._seen(key).kept.append(database)
        for store in host['stores']:
            key = parts.store_of(store['service'])
            if key:
                self._seen(key).kept.append({**store, 'host': host['host']})

    def _add_records(self, records, known):
        """Nova's daemons on hosts that no operator API tells about."""
        for record in records:
            if record['host'] in known:
                continue
            up = record['state'] == 'up'
            daemon = {'name': record['binary'], 'host': record['host'], 'service': 'nova', 'state': record['state'],
                      'level': 'good' if up else 'bad', 'words': _('up') if up else _('down'),
                      'brief': _('up') if up else _('down'), 'addresses': [],
                      'http': None, 'rpc': None, 'step': None, 'recorded': True}
            key = parts.of_daemon(record['binary'])
            (self._seen(key).daemons if key else self.unplaced).append(daemon)

    def _add_hypervisors(self, found):
        for each in found:
            self._seen('hypervisor').kept.append(each)
        if 'nova-compute' in self.parts:
            # Nova may not answer just now: its place in the drawing stays.
            self._seen('hypervisor')


def _judge(daemon, now):
    """{level, words, brief: without a time, that changes always} of a daemon's state."""
    level, words = _BY_STATE.get(daemon['state'], 'busy'), {
        'up': _('up'), 'dead': _('dead'), 'late': _('no sign of life'), 'starting': _('starting'),
        'stopping': _('stopping')}.get(daemon['state'], daemon['state'])
    if daemon['state'] in ('up', 'starting') and daemon.get('deaths'):
        lived = (parse_time(now) - parse_time(daemon['since'])).total_seconds()
        if lived < _WARN_SECONDS:
            level = 'bad' if lived < _RED_SECONDS else 'busy'
            return {'level': level, 'words': _('died, back for %s') % duration(max(0, lived)),
                    'brief': _('died, is back')}
    return {'level': level, 'words': words, 'brief': words}


def _troubles(daemons):
    """A sentence for all daemons of a host that are in the same bad state."""
    alike = {}
    for each in daemons:
        if each['level'] in ('bad', 'busy'):
            alike.setdefault((each['host'], str(each['brief'])), []).append(each['name'])
    return [_('%(daemons)s on %(host)s: %(state)s') % {
        'daemons': ', '.join(dict.fromkeys(names)), 'host': host, 'state': state}
        for (host, state), names in alike.items()]


def _summarise(seen):
    """Fill in level, state, detail, series of a part."""
    if seen.daemons:
        seen.level = max((each['level'] for each in seen.daemons), key=LEVELS.index)
        worst = [each for each in seen.daemons if each['level'] == seen.level]
        seen.state = str(worst[0]['brief'])
        if len(seen.daemons) > 1 and seen.level in ('bad', 'busy'):
            seen.state = f'{len(worst)}/{len(seen.daemons)} {seen.state}'
        _work(seen)
    else:
        {'broker': _broker, 'database': _database, 'store': _store, 'hypervisor': _hypervisor}.get(
            seen.part.kind, lambda seen: None)(seen)


def _work(seen):
    numbers = [each[kind] for each in seen.daemons for kind in ('http', 'rpc', 'step') if each.get(kind)]
    seen.series = [sum(column) for column in zip(*(each['series'] for each in numbers), strict=True)]
    seen.per_second = sum(each['per_second'] for each in numbers)
    slowest = max((each['p95_ms'] or 0 for each in numbers), default=0)
    copies = len({(each['host'], each.get('process')) for each in seen.daemons})
    several = f'{copies} × ' if copies > 1 and seen.part.kind != 'background' else ''
    if seen.level in ('bad', 'busy'):
        seen.detail = seen.state
    elif seen.per_second:
        seen.detail = f'{several}{_rate(seen.per_second)} · {milliseconds(slowest)}'
    else:
        count = len({each['name'] for each in seen.daemons})
        quiet = ngettext('%d at work', '%d at work', count) % count if seen.part.kind == 'background' else _('quiet')
        seen.detail = f'{several}{quiet}'


def _rate(per_second):
    if per_second < 0.1:
        return _('%d/min') % max(1, round(per_second * 60))
    return _('%s/s') % (f'{per_second:.1f}' if per_second < 10 else round(per_second))


def _broker(seen):
    waiting = sum(queue['depth'] or 0 for broker in seen.kept for queue in broker['queues'])
    alone = [queue['name'] for broker in seen.kept for queue in broker['queues']
             if queue['depth'] and not queue['consumers']]
    gone = [broker for broker in seen.kept if broker['reachable'] is False or (
        # In memory queues live and die with the process that reads them.
        broker['kind'] == 'memory' and not any(queue['consumers'] for queue in broker['queues']))]
    seen.level = 'bad' if gone else 'busy' if alone else 'good'
    in_memory = seen.kept[0]['kind'] == 'memory'
    away = _('its process is dead') if in_memory else _('does not answer')
    seen.state = away if gone else _('waits for a daemon') if alone else _('up')
    kind = {'memory': _('in memory'), 'amqp': 'AMQP'}.get(seen.kept[0]['kind'], seen.kept[0]['kind'])
    seen.detail = f'{kind} · ' + (ngettext('%d message waits', '%d messages wait', waiting) % waiting if waiting
                                  else _('nothing waits'))
    if gone:
        seen.detail = away


def _database(seen):
    fact = seen.kept[0]
    if not fact['known']:
        seen.level, seen.state, seen.detail = 'busy', _('unknown'), _('its service cannot say')
        return
    old = fact['version'] != fact['newest']
    seen.level, seen.state = ('busy', _('of another version')) if old else ('good', _('up'))
    kind = {'sqlite': 'SQLite', 'postgresql': 'PostgreSQL', 'mysql': 'MariaDB'}.get(fact['kind'], fact['kind'])
    seen.detail = f'{kind} · {size(fact["bytes"])}'


def _store(seen):
    sized = [each for each in seen.kept if each.get('total_bytes')]
    shares = [100 * (1 - each['free_bytes'] / each['total_bytes']) for each in sized]
    fullest = max(shares, default=0)
    for each in sized:
        each['total_gb'] = round(each['total_bytes'] / 2 ** 30)
        each['used_gb'] = round((each['total_bytes'] - each['free_bytes']) / 2 ** 30)
    seen.level = 'bad' if fullest >= 95 else 'busy' if fullest >= 85 else 'good'
    seen.state = _('nearly full') if fullest >= 85 else _('up')
    used = _('%d %% used') % round(fullest) if sized else ''
    count = len(seen.kept) if seen.part.key == 'devices' else 0
    seen.detail = ' · '.join(part for part in (ngettext('%d device', '%d devices', count) % count if count else '',
                                               used) if part) or str(seen.kept[0]['kind'])


def _hypervisor(seen):
    if not seen.kept:
        seen.state, seen.detail = _('unknown'), _('Nova does not say')
        return
    running = sum(each.get('running_vms') or 0 for each in seen.kept)
    away = [each for each in seen.kept if each.get('state') == 'down']
    seen.level, seen.state = ('bad', _('away')) if len(away) == len(seen.kept) else ('good', _('up'))
    kinds = ', '.join(sorted({str(each.get('hypervisor_type')) for each in seen.kept}))
    seen.detail = f'{kinds} · ' + ngettext('%d server', '%d servers', running) % running
