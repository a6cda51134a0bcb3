"""Runs the operations that wait at the queues of a daemon, one step after another, forward or back."""
import logging
import uuid

from oslo_config import cfg

from essex import concurrency, config, context, failpoint, trace
from essex.exception import EssexError
from essex.operation.definition import Cancelled, Restart, StepFailed
from essex.operation.models import CANCELLED, DONE, FAILED, QUEUED, UNDOING

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
    token. `tries` is 1 unless a process died in this very step before.
    """

    def __init__(self, row, definition, journal):
        self.id, self.resource_id, self.definition = row.id, row.resource_id, definition
        self.data = dict(row.data or {})
        self.context = context.RequestContext.from_dict(row.context)
        self.tries = 1
        self._journal = journal
        self._progress = row.progress

    def check_cancelled(self):
        """Raise Cancelled if somebody asked to stop; long steps call it from time to time."""
        if self._journal.is_cancelled(self.id):
            raise Cancelled()

    def progress(self, percent):
        """Show how far the operation is (0 to 100)."""
        if int(percent) != self._progress:
            self._progress = int(percent)
            self._journal.set(self.id, progress=self._progress)

    def save(self):
        """Keep `data` now, in the middle of a step: what an undo must know before the step acts."""
        self._journal.set(self.id, data=self.data)


class Runner:
    """Serves queues. `ring(queue, operation_id)` tells whoever serves a queue that work waits there.

    `exclusive` queues belong to this one process (a host's own), the others are shared with its like.
    """

    def __init__(self, journal, name, queues, ring, exclusive=(), pool_size=None):
        self.journal, self.queues, self.exclusive = journal, (*queues, *exclusive), tuple(exclusive)
        self.name, self.owner = name, f'{name}@{CONF.host}#{uuid.uuid4().hex[:12]}'
        self._ring = ring
        self._kinds, self._running = {}, set()
        self._pool = concurrency.Pool(pool_size or CONF.operation.max_concurrent)
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
        if queue in self.queues and not self._stopping:
            self.accept(operation_id)
        else:
            try:
                self._ring(queue, operation_id)
            except Exception as error:
                # The journal has it: the other side's sweep finds it.
                LOG.warning('operation %s: cannot announce it at %s: %s', operation_id, queue, error)

    def accept(self, operation_id):
        """Run an operation in the pool, unless it already runs here."""
        if operation_id not in self._running and not self._stopping:
            self._running.add(operation_id)
            self._pool.spawn_n(self._run_guarded, operation_id)

    def sweep(self):
        """Accept everything that waits at our queues."""
        for operation_id in self.journal.ready(self.owner, self.queues, self.exclusive):
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
                    self.journal.beat(self.owner)
            except Exception:
                LOG.exception('%s: renewing the heartbeat of operations failed', self.name)

    def _run_guarded(self, operation_id):
        following = None
        try:
            with trace.daemon_scope(self.name):
                following = self.run(operation_id)
        except Exception:
            LOG.exception('operation %s stopped; it is tried again later', operation_id)
        finally:
            self._running.discard(operation_id)
        if following:
            self.ring(*following)

    def run(self, operation_id):
        """Run the operation as far as our queues go. Returns (queue, id) of what to announce next, or None."""
        row = self._claim(operation_id)
        if row is None:
            return None
        definition, executor = self._kinds[row.kind]
        run = Run(row, definition, self.journal)
        token = context.bind(run.context)
        try:
            return _Walk(self, run, row, definition, executor).walk()
        finally:
            context.unbind(token)

    def _claim(self, operation_id):
        if self._stopping or not self.journal.is_ready(self.owner, operation_id, self.queues, self.exclusive):
            return None
        row = self.journal.claim(operation_id, self.owner, self.queues, self.exclusive)
        if row is not None and row.kind not in self._kinds:
            LOG.error('operation %s is of kind %s, which %s does not know', operation_id, row.kind, self.name)
            self.journal.set(operation_id, owner=None)
            return None
        return row

    @property
    def stopping(self):
        return self._stopping

    def serves(self, queue):
        """Whether steps at `queue` run here."""
        return queue in self.queues


class _Walk:
    """The way of one claimed operation through its steps."""

    def __init__(self, runner, run, row, definition, executor):
        self.runner, self.run, self.definition, self.executor = runner, run, definition, executor
        self.journal = runner.journal
        self.position, self.attempts, self.state = row.step, row.attempts, row.state
        self.restart_at, self.told = row.restart_at, row.told
        self.error = StepFailed(row.error, step='', reason='') if row.error else None

    def walk(self):
        """Forward until done or an error, then back. Returns what to announce, or None."""
        if self.state != UNDOING:
            outcome = self._forward()
            if outcome is not _BACK:
                return outcome
        return self._back()

    def _forward(self):
        steps = self.definition.steps
        while self.position < len(steps):
            step = steps[self.position]
            queue = step.queue(self.run.data)
            if not self.runner.serves(queue):
                return self._hand_over(queue, QUEUED)
            if self.runner.stopping:
                self.journal.set(self.run.id, owner=None)
                return None
            error = self._try(step)
            if error is not None and self.definition.persistent:
                self.journal.postpone(self.run.id, CONF.operation.retry_interval, attempts=0, error=str(error)[:4000],
                                      error_type=type(error).__name__)
                return None
            if error is not None:
                return self._turn_back(error)
            self.position, self.attempts = self.position + 1, 0
        self.executor.finished(self.run)
        return self.journal.close(self.run.id, DONE)

    def _try(self, step):
        """Run one step; returns the error it ended with, or None."""
        self.attempts += 1
        if self.attempts > self.definition.max_attempts and not self.definition.persistent:
            return StepFailed(step=step.name, reason=f'the daemon died {self.attempts - 1} times in it')
        self.run.tries = self.attempts
        row = self.journal.begin(self.run.id, step, self.position, False, config.CONF.host, self.attempts)
        error = self._call(step, step.name)
        if error is None:
            self.journal.end(row, self.run.id, step=self.position + 1, attempts=0, data=self.run.data)
        else:
            self.journal.end(row, self.run.id, error=error, data=self.run.data)
        failpoint.reach(f'{self.definition.kind}.{step.name}.after')
        return error

    def _call(self, step, method):
        failpoint.reach(f'{self.definition.kind}.{method}.before')
        name = f'{self.definition.kind}: {method}'
        try:
            if not method.startswith('undo_') and not self.definition.persistent:
                self.run.check_cancelled()
            with trace.span(name, kind='step', operation=self.run.id, resource=self.run.resource_id), \
                    concurrency.Timeout(step.timeout, StepFailed(
                        step=step.name, reason=f'it took longer than {step.timeout:g} seconds')):
                getattr(self.executor, method)(self.run)
        except EssexError as error:
            if not isinstance(error, Cancelled):
                LOG.warning('operation %s %s: %s', self.run.id, name, error)
            return error
        except Exception as error:
            LOG.exception('operation %s %s failed', self.run.id, name)
            return error
        failpoint.reach(f'{self.definition.kind}.{method}.during')
        return None

    def _turn_back(self, error):
        values = {'state': UNDOING, 'error': str(error)[:4000], 'error_type': type(error).__name__}
        if isinstance(error, Restart):
            self.restart_at = values['restart_at'] = self.definition.positions[error.kwargs['to']]
        else:
            self.restart_at = values['restart_at'] = None
        if isinstance(error, Cancelled):
            values['cancel'] = True
        self.error, self.attempts = error, 0
        self.journal.set(self.run.id, **values, attempts=0)
        return _BACK

    def _back(self):
        end = -1 if self.restart_at is None else self.restart_at - 1
        # The step the error came from may have done part of its work: it is undone as well.
        position = min(self.position, len(self.definition.steps) - 1)
        while position > end:
            step = self.definition.steps[position]
            if step.undo:
                queue = step.queue(self.run.data)
                if not self.runner.serves(queue):
                    self.journal.set(self.run.id, step=position)
                    return self._hand_over(queue, UNDOING)
                if not self._undo(step, position):
                    return None
            position -= 1
        return self._end_of_unwinding()

    def _undo(self, step, position):
        row = self.journal.begin(self.run.id, step, position, True, config.CONF.host, 0)
        error = self._call(step, f'undo_{step.name}')
        self.journal.end(row, self.run.id, error=error, data=self.run.data)
        if error is None:
            return True
        # Whatever could not be undone is tried again until it can: nothing is left without an owner.
        self.journal.postpone(self.run.id, CONF.operation.retry_interval)
        return False

    def _end_of_unwinding(self):
        if self.restart_at is not None and not self.journal.is_cancelled(self.run.id):
            queue = self.definition.steps[self.restart_at].queue(self.run.data)
            self.journal.set(self.run.id, state=QUEUED, step=self.restart_at, attempts=0, restart_at=None,
                             queue=queue, owner=None, error=None, error_type=None)
            return queue, self.run.id
        if self.journal.is_cancelled(self.run.id):
            self.executor.cancelled(self.run)
            return self.journal.close(self.run.id, CANCELLED)
        if not self.told:
            self.executor.failed(self.run, self.error)
        return self.journal.close(self.run.id, FAILED)

    def _hand_over(self, queue, state):
        self.journal.set(self.run.id, queue=queue, owner=None, state=state, heartbeat=None, data=self.run.data)
        return queue, self.run.id


_BACK = object()
