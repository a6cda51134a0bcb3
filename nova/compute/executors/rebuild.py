"""New disks for a server, from another image or the same."""
import contextlib

from nova.compute import states
from nova.compute.executors.base import spec_of
from nova.compute.executors.exchange import ExchangeExecutor
from nova.db import instances
from nova.exception import InstanceNotFound


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
        with contextlib.suppress(InstanceNotFound):
            instances.update(run.resource_id, **run.data['former'])

    def finished(self, run):
        stopped = run.data['vm_state'] == states.STOPPED
        self.show(run, vm_state=states.STOPPED if stopped else states.ACTIVE, progress=100,
                  power_state=self.power_now(run), task_state=None)
