"""Another size for a server, on the host it is on; then the user keeps it, or goes back."""
import dataclasses

from essex import db
from nova.compute import resizing, states
from nova.compute.executors.base import InstanceExecutor, spec_of
from nova.compute.executors.change import CONF
from nova.compute.executors.exchange import ExchangeExecutor
from nova.db import instance_states, resizes

_TASKS = {'schedule': states.RESIZE_PREP, 'stop': states.RESIZE_MIGRATING, 'size': states.RESIZE_MIGRATED,
          'spawn': states.RESIZE_FINISH}
_STATUSES = {'stop': resizes.MIGRATING, 'size': resizes.MIGRATED}


class ResizeExecutor(ExchangeExecutor):
    """Executor of operations.RESIZE."""

    task_states = tuple(_TASKS.values())

    def schedule(self, run):
        """Have the scheduler's word that the host has room for the new size."""
        self.tools.scheduler.confirm_room(self.instance(run), run.data, run.context, also=run.hold)

    def patience(self, run):
        # The disk is kept: let the guest put it in order.
        return CONF.shutdown_timeout

    def disk(self, run):
        """Have the disks in the new sizes, the former ones aside."""
        sizes = {name: run.data['columns'][name] for name in resizing.SIZES}
        self.driver.resize_disks(dataclasses.replace(spec_of(self.instance(run)), **sizes))

    def size(self, run):
        """Have the new sizes in the records; what is held is for the way back now."""
        new, former = run.data['columns'], run.data['former']
        _set(run, {**new, **resizing.held(new, former)}, resizes.MIGRATED)

    def undo_size(self, run):
        _set(run, run.data['former'], resizes.MIGRATING)

    def put_back(self, run):
        resizes.change_server(run.resource_id, run.data['migration_id'], resizes.ERROR, **run.data['former'],
                              **resizes.NOTHING_HELD)

    def starting(self, run, step):
        if step in _TASKS:
            self.show(run, task_state=_TASKS[step])
        if step in _STATUSES:
            resizes.set_status(run.data['migration_id'], _STATUSES[step])

    def finished(self, run):
        self.show(run, vm_state=states.RESIZED, progress=100, power_state=self.power_now(run), task_state=None)
        resizes.set_status(run.data['migration_id'], resizes.FINISHED)


@db.retry
def _set(run, columns, status):
    with db.writer():
        run.hold()
        resizes.change_server(run.resource_id, run.data['migration_id'], status, **columns)


class _DecidingExecutor(InstanceExecutor):
    """What ends a resize. Should it fail, the user can decide again."""

    def starting(self, run, step):
        """The task_state was set when it was entered."""

    def explain(self, run, error):
        self.show(run, vm_state=states.ERROR, task_state=None)
        self.add_fault(run, error)

    def failed(self, run, error):
        self.show(run, vm_state=states.RESIZED, task_state=None)
        resizes.set_status(run.data['migration_id'], resizes.FINISHED)
        if not run.told:
            self.add_fault(run, error)

    def cancelled(self, run):
        resizes.set_status(run.data['migration_id'], resizes.FINISHED)
        if resizes.unconfirmed(run.resource_id) is not None:
            self.show(run, task_state=None)
        else:
            # It was on its way back already, and its guest is off; or an administrator has said what it is.
            instance_states.change_if(run.resource_id, [states.RESIZED], [None, *self.task_states], task_state=None,
                                      vm_state=states.STOPPED, power_state=states.SHUTDOWN)


class ConfirmResizeExecutor(_DecidingExecutor):
    """Executor of operations.CONFIRM_RESIZE."""

    task_states = (states.RESIZE_CONFIRMING,)

    def forget(self, run):
        """Have the former disks no more."""
        spec = spec_of(self.instance(run))
        self.driver.forget_disks(spec)
        run.data['power_state'] = self.driver.info(spec).state

    def finished(self, run):
        power = run.data['power_state']
        self.show(run, vm_state=states.OF_POWER.get(power, states.ACTIVE), power_state=power, task_state=None)
        resizes.change_server(run.resource_id, run.data['migration_id'], resizes.CONFIRMED, **resizes.NOTHING_HELD)


class RevertResizeExecutor(_DecidingExecutor):
    """Executor of operations.REVERT_RESIZE. What was written since the resize goes with the disks it was written to."""

    task_states = (states.RESIZE_REVERTING,)

    def stop(self, run):
        """Have the guest off."""
        self.driver.power_off(spec_of(self.instance(run)))

    def disk(self, run):
        """Have the former disks, and the former sizes in the records."""
        self.driver.restore_disks(spec_of(self.instance(run)))
        _set(run, {**run.data['former'], **resizes.NOTHING_HELD}, resizes.REVERTED)

    def spawn(self, run):
        """Have the guest running as it was, if it ran."""
        if run.data['vm_state'] == states.ACTIVE:
            self.start_guest(self.instance(run, again=True))

    def finished(self, run):
        power = states.RUNNING if run.data['vm_state'] == states.ACTIVE else states.SHUTDOWN
        self.show(run, vm_state=run.data['vm_state'], power_state=power, task_state=None)

    def failed(self, run, error):
        if resizes.unconfirmed(run.resource_id) is not None:
            super().failed(run, error)
        elif not run.told:
            self.explain(run, error)
