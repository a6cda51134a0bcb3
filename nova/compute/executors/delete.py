"""The end of a server: guest, addresses, disks, records. Goes on until nothing is left, whatever fails in between."""
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, spec_of
from nova.db import consoles, instance_states, instances
from nova.volume import attachments
from nova.volume.volumes import enter_deletion


class DeleteExecutor(InstanceExecutor):
    """Executor of operations.DELETE, on the server's host, or on a scheduler for a server that has none."""

    task_states = (states.DELETING,)

    def locate(self, run):
        """Find out where it is: a boot may have found a host after the deletion was asked for."""
        row = self.instance(run)
        if row.host is not None:
            run.data['host'] = row.host

    def destroy(self, run):
        """Have no guest."""
        if self._here(run):
            row = self.instance(run)
            self.driver.destroy(spec_of(row), row.network_info)

    def network(self, run):
        """Have no cards and addresses."""
        self.ask_network(self.tools.network.deallocate_for_instance, run)

    def disk(self, run):
        """Have no disks."""
        if self._here(run):
            self.driver.delete_disks(spec_of(self.instance(run)))

    def forget(self, run):
        """Have no leave to open its console."""
        consoles.delete_of_instance(run.resource_id)

    def finished(self, run):
        for volume in attachments.release_all(run.resource_id):
            enter_deletion(run.context, volume)
        instances.mark_deleted(run.resource_id)

    def explain(self, run, error):
        """It stays `deleting` and is tried again; meanwhile the user sees why."""
        instance_states.change_if(run.resource_id, vm_state=states.ERROR)
        self.add_fault(run, error)

    def _here(self, run):
        return self.driver is not None and run.data.get('host') == self.tools.host
