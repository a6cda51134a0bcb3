"""Daemons of compute and block storage, hosts, aggregates and zones, for administrators."""
from urllib.parse import quote

from horizon.api import client

# What lists its daemons at /os-services.
WITH_SERVICES = ('compute', 'volumev3')


def all_of(cloud):
    """{service type: [{binary, host, zone, status, state, updated_at, disabled_reason}] or an ApiError}: a call a
    service, in parallel."""
    return client.settled(**{kind: lambda kind=kind: cloud.get(kind, '/os-services')['services']
                             for kind in WITH_SERVICES if cloud.has(kind)})


def enable(cloud, kind, host, binary):
    """Let a daemon be given work again."""
    cloud.send(kind, 'PUT', '/os-services/enable', {'host': host, 'binary': binary})


def disable(cloud, kind, host, binary, reason=''):
    """Give a daemon no new work; what it has goes on."""
    body = {'host': host, 'binary': binary}
    if reason:
        cloud.send(kind, 'PUT', '/os-services/disable-log-reason', {**body, 'disabled_reason': reason})
    else:
        cloud.send(kind, 'PUT', '/os-services/disable', body)


def forget(cloud, service_id):
    """Remove the record of a compute daemon that will not come back."""
    cloud.call('compute', 'DELETE', f'/os-services/{quote(str(service_id), "")}')


def hypervisors(cloud):
    """[{hypervisor_hostname, state, status, vcpus, vcpus_used, memory_mb, memory_mb_used, local_gb ...}] by name."""
    return sorted(cloud.get('compute', '/os-hypervisors/detail')['hypervisors'],
                  key=lambda each: each['hypervisor_hostname'])


def hypervisor(cloud, key):
    """One hypervisor by its id."""
    return cloud.get('compute', f'/os-hypervisors/{quote(str(key), "")}')['hypervisor']


def statistics(cloud):
    """Sums over all hypervisors: {count, vcpus, vcpus_used, memory_mb, ...}."""
    return cloud.get('compute', '/os-hypervisors/statistics')['hypervisor_statistics']


def aggregates(cloud):
    """[{id, name, availability_zone, hosts, metadata}] by name."""
    return sorted(cloud.get('compute', '/os-aggregates')['aggregates'], key=lambda each: each['name'].lower())


def aggregate(cloud, key):
    """One aggregate."""
    return cloud.get('compute', f'/os-aggregates/{quote(str(key), "")}')['aggregate']


def create_aggregate(cloud, name, zone=None):
    """A new aggregate: {id, name ...}."""
    return cloud.send('compute', 'POST', '/os-aggregates', {'aggregate': {'name': name, 'availability_zone': zone}})[
        'aggregate']


def update_aggregate(cloud, key, **values):
    """Change its name or availability_zone."""
    cloud.send('compute', 'PUT', f'/os-aggregates/{quote(str(key), "")}', {'aggregate': values})


def delete_aggregate(cloud, key):
    """Remove one that has no host any more."""
    cloud.call('compute', 'DELETE', f'/os-aggregates/{quote(str(key), "")}')


def change_hosts(cloud, key, added, removed):
    """Add hosts to an aggregate and take some out: one call a host, one after another (each changes the same thing)."""
    for action, hosts in (('remove_host', removed), ('add_host', added)):
        for host in sorted(hosts):
            _act(cloud, key, action, {'host': host})


def set_metadata(cloud, key, values):
    """Set these keys of an aggregate's metadata; None takes a key away."""
    _act(cloud, key, 'set_metadata', {'metadata': values})


def _act(cloud, key, action, value):
    cloud.send('compute', 'POST', f'/os-aggregates/{quote(str(key), "")}/action', {action: value})


def zones(cloud):
    """[{zoneName, zoneState: {available}, hosts: {host: {binary: {available, active, updated_at}}}}]."""
    return cloud.get('compute', '/os-availability-zone/detail')['availabilityZoneInfo']
