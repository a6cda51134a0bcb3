"""Compute's floating addresses."""
from urllib.parse import quote


def all_of(cloud):
    """[{id, ip, pool, fixed_ip, instance_id}] of the project: one call."""
    return cloud.get('compute', '/os-floating-ips')['floating_ips']


def pools(cloud):
    """Names of the pools: one call."""
    return [each['name'] for each in cloud.get('compute', '/os-floating-ip-pools')['floating_ip_pools']]


def get(cloud, floating_id):
    """One address: one call."""
    return cloud.get('compute', f'/os-floating-ips/{quote(str(floating_id), safe="")}')['floating_ip']


def allocate(cloud, pool=None):
    """A new address of a pool."""
    return cloud.send('compute', 'POST', '/os-floating-ips', {'pool': pool} if pool else {})['floating_ip']


def release(cloud, floating_id):
    """Give an address back."""
    cloud.call('compute', 'DELETE', f'/os-floating-ips/{quote(str(floating_id), safe="")}')


def disassociate(cloud, floating_id):
    """Take an address from its server, if it has one: two calls."""
    found = get(cloud, floating_id)
    if found['instance_id']:
        cloud.send('compute', 'POST', f'/servers/{found["instance_id"]}/action',
                   {'removeFloatingIp': {'address': found['ip']}})
