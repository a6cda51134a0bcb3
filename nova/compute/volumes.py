"""Volumes of servers. The rows are nova.db.models.VolumeAttachment."""
from nova.db import volume_attachments
from nova.volume import attachments
from nova.volume.exception import VolumeAttachmentNotFound


def of_server(uuid):
    """The attachments of a server, oldest first."""
    return volume_attachments.of_instance(uuid)


def of_servers(rows):
    """{uuid: [attachments]} of servers: one statement."""
    return volume_attachments.of_instances([row.uuid for row in rows])


def get(uuid, volume_id):
    """One of a server. Raises VolumeAttachmentNotFound."""
    row = next((row for row in of_server(uuid) if row.volume_uuid == volume_id), None)
    if row is None:
        raise VolumeAttachmentNotFound(volume_id=volume_id[:80], instance_uuid=uuid)
    return row


def reserve(context, row, volume_id, device=None):
    """Make an available volume a disk-to-be of a server, in the caller's transaction; returns the attachment."""
    prefix = 'sd' if _bus(row) == 'scsi' else 'vd'
    return attachments.reserve(context, volume_id, row.uuid, row.host, prefix, _own_disks(row), device)


def _bus(row):
    return ((row.image_meta or {}).get('properties') or {}).get('hw_disk_bus')


def _own_disks(row):
    """How many names at the beginning belong to the server's own disks."""
    return 1 + sum(1 for each in (row.ephemeral_gb, row.swap_mb, row.config_drive) if each)
