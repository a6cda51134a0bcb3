"""Rules of policies, endpoint filters, limits and configurations of domains."""
from keystone.policies.core import ADMIN, CLOUD, EVERY, READ, rule

ANYBODY = '@'


def _rules(check, *names, scopes=CLOUD):
    return [rule(name, check, scopes) for name in names]


def _places(verb):
    """The names of one verb on every kind of place a policy can be in force at."""
    return [f'{verb}_policy_association_for_{place}' for place in ('endpoint', 'service', 'region_and_service')]


_POLICIES = [
    *_rules(READ, 'get_policy', 'list_policies', 'list_endpoints_for_policy', 'get_policy_for_endpoint',
            *_places('check')),
    *_rules(ADMIN, 'create_policy', 'update_policy', 'delete_policy', *_places('create'), *_places('delete')),
]

_ENDPOINT_FILTERS = [
    *_rules(READ, 'list_endpoint_groups', 'get_endpoint_group', 'list_endpoints_associated_with_endpoint_group',
            'list_projects_associated_with_endpoint_group', 'get_endpoint_group_in_project',
            'list_endpoint_groups_for_project', 'list_projects_for_endpoint', 'list_endpoints_for_project',
            'check_endpoint_in_project'),
    *_rules(ADMIN, 'create_endpoint_group', 'update_endpoint_group', 'delete_endpoint_group',
            'add_endpoint_group_to_project', 'remove_endpoint_group_from_project', 'add_endpoint_to_project',
            'remove_endpoint_from_project'),
]

_LIMITS = [
    *_rules(ANYBODY, 'get_registered_limit', 'list_registered_limits', 'get_limit_model', 'list_limits',
            scopes=EVERY),
    *_rules(f'{READ} or domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s or '
            'project_id:%(target.limit.project_id)s', 'get_limit', scopes=EVERY),
    *_rules(ADMIN, 'create_registered_limits', 'update_registered_limit', 'delete_registered_limit', 'create_limits',
            'update_limit', 'delete_limit'),
]

_DOMAIN_CONFIGS = [
    *_rules(READ, 'get_domain_config', 'get_domain_config_default'),
    *_rules(ANYBODY, 'get_security_compliance_domain_config', scopes=EVERY),
    *_rules(ADMIN, 'create_domain_config', 'update_domain_config', 'delete_domain_config'),
]

RULES = [*_POLICIES, *_ENDPOINT_FILTERS, *_LIMITS, *_DOMAIN_CONFIGS]
