"""A small cloud in rows: project alpha has volumes, snapshots and servers, node1 keeps them."""
import uuid

from essex import db
from nova.db import volume_attachments, volume_snapshots, volume_types, volumes
from nova.volume import states
from tests.unit.nova import rows
from tests.unit.nova.api import stage
from tests.unit.nova.api.fakes import IMAGE


class Client(stage.Client):
    """One caller; paths that begin with / go to /v3 and the caller's project."""

    def url(self, path, face='/v3'):
        project = self.context.project_id if self.context else 'alpha'
        return f'{face}/{project or "none"}{path}'

    def ask(self, method, path, body=stage.UNSET, face='/v3', **more):
        return self(method, self.url(path, face), body, **more)

    def get(self, path, **more):
        return self.ok('GET', self.url(path), **more)


class BlockStage(stage.Stage):
    """Attributes are ids."""

    def furnish(self):
        rows.host_up('node1', binary='nova-volume')
        self.volume = volume_row(display_name='data', image_id=IMAGE, image_metadata={'image_id': IMAGE})
        self.free = volume_row(display_name='free')
        self.snapshot = snapshot_row(self.volume)
        self.server = rows.server().uuid
        self.attached = volume_row(display_name='disk', status=states.IN_USE)
        volume_attachments.create(self.attached, self.server, '/dev/vdb', states.ATTACHED, db.utcnow())
        self.type = volume_types.create('fast', 'quick ones', True, {'speed': 'high'}).uuid
        self.image = IMAGE


def volume_row(**values):
    """An available volume of project alpha on node1; its uuid."""
    own = str(uuid.uuid4())
    default = volume_types.list()[0].id if volume_types.list() else None
    return volumes.create({
        'uuid': own, 'project_id': 'alpha', 'user_id': 'alice', 'size': 1, 'status': states.AVAILABLE, 'host': 'node1',
        'availability_zone': 'nova', 'volume_type_id': default, 'metadata_': {'one': 'a'},
        'connection': {'type': 'file', 'path': f'/volumes/volume-{own}', 'format': 'raw', 'host': 'node1'},
        'launched_at': db.utcnow(), **values}).uuid


def snapshot_row(volume_uuid, **values):
    """An available snapshot; its uuid."""
    return volume_snapshots.create({
        'uuid': str(uuid.uuid4()), 'volume_uuid': volume_uuid, 'project_id': 'alpha', 'user_id': 'alice', 'size': 1,
        'status': states.AVAILABLE, 'host': 'node1', 'display_name': 'snap', 'metadata_': {'one': 'a'}, **values}).uuid
