"""Volumes that become disks of a server, and cease to be."""
from essex.operation import Cancelled
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, disk_of, spec_of
from nova.db import volume_attachments, volumes
from nova.volume import attachments, messages
from nova.volume.exception import VolumeAttachmentNotFound
from nova.volume.messages import words


class _VolumeOfServer(InstanceExecutor):
    """data['volume_uuid'] is the volume."""

    def parts(self, run):
        """(InstanceSpec, VolumeDisk); the disk is None when the volume has left the server in the records."""
        if self.driver is None:
            raise exception.InstanceNotReady(instance_uuid=run.resource_id)
        row = self.instance(run)
        attachment = volume_attachments.of_volume(run.data['volume_uuid'])
        if attachment is None or attachment.instance_uuid != row.uuid:
            return spec_of(row), None
        return spec_of(row), disk_of(attachment, volumes.get(run.data['volume_uuid']))

    def have(self, run):
        """Have the guest use the volume."""
        spec, disk = self.parts(run)
        if disk is None:
            raise VolumeAttachmentNotFound(volume_id=run.data['volume_uuid'], instance_uuid=run.resource_id)
        self.driver.attach_volume(spec, disk)

    def have_not(self, run):
        """Have the guest not use it."""
        spec, disk = self.parts(run)
        if disk is not None:
            self.driver.detach_volume(spec, disk)

    def explain(self, run, error):
        """Until it is unwound nobody knows whether the guest has it."""
        attachments.troubled(run.data['volume_uuid'], run.resource_id, words(error))
        self._tell(run, error)

    def tell_once(self, run, error):
        """Tell the owners of the server and of the volume, unless they know."""
        if not run.told:
            self._tell(run, error)

    def _tell(self, run, error):
        self.add_fault(run, error)
        messages.tell(volumes.find(run.data['volume_uuid']), messages.VOLUME, run, error)


class AttachVolumeExecutor(_VolumeOfServer):
    """Executor of operations.ATTACH_VOLUME. The attachment is in the records already, as `attaching`."""

    def plug(self, run):
        """Have the guest use the volume; one that is off does when it starts."""
        row = self.instance(run, again=True)
        if row.deleted_at is not None:
            raise Cancelled()
        if row.vm_state == states.SUSPENDED:
            # Its memory was saved without it.
            raise exception.InstanceInvalidState(method='attach_volume', instance_uuid=row.uuid, attr='vm_state',
                                                 state=row.vm_state)
        self.have(run)

    def undo_plug(self, run):
        self.have_not(run)

    def finished(self, run):
        attachments.attached(run.data['volume_uuid'], run.resource_id)

    def failed(self, run, error):
        attachments.released(run.data['volume_uuid'], run.resource_id, words(error))
        self.tell_once(run, error)

    def cancelled(self, run):
        attachments.released(run.data['volume_uuid'], run.resource_id)


class DetachVolumeExecutor(_VolumeOfServer):
    """Executor of operations.DETACH_VOLUME. The attachment is `detaching` in the records."""

    def unplug(self, run):
        """Have the guest not use the volume."""
        self.have_not(run)

    def undo_unplug(self, run):
        self.have(run)

    def finished(self, run):
        attachments.released(run.data['volume_uuid'], run.resource_id)

    def failed(self, run, error):
        attachments.kept(run.data['volume_uuid'], run.resource_id, words(error))
        self.tell_once(run, error)

    def cancelled(self, run):
        attachments.kept(run.data['volume_uuid'], run.resource_id)
