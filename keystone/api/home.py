"""JSON Home: where each resource is, by the name of its relation (draft-nottingham-json-home-03).

Answered at / and /v3 to `Accept: application/json-home`. Of the relations named here those are shown that have a
route; a variable part of a path is named as in the public document.
"""
import re

MEDIA = 'application/json-home'
_ROOT = 'https://docs.openstack.org/api/openstack-identity/3'

# {extension or '': {path: relation}}
_RELATIONS = {
    '': {
        '/auth/tokens': 'auth_tokens', '/auth/catalog': 'auth_catalog', '/auth/projects': 'auth_projects',
        '/auth/domains': 'auth_domains', '/auth/system': 'auth_system',
        '/users': 'users', '/users/{user_id}': 'user', '/users/{user_id}/password': 'user_change_password',
        '/users/{user_id}/groups': 'user_groups', '/users/{user_id}/projects': 'user_projects',
        '/users/{user_id}/application_credentials': 'application_credentials',
        '/users/{user_id}/application_credentials/{application_credential_id}': 'application_credential',
        '/users/{user_id}/access_rules': 'access_rules',
        '/users/{user_id}/access_rules/{access_rule_id}': 'access_rule',
        '/groups': 'groups', '/groups/{group_id}': 'group', '/groups/{group_id}/users': 'group_users',
        '/groups/{group_id}/users/{user_id}': 'group_user',
        '/projects': 'projects', '/projects/{project_id}': 'project', '/projects/{project_id}/tags': 'project_tags',
        '/projects/{project_id}/tags/{value}': 'project_tag',
        '/domains': 'domains', '/domains/{domain_id}': 'domain', '/domains/{domain_id}/config': 'domain_config',
        '/domains/{domain_id}/config/{group}': 'domain_config_group',
        '/domains/{domain_id}/config/{group}/{option}': 'domain_config_option',
        '/domains/config/default': 'domain_config_default',
        '/domains/config/{group}/default': 'domain_config_default_group',
        '/domains/config/{group}/{option}/default': 'domain_config_default_option',
        '/roles': 'roles', '/roles/{role_id}': 'role', '/roles/{prior_role_id}/implies': 'implied_roles',
        '/roles/{prior_role_id}/implies/{implied_role_id}': 'implied_role', '/role_inferences': 'role_inferences',
        '/role_assignments': 'role_assignments',
        **{f'/{target}s/{{{target}_id}}/{actor}s/{{{actor}_id}}/roles{one}': f'{target}_{actor}_role{many}'
           for target in ('project', 'domain') for actor in ('user', 'group')
           for one, many in (('', 's'), ('/{role_id}', ''))},
        **{f'/system/{actor}s/{{{actor}_id}}/roles{one}': f'system_{actor}_role{many}'
           for actor in ('user', 'group') for one, many in (('', 's'), ('/{role_id}', ''))},
        '/regions': 'regions', '/regions/{region_id}': 'region', '/services': 'services',
        '/services/{service_id}': 'service', '/endpoints': 'endpoints', '/endpoints/{endpoint_id}': 'endpoint',
        '/policies': 'policies', '/policies/{policy_id}': 'policy',
        '/credentials': 'credentials', '/credentials/{credential_id}': 'credential',
        '/registered_limits': 'registered_limits', '/registered_limits/{registered_limit_id}': 'registered_limit',
        '/limits': 'limits', '/limits/model': 'limit_model', '/limits/{limit_id}': 'limit',
    },
    'OS-EC2/1.0': {
        '/ec2tokens': 'ec2tokens', '/users/{user_id}/credentials/OS-EC2': 'user_credentials',
        '/users/{user_id}/credentials/OS-EC2/{credential_id}': 'user_credential',
    },
    's3tokens/1.0': {'/s3tokens': 's3tokens'},
    'OS-INHERIT/1.0': {
        **{f'/OS-INHERIT/{target}s/{{{target}_id}}/{actor}s/{{{actor}_id}}/roles{one}/inherited_to_projects':
           f'{target}_{actor}_role{many}_inherited_to_projects'
           for target in ('project', 'domain') for actor in ('user', 'group')
           for one, many in (('', 's'), ('/{role_id}', ''))},
    },
    'OS-EP-FILTER/1.0': {
        '/OS-EP-FILTER/endpoint_groups': 'endpoint_groups',
        '/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}': 'endpoint_group',
        '/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints': 'endpoints_in_endpoint_group',
        '/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects': 'projects_associated_with_endpoint_group',
        '/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}':
            'endpoint_group_to_project_association',
        '/OS-EP-FILTER/projects/{project_id}/endpoints': 'project_endpoints',
        '/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}': 'project_endpoint',
        '/OS-EP-FILTER/projects/{project_id}/endpoint_groups': 'project_endpoint_groups',
        '/OS-EP-FILTER/endpoints/{endpoint_id}/projects': 'endpoint_projects',
    },
    'OS-ENDPOINT-POLICY/1.0': {
        '/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints': 'policy_endpoints',
        '/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}': 'endpoint_policy_association',
        '/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}': 'service_policy_association',
        '/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}':
            'region_and_service_policy_association',
        '/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy': 'endpoint_policy',
    },
    'OS-REVOKE/1.0': {'/OS-REVOKE/events': 'events'},
    'OS-PKI/1.0': {'/auth/tokens/OS-PKI/revoked': 'revocations'},
    'OS-SIMPLE-CERT/1.0': {
        '/OS-SIMPLE-CERT/ca': 'ca_certificate', '/OS-SIMPLE-CERT/certificates': 'certificates'},
    'OS-TRUST/1.0': {
        '/OS-TRUST/trusts': 'trusts', '/OS-TRUST/trusts/{trust_id}': 'trust',
        '/OS-TRUST/trusts/{trust_id}/roles': 'trust_roles', '/OS-TRUST/trusts/{trust_id}/roles/{role_id}': 'trust_role',
    },
    'OS-OAUTH1/1.0': {
        '/OS-OAUTH1/consumers': 'consumers', '/OS-OAUTH1/consumers/{consumer_id}': 'consumer',
        '/OS-OAUTH1/request_token': 'request_tokens', '/OS-OAUTH1/access_token': 'access_tokens',
        '/OS-OAUTH1/authorize/{request_token_id}': 'authorize_request_token',
        '/users/{user_id}/OS-OAUTH1/access_tokens': 'user_access_tokens',
        '/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}': 'user_access_token',
        '/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles': 'user_access_token_roles',
        '/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}': 'user_access_token_role',
    },
    'OS-OAUTH2/1.0': {'/OS-OAUTH2/token': 'token'},
    'OS-FEDERATION/1.0': {
        '/OS-FEDERATION/projects': 'projects', '/OS-FEDERATION/domains': 'domains',
        '/OS-FEDERATION/identity_providers': 'identity_providers',
        '/OS-FEDERATION/identity_providers/{idp_id}': 'identity_provider',
        '/OS-FEDERATION/identity_providers/{idp_id}/protocols': 'identity_provider_protocols',
        '/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}': 'identity_provider_protocol',
        '/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth': 'identity_provider_protocol_auth',
        '/OS-FEDERATION/mappings': 'mappings', '/OS-FEDERATION/mappings/{mapping_id}': 'mapping',
        '/OS-FEDERATION/service_providers': 'service_providers',
        '/OS-FEDERATION/service_providers/{sp_id}': 'service_provider',
        '/OS-FEDERATION/saml2/metadata': 'metadata', '/auth/OS-FEDERATION/saml2': 'saml2',
        '/auth/OS-FEDERATION/saml2/ecp': 'ecp', '/auth/OS-FEDERATION/websso/{protocol_id}': 'websso',
        '/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso': 'identity_providers_websso',
    },
}
# Variables that belong to an extension, wherever they stand.
_OWN = {'endpoint_group_id': 'OS-EP-FILTER/1.0', 'trust_id': 'OS-TRUST/1.0', 'consumer_id': 'OS-OAUTH1/1.0',
        'request_token_id': 'OS-OAUTH1/1.0', 'access_token_id': 'OS-OAUTH1/1.0', 'idp_id': 'OS-FEDERATION/1.0',
        'protocol_id': 'OS-FEDERATION/1.0', 'mapping_id': 'OS-FEDERATION/1.0', 'sp_id': 'OS-FEDERATION/1.0'}


