"""Fragment archives of one object, read side by side: found on any nodes, replaced when a node dies in the middle."""
import itertools
import json
import time

from swift import backend, erasure
from swift.exceptions import BackendError, SwiftError
from swift.headers import whole
from swift.proxy import fanout
from swift.proxy.nodes import NodeIter
from swift.timestamp import Timestamp

_NEVER = Timestamp(0)


class Archives:
    """As many archives of one time as it takes. `headers` go with every request; `newest`: all nodes are asked first.

    After `find`: `code` (as the object was encoded), `length` and `answer`, one of the backend.Responses.
    """

    def __init__(self, controller, headers, newest=False):
        self._app, self._part, self.target = controller.app, controller.part, controller.target
        self.code, self._headers, self._newest = controller.policy.code, headers, newest
        self._timeout = self._app.options.recoverable_node_timeout
        placement, ring = controller.placement, controller.ring
        primaries = ring.get_part_nodes(self._part)
        # The data itself before what is computed from it: then there is nothing to decode.
        order = primaries if placement.sorting == 'shuffle' else self._app.order.for_reading(primaries, placement)
        self._nodes = NodeIter(self._app.order, order, ring.get_more_nodes(self._part),
                               self._app.options.request_node_count(len(primaries)), primaries)
        self._primaries = self._nodes.primaries
        self._extra = placement.extra_requests if placement.concurrent_gets else 0
        self.problems, self.answer, self.length = [], None, 0
        self._waiting, self._missing = {}, []
        self._widened = False
        self._again, self._last = [], set()     # nodes that may be asked by name; exchanges that were
        self._held = {}     # Timestamp -> {index: Response}
        self._durable, self._deleted = set(), _NEVER
        self._when = self._span = None
        self._streams = {}  # index -> Response, those that are read

    def find(self, when=None, span=None, code=None):
        """Open the archives of a Timestamp (None: the newest durable ones); whether they were found.

        `span`: the segments (first, stop) that are wanted, None: all; `code` is that of the object then.
        """
        self._when, self._span, self.code = when, span, code or self.code
        if when is not None:
            self._durable.add(when)
        self._ask_more(self.code.replicas if self._newest else self.code.data + self._extra)
        while self._waiting or self._ask_more(max(1, self._lacking())):
            ready = fanout.readable(self._waiting, min(self._waiting.values()) + self._timeout - time.monotonic())
            for exchange in ready:
                self._take(exchange)
            if not ready:
                self._expire()
            if not (self._newest and self._waiting) and not self._lacking():
                break
            self._ask_more(self._lacking() - len(self._waiting))
        return self._choose()

    def _candidate(self):
        """The time that is wanted: the newest that is known to be durable, and not deleted since. None at first."""
        return self._when or max((when for when in self._durable if when > self._deleted), default=None)

    def _lacking(self):
        held = self._held.get(self._candidate(), ())
        return 0 if self.code.is_enough(held) else max(1, self.code.data - len(held))

    def _ask_more(self, count):
        """Ask so many more nodes; whether any could be asked."""
        asked = False
        while count > 0:
            node, wanted, last = next(self._nodes, None), self._when, False
            if node is None and self._candidate() is not None:
                node, wanted, last = self._next_by_name(), self._candidate(), True
            if node is None:
                break
            exchange = self._exchange(node, wanted, self._span, self._held.get(wanted, ()))
            if exchange is not None:
                self._waiting[exchange] = time.monotonic()
                if last:
                    self._last.add(exchange)
                count, asked = count - 1, True
        return asked

    def _next_by_name(self):
        """A node that answered of another time, or had nothing durable: it may have what is wanted all the same."""
        if not self._widened:
            self._widened = True
            self._again += [answer.node for when, held in self._held.items() if when != self._candidate()
                            for answer in held.values()]
        return self._again.pop(0) if self._again else None

    def _exchange(self, node, when, span, held):
        headers = dict(self._headers)
        if when is not None:
            headers['X-Backend-Fragment-Preferences'] = json.dumps(
                [{'timestamp': when.internal, 'exclude': sorted(held)}])
        if span is not None:
            size = self.code.fragment_size()
            headers['Range'] = f'bytes={span[0] * size}-{span[1] * size - 1}'
        try:
            return backend.Exchange(node, 'GET', fanout.place(node, self._part, self.target), headers,
                                    timeout=self._timeout, conn_timeout=self._app.options.conn_timeout)
        except BackendError as error:
            self.problems.append(self._app.order_failed(node, error))
            return None

    def _expire(self):
        end = time.monotonic() - self._timeout
        for exchange in [each for each, began in self._waiting.items() if began <= end]:
            del self._waiting[exchange]
            exchange.close()
            self.problems.append(self._app.order_failed(exchange.node, 'waiting for an answer: timed out'))

    def _take(self, exchange):
        began = self._waiting.pop(exchange)
        try:
            answer = exchange.response()
            if answer.status >= 400:
                answer.body = answer.read()
        except BackendError as error:
            self.problems.append(self._app.order_failed(exchange.node, error))
            return
        self._app.timings.took(exchange.node, time.monotonic() - began)
        if answer.status >= 500:
            self.problems.append(self._app.answered_badly(answer.node, answer, 'GET'))
            return
        if answer.status >= 300:
            self._lacks(answer)
        elif self._keep(answer):
            return
        answer.drain()
        if exchange not in self._last:
            self._again.append(answer.node)

    def _lacks(self, answer):
        deleted = _timestamp(answer, 'x-backend-timestamp')
        if answer.status == 404 and deleted is not None:
            self._deleted = max(self._deleted, deleted)
        if answer.status == 404 and (deleted is not None or answer.node['id'] in self._primaries):
            self._missing.append(answer)

    def _keep(self, answer):
        """Whether it is an archive that was missing."""
        when = _timestamp(answer, 'x-backend-data-timestamp')
        durable = _timestamp(answer, 'x-backend-durable-timestamp')
        index = whole(answer.headers.get(erasure.INDEX))
        if durable is not None:
            self._durable.add(durable)
        if when is None or index is None or index >= self.code.total or self._when not in (None, when):
            return False
        return self._held.setdefault(when, {}).setdefault(index, answer) is answer

    def _choose(self):
        for exchange in self._waiting:
            exchange.close()
        self._waiting = {}
        found = self._candidate()
        if self._lacking() and self._when is None and not self._newest:
            # What is newest has too few fragments left: an older one is better than none.
            found = max((when for when, held in self._held.items() if when in self._durable and when > self._deleted
                         and self.code.is_enough(held)), default=None)
        held = self._held.pop(found, {})
        for others in self._held.values():
            for answer in others.values():
                answer.drain()
                self._again.append(answer.node)
        self._held = {}
        if not self.code.is_enough(held):
            for answer in held.values():
                answer.drain()
            return False
        self._use(found, held)
        return True

    def _use(self, when, held):
        chosen = self.code.chosen(held)
        for index in held.keys() - chosen:
            held[index].drain()
            self._again.append(held[index].node)
        self._when, self._streams = when, {index: held[index] for index in chosen}
        # A node that was away has the data, but not what a POST has said of it since.
        self.answer = max(held.values(), key=lambda each: _timestamp(each, 'x-backend-timestamp') or _NEVER)
        headers = self.answer.headers
        self.length = whole(headers.get(erasure.LENGTH)) or 0
        self.code = self.code.sized(whole(headers.get(erasure.SEGMENT_SIZE)) or self.code.segment_size)

    @property
    def is_replaced(self):
        """Whether the time that was asked for is not the newest any more."""
        return max(self._deleted, *self._durable) > self._when

    @property
    def verdict(self):
        """What to answer when nothing was found: a 404, or None when too few nodes said so."""
        if self._deleted and self._candidate() is None:
            return max(self._missing, key=lambda each: _timestamp(each, 'x-backend-timestamp') or _NEVER)
        if self._candidate() is None:
            return fanout.best(self._missing, (self.code.replicas + 1) // 2)
        self.problems.append(f'of the {self.code.data} fragments that are needed too few were found')
        return None

    # Reading

    def fragments(self, segment):
        """The fragments (bytes) of a segment, enough to decode it; segments are asked for in order.

        Raises BackendError when they cannot be had any more.
        """
        size = self.code.fragment_size(min(self.code.segment_size, self.length - segment * self.code.segment_size))
        found, failure = {}, None
        while True:
            for index in [each for each in self._streams if each not in found]:
                try:
                    found[index] = self._streams[index].read_exactly(size)
                except BackendError as error:
                    failure = error
                    self.problems.append(self._app.order_failed(self._streams[index].node, error))
                    self._streams.pop(index).close()
            if self.code.is_enough(found):
                return list(found.values())
            self._replace(segment, failure)

    def _replace(self, segment, error):
        """Go on with the archive of another node from a segment on."""
        stop = self.code.segments(self.length) if self._span is None else self._span[1]
        while (node := self._again.pop(0) if self._again else next(self._nodes, None)) is not None:
            exchange = self._exchange(node, self._when, (segment, stop), self._streams)
            if exchange is None:
                continue
            self._waiting[exchange] = time.monotonic()
            self._last.add(exchange)
            self._take(exchange)
            held = self._held.pop(self._when, {})
            fresh = [index for index in held if index not in self._streams]
            if fresh:
                self._streams[fresh[0]] = held[fresh[0]]
                return
            for answer in held.values():
                answer.drain()
        raise error

    def reopen(self, first, stop):
        """Go on with other segments of the same object. Raises SwiftError when they are not to be had."""
        nodes = [answer.node for answer in self._streams.values()]
        self.close()
        self._nodes = itertools.chain(nodes, self._nodes, self._again)
        self._again, self._newest = [], False
        if not self.find(self._when, (first, stop), self.code):
            raise SwiftError(f'{self.target}: {"; ".join(self.problems)}')

    def finish(self):
        """All was read: connections are kept."""
        for answer in self._streams.values():
            answer.drain()

    def close(self):
        """Break off."""
        for answer in self._streams.values():
            answer.close()
        self._streams = {}



def _timestamp(answer, name):
    text = answer.headers.get(name)
    try:
        return Timestamp(text) if text else None
    except ValueError:
        return None
