"""Limits and what is used of them, as the APIs show them."""
from nova.compute import quota

_LIMITS = {
    'maxServerMeta': 'metadata_items', 'maxImageMeta': 'metadata_items', 'maxPersonality': 'injected_files',
    'maxPersonalitySize': 'injected_file_content_bytes', 'maxTotalInstances': 'instances', 'maxTotalCores': 'cores',
    'maxTotalRAMSize': 'ram', 'maxTotalKeypairs': 'key_pairs', 'maxTotalFloatingIps': 'floating_ips',
    'maxSecurityGroups': 'security_groups', 'maxSecurityGroupRules': 'security_group_rules',
    'maxServerGroups': 'server_groups', 'maxServerGroupMembers': 'server_group_members'}
_USED = {
    'totalInstancesUsed': 'instances', 'totalCoresUsed': 'cores', 'totalRAMUsed': 'ram',
    'totalFloatingIpsUsed': 'floating_ips', 'totalSecurityGroupsUsed': 'security_groups',
    'totalServerGroupsUsed': 'server_groups'}


def absolute(context, project_id=None):
    """The `absolute` map of the limits call: two statements."""
    project_id = project_id or context.project_id
    allowed, used = quota.limits(project_id), quota.usage(project_id)
    return {**{name: allowed[resource] for name, resource in _LIMITS.items()},
            **{name: used[resource] for name, resource in _USED.items()}}
