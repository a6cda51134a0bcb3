"""Changes of a running or stopped server that are one step on its host."""
from oslo_config import cfg

from essex import config
from essex.operation import Cancelled
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, rules_of, spec_of

OPTS = [
    cfg.IntOpt('shutdown_timeout', default=60, min=0,
               help='Seconds a guest gets to shut down by itself before it is switched off.'),
    cfg.IntOpt('reboot_timeout', default=60, min=0,
               help='Seconds a guest gets to restart by itself before it is reset.'),
]
CONF = config.register(OPTS)


class ChangeExecutor(InstanceExecutor):
    """Subclasses say what the hypervisor shall do, and what the server is then."""

    vm_state = states.ACTIVE
    power_state = states.RUNNING

    def apply(self, run):
        """The one step: have the change made."""
        if self.driver is None:
            raise exception.InstanceNotReady(instance_uuid=run.resource_id)
        row = self.instance(run)
        if row.deleted_at is not None:
            raise Cancelled()
        self.change(run, row, spec_of(row))

    def change(self, run, row, spec):
        """Ask the driver."""
        raise NotImplementedError

    def finished(self, run):
        self.show(run, vm_state=self.vm_state, power_state=self.power_state, task_state=None)

    def explain(self, run, error):
        """The server is as it was; the user sees why not otherwise."""
        self.show(run, task_state=None)
        self.add_fault(run, error)

    def failed(self, run, error):
        if not run.told:
            self.explain(run, error)

    def cancelled(self, run):
        self.show(run, task_state=None)


class StopExecutor(ChangeExecutor):
    task_states = (states.POWERING_OFF,)
    vm_state, power_state = states.STOPPED, states.SHUTDOWN

    def change(self, run, row, spec):
        self.driver.power_off(spec, timeout=CONF.shutdown_timeout)


class StartExecutor(ChangeExecutor):
    task_states = (states.POWERING_ON,)

    def change(self, run, row, spec):
        self.driver.power_on(spec, row.network_info, rules_of(row))


class RebootExecutor(ChangeExecutor):
    task_states = (states.REBOOTING, states.REBOOTING_HARD)

    def change(self, run, row, spec):
        self.driver.reboot(spec, row.network_info, rules_of(row), hard=run.data.get('type') == 'HARD',
                           timeout=CONF.reboot_timeout)


class PauseExecutor(ChangeExecutor):
    task_states = (states.PAUSING,)
    vm_state, power_state = states.PAUSED, states.POWER_PAUSED

    def change(self, run, row, spec):
        self.driver.pause(spec)


class UnpauseExecutor(ChangeExecutor):
    task_states = (states.UNPAUSING,)

    def change(self, run, row, spec):
        self.driver.unpause(spec)


class SuspendExecutor(ChangeExecutor):
    task_states = (states.SUSPENDING,)
    vm_state, power_state = states.SUSPENDED, states.POWER_SUSPENDED

    def change(self, run, row, spec):
        self.driver.suspend(spec)


class ResumeExecutor(ChangeExecutor):
    task_states = (states.RESUMING,)

    def change(self, run, row, spec):
        self.driver.resume(spec, row.network_info, rules_of(row))
