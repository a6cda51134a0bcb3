"""The operations on volumes as data: their steps in order and the queue each runs at."""
from essex.operation import Definition, Step
from nova.volume.rpcapi import TOPIC


def at_host(data):
    """The queue of the nova-volume that keeps the volume (data['host'])."""
    return f'{TOPIC}.{data["host"]}'


# data: host; image_id, snapshot_id or source_volid: what it is made from.
CREATE = Definition('volume_create', steps=[
    Step('fetch', at=at_host, undo=True, timeout=7200),
    Step('build', at=at_host, undo=True, timeout=3600),
])
# Persistent: a delete goes forward until nothing is left.
DELETE = Definition('volume_delete', persistent=True, steps=[Step('remove', at=at_host, timeout=600)])
# data: host, old_size, new_size
EXTEND = Definition('volume_extend', steps=[Step('grow', at=at_host, timeout=600)])
# data: host, image_id (entered by the API, queued), disk_format
UPLOAD = Definition('volume_upload', steps=[
    Step('export', at=at_host, undo=True, timeout=3600),
    Step('send', at=at_host, undo=True, timeout=7200),
    Step('clean', at=at_host, timeout=300),
])
# data: host, volume_uuid
CREATE_SNAPSHOT = Definition('volume_snapshot_create', steps=[Step('copy', at=at_host, undo=True, timeout=3600)])
DELETE_SNAPSHOT = Definition('volume_snapshot_delete', persistent=True,
                             steps=[Step('remove', at=at_host, timeout=600)])

OF_VOLUMES = (CREATE, DELETE, EXTEND, UPLOAD)
OF_SNAPSHOTS = (CREATE_SNAPSHOT, DELETE_SNAPSHOT)
