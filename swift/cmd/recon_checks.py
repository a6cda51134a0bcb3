"""The checks of swift-recon: each asks all hosts one thing and prints a summary in the form operators know."""
import hashlib
import os
import re
import time


class Check:
    """`function(scout, args)` prints; `words` is its heading; `kinds` the server types it makes sense for."""

    def __init__(self, name, flags, explanation, words, function, kinds=('account', 'container', 'object'),
                 with_all=True):
        self.name, self.flags, self.explanation, self.words = name, flags, explanation, words
        self._function, self.kinds, self.with_all = function, kinds, with_all

    def title(self, server_type, hosts):
        return self.words.format(kind=server_type, count=len(hosts))

    def __call__(self, scout, args):
        self._function(scout, args)


def numbers(values):
    """low, high, total, average, and how many there are and are missing, of [number or None]."""
    found = [value for value in values if value is not None]
    missing = len(values) - len(found)
    return {'low': min(found, default=0), 'high': max(found, default=0), 'total': sum(found),
            'average': sum(found) / len(found) if found else 0, 'reported': len(found), 'missing': missing,
            'failed': 100 * missing / len(values) if values else 0}


def show(scout, name, values):
    """Print the line of a figure."""
    found = numbers(values)
    if not found['reported']:
        scout.out(f'[{name}] - No hosts returned valid data.')
        return
    scout.out('[{name}] low: {low:.0f}, high: {high:.0f}, avg: {average:.1f}, total: {total:.0f}, '
              'Failed: {failed:.1f}%, no_result: {missing}, reported: {reported}'.format(name=name, **found))


def _figure(answer, key):
    value = (answer or {}).get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _each(scout, path, *keys, names=None):
    answers = scout.ask(path)
    for key, name in zip(keys, names or keys):
        show(scout, name, [_figure(answer, key) for _, answer in answers])


def _async(scout, args):
    _each(scout, 'async', 'async_pending')
    answers = scout.ask('async')
    _completions(scout, [(host, _figure(answer, 'async_pending_last')) for host, answer in answers])


def _completions(scout, known):
    times = [(moment, host) for host, moment in known if moment]
    if not times:
        return
    for label, (moment, host) in (('Oldest completion was', min(times)), ('Most recent completion was', max(times))):
        ago = _ago(time.time() - moment)
        scout.out(f'{label} {time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))} ({ago} ago) by '
                  f'{scout.address(host)}.')


def _ago(seconds):
    for unit, size in (('days', 86400), ('hours', 3600), ('minutes', 60)):
        if seconds >= size:
            return f'{seconds / size:.0f} {unit}'
    return f'{max(0, seconds):.0f} seconds'


def _replication(scout, args):
    answers = scout.ask(f'replication/{scout.server_type}')
    stats = [(answer or {}).get('replication_stats') or {} for _, answer in answers]
    for key in ('attempted', 'failure', 'success'):
        show(scout, f'replication_{key}', [_figure(each, key) for each in stats])
    prefix = 'object_' if scout.server_type == 'object' else ''
    show(scout, 'replication_time', [_figure(answer, f'{prefix}replication_time') for _, answer in answers])
    _completions(scout, [(host, _figure(answer, f'{prefix}replication_last')) for host, answer in answers])


def _reconstruction(scout, args):
    answers = scout.ask('reconstruction/object')
    show(scout, 'object_reconstruction_time', [_figure(each, 'object_reconstruction_time') for _, each in answers])
    _completions(scout, [(host, _figure(each, 'object_reconstruction_last')) for host, each in answers])


def _updater(scout, args):
    _each(scout, f'updater/{scout.server_type}', f'{scout.server_type}_updater_sweep', names=['updater_last'])


def _expirer(scout, args):
    _each(scout, 'expirer/object', 'object_expiration_pass', 'expired_last_pass')


def _auditor(scout, args):
    answers = scout.ask(f'auditor/{scout.server_type}')
    if scout.server_type == 'object':
        for mode in ('ALL', 'ZBF'):
            stats = [(answer or {}).get(f'object_auditor_stats_{mode}') or {} for _, answer in answers]
            for key in ('audit_time', 'bytes_processed', 'passes', 'errors', 'quarantined'):
                show(scout, f'{mode}_{key}', [_figure(each, key) for each in stats])
        return
    kind = scout.server_type
    for key in ('audits_passed', 'audits_failed', 'auditor_pass_completed'):
        show(scout, f'{kind}_{key}', [_figure(answer, f'{kind}_{key}') for _, answer in answers])
    _completions(scout, [(host, _figure(answer, f'{kind}_audits_since')) for host, answer in answers])


