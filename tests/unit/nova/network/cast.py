"""Rows and contexts for the tests of the network side."""
import uuid

from essex import db
from essex.context import RequestContext
from nova.db import instances, networks
from nova.db.models import Instance

OWNER = RequestContext(user_id='owner', project_id='p1', roles=('member',))
STRANGER = RequestContext(user_id='stranger', project_id='p2', roles=('member',))
ADMIN = RequestContext(user_id='admin', project_id='p0', roles=('admin',), is_admin=True)

FLAVOR = {'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 64, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap_mb': 0, 'rxtx_factor': 1.0, 'extra_specs': {}}


def add_server(name='one', project='p1', host='node1', **values):
    """A server as the API would have made it."""
    return instances.create({
        'uuid': str(uuid.uuid4()), 'project_id': project, 'user_id': 'owner', 'display_name': name, 'hostname': name,
        'reservation_id': 'r-abcdefgh', 'host': host, 'flavor': FLAVOR, 'memory_mb': 64, 'vcpus': 1, 'root_gb': 1,
        'image_ref': '70a599e0-31e7-49b7-b260-868f441e862b', 'availability_zone': 'nova', **values})


def add_network(cidr='10.0.0.0/24', label='private', **values):
    """A network as nova-manage would have made it: gateway .1, servers from .2 on."""
    base = cidr.split('/')[0].rsplit('.', 1)[0]
    return networks.create({
        'uuid': str(uuid.uuid4()), 'label': label, 'cidr': cidr, 'netmask': '255.255.255.0', 'gateway': f'{base}.1',
        'broadcast': f'{base}.255', 'dhcp_server': f'{base}.1', 'dhcp_start': f'{base}.2', 'bridge': 'br100',
        **values})


def fresh(row):
    """The row as the database has it now."""
    with db.reader() as session:
        return session.get(type(row), row.id, populate_existing=True)


def delete_row(row):
    """Mark a server deleted, as the last step of its deletion does."""
    with db.writer() as session:
        session.get(Instance, row.id).deleted_at = db.utcnow()
