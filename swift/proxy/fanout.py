"""Asking several storage nodes at once, without a thread for each: all are sent to, then awaited together."""
import select
import time

from essex import concurrency
from swift import backend
from swift.exceptions import BackendError

_FULL = 507


def open_all(app, jobs, make):
    """[Exchange or None] for `jobs`; make(job) makes an Exchange. What must connect first does so side by side."""
    slow = [job for job in jobs if not backend.is_kept(job.node)]
    if len(slow) < 2:
        return [_open(app, job, make) for job in jobs]
    threads = {id(job): concurrency.spawn(_open, app, job, make) for job in slow}
    return [threads[id(job)].wait() if id(job) in threads else _open(app, job, make) for job in jobs]


def _open(app, job, make):
    try:
        return make(job)
    except BackendError as error:
        job.problem = app.order_failed(job.node, error)
        return None


def readable(exchanges, timeout):
    """Those of `exchanges` that have something to read, as soon as there are any; none after `timeout` seconds."""
    ready = [each for each in exchanges if each.answered]
    return ready or select.select(exchanges, (), (), max(0, timeout))[0]


class Job:
    """One copy to be written: its own headers, the node that is tried, and what became of it."""

    __slots__ = ('answer', 'began', 'exchange', 'headers', 'node', 'problem')

    def __init__(self, headers):
        self.headers = headers
        self.node = self.exchange = self.answer = self.problem = None
        self.began = 0


class Fanout:
    """One request to as many nodes as there are header sets; a node that fails is replaced by the next.

    `target` is the path after device and partition, URL-encoded; `nodes` a NodeIter. `answers` has what came
    (backend.Response with its body read), `problems` a sentence for each copy that nobody would take.
    """

    def __init__(self, app, nodes, part, method, target, header_sets, body=b'', query='', quorum=None):
        self._app, self._nodes, self._part = app, nodes, part
        self._method, self._target, self._body, self._query = method, target, body, query
        self._jobs = [Job(headers) for headers in header_sets]
        self._quorum = quorum or (len(self._jobs) + 1) // 2
        self._waiting = {}     # Exchange -> Job
        self.answers, self.problems = [], []

    def run(self):
        """Ask; returns self when all have answered, or enough have and the others took post_quorum_timeout more."""
        self._start(self._jobs)
        enough_since = None
        while self._waiting:
            now = time.monotonic()
            if enough_since is None and has_quorum(self.answers, self._quorum):
                enough_since = now
            until = min(job.began for job in self._waiting.values()) + self._app.options.node_timeout
            if enough_since is not None:
                until = min(until, enough_since + self._app.options.post_quorum_timeout)
            ready = readable(self._waiting, until - now)
            if ready:
                self._start([job for job in map(self._take, ready) if job is not None])
            elif enough_since is not None and time.monotonic() >= enough_since + self._app.options.post_quorum_timeout:
                break
            else:
                self._start(self._expired())
        for exchange in self._waiting:
            exchange.close()
        return self

    def _start(self, jobs):
        while jobs:
            self._choose(jobs)
            for job in jobs:
                if job.node is None:
                    self.problems.append(job.problem or 'no node left to ask')
            jobs = [job for job in jobs if job.node is not None]
            failed = []
            for job, exchange in zip(jobs, open_all(self._app, jobs, self._make)):
                if exchange is None:
                    failed.append(job)
                else:
                    self._waiting[exchange] = job
            jobs = failed

    def _choose(self, jobs):
        for job in jobs:
            job.node = next(self._nodes, None)

    def _make(self, job):
        job.began = time.monotonic()
        options = self._app.options
        return backend.Exchange(job.node, self._method, place(job.node, self._part, self._target), job.headers,
                                self._body, self._query, options.node_timeout, options.conn_timeout)

    def _take(self, exchange):
        """Read an answer. Returns the Job when another node must be asked."""
        job = self._waiting.pop(exchange)
        try:
            answer = self._receive(exchange, job)
        except BackendError as error:
            job.problem = self._app.order_failed(job.node, error)
            return job
        if answer is None:
            return None
        if answer.status >= 500:
            job.problem = self._app.answered_badly(job.node, answer, self._method)
            return job
        self.answers.append(answer)
        return None

    def _receive(self, exchange, job):
        answer = exchange.response()
        answer.body = answer.read()
        return answer

    def _expired(self):
        end = time.monotonic() - self._app.options.node_timeout
        late = [exchange for exchange, job in self._waiting.items() if job.began <= end]
        jobs = []
        for exchange in late:
            job = self._waiting.pop(exchange)
            exchange.close()
            job.problem = self._app.order_failed(job.node, 'waiting for an answer: timed out')
            jobs.append(job)
        return jobs

    def best(self, overrides=None):
        """The answer the client gets, or None without a quorum."""
        return best(self.answers, self._quorum, overrides)


def place(node, part, target):
    """The URL path of a name on a node."""
    return f'/{node["device"]}/{part}{target}'


def has_quorum(answers, quorum):
    """Whether enough answers are of one kind."""
    if len(answers) < quorum:
        return False
    kinds = [answer.status // 100 for answer in answers]
    return any(kinds.count(kind) >= quorum for kind in (2, 3, 4))


def best(answers, quorum, overrides=None):
    """The answer with the highest status of the kind that has a quorum, or None. `overrides`: {status: counts as}."""
    for translate in ({}, overrides) if overrides else ({},):
        for kind in (2, 3, 4):
            same = [each for each in answers if translate.get(each.status, each.status) // 100 == kind]
            if len(same) >= quorum:
                found = max(same, key=lambda each: translate.get(each.status, each.status))
                found.status = translate.get(found.status, found.status)
                return found
    return None
