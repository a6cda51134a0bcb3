"""Hosts and servers for the tests of the scheduler."""
import datetime
import uuid

from sqlalchemy import update

from essex import db
from nova.compute import states
from nova.db import compute_nodes, instances, models, services
from nova.scheduler.hosts import HostState
from nova.scheduler.request import Request


def host(name='a', memory=4096, vcpus=8, disk=100, **more):
    """A HostState with that much left."""
    values = {'host': name, 'node': name, 'zone': 'nova', 'up': True, 'disabled': False, 'disabled_reason': None,
              'last_seen_up': datetime.datetime(2026, 1, 2, 3, 4, 5), 'capabilities': {}, 'memory_limit_mb': memory,
              'vcpu_limit': vcpus, 'disk_limit_mb': disk * 1024,
              'used': {'memory_mb': 0, 'vcpus': 0, 'disk_gb': 0, 'instances': 0}}
    return HostState(**{**values, **more})


def request(**more):
    """A Request."""
    values = {'uuid': 'u', 'project_id': 'work', 'memory_mb': 1024, 'vcpus': 1, 'disk_gb': 10}
    return Request(**{**values, **more})


def add_host(name, memory_mb=4096, vcpus=8, local_gb=100, up=True, **more):
    """A compute host that has reported."""
    services.heartbeat(name, 'nova-compute', 'compute', 'nova', db.utcnow())
    compute_nodes.upsert(name, {'hypervisor_hostname': f'{name}.example', 'hypervisor_type': 'fake', 'vcpus': vcpus,
                                'memory_mb': memory_mb, 'local_gb': local_gb, **more})
    if not up:
        age(name)


def age(name, seconds=3600):
    """Make the last heartbeat of a host older."""
    with db.writer() as session:
        session.execute(update(models.Service).where(models.Service.host == name)
                        .values(last_seen_up=db.utcnow() - datetime.timedelta(seconds=seconds)))


def add_server(host_name=None, memory_mb=1024, vcpus=1, root_gb=10, **more):
    """A server that is being built, on a host or not; its row."""
    own = str(uuid.uuid4())
    return instances.create({
        'uuid': own, 'project_id': 'work', 'user_id': 'alice', 'display_name': 'x', 'hostname': 'x',
        'reservation_id': 'r', 'vm_state': states.BUILDING, 'task_state': states.SCHEDULING, 'flavor': {},
        'memory_mb': memory_mb, 'vcpus': vcpus, 'root_gb': root_gb, 'host': host_name, **more})
