"""Networks that servers may have."""


def all_of(cloud):
    """[{id, label, cidr}], of the network service where there is one, else of Compute: one call."""
    if cloud.has('network'):
        found = cloud.get('network', '/v2.0/networks')['networks']
        return [{'id': each['id'], 'label': each['name'] or each['id'], 'cidr': ''} for each in found
                if not each.get('router:external')]
    return cloud.get('compute', '/os-tenant-networks')['networks']


def described(cloud):
    """[{id, label, cidr, gateway, dns1, dns2, mtu}] of Compute's networks: one call."""
    return cloud.get('compute', '/os-networks')['networks']
