"""Long work as a list of steps, each with its undo beside it, journaled in the service's database.

A definition is data: the steps in order and the queue each runs at. An executor has a method per step. The journal
row is written before a step acts, so whoever serves the queue after a crash finishes the operation or unwinds it.

    BOOT = Definition('boot', [Step('schedule', at='scheduler'),
                               Step('disk', at=at_host, undo=True),
                               Step('spawn', at=at_host, undo=True)])

    class BootExecutor(Executor):
        def disk(self, run): ...            # must be repeatable: it runs again if a crash cut it short
        def undo_disk(self, run): ...       # must accept that the step did all, some or nothing
        def finished(self, run): ...        # in the transaction that closes the operation, as are
        def failed(self, run, error): ...   # after everything is undone
        def cancelled(self, run): ...

    runner.register(BOOT, BootExecutor())
    journal.add(BOOT, resource_id=..., context=..., data={...})     # in the caller's transaction
    runner.ring(BOOT.first_queue(data), operation_id)               # after it committed
"""
from essex.operation.definition import Cancelled, Definition, Executor, Lost, Restart, Step, StepFailed
from essex.operation.journal import Journal, unwinding
from essex.operation.models import OperationMixin, StepMixin
from essex.operation.runner import Run, Runner

__all__ = ['Cancelled', 'Definition', 'Executor', 'Journal', 'Lost', 'OperationMixin', 'Restart', 'Run', 'Runner',
           'Step', 'StepFailed', 'StepMixin', 'unwinding']
