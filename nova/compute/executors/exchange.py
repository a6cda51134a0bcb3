"""What operations share that give a server other disks: the former ones are kept aside, and whatever fails, the server
goes on with what it had."""
import logging

from essex.exception import EssexError
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, rules_of, spec_of

LOG = logging.getLogger(__name__)


class ExchangeExecutor(InstanceExecutor):
    """Rebuild and resize. data['vm_state']: what the server was.

    A server that was stopped is not started; one that is being deleted is not started again on the way back.
    """

    def stop(self, run):
        """Have the guest off."""
        spec = spec_of(self.instance(run))
        # What an operation kept aside that an administrator cut short by os-resetState is nobody's any more.
        self.driver.forget_disks(spec)
        self.driver.power_off(spec, timeout=self.patience(run))

    def patience(self, run):
        """Seconds the guest gets to shut down."""
        return 0

    def undo_stop(self, run):
        row = self.instance(run, again=True)
        if run.data['vm_state'] == states.ACTIVE and row.deleted_at is None and row.task_state != states.DELETING:
            self._start_again(run, row)

    def _start_again(self, run, row):
        try:
            self.driver.power_on(spec_of(row), row.network_info, rules_of(row))
        except exception.HypervisorUnavailable:
            raise   # tried again when it is back
        except EssexError as error:
            LOG.error('server %s stays off: %s', row.uuid, error)
            run.data['vm_state'] = states.STOPPED

    def undo_disk(self, run):
        self.driver.restore_disks(spec_of(self.instance(run)))

    def spawn(self, run):
        """Have the guest running as it is to be, unless the server was stopped."""
        if run.data['vm_state'] == states.STOPPED:
            return
        self.start_guest(self.instance(run, again=True))

    def undo_spawn(self, run):
        self.driver.power_off(spec_of(self.instance(run)))

    @staticmethod
    def power_now(run):
        """The power_state of the guest when all steps are done."""
        return states.SHUTDOWN if run.data['vm_state'] == states.STOPPED else states.RUNNING

    def put_back(self, run):
        """In a transaction: what the server was before, in the records."""
        raise NotImplementedError

    def explain(self, run, error):
        """It does not get back to what it was, not now at least."""
        self.show(run, vm_state=states.ERROR, task_state=None)
        self.add_fault(run, error)

    def failed(self, run, error):
        """The server is what it was; the action says why it is no more."""
        self.put_back(run)
        before = run.data['vm_state']
        # Of one that was in ERROR nobody knows whether its guest runs; the next comparison with the hypervisor tells.
        power = {} if before == states.ERROR else {'power_state': self.power_now(run)}
        self.show(run, vm_state=before, task_state=None, **power)
        if not run.told:
            self.add_fault(run, error)

    def cancelled(self, run):
        self.put_back(run)
