"""Rows of block storage for tests."""
import uuid

from essex import db
from nova.db import volume_attachments, volume_snapshots, volume_types, volumes
from nova.volume import states


def available(**values):
    """An available volume of project alpha on node1; its uuid."""
    own = str(uuid.uuid4())
    default = volume_types.list()[0].id if volume_types.list() else None
    return volumes.create({
        'uuid': own, 'project_id': 'alpha', 'user_id': 'alice', 'size': 1, 'status': states.AVAILABLE, 'host': 'node1',
        'availability_zone': 'nova', 'volume_type_id': default, 'metadata_': {'one': 'a'},
        'connection': {'type': 'file', 'path': f'/volumes/volume-{own}', 'format': 'raw', 'host': 'node1'},
        'launched_at': db.utcnow(), **values}).uuid


def snapshot(volume_uuid, **values):
    """An available snapshot; its uuid."""
    return volume_snapshots.create({
        'uuid': str(uuid.uuid4()), 'volume_uuid': volume_uuid, 'project_id': 'alpha', 'user_id': 'alice', 'size': 1,
        'status': states.AVAILABLE, 'host': 'node1', 'display_name': 'snap', 'metadata_': {'one': 'a'}, **values}).uuid


def attach(volume_uuid, instance_uuid, device='/dev/vdb', **values):
    """Make a volume that is in-use a disk of a server."""
    with db.writer():
        volume_attachments.create(volume_uuid, instance_uuid, device, states.ATTACHED, db.utcnow(), **values)
