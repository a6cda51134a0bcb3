"""Rows for tests: as small as the tables allow."""
import uuid

from nova.db import flavors, instances, services

SIZES = {'memory_mb': 64, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0, 'swap_mb': 0}


def server_values(**values):
    """Columns of a server of project alpha."""
    own = str(uuid.uuid4())
    return {'uuid': own, 'project_id': 'alpha', 'user_id': 'alice', 'display_name': 'web', 'hostname': 'web',
            'reservation_id': 'r-12345678', 'image_ref': '70a599e0-31e7-49b7-b260-868f441e862b',
            'flavor': {**SIZES, 'flavorid': '1', 'name': 'm1.tiny', 'rxtx_factor': 1.0, 'extra_specs': {}},
            **SIZES, **values}


def server(**values):
    """A server, active on host node1 unless said otherwise."""
    return instances.create(server_values(**{'host': 'node1', 'vm_state': 'active', 'power_state': 1, **values}))


def flavor(flavorid='1', name='m1.tiny', **values):
    """A public flavor."""
    return flavors.create({**SIZES, 'flavorid': flavorid, 'name': name, 'is_public': True, 'extra_specs': {},
                           **values})


def host_up(host='node1', zone='nova', binary='nova-compute'):
    """A daemon that reported just now."""
    services.heartbeat(host, binary, binary.split('-')[1], zone)