def _sharding(scout, args):
    answers = scout.ask('sharding')
    show(scout, 'sharding_time', [_figure(answer, 'sharding_time') for _, answer in answers])
    stats = [((answer or {}).get('sharding_stats') or {}) for _, answer in answers]
    for key in ('attempted', 'failure', 'success'):
        show(scout, f'sharding_{key}', [_figure(each, key) for each in stats])
    _completions(scout, [(host, _figure(answer, 'sharding_last')) for host, answer in answers])


def _unmounted(scout, args):
    for host, answer in scout.ask('unmounted'):
        for each in answer or ():
            scout.out(f'Not mounted: {each["device"]} on {scout.address(host)}')


def _load(scout, args):
    _each(scout, 'load', '5m', '15m', '1m', names=['5m_load_avg', '15m_load_avg', '1m_load_avg'])


def _quarantined(scout, args):
    answers = scout.ask('quarantined')
    for kind in ('account', 'container', 'object'):
        show(scout, f'quarantined_{kind}', [_figure(answer, f'{kind}s') for _, answer in answers])
    found = [(answer or {}).get('policies') or {} for _, answer in answers]
    for index in sorted({index for each in found for index in each}, key=int):
        show(scout, f'quarantined_objects_{index}', [_figure(each.get(index), 'objects') for each in found])


def _sockets(scout, args):
    _each(scout, 'sockstat', 'tcp_in_use', 'orphan', 'time_wait', 'tcp_mem_allocated_bytes', 'tcp6_in_use')


def _drive_audit(scout, args):
    _each(scout, 'driveaudit', 'drive_audit_errors')


def _usage(scout, args):
    used = []   # (percent, host, device, used bytes, size)
    for host, answer in scout.ask('diskusage'):
        for each in answer or ():
            if each['mounted'] is True and each['size']:
                used.append((100 * each['used'] / each['size'], host, each['device'], each['used'], each['size']))
    if not used:
        scout.out('No hosts returned valid data.')
        return
    _graph(scout, [percent for percent, *_ in used])
    total, taken = sum(each[4] for each in used), sum(each[3] for each in used)
    size = _human if args.human_readable else str
    scout.out(f'Disk usage: space used: {size(taken)} of {size(total)}')
    scout.out(f'Disk usage: space free: {size(total - taken)} of {size(total)}')
    percents = [percent for percent, *_ in used]
    scout.out(f'Disk usage: lowest: {min(percents):.2f}%, highest: {max(percents):.2f}%, '
              f'avg: {100 * taken / total:.2f}%')
    if args.top:
        _ranking(scout, 'TOP', sorted(used, reverse=True)[:args.top], size)
    if args.lowest:
        _ranking(scout, 'LOWEST', sorted(used)[:args.lowest], size)


def _graph(scout, percents):
    scout.out('Distribution Graph:')
    counts = {}
    for percent in percents:
        counts[int(percent)] = counts.get(int(percent), 0) + 1
    widest = max(counts.values())
    for percent in sorted(counts):
        scout.out(f'{percent:3d}% {counts[percent]:4d} {"*" * max(1, round(69 * counts[percent] / widest))}')


def _ranking(scout, word, chosen, size):
    scout.out(f'{word} {len(chosen)}')
    for percent, host, device, taken, total in chosen:
        scout.out(f'{percent:6.2f}%  {scout.address(host):<22} {device:<15} {size(taken)} of {size(total)}')


def _human(count):
    for unit in ('B', 'KB', 'MB', 'GB', 'TB'):
        if count < 1024:
            return f'{count:.0f} {unit}'
        count /= 1024
    return f'{count:.1f} PB'


