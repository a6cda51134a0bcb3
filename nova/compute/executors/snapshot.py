"""An image of a server's root disk: written on the host, sent to the image service."""
import contextlib
import logging
import os

from essex import config
from essex.operation import Cancelled
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, spec_of

LOG = logging.getLogger(__name__)


class SnapshotExecutor(InstanceExecutor):
    """Executor of operations.SNAPSHOT. The image is there already, queued: data['image_id']."""

    task_states = (states.IMAGE_SNAPSHOT, states.IMAGE_UPLOADING)

    def capture(self, run):
        """Have a stand-alone image in a file of this host."""
        if self.driver is None:
            raise exception.InstanceNotReady(instance_uuid=run.resource_id)
        row = self.instance(run)
        if row.deleted_at is not None:
            raise Cancelled()
        run.data['disk_format'] = self.driver.capture(spec_of(row), _path(run))

    def undo_capture(self, run):
        """Also on the way back from the upload: no image without data stays."""
        self._remove_file(run)
        self.tools.images.delete(run.data['image_id'])

    def upload(self, run):
        """Have the data in the image service. An upload that a crash cut short begins anew."""
        image_id = run.data['image_id']
        status = self.tools.images.status(image_id)
        if status is None:
            raise exception.ImageNotFound(image_id=image_id)
        if status == 'active':
            return
        self.tools.images.set_format(image_id, run.data['disk_format'])
        self.tools.images.upload(image_id, _path(run))

    def undo_upload(self, run):
        self.tools.images.delete(run.data['image_id'])

    def clean(self, run):
        """Have nothing of it on this host."""
        self._remove_file(run)

    def starting(self, run, step):
        shown = {'capture': states.IMAGE_SNAPSHOT, 'upload': states.IMAGE_UPLOADING}.get(step)
        if shown:
            self.show(run, task_state=shown)

    def finished(self, run):
        self.show(run, task_state=None)

    def explain(self, run, error):
        self.show(run, task_state=None)
        self.add_fault(run, error)

    def failed(self, run, error):
        if not run.told:
            self.explain(run, error)

    def cancelled(self, run):
        self.show(run, task_state=None)

    @staticmethod
    def _remove_file(run):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_path(run))


class BackupExecutor(SnapshotExecutor):
    """Executor of operations.BACKUP: a snapshot, of whose kind the server keeps data['rotation']."""

    task_states = (states.IMAGE_BACKUP, states.IMAGE_UPLOADING)

    def rotate(self, run):
        """Have no more backups of the type than asked, the newest ones. Protected ones stay, beside the number."""
        row = self.instance(run)
        found = self.tools.images.backups(row.project_id, row.uuid, run.data['backup_type'])
        for image_id in found[run.data['rotation']:]:
            LOG.info('backup %s of server %s goes: %d of type %s are kept', image_id, row.uuid, run.data['rotation'],
                     run.data['backup_type'])
            self.tools.images.delete(image_id)

    def starting(self, run, step):
        if step == 'capture':
            self.show(run, task_state=states.IMAGE_BACKUP)
        else:
            super().starting(run, step)


def _path(run):
    return config.state_file('snapshots', f'{run.data["image_id"]}.img')
