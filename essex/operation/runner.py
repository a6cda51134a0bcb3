"""Serves the queues of a daemon: finds the operations that wait there, claims them and has them walk their steps."""
import collections
import logging

from oslo_config import cfg

from essex import concurrency, config, context, trace
from essex.operation import owner as owners
from essex.operation.definition import Cancelled, Lost
from essex.operation.walk import Walk

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('max_concurrent', default=10, min=1, help='Operations one daemon runs at once.'),
    cfg.FloatOpt('sweep_interval', default=5, min=0.1,
                 help='Seconds between two looks for operations whose announcement was lost.'),
    cfg.FloatOpt('retry_interval', default=10, min=0.1,
                 help='Seconds until a failed undo, or a step of an operation that must succeed, is tried again.'),
]
CONF = config.register(OPTS, 'operation')


class Run:
    """One operation while it runs: what its steps get.

    `data` is theirs to change; it is kept in the journal after each step. `context` is the requester's, without a
    token. `tries` is 1 unless a process died in this very step before. `told`: the user knows that it failed.
    `memory` is for what steps may remember as long as this process runs them one after another.
    """

    def __init__(self, row, definition, journal, owner):
        self.id, self.resource_id, self.definition = row.id, row.resource_id, definition
        self.data = dict(row.data or {})
        self.context = context.RequestContext.from_dict(row.context)
        self.told, self.tries, self.memory = bool(row.told), 1, {}
        self._journal, self._owner, self._progress = journal, owner, row.progress

    def check_cancelled(self):
        """Raise Cancelled if somebody asked to stop; long steps call it from time to time."""
        if self._journal.is_cancelled(self.id):
            raise Cancelled()

    def progress(self, percent):
        """Show how far the operation is (0 to 100)."""
        if int(percent) != self._progress:
            self._progress = int(percent)
            self._journal.record(self.id, self._owner, {'progress': self._progress})

    def save(self):
        """Keep `data` now, in the middle of a step: what an undo must know before the step acts."""
        self._journal.record(self.id, self._owner, {'data': self.data})

    def hold(self):
        """In a step's own transaction: raise Lost when another process has taken the operation over."""
        self._journal.hold(self.id, self._owner)


class Runner:
    """Serves queues. `ring(queue, operation_id)` tells whoever serves a queue that work waits there.

    `exclusive` queues belong to this one process (a host's own), the others are shared with its like.
    """

    def __init__(self, journal, name, queues, ring, exclusive=(), pool_size=None):
        self.journal, self.queues, self.exclusive = journal, (*queues, *exclusive), tuple(exclusive)
        self.name, self.owner = name, owners.new(name)
        self._ring = ring
        self._kinds = {}
        self._pool = concurrency.Pool(pool_size or CONF.operation.max_concurrent)
        self._waiting, self._here, self._again = collections.deque(), set(), set()
        self._running = set()
        self._sweeper = self._beater = None
        self._stopping = False

    def register(self, definition, executor):
        """Teach the runner a kind of operation."""
        self._kinds[definition.kind] = (definition, executor)

    def start(self):
        """Take up what a former life left, then look for work from time to time."""
        self._sweeper = concurrency.spawn(self._sweep_forever)
        self._beater = concurrency.spawn(self._beat_forever)

    def stop(self, timeout=30):
        """Begin nothing new; running operations stop between two steps and are taken up at the next start."""
        self._stopping = True
        for thread in (self._sweeper, self._beater):
            if thread is not None:
                thread.kill()
        with concurrency.Timeout(timeout, False):
            self._pool.waitall()

    def ring(self, queue, operation_id):
        """Announce work at `queue`: here at once when it is ours, else by the bell."""
        if self.serves(queue) and not self._stopping:
            self.accept(operation_id)
        else:
            try:
                self._ring(queue, operation_id)
            except Exception as error:
                # The journal has it: the other side's sweep finds it.
                LOG.warning('operation %s: cannot announce it at %s: %s', operation_id, queue, error)

    def accept(self, operation_id):
        """Run an operation as soon as there is room, and after what it may be in the middle of. Returns at once."""
        if self._stopping:
            return
        if operation_id in self._here:
            self._again.add(operation_id)
            return
        self._here.add(operation_id)
        self._waiting.append(operation_id)
        if self._pool.free() > 0:
            self._pool.spawn_n(self._work)

    def sweep(self):
        """Accept everything that waits at our queues."""
        self.release_dead()
        for operation_id in self.journal.ready(self.owner, self.queues, self.exclusive):
            if operation_id not in self._here:
                self.accept(operation_id)

    def release_dead(self):
        """Have nothing belong to a dead process of our kind on this host."""
        for owner in self.journal.owners(owners.prefix(self.name)):
            if owner != self.owner and owners.is_dead(owner, self.name):
                LOG.info('%s: taking over what %s left', self.name, owner)
                self.journal.release_all(owner)

    def run(self, operation_id):
        """Run the operation as far as our queues go. Returns (queue, id) of what to announce next, or None."""
        row = self._claim(operation_id)
        if row is None:
            return None
        definition, executor = self._kinds[row.kind]
        run = Run(row, definition, self.journal, self.owner)
        token = context.bind(run.context)
        try:
            return Walk(self, run, row, executor).go()
        except Lost as error:
            LOG.warning('%s', error)
            return None
        finally:
            context.unbind(token)

    @property
    def stopping(self):
        """Whether no step may begin any more."""
        return self._stopping

    def serves(self, queue):
        """Whether steps at `queue` run here."""
        return queue in self.queues

    def _claim(self, operation_id):
        if self._stopping:
            return None
        row = self.journal.claim(operation_id, self.owner, self.queues, self.exclusive)
        if row is not None and row.kind not in self._kinds:
            LOG.error('operation %s is of kind %s, which %s does not know', operation_id, row.kind, self.name)
            self.journal.record(operation_id, self.owner, {'owner': None})
            return None
        return row

    def _work(self):
        while self._waiting and not self._stopping:
            operation_id = self._waiting.popleft()
            following = self._run_guarded(operation_id)
            if following:
                self.ring(*following)

    def _run_guarded(self, operation_id):
        self._running.add(operation_id)
        try:
            with trace.daemon_scope(self.name):
                return self.run(operation_id)
        except Exception:
            LOG.exception('operation %s broke off; the next look for work finds it', operation_id)
            return None
        finally:
            self._running.discard(operation_id)
            self._here.discard(operation_id)
            if operation_id in self._again:
                self._again.discard(operation_id)
                self.accept(operation_id)

    def _sweep_forever(self):
        with trace.daemon_scope(self.name):
            while True:
                try:
                    self.sweep()
                except Exception:
                    LOG.exception('%s: looking for operations failed', self.name)
                concurrency.sleep(CONF.operation.sweep_interval)

    def _beat_forever(self):
        while True:
            concurrency.sleep(self.journal.stale.total_seconds() / 4)
            try:
                if self._running:
                    self.journal.beat(self.owner, list(self._running))
            except Exception:
                LOG.exception('%s: renewing the heartbeat of operations failed', self.name)
