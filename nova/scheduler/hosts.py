"""What the scheduler knows of a compute host: what it has, what its servers have been promised, whether it is up."""
import dataclasses

from oslo_config import cfg

from essex import config
from nova.compute import zones
from nova.db import aggregates, compute_nodes, instances, services

OPTS = [
    cfg.FloatOpt('ram_allocation_ratio', default=1.5, min=0.01,
                 help='Memory promised to servers, as a multiple of what the host has.'),
    cfg.FloatOpt('cpu_allocation_ratio', default=16.0, min=0.01,
                 help='Virtual CPUs promised to servers, as a multiple of what the host has.'),
    cfg.FloatOpt('disk_allocation_ratio', default=1.0, min=0.01,
                 help='Disk promised to servers, as a multiple of what the host has.'),
    cfg.IntOpt('reserved_host_memory_mb', default=512, min=0, help='Memory of a host that servers do not get.'),
    cfg.IntOpt('reserved_host_disk_mb', default=0, min=0, help='Disk of a host that servers do not get.'),
]
CONF = config.register(OPTS)

_NOTHING = {'memory_mb': 0, 'vcpus': 0, 'disk_gb': 0, 'instances': 0}


@dataclasses.dataclass
class HostState:
    """One compute host. The `free_` numbers are what could still be promised; they may be negative."""

    host: str
    node: str
    zone: str
    up: bool
    disabled: bool
    disabled_reason: str
    last_seen_up: object
    capabilities: dict
    memory_limit_mb: int
    vcpu_limit: int
    disk_limit_mb: int
    used: dict

    @property
    def free_memory_mb(self):
        return self.memory_limit_mb - self.used['memory_mb']

    @property
    def free_vcpus(self):
        return self.vcpu_limit - self.used['vcpus']

    @property
    def free_disk_mb(self):
        return self.disk_limit_mb - self.used['disk_gb'] * 1024

    def with_usage(self, used):
        """The same host with other promises."""
        return dataclasses.replace(self, used=used)


def all_states(with_zones=False):
    """HostStates by host name: three SQL statements, two more when somebody asks for a zone.

    A host that has reported a hypervisor but whose service record is gone counts as down.
    """
    records = {row.host: row for row in services.list(binary='nova-compute')}
    by_aggregate = aggregates.zones() if with_zones else {}
    usage = instances.usage_by_host()
    return [_state(node, records.get(node.host), by_aggregate, usage.get(node.host, _NOTHING))
            for node in sorted(compute_nodes.list(), key=lambda row: row.host)]


def used_of(host, without=None):
    """What the servers of one host, but the one with uuid `without`, have been promised now."""
    return instances.usage_by_host(host, without).get(host, _NOTHING)


def _state(node, service, by_aggregate, used):
    return HostState(
        host=node.host, node=node.hypervisor_hostname,
        zone=zones.of_service(service, by_aggregate) if service else None,
        up=service is not None and services.is_up(service),
        disabled=service is not None and service.disabled,
        disabled_reason=service.disabled_reason if service else None,
        last_seen_up=service.last_seen_up if service else None,
        capabilities=node.capabilities or {},
        memory_limit_mb=int((node.memory_mb - CONF.reserved_host_memory_mb) * CONF.ram_allocation_ratio),
        vcpu_limit=int(node.vcpus * CONF.cpu_allocation_ratio),
        disk_limit_mb=int((node.local_gb * 1024 - CONF.reserved_host_disk_mb) * CONF.disk_allocation_ratio),
        used=used)
