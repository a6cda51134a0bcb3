"""GET and HEAD: the nodes are asked in turn until one has it; with X-Newest all of them, and the newest is taken."""
import time

from swift import backend
from swift.exceptions import BackendError
from swift.proxy import fanout
from swift.timestamp import Timestamp

# Besides success: what a node that has the object says of conditions and ranges.
_GOOD = (304, 412, 416)
_NEVER = Timestamp(0)


class Reader:
    """Finds who has it. `find` may be called again, for the next node, when a body broke off.

    After a `find` that gave None, `verdict` is the backend.Response to answer with, or None without a quorum.
    """

    def __init__(self, app, nodes, part, method, target, headers, query='', newest=False, placement=None, timeout=None):
        self._app, self._nodes, self._part, self._method = app, nodes, part, method
        self._target, self.headers, self._query, self._newest = target, headers, query, newest
        self._timeout = timeout or app.options.node_timeout
        self._patience = placement.concurrency_timeout if placement and placement.concurrent_gets else None
        count = len(nodes.primaries)
        self._quorum = (count + 1) // 2
        self._doubtful = min(placement.missing_suppression if placement else 0, count - 1)
        self._waiting, self._exhausted = {}, False
        self._good, self._bad, self._unsure, self._deleted = [], [], [], _NEVER
        self.problems = []

    def find(self, headers=None):
        """A backend.Response whose body is still to be read, or None. `headers` replace those of the beginning."""
        if headers is not None:
            self.headers, self._good = headers, []
        self._start(len(self._nodes.primaries) if self._newest else 1)
        while self._waiting or (not self._chosen() and self._start(1)):
            ready = fanout.readable(self._waiting, self._wait())
            for exchange in ready:
                self._take(exchange)
            if not ready:
                self._expire()
            if not self._newest and self._chosen():
                break
        return self._finish()

    def _wait(self):
        left = min(self._waiting.values()) + self._timeout - time.monotonic()
        return left if self._patience is None or self._exhausted else min(left, self._patience)

    def _start(self, count):
        """Ask `count` more nodes; whether any could be asked."""
        started = False
        while count:
            node = next(self._nodes, None)
            if node is None:
                self._exhausted = True
                break
            if self._ask(node):
                count, started = count - 1, True
        return started

    def _ask(self, node):
        try:
            exchange = backend.Exchange(node, self._method, fanout.place(node, self._part, self._target),
                                        self.headers, b'', self._query, self._timeout,
                                        self._app.options.conn_timeout)
        except BackendError as error:
            self.problems.append(self._app.order_failed(node, error))
            return False
        self._waiting[exchange] = time.monotonic()
        return True

    def _expire(self):
        end = time.monotonic() - self._timeout
        for exchange in [each for each, began in self._waiting.items() if began <= end]:
            del self._waiting[exchange]
            exchange.close()
            self.problems.append(self._app.order_failed(exchange.node, 'waiting for an answer: timed out'))
            if self._newest:
                self._start(1)
        if self._patience is not None and self._waiting:
            self._start(1)

    def _take(self, exchange):
        began = self._waiting.pop(exchange)
        try:
            answer = exchange.response()
        except BackendError as error:
            self.problems.append(self._app.order_failed(exchange.node, error))
            answer = None
        else:
            self._app.timings.took(exchange.node, time.monotonic() - began)
            self._sort(answer)
        if self._newest and (answer is None or answer.status >= 500):
            self._start(1)

    def _sort(self, answer):
        if answer.status < 300 or answer.status in _GOOD:
            self._good.append((_moments(answer), answer))
            return
        try:
            answer.body = answer.read()
        except BackendError as error:
            self.problems.append(self._app.order_failed(answer.node, error))
            return
        if answer.status >= 500:
            self.problems.append(self._app.answered_badly(answer.node, answer, self._method))
        elif answer.status == 404:
            self._missing(answer)
        else:
            self._bad.append(answer)

    def _missing(self, answer):
        deleted = _timestamp(answer)
        if deleted:
            self._deleted = max(self._deleted, deleted)
        elif not self._nodes.is_primary(answer.node):
            self._unsure.append(answer)     # a stand-in that was never asked to keep it knows nothing
            return
        elif self._doubtful:
            self._doubtful -= 1     # a primary that may just have become one
            self._unsure.append(answer)
            return
        self._bad.append(answer)

    def _chosen(self):
        usable = [each for each in self._good if each[0][0] >= self._deleted]
        return max(usable, key=lambda each: each[0])[1] if usable else None

    def _finish(self):
        chosen = self._chosen()
        for _, answer in self._good:
            if answer is not chosen:
                answer.drain()
        for exchange in self._waiting:
            exchange.close()
        self._waiting = {}
        return chosen

    @property
    def verdict(self):
        """What to answer when nobody has it: mostly a 404. None when too few nodes said anything."""
        if self._good and self._deleted:
            return max((each for each in self._bad if each.status == 404), key=_timestamp)
        # Who has nothing is believed when somebody knows why.
        return fanout.best(self._bad + self._unsure if self._deleted else self._bad, self._quorum)


def _moments(answer):
    """When the data is from, and when the metadata: a node that missed newer data may have heard of a POST since."""
    changed = _timestamp(answer)
    data = answer.headers.get('x-backend-data-timestamp')
    return _parsed(data) if data else changed, changed


def _timestamp(answer):
    headers = answer.headers
    return _parsed(headers.get('x-backend-timestamp') or headers.get('x-put-timestamp') or headers.get('x-timestamp'))


def _parsed(text):
    try:
        return Timestamp(text) if text else _NEVER
    except ValueError:
        return _NEVER
