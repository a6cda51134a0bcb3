"""Compute's floating addresses."""


def all_of(cloud):
    """[{id, ip, pool, fixed_ip, instance_id}] of the project: one call."""
    return cloud.get('compute', '/os-floating-ips')['floating_ips']


def pools(cloud):
    """Names of the pools: one call."""
    return [each['name'] for each in cloud.get('compute', '/os-floating-ip-pools')['floating_ip_pools']]


def allocate(cloud, pool=None):
    """A new address of a pool."""
    return cloud.send('compute', 'POST', '/os-floating-ips', {'pool': pool} if pool else {})['floating_ip']
