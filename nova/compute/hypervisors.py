"""Hypervisors as administrators see them: what they have, and what is promised to servers."""
import dataclasses

from nova.compute import zones
from nova.db import compute_nodes, instances, services

_NOTHING = {'memory_mb': 0, 'vcpus': 0, 'disk_gb': 0, 'instances': 0}


@dataclasses.dataclass
class Hypervisor:
    """`node` is the ComputeNode row, `service` the Service row of its nova-compute (or None)."""

    node: object
    service: object
    used: dict                 # {'memory_mb', 'vcpus', 'disk_gb', 'instances'} summed over its servers
    workload: int              # how many of its servers are being worked on

    @property
    def state(self):
        """'up' or 'down'."""
        return 'up' if self.service is not None and services.is_up(self.service) else 'down'

    @property
    def status(self):
        """'enabled' or 'disabled'."""
        return 'disabled' if self.service is None or self.service.disabled else 'enabled'

    @property
    def free_memory_mb(self):
        """Memory not promised to a server."""
        return self.node.memory_mb - self.used['memory_mb']

    @property
    def free_disk_gb(self):
        """Disk not promised to a server."""
        return self.node.local_gb - self.used['disk_gb']


def list(context, pattern=None):  # noqa: A001  (read with its module: hypervisors.list)
    """Hypervisors by id, those whose name holds `pattern`: four statements."""
    return [one for one in _all() if pattern is None or pattern in one.node.hypervisor_hostname]


def _all():
    by_host = {row.host: row for row in services.list(binary=zones.COMPUTE)}
    used, busy = instances.usage_by_host(), instances.busy_by_host()
    return [Hypervisor(node, by_host.get(node.host), used.get(node.host, _NOTHING), busy.get(node.host, 0))
            for node in compute_nodes.list()]


def get(context, hypervisor_id):
    """One, by id or uuid. Raises HypervisorNotFound."""
    node = compute_nodes.get_by_id(hypervisor_id)
    found = services.list(host=node.host, binary=zones.COMPUTE)
    return Hypervisor(node, found[0] if found else None, instances.usage_by_host(node.host).get(node.host, _NOTHING),
                      instances.busy_by_host().get(node.host, 0))


def statistics(context):
    """Sums over all hypervisors whose nova-compute is enabled."""
    everything = [one for one in _all() if one.status == 'enabled']

    def total(value):
        return sum(value(one) for one in everything)
    return {'count': len(everything), 'vcpus': total(lambda one: one.node.vcpus),
            'vcpus_used': total(lambda one: one.used['vcpus']),
            'memory_mb': total(lambda one: one.node.memory_mb),
            'memory_mb_used': total(lambda one: one.used['memory_mb']),
            'free_ram_mb': total(lambda one: one.free_memory_mb),
            'local_gb': total(lambda one: one.node.local_gb), 'local_gb_used': total(lambda one: one.used['disk_gb']),
            'free_disk_gb': total(lambda one: one.free_disk_gb),
            'disk_available_least': total(lambda one: one.node.disk_available_least or 0),
            'running_vms': total(lambda one: one.node.running_vms),
            'current_workload': total(lambda one: one.workload)}


def servers(context, pattern=None):
    """[(Hypervisor, rows of its servers)] of those whose name holds `pattern`: five statements."""
    found = list(context, pattern)
    rows = instances.on_hosts([one.node.host for one in found])
    return [(one, [row for row in rows if row.host == one.node.host]) for one in found]
