"""The way of a request through the cloud: its spans as stations of the drawing, as bars along time, and as a story."""
import dataclasses

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later
from django.utils.translation import ngettext

from horizon.architecture import parts
from horizon.architecture.drawing import path
from horizon.ui.templatetags.ui import milliseconds, parse_time

# Steps of operations in which the hypervisor does the work.
_AT_HYPERVISOR = {'spawn', 'disk', 'destroy', 'apply', 'capture'}
# As many hops as the style sheet has delays for.
_MOST_HOPS = 24
_STEPS = {
    'schedule': _later('choose a host'), 'network': _later('give it addresses'),
    'image': _later('fetch the image'), 'disk': _later('make the disk'),
    'spawn': _later('start the guest'), 'activate': _later('say that it runs'),
    'locate': _later('find where it runs'), 'destroy': _later('end the guest'),
    'forget': _later('forget it'), 'capture': _later('copy the disk'),
    'upload': _later('send it to Images'), 'clean': _later('tidy up')}


@dataclasses.dataclass
class Event:
    """A span as a row: where, what, and its bar in percent of the whole (`left`, `width`)."""

    span: dict
    place: str
    depth: int
    at: float
    left: float
    width: float

    @property
    def where(self):
        """The part's name, else the daemon's."""
        return parts.BY_KEY[self.place].title if self.place else self.span['daemon']

    @property
    def kind(self):
        """http, rpc, step, client or work: the colour of its bar."""
        return 'rpc' if self.span['name'].startswith('rpc') else self.span['kind'] or 'work'

    @property
    def error(self):
        """What it ended with, or None."""
        return self.span['details'].get('error')

    @property
    def status(self):
        """HTTP status or None."""
        return self.span['details'].get('status')

    @property
    def what(self):
        """In words."""
        name = self.span['name']
        if self.kind == 'step':
            return _('Step: %s') % _STEPS.get(name.partition(': ')[2], name.partition(': ')[2])
        for prefix, words in (('rpc.cast ', _('leaves a message for %s')), ('rpc.call ', _('asks %s and waits')),
                              ('rpc.fanout ', _('tells every %s')), ('rpc ', _('takes the message %s'))):
            if name.startswith(prefix):
                return words % name.removeprefix(prefix)
        if self.kind == 'client':
            method, service, *rest = name.split(' ')
            return _('calls %(service)s: %(call)s') % {'service': service, 'call': ' '.join((method, *rest))}
        return name


class Way:
    """`events` in the order they began; `lit`: parts that were visited; `hops` of a drawing; sums in `sql`, `rpc`,
    `http`, `ms`; `began`; `failed`; `server`: the id of the server it is about, if any."""

    def __init__(self, request_id, spans):
        self.request_id = request_id
        began = {span['id']: parse_time(span['began']).timestamp() * 1000 + span['at_ms'] for span in spans}
        spans = sorted(spans, key=lambda span: began[span['id']])
        first = began[spans[0]['id']]
        self.began = parse_time(first / 1000)
        self.ms = max(began[span['id']] - first + span['ms'] for span in spans)
        whole, by_id = self.ms or 1, {span['id']: span for span in spans}
        self.events = [Event(span, _place(span), _depth(span, by_id), began[span['id']] - first,
                             round(100 * (began[span['id']] - first) / whole, 2),
                             round(max(0.4, 100 * span['ms'] / whole), 2)) for span in spans]
        self.sql = sum(span['sql'] for span in spans)
        self.rpc = sum(span['name'].startswith(('rpc.call ', 'rpc.cast ', 'rpc.fanout ')) for span in spans)
        self.http = sum(span['kind'] == 'client' for span in spans)
        self.failed = [event for event in self.events if event.error or (event.status or 0) >= 500]
        self.stations = self._stations(by_id)
        self.lit = {key for pair in self.stations for key in pair}
        self.server = next((span['details']['resource'] for span in spans if 'resource' in span['details']), None)
        self.done = any(span['name'] in ('boot: activate', 'delete: forget') for span in spans)

    def _stations(self, by_id):
        """[(from, to)] of each hop between parts, in order."""
        found, last, worker = [], 'you', None
        minor = self._minor(by_id)
        for event in self.events:
            if event.span['id'] in minor:
                continue
            parent = by_id.get(event.span['parent'])
            start = (_place(parent) if parent else None) or last
            if event.kind == 'step':
                # The next step of one operation: handed on by who did the one before.
                start, worker = worker or start, event.place
            for key in self._places(event):
                # What continues where it is needs no line; and a way that was taken already is lit already.
                if key and key != start and (start, key) not in found:
                    found.append((start, key))
                start = key or start
            last = start
        return found[:_MOST_HOPS]

    def _minor(self, by_id):
        """Ids of what the dashboard only looked up before it asked for a change: no part of the way, as a drawing."""
        calls = [event.span for event in self.events if event.kind == 'client' and event.place == 'horizon']
        reads = {span['id'] for span in calls if span['name'].startswith('GET ')}
        if len(reads) == len(calls):
            return set()
        found = set(reads)
        for event in self.events:   # parents begin before their children
            if event.span['parent'] in found:
                found.add(event.span['id'])
        return found

    @staticmethod
    def _places(event):
        name = event.span['name']
        if name.startswith(('rpc.cast', 'rpc.call', 'rpc.fanout')):
            return [event.place, 'broker']
        if name.startswith('rpc '):
            return ['broker', event.place]
        if event.kind == 'step' and name.partition(': ')[2].removeprefix('undo_') in _AT_HYPERVISOR:
            return [event.place, 'hypervisor']
        if event.kind == 'store':
            return [event.place, 'image-store']
        return [event.place]

    def hops(self, drawing, known=0):
        """[{line (its d), number, x, y of it, turn}] in a drawing, where both ends are in it. Parts are numbered where
        they are first reached (None: not here). The first `known` hops have been seen already and do not move (turn
        0), the others take turns from 1."""
        found, numbers = [], {}
        for start, end in self.stations:
            if start in drawing.boxes and end in drawing.boxes:
                box = drawing.boxes[end]
                number = None if end in numbers else numbers.setdefault(end, len(numbers) + 1)
                found.append({'line': path(drawing.boxes[start], box), 'number': number, 'x': f'{box.right - 4:.1f}',
                              'y': f'{box.y:.1f}', 'turn': max(0, len(found) + 1 - known)})
        return found

    def story(self):
        """The sums in a sentence."""
        return _('%(time)s, %(sql)s, %(rpc)s, %(http)s between services') % {
            'time': milliseconds(self.ms),
            'sql': ngettext('%d SQL statement', '%d SQL statements', self.sql) % self.sql,
            'rpc': ngettext('%d message', '%d messages', self.rpc) % self.rpc,
            'http': ngettext('%d call', '%d calls', self.http) % self.http}


def _place(span):
    return parts.of_daemon(span['daemon']) if span else None


def _depth(span, by_id):
    depth, seen = 0, {span['id']}
    while span['parent'] in by_id and span['parent'] not in seen:
        seen.add(span['parent'])
        span, depth = by_id[span['parent']], depth + 1
    return min(depth, 6)
