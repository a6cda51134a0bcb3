"""Compute's security groups."""
from urllib.parse import quote


def all_of(cloud):
    """[{id, name, description, rules}] of the project: one call."""
    return cloud.get('compute', '/os-security-groups')['security_groups']


def get(cloud, group_id):
    """A group with its rules: one call."""
    return cloud.get('compute', f'/os-security-groups/{quote(str(group_id), safe="")}')['security_group']


def create(cloud, name, description):
    """A new group, which lets nothing in."""
    body = {'security_group': {'name': name, 'description': description}}
    return cloud.send('compute', 'POST', '/os-security-groups', body)['security_group']


def update(cloud, group_id, name, description):
    """Change name and description."""
    body = {'security_group': {'name': name, 'description': description}}
    return cloud.send('compute', 'PUT', f'/os-security-groups/{quote(str(group_id), safe="")}', body)['security_group']


def delete(cloud, group_id):
    """Remove a group no server is in."""
    cloud.call('compute', 'DELETE', f'/os-security-groups/{quote(str(group_id), safe="")}')


def add_rule(cloud, group_id, protocol, first, last, cidr=None, source_group=None):
    """Let something in: from addresses (cidr) or from members of another group (its id). For icmp: type and code."""
    rule = {'parent_group_id': group_id, 'ip_protocol': protocol, 'from_port': first, 'to_port': last,
            **({'group_id': source_group} if source_group else {'cidr': cidr})}
    return cloud.send('compute', 'POST', '/os-security-group-rules', {'security_group_rule': rule})


def delete_rule(cloud, rule_id):
    """Let it in no longer."""
    cloud.call('compute', 'DELETE', f'/os-security-group-rules/{quote(str(rule_id), safe="")}')
