"""A small cloud in rows: project alpha has volumes, snapshots and servers, node1 keeps them."""
from nova.db import volume_messages, volume_transfers, volume_types, volumes
from nova.volume import states
from tests.unit.nova import rows as servers
from tests.unit.nova.api import stage
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.volume import rows


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

    def furnish(self, stencil):
        super().furnish(stencil)
        self.image = IMAGE

    def _report(self):
        servers.host_up('node1', binary='nova-volume')

    def _rows(self):
        self._report()
        self.volume = rows.available(display_name='data', image_id=IMAGE, image_metadata={'image_id': IMAGE})
        self.free = rows.available(display_name='free')
        self.snapshot = rows.snapshot(self.volume)
        self.server = servers.server().uuid
        self.attached = rows.available(display_name='disk', status=states.IN_USE)
        rows.attach(self.attached, self.server)
        self.type = volume_types.create('fast', 'quick ones', True, {'speed': 'high'}).uuid
        volume_messages.add('alpha', 'VOLUME', self.volume, 'volume_create', 'The disk is full.', 'req-1')
        self.transfer = volume_transfers.create(volumes.get(self.attached), 'offer', '0' * 64).uuid
        self.message = volume_messages.list_for(self.clients['owner'].context, {})[0].uuid
