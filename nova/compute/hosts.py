"""Hosts as Essex's administrators see them."""
from nova import exception
from nova.compute import services as rules
from nova.compute import zones
from nova.db import aggregates, compute_nodes, instances, services


def list(context, zone=None, service=None):  # noqa: A001  (read with its module: hosts.list)
    """[{'host_name', 'service', 'zone'}], one a daemon."""
    by_host = aggregates.zones()
    entries = [{'host_name': row.host, 'service': row.binary.removeprefix('nova-'),
                'zone': zones.of_service(row, by_host)} for row in services.list()]
    return [entry for entry in entries
            if zone in (None, entry['zone']) and service in (None, entry['service'])]


def describe(context, host):
    """[{'host', 'project', 'cpu', 'memory_mb', 'disk_gb'}]: in all, in use now, promised, and by project. Raises
    HostNotFound."""
    node = compute_nodes.get(host)
    by_project = instances.usage_by_project(host)

    def entry(project, cpu, memory_mb, disk_gb):
        return {'host': host, 'project': project, 'cpu': cpu, 'memory_mb': memory_mb, 'disk_gb': disk_gb}

    promised = [sum(usage[name] for usage in by_project.values()) for name in ('vcpus', 'memory_mb', 'disk_gb')]
    return [entry('(total)', node.vcpus, node.memory_mb, node.local_gb),
            entry('(used_now)', promised[0], node.memory_mb_used_host, promised[2]),
            entry('(used_max)', *promised),
            *(entry(project, usage['vcpus'], usage['memory_mb'], usage['disk_gb'])
              for project, usage in sorted(by_project.items()))]


def update(context, host, status):
    """Enable or disable a host for new servers; returns {'host', 'status'}. Raises HostNotFound."""
    if status not in ('enable', 'disable'):
        raise exception.InvalidServerRequest(what='status', reason='it must be enable or disable.')
    try:
        row = rules.set_enabled(context, host, zones.COMPUTE, status == 'enable')
    except exception.HostBinaryNotFound as error:
        raise exception.HostNotFound(host=host) from error
    return {'host': host, 'status': row.status}
