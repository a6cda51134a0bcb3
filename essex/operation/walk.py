"""The way of one claimed operation through its steps, forward or back.

The end of a step and the beginning of the next are one transaction, so the journal always says which step a dead
process was in.
"""
import datetime
import logging
import time

from essex import concurrency, db, failpoint, trace
from essex.config import CONF
from essex.exception import EssexError
from essex.operation.definition import Cancelled, Lost, Restart, StepFailed
from essex.operation.journal import unwinding
from essex.operation.models import CANCELLED, DONE, FAILED, QUEUED, RUNNING, UNDOING
from essex.vitals import counters

LOG = logging.getLogger(__name__)


class _Leave(Exception):
    """The walk goes on elsewhere or later; `following` is what to announce, or None."""

    def __init__(self, following=None):
        super().__init__()
        self.following = following


class Walk:
    """One walk. `go` returns (queue, id) of what to announce, or None; raises Lost when another has taken over."""

    def __init__(self, runner, run, row, executor):
        self.runner, self.run, self.executor = runner, run, executor
        self.journal, self.definition, self.steps = runner.journal, run.definition, run.definition.steps
        self.position, self.attempts, self.state = row.step, row.attempts, row.state
        self.restart_at = row.restart_at
        self.error = StepFailed(row.error) if row.error else None
        # The step that has ended but is not recorded yet: (id of its row, error or None), and its method's name.
        self._ended = self._ended_name = None

    def go(self):
        """Forward until done or an error, then back."""
        try:
            if self.state != UNDOING:
                error = self._forward()
                if error is None:
                    return self._close(DONE, lambda: self.executor.finished(self.run))
                self._turn_back(error)
            return self._back()
        except _Leave as leave:
            return leave.following

    # -- forward

    def _forward(self):
        """All the steps from here; returns the error that stopped it, or None."""
        while self.position < len(self.steps):
            step = self.steps[self.position]
            self._check_here(step, QUEUED)
            error = self._try(step)
            if error is not None:
                if self.definition.persistent:
                    self._try_later(error)
                return error
            self.position, self.attempts = self.position + 1, 0
        return None

    def _try(self, step):
        self.attempts += 1
        if self.attempts > self.definition.max_attempts and not self.definition.persistent:
            return StepFailed(step=step.name, reason=f'the daemon died {self.attempts - 1} times in it')
        self.run.tries = self.attempts
        try:
            row = self._begin(step, False, state=RUNNING, attempts=self.attempts)
        except Cancelled as error:
            return error
        return self._call(row, step, step.name)

    def _try_later(self, error):
        def explain():
            if not self.run.told:
                self.executor.explain(self.run, error)
        self._record(explain, owner=None, attempts=0, told=True, not_before=_later(), error=str(error)[:4000],
                     error_type=type(error).__name__)
        raise _Leave()

    # -- back

    def _turn_back(self, error):
        values = unwinding(error)
        if isinstance(error, Restart):
            values['restart_at'] = self.definition.positions[error.kwargs['to']]
        if isinstance(error, Cancelled):
            values['cancel'] = True
        self._record(None, step=self.position, **values)
        self.restart_at, self.error, self.attempts = values['restart_at'], error, 0

    def _back(self):
        # The step the error came from may have done part of its work: it is undone as well.
        self.position = min(self.position, len(self.steps) - 1)
        if self.restart_at is not None:
            self._unwind(self.restart_at)
            if not self.journal.is_cancelled(self.run.id):
                return self._restart()
        self._unwind(0)
        if self.journal.is_cancelled(self.run.id):
            return self._close(CANCELLED, lambda: self.executor.cancelled(self.run))
        return self._close(FAILED, lambda: self.executor.failed(self.run, self.error))

    def _unwind(self, to):
        while self.position >= to:
            step = self.steps[self.position]
            if step.undo:
                self._check_here(step, UNDOING)
                row = self._begin(step, True, state=UNDOING, attempts=0)
                if self._call(row, step, f'undo_{step.name}') is not None:
                    self._undo_later()
            self.position -= 1

    def _undo_later(self):
        """Whatever could not be undone is tried again until it can: nothing is left without an owner."""
        tell = not self.run.told and not self.journal.is_cancelled(self.run.id)
        hook = (lambda: self.executor.explain(self.run, self.error)) if tell else None
        self._record(hook, owner=None, not_before=_later(), told=self.run.told or tell, restart_at=None)
        raise _Leave()

    def _restart(self):
        queue = self.steps[self.restart_at].queue(self.run.data)
        self._record(None, state=QUEUED, step=self.restart_at, attempts=0, restart_at=None, queue=queue, owner=None,
                     heartbeat=None, error=None, error_type=None)
        return queue, self.run.id

    # -- both ways

    def _check_here(self, step, state):
        """Leave, when the step runs elsewhere or the daemon stops."""
        queue = step.queue(self.run.data)
        if not self.runner.serves(queue):
            self._record(None, queue=queue, owner=None, state=state, heartbeat=None, step=self.position,
                         attempts=self.attempts)
            raise _Leave((queue, self.run.id))
        if self.runner.stopping:
            self._record(None, owner=None, state=state, step=self.position, attempts=self.attempts)
            raise _Leave()

    def _call(self, row, step, method):
        """Do a step or its undo; returns the error it ended with, or None."""
        point = f'{self.definition.kind}.{method}'
        began = time.perf_counter()
        error = self._guarded(step, method, point)
        failed = error is not None and not isinstance(error, Cancelled)
        counters.record(trace.daemon_name(), 'step', time.perf_counter() - began, failed)
        self._ended, self._ended_name = (row, error), point
        return error

    def _guarded(self, step, method, point):
        name = f'{self.definition.kind}: {method}'
        limit = concurrency.Timeout(step.timeout)
        try:
            with trace.span(name, kind='step', operation=self.run.id, resource=self.run.resource_id):
                failpoint.reach(f'{point}.before')
                getattr(self.executor, method)(self.run)
                failpoint.reach(f'{point}.during')
        except Lost:
            raise
        except EssexError as error:
            if not isinstance(error, Cancelled):
                LOG.warning('operation %s %s: %s', self.run.id, name, error)
            return error
        except Exception as error:
            LOG.exception('operation %s %s failed', self.run.id, name)
            return error
        except concurrency.Timeout as error:
            # Not an Exception, so that no handler in the step can swallow it.
            LOG.warning('operation %s %s: timed out', self.run.id, name)
            reason = f'it took longer than {step.timeout:g} seconds' if error is limit else str(error)
            return StepFailed(step=step.name, reason=reason)
        finally:
            limit.cancel()
        return None

    def _begin(self, step, undo, **values):
        values.update(step=self.position, queue=step.queue(self.run.data), data=self.run.data)
        hook = None if undo else lambda: self.executor.starting(self.run, step.name)
        row = self.journal.begin(self.run.id, self.runner.owner, values, step.name, undo, CONF.host, self._ended, hook,
                                 cancellable=not undo and not self.definition.persistent)
        self._passed()
        return row

    def _record(self, hook, **values):
        self.journal.record(self.run.id, self.runner.owner, {'data': self.run.data, **values}, self._ended, hook)
        self._passed()

    def _close(self, state, hook):
        following = self.journal.close(self.run.id, self.runner.owner, state, {'data': self.run.data}, self._ended,
                                       hook)
        self._passed()
        return following

    def _passed(self):
        if self._ended is not None:
            self._ended = None
            failpoint.reach(f'{self._ended_name}.after')


def _later():
    return db.utcnow() + datetime.timedelta(seconds=CONF.operation.retry_interval)
