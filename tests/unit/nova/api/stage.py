"""A small cloud in rows: project alpha has one of everything, node1 runs its server."""
import copy
import json
import shutil
import uuid

import webob

from essex import db
from nova.compute import aggregates, keypairs, operations
from nova.db import compute_nodes, floating_ips, networks, security_groups, services, volume_types
from nova.db.journal import JOURNAL
from nova.network import allocation
from tests.unit.nova import rows
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.volume import rows as volumes

# Nobody has no token at all; unscoped has one without a project.
CAST = {
    'admin': {'user_id': 'root', 'project_id': 'ops', 'roles': ('admin',), 'is_admin': True},
    'owner': {'user_id': 'alice', 'project_id': 'alpha', 'roles': ('member',)},
    'colleague': {'user_id': 'bob', 'project_id': 'alpha', 'roles': ('member',)},
    'reader': {'user_id': 'rita', 'project_id': 'alpha', 'roles': ('reader',)},
    'stranger': {'user_id': 'mallory', 'project_id': 'beta', 'roles': ('member',)},
    'unscoped': {'user_id': 'ulla', 'project_id': None, 'roles': ()},
    'nobody': None,
}
PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGBkX0dxQD5/dtJhf1owKY0bA68GLk0XZbtgcrnYmRsj someone'
UNSET = object()


class Client:
    """One caller."""

    def __init__(self, app, context):
        self.app, self.context = app, context

    def __call__(self, method, path, body=UNSET, headers=None, raw=None, query=None):
        """The answer. `body` is sent as JSON, `raw` as it is."""
        request = webob.Request.blank(path, method=method, base_url='http://cloud:8774', headers=headers or {})
        if body is not UNSET:
            raw = json.dumps(body).encode()
        if raw is not None:
            request.body = raw
            request.headers.setdefault('Content-Type', 'application/json')
        if query is not None:
            request.query_string = query
        if self.context is not None:
            request.environ['essex.context'] = self.context
        return request.get_response(self.app)

    def ok(self, method, path, body=UNSET, status=200, **more):
        """The parsed body of an answer that must have a status."""
        answer = self(method, path, body, **more)
        assert answer.status_int == status, (method, path, answer.status, answer.text)
        return answer.json if answer.body else None


class Stage:
    """Everything there is: attributes are ids. `path` is the SQLite file it is in."""

    def __init__(self, clients, images, told, path):
        self.clients, self.images, self.told, self._path = clients, images, told, path
        self._kept = path.with_suffix('.kept')

    def keep(self):
        """Remember everything for `reset`."""
        db.dispose()
        shutil.copy(self._path, self._kept)
        db.configure(f'sqlite:///{self._path}')
        self._images = copy.deepcopy(self.images.known)

    def reset(self):
        """As it was at `keep`."""
        self._put_back(self._kept)
        self.images.known = copy.deepcopy(self._images)

    def __getattr__(self, name):
        if name in CAST:
            return self.clients[name]
        raise AttributeError(name)

    def _put_back(self, kept):
        db.dispose()
        for leftover in self._path.parent.glob(self._path.name + '-*'):
            leftover.unlink()
        shutil.copy(kept, self._path)
        db.configure(f'sqlite:///{self._path}')

    def furnish(self, stencil):
        """Make it. The first of a run leaves file and ids in the directory `stencil` for the others to copy."""
        file, ids = stencil / 'nova.sqlite', stencil / 'ids.json'
        self.image = self.images.add('11111111-2222-4333-8444-555555555555', owner='alpha', visibility='private',
                                     name='mine')
        if ids.exists():
            self._put_back(file)
            vars(self).update(json.loads(ids.read_text()))
            self._report()
            return
        before = set(vars(self))
        self._rows()
        db.dispose()
        shutil.copy(self._path, file)
        ids.write_text(json.dumps({name: value for name, value in vars(self).items() if name not in before}))
        db.configure(f'sqlite:///{self._path}')

    def _report(self):
        """The daemons reported just now."""
        rows.host_up('node1')
        rows.host_up('ctl', binary='nova-scheduler')
        rows.host_up('disks', binary='nova-volume')

    def _rows(self):
        self._hosts()
        rows.flavor('1', 'm1.tiny')
        rows.flavor('2', 'm1.small', memory_mb=128, root_gb=2)
        rows.flavor('9', 'secret', is_public=False, memory_mb=128)
        self._network()
        self.server = self.make_server(launched_at=db.utcnow())
        allocation.allocate(self.server, 'node1')
        security_groups.add_members(self.server, [security_groups.ensure_default('alpha', 'alice').id])
        self.key = keypairs.import_(self.clients['owner'].context, 'laptop', PUBLIC_KEY).name
        group = security_groups.create({'project_id': 'alpha', 'user_id': 'alice', 'name': 'web', 'description': 'w'})
        self.group = group.id
        self.rule = security_groups.add_rule(group.id, {'protocol': 'tcp', 'from_port': 22, 'to_port': 22,
                                                        'cidr': '0.0.0.0/0', 'group_id': None}).id
        self.volume, self.attached = volumes.available(), volumes.available(display_name='disk', status='in-use')
        volumes.attach(self.attached, self.server)
        self.snapshot, self.type = volumes.snapshot(self.volume), volume_types.list()[0].uuid
        self.request = self._journal()

    def _hosts(self):
        self._report()
        compute_nodes.upsert('node1', {
            'hypervisor_hostname': 'node1.example', 'hypervisor_type': 'fake', 'hypervisor_version': 1000, 'vcpus': 4,
            'memory_mb': 1000, 'local_gb': 10, 'running_vms': 1, 'host_ip': '192.0.2.1'})
        self.node = compute_nodes.get('node1').id
        self.service = services.get_by_host('node1', 'nova-compute').id
        self.aggregate = aggregates.create(self.clients['admin'].context, 'rack', None).id

    def _network(self):
        self.network = networks.create({
            'uuid': str(uuid.uuid4()), 'label': 'private', 'cidr': '10.0.0.0/24', 'netmask': '255.255.255.0',
            'gateway': '10.0.0.1', 'broadcast': '10.0.0.255', 'dhcp_server': '10.0.0.1', 'dhcp_start': '10.0.0.2',
            'bridge': 'br100', 'host': 'ctl'}).uuid
        floating_ips.create(['192.0.2.10', '192.0.2.11', '192.0.2.12'], 'nova', None)
        with db.writer():
            floating = floating_ips.allocate('alpha', 'nova')
        self.floating, self.address = floating.id, floating.address

    def make_server(self, name='web', project='alpha', user='alice', **values):
        """A running server with an address; returns its uuid."""
        return rows.server(display_name=name, project_id=project, user_id=user, image_ref=IMAGE, **values).uuid

    def _journal(self):
        context = self.clients['owner'].context
        with db.writer():
            row = JOURNAL.add(operations.STOP, self.server, context, {'instance_uuid': self.server, 'host': 'node1'})
            self.operation = row.id
        return context.request_id
