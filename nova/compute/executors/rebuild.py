"""New disks for a server, from another image or the same. The former ones are kept until the new guest runs: whatever
fails, the server goes on with what it had."""
import contextlib
import logging

from essex.exception import EssexError
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, rules_of, spec_of
from nova.db import instances

LOG = logging.getLogger(__name__)


class ExchangeExecutor(InstanceExecutor):
    """What operations share that give a server other disks (rebuild, resize). data['vm_state']: what it was.

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
        row = self.instance(run, again=True)
        self.driver.spawn(spec_of(row), row.network_info, rules_of(row))
        if self.driver.info(spec_of(row)).state != states.RUNNING:
            raise exception.HypervisorError(f'The guest of server {row.uuid} ended as soon as it was started on host '
                                            f'{self.tools.host}: its console log may say why.')

    def undo_spawn(self, run):
        self.driver.power_off(spec_of(self.instance(run)))

    @staticmethod
    def shown_power(run):
        """Columns of a server whose guest runs unless it was stopped."""
        stopped = run.data['vm_state'] == states.STOPPED
        return {'power_state': states.SHUTDOWN if stopped else states.RUNNING, 'task_state': None}

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
        self.show(run, vm_state=run.data['vm_state'], **self.shown_power(run))
        if not run.told:
            self.add_fault(run, error)

    def cancelled(self, run):
        self.put_back(run)


class RebuildExecutor(ExchangeExecutor):
    """Executor of operations.REBUILD. The row has the new image already; data['former'] is what it had."""

    task_states = (states.REBUILDING,)

    def image(self, run):
        """Have the base image on the host, while the guest still runs."""
        self.driver.prepare_image(spec_of(self.instance(run)), self.fetcher(run), run.progress)

    def disk(self, run):
        """Have new disks, the former ones aside."""
        row = self.instance(run, again=True)
        self.driver.replace_disks(spec_of(row), run.data.get('preserve_ephemeral', False))

    def undo_stop(self, run):
        # The guest is started as it was.
        self.put_back(run)
        super().undo_stop(run)

    def clean(self, run):
        """Have the former disks no more."""
        self.driver.forget_disks(spec_of(self.instance(run)))

    def put_back(self, run):
        with contextlib.suppress(exception.InstanceNotFound):
            instances.update(run.resource_id, **run.data['former'])

    def finished(self, run):
        stopped = run.data['vm_state'] == states.STOPPED
        self.show(run, vm_state=states.STOPPED if stopped else states.ACTIVE, progress=100, **self.shown_power(run))