def _anonymous(path):
    """A path with {} for every variable part, to compare by."""
    return re.sub(r'\{\w+\}', '{}', path)


def _expanded(path):
    """werkzeug's path as those it stands for: <any(a,b):x> is either word, any other variable {}."""
    choice = re.search(r'<any\(([^)]*)\):\w+>', path)
    if choice is None:
        return [re.sub(r'<[^>]*>', '{}', path)]
    return [each for word in choice[1].split(',')
            for each in _expanded(path[:choice.start()] + word.strip() + path[choice.end():])]


def _url(extension, kind, name):
    return f'{_ROOT}/ext/{extension}/{kind}/{name}' if extension else f'{_ROOT}/{kind}/{name}'


def _resource(path, prefix):
    names = re.findall(r'\{(\w+)\}', path)
    if not names:
        return {'href': prefix + path}
    return {'href-template': prefix + path,
            'href-vars': {name: _url(_OWN.get(name, ''), 'param', name) for name in names}}


def document(controllers, prefix=''):
    """{'resources': {relation: where it is}} of the routes of these controllers, with `prefix` before each path."""
    there = {path for controller in controllers for route, _ in controller.handlers()
             for path in _expanded(route.path)}
    return {'resources': {_url(extension, 'rel', name): _resource(path, prefix)
                          for extension, relations in _RELATIONS.items() for path, name in relations.items()
                          if _anonymous(path) in there}}