def _md5(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _md5_check(scout, args):
    _ring_md5(scout)
    scout.out('=' * 79)
    scout.out(f'[{time.strftime("%Y-%m-%d %H:%M:%S")}] Checking swift.conf md5sum')
    here = _md5(os.path.join(scout.swift_dir, 'swift.conf'))
    matches = errors = 0
    for host, answer in scout.ask('swiftconfmd5'):
        if not answer:
            errors += 1
        elif all(_same(scout, host, 'swiftconfmd5', os.path.basename(path), here, digest)
                 for path, digest in answer.items()):
            matches += 1
    _matched(scout, matches, errors)


def _ring_md5(scout):
    kind = re.compile(scout.server_type + r'(-[0-9]+)?\.ring\.gz')
    here = {name: _md5(os.path.join(scout.swift_dir, name)) for name in os.listdir(scout.swift_dir)
            if kind.fullmatch(name)}
    matches = errors = 0
    for host, answer in scout.ask('ringmd5'):
        if answer is None:
            errors += 1
            continue
        there = {os.path.basename(path): digest for path, digest in answer.items()}
        # A list: every ring that differs is to be named, not the first alone.
        if all([_same(scout, host, 'ringmd5', name, digest, there.get(name)) for name, digest in here.items()]):  # noqa: C419
            matches += 1
    _matched(scout, matches, errors)


def _same(scout, host, path, name, here, there):
    if here != there:
        scout.out(f"!! {scout.url(host)}/recon/{path} ({name} => {there}) doesn't match on disk md5sum")
    return here == there


def _matched(scout, matches, errors):
    scout.out(f'{matches}/{len(scout.hosts)} hosts matched, {errors} error[s] while checking hosts.')


def _time(scout, args):
    matches = errors = 0
    for host in scout.hosts:
        # One after the other: the times of many at once would include their waiting for each other.
        began = time.time()
        there = scout.get(host, 'time')
        ended = time.time()
        if there is None:
            errors += 1
        elif began - args.jitter <= there <= ended + args.jitter:
            matches += 1
        else:
            scout.out(f'!! {scout.url(host)}/recon/time current time is {time.ctime(ended)}, but remote is '
                      f'{time.ctime(there)}, differs by {abs(there - ended):.4f} sec')
    _matched(scout, matches, errors)


def _versions(scout, args):
    answers = scout.ask('version')
    found = {(answer or {}).get('version') for _, answer in answers} - {None}
    errors = sum(answer is None for _, answer in answers)
    if len(found) == 1:
        scout.out(f'Versions matched ({found.pop()}), {errors} error[s] while checking hosts.')
    else:
        scout.out(f'Versions not matched ({", ".join(sorted(found))}), {errors} error[s] while checking hosts.')


def _validate(scout, args):
    good = errors = 0
    for host in scout.hosts:
        answer = scout.request(host, 'OPTIONS', '/', scout.url(host))
        if answer is None:
            errors += 1
            continue
        server = answer.headers.get('Server') or ''
        if server.split('/')[0] == f'{scout.server_type}-server':
            good += 1
        elif not server:
            scout.out(f'!! {scout.url(host)}/ Server header is missing, expected {scout.server_type}-server')
        else:
            scout.out(f'!! {scout.url(host)}/ Server is {server!r}, expected {scout.server_type}-server')
    scout.out(f'{good}/{len(scout.hosts)} hosts ok, {errors} error[s] while checking hosts.')


_OBJECT = ('object',)
CHECKS = [
    Check('validate_servers', ['--validate-servers'], 'see that hosts run the servers the ring says',
          "Validating server type '{kind}' on {count} hosts...", _validate),
    Check('async_', ['-a', '--async'], 'async pendings', 'Checking async pendings', _async, _OBJECT),
    Check('unmounted', ['-u', '--unmounted'], 'unmounted devices', 'Getting unmounted drives from {count} hosts...',
          _unmounted),
    Check('replication', ['-r', '--replication'], 'replication', 'Checking on replication', _replication),
    Check('reconstruction', ['-R', '--reconstruction'], 'reconstruction', 'Checking on reconstructors',
          _reconstruction, _OBJECT, with_all=False),
    Check('auditor', ['--auditor'], 'auditors', 'Checking auditor stats ', _auditor),
    Check('updater', ['--updater'], 'updaters', 'Checking updater times', _updater, ('container', 'object')),
    Check('expirer', ['--expirer'], 'expirers', 'Checking on expirers', _expirer, _OBJECT),
    Check('sharding', ['--sharding'], 'sharders', 'Checking on sharders', _sharding, ('container',), with_all=False),
    Check('loadstats', ['-l', '--loadstats'], 'load averages', 'Checking load averages', _load),
    Check('diskusage', ['-d', '--diskusage'], 'disk usage', 'Checking disk usage now', _usage),
    Check('md5', ['--md5'], 'MD5 of rings and swift.conf against ours', 'Checking ring md5sums', _md5_check),
    Check('quarantined', ['-q', '--quarantined'], 'quarantined things', 'Checking quarantine', _quarantined),
    Check('sockstat', ['--sockstat'], 'sockets', 'Checking socket usage', _sockets),
    Check('driveaudit', ['--driveaudit'], 'errors drive-audit found', 'Checking drive-audit errors', _drive_audit),
    Check('time', ['-T', '--time'], 'whether clocks agree', 'Checking time-sync', _time),
    Check('swift_versions', ['--swift-versions'], 'versions of the servers', 'Checking versions', _versions),
]
FLAGS = [(each.flags, each.explanation) for each in CHECKS]


def _wanted(args, check):
    return getattr(args, check.flags[-1].lstrip('-').replace('-', '_'))


def any_chosen(args):
    """Whether the arguments ask for any check."""
    return any(_wanted(args, check) for check in CHECKS)


def chosen(args, server_type):
    """The checks to run for a server type."""
    return [check for check in CHECKS if server_type in check.kinds
            and (_wanted(args, check) or (args.all and check.with_all))]
