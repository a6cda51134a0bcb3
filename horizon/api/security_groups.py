"""Compute's security groups."""


def all_of(cloud):
    """[{id, name, description, rules}] of the project: one call."""
    return cloud.get('compute', '/os-security-groups')['security_groups']
