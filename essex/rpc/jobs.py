"""The messages a server works on: a bounded number at once, each once although it may be delivered again."""
import collections
import contextvars
import threading
import time

from essex.rpc import threads

_REMEMBERED = 4096

_current = contextvars.ContextVar('essex_rpc_job', default=None)


def acknowledge():
    """Within the handler of a cast: its work is journaled, the broker need not deliver it again."""
    job = _current.get()
    if job is not None:
        job.ack()


class Job:
    """One message and all its deliveries: after a broker's restart the same may come again."""

    def __init__(self, identity, delivery, run):
        self.identity = identity
        self.deliveries = [delivery]
        self.run = run
        self.began = None
        self.acknowledged = False

    def ack(self):
        """Acknowledge every delivery so far, and those to come."""
        self.acknowledged = True
        while self.deliveries:
            self.deliveries.pop().ack()

    def again(self, delivery):
        """The same message was delivered once more."""
        self.deliveries.append(delivery)
        if self.acknowledged:
            self.ack()


class Jobs:
    """Runs jobs in threads, at most `size` at once; the others wait in order."""

    def __init__(self, size):
        self._size = size
        self._lock = threading.Lock()
        self._jobs = {}
        self._waiting = collections.deque()
        self._running = 0
        self._idle = threading.Event()
        self._idle.set()
        self._done = collections.OrderedDict()
        self._context = contextvars.copy_context()

    @property
    def running(self):
        """How many run now."""
        return self._running

    def submit(self, identity, delivery, run):
        """Call `run(job)` when there is room, unless this server has or had the message already."""
        with self._lock:
            known, job = self._jobs.get(identity), None
            if known is None and identity not in self._done:
                job = self._jobs[identity] = Job(identity, delivery, run)
                if self._running >= self._size:
                    self._waiting.append(job)
                    return
                self._running += 1
                self._idle.clear()
        if job is not None:
            threads.start('rpc handler', self._work, job)
        elif known is not None:
            known.again(delivery)
        else:
            delivery.ack()

    def _work(self, job):
        while job is not None:
            job.began = time.monotonic()
            try:
                self._context.copy().run(self._run, job)
            finally:
                job = self._finish(job)

    @staticmethod
    def _run(job):
        _current.set(job)
        job.run(job)
        job.ack()

    def _finish(self, job):
        with self._lock:
            del self._jobs[job.identity]
            if job.acknowledged:
                self._done[job.identity] = True
                if len(self._done) > _REMEMBERED:
                    self._done.popitem(last=False)
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            if not self._running:
                self._idle.set()
        return None

    def ack_older(self, seconds):
        """Acknowledge what has been running for more than `seconds`."""
        oldest = time.monotonic() - seconds
        for job in list(self._jobs.values()):
            if job.began is not None and job.began < oldest and not job.acknowledged:
                job.ack()

    def give_back_waiting(self):
        """Give back what has not begun, so that the first is the first of its queue again."""
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
            for job in waiting:
                del self._jobs[job.identity]
        for job in reversed(waiting):
            for delivery in job.deliveries:
                delivery.give_back()
        return len(waiting)

    def wait_idle(self, seconds):
        """Wait until nothing runs; False after `seconds`."""
        return self._idle.wait(seconds)
