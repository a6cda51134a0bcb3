"""Who may what by the scope of his token: administrators, managers, members and readers of systems, domains, projects.

`test_policy.py` has every operation as administrator, owner, colleague, stranger and nobody of projects.
"""
import pytest

from keystone.api import loaded
from tests.unit.keystone.conftest import Api

# What the cloud has once: out of reach with a token for a domain, whatever the role.
OF_THE_CLOUD = [
    ('GET', '/services', None), ('POST', '/services', {'service': {'type': 'x'}}), ('GET', '/endpoints', None),
    ('POST', '/regions', {'region': {'id': 'x'}}), ('POST', '/domains', {'domain': {'name': 'x'}}),
    ('PATCH', '/domains/{domain}', {'domain': {'description': 'x'}}), ('GET', '/domains/{domain}/config', None),
    ('PUT', '/domains/{domain}/config', {'config': {'identity': {'driver': 'sql'}}}),
    ('POST', '/roles', {'role': {'name': 'x'}}), ('PUT', '/roles/{member}/implies/{service}', None),
    ('GET', '/role_inferences', None), ('PUT', '/system/users/{user}/roles/{admin}', None),
    ('GET', '/system/users/{user}/roles', None), ('GET', '/OS-FEDERATION/identity_providers', None),
    ('PUT', '/OS-FEDERATION/identity_providers/x', {'identity_provider': {}}), ('GET', '/policies', None),
    ('GET', '/OS-EP-FILTER/endpoint_groups', None), ('GET', '/OS-OAUTH1/consumers', None),
    ('POST', '/registered_limits', {'registered_limits': [
        {'service_id': '{member}', 'resource_name': 'x', 'default_limit': 1}]}),
    ('GET', '/users/{user}/application_credentials', None), ('GET', '/users/{user}/access_rules', None),
    ('GET', '/users/{user}/credentials/OS-EC2', None), ('GET', '/OS-TRUST/trusts', None)]
IN_DOMAINS = [
    ('GET', '/users', None), ('GET', '/users/{user}', None), ('GET', '/groups', None), ('GET', '/projects', None),
    ('PATCH', '/users/{user}', {'user': {'description': 'x'}}), ('GET', '/domains/{domain}', None),
    ('PUT', '/domains/{domain}/users/{user}/roles/{member}', None), ('GET', '/role_assignments', None),
    ('GET', '/roles', None), ('GET', '/regions', None), ('GET', '/registered_limits', None), ('GET', '/limits', None)]


@pytest.fixture
def domain(cloud):
    """A domain with an admin, a manager, a member and a reader (their tokens), a user and a group."""
    made = cloud.managers.domains.create_domain({'name': 'd'})
    parts = {'id': made['id'], 'names': {'domain': made['id'], **cloud.roles}}
    for role in ('admin', 'manager', 'member', 'reader'):
        user = cloud.new_user(f'd-{role}', domain_id=made['id'])
        cloud.grant(user, role, domain_id=made['id'])
        parts[role] = cloud.token(user, domain_id=made['id'])
    parts['user'] = cloud.new_user('d-user', domain_id=made['id'])
    parts['group'] = cloud.managers.groups.create_group({'name': 'd-group', 'domain_id': made['id']})
    parts['names']['user'] = parts['user']['id']
    return parts


def _filled(value, names):
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    return value.format(**names) if isinstance(value, str) else value


def test_with_a_token_for_a_domain_nobody_reaches_what_the_cloud_has_once(api, domain):
    wrong = [(role, method, path) for role in ('admin', 'manager', 'member', 'reader')
             for method, path, body in OF_THE_CLOUD
             if api(method, f'/v3{path}'.format(**domain['names']), _filled(body, domain['names']),
                    token=domain[role]).status_int != 403]
    assert wrong == []


def test_an_administrator_of_a_domain_reaches_what_lives_in_domains(api, domain):
    wrong = [(method, path) for method, path, body in IN_DOMAINS
             if api(method, f'/v3{path}'.format(**domain['names']), body, token=domain['admin']).status_int >= 300]
    assert wrong == []
    assert api('GET', '/v3/users?domain_id=default', token=domain['admin']).json['users']


def test_lists_with_a_token_for_a_domain_are_of_that_domain(api, cloud, domain):
    project = cloud.new_project('p', domain_id=domain['id'])
    cloud.grant(domain['user'], 'member', project=project)
    for who in ('admin', 'manager', 'reader'):
        lists = {kind: api('GET', f'/v3/{kind}', token=domain[who]).json[kind]
                 for kind in ('domains', 'users', 'groups', 'projects', 'role_assignments')}
        assert [each['id'] for each in lists['domains']] == [domain['id']]
        assert [each['id'] for each in lists['projects']] == [project['id']]
        assert {each['domain_id'] for kind in ('users', 'groups') for each in lists[kind]} == {domain['id']}
        scopes = [each['scope'] for each in lists['role_assignments']]
        assert {'project': {'id': project['id']}} in scopes and len(scopes) == 5


def test_without_enforced_scopes_the_role_alone_counts(api, conf, domain):
    conf.set('enforce_scope', False, 'oslo_policy')
    assert api('GET', '/v3/services', token=domain['admin']).status_int == 200
    assert api('GET', '/v3/services', token=domain['manager']).status_int == 403


def test_delegation_needs_a_token_for_a_project(api, cloud):
    cloud.grant(cloud.owner, 'member')
    system = cloud.token(cloud.owner, system=True)
    body = {'application_credential': {'name': 'x'}}
    assert api('POST', f'/v3/users/{cloud.owner["id"]}/application_credentials', body, token=system).status_int == 403
    trust = {'trust': {'trustor_user_id': cloud.owner['id'], 'trustee_user_id': cloud.member['id'],
                       'impersonation': False, 'project_id': cloud.project['id'], 'roles': [{'name': 'member'}]}}
    assert api('POST', '/v3/OS-TRUST/trusts', trust, token=system).status_int == 403
    project = cloud.token(cloud.owner, cloud.project)
    assert api('POST', '/v3/OS-TRUST/trusts', trust, token=project).status_int == 201


def test_members_of_a_domain_are_seen_not_those_beside_them(api, cloud, domain):
    groups = cloud.managers.groups
    foreign = groups.create_group({'name': 'foreign', 'domain_id': 'default'})
    for user in (domain['user'], cloud.owner):
        for group in (domain['group'], foreign):
            groups.add_member(user['id'], group['id'])
    users, of_user = f'/v3/groups/{domain["group"]["id"]}/users', f'/v3/users/{domain["user"]["id"]}/groups'
    for who in ('reader', 'manager', 'admin'):
        assert [each['id'] for each in api('GET', users, token=domain[who]).json['users']] == [domain['user']['id']]
        assert [each['id'] for each in api('GET', of_user, token=domain[who]).json['groups']] == [domain['group']['id']]
    assert len(api('GET', users, token=cloud.admin_token).json['users']) == 2
    mine = api('GET', of_user, token=cloud.token(domain['user'])).json['groups']
    assert len(mine) == 2


def test_a_reader_makes_no_keys(api, cloud):
    reader = cloud.new_user('r', cloud.project, role='reader')
    path, body = f'/v3/users/{reader["id"]}/credentials/OS-EC2', {'tenant_id': cloud.project['id']}
    assert api('POST', path, body, token=cloud.token(reader, cloud.project)).status_int == 403
    made = api('POST', path, body, token=cloud.admin_token).json['credential']['access']
    assert api('GET', f'{path}/{made}', token=cloud.token(reader, cloud.project)).status_int == 200
    assert api('DELETE', f'{path}/{made}', token=cloud.token(reader, cloud.project)).status_int == 403
    cloud.grant(reader, 'member', project=cloud.project)
    assert api('DELETE', f'{path}/{made}', token=cloud.token(reader, cloud.project)).status_int == 204


def test_a_manager_sees_the_roles_he_may_hand_out(api, cloud, domain):
    manager = cloud.new_user('m', cloud.project, role='manager')
    for token in (cloud.token(manager, cloud.project), domain['manager']):
        assert api('GET', f'/v3/roles/{cloud.roles["member"]}', token=token).status_int == 200
        assert api('GET', f'/v3/roles/{cloud.roles["admin"]}', token=token).status_int == 403
    assert api('GET', '/v3/roles', token=domain['manager']).status_int == 200
    assert api('GET', '/v3/roles', token=cloud.token(manager, cloud.project)).status_int == 403


def test_a_grant_of_a_role_of_another_domain_is_not_a_domains_business(api, cloud, domain):
    mine, foreign = [cloud.managers.roles.create_role({'name': 'r', 'domain_id': each})['id']
                     for each in (domain['id'], 'default')]
    path = f'/v3/domains/{domain["id"]}/users/{domain["user"]["id"]}/roles'
    statuses = [api('GET', f'{path}/{role}', token=domain['reader']).status_int
                for role in (mine, cloud.roles['member'], foreign)]
    assert statuses == [404, 404, 403]


def test_limits_of_projects_are_seen_with_a_token_for_their_domain(api, cloud, domain):
    from keystone.db.records import Hints
    service = cloud.managers.catalog.list_services(Hints())[0]['id']
    cloud.managers.registered_limits.create([{'service_id': service, 'resource_name': 'r', 'default_limit': 1}])
    project = cloud.new_project('p', domain_id=domain['id'])
    (limit,) = cloud.managers.limits.create([{'service_id': service, 'resource_name': 'r', 'resource_limit': 1,
                                              'project_id': project['id']}])
    found = api('GET', f'/v3/limits/{limit["id"]}', token=domain['reader'])
    assert found.status_int == 200 and found.json['limit']['domain_id'] is None
    assert set(found.json['limit']) == {'id', 'service_id', 'region_id', 'resource_name', 'resource_limit',
                                        'description', 'project_id', 'domain_id', 'links'}
    assert api('GET', f'/v3/limits/{limit["id"]}', token=cloud.token(cloud.owner, cloud.project)).status_int == 403


@pytest.mark.parametrize('rule, method, path', [
    ('"identity:list_system_grants_for_user": "!"', 'GET', '/v3/system/users/{user}/roles'),
    ('"identity:ec2tokens_validate": "!"', 'POST', '/v3/ec2tokens'),
    ('"identity:get_user": "token.domain.id:%(target.user.domain_id)s"', 'GET', '/v3/users/{user}'),
    ('"identity:get_user": "rule:service_admin_or_token_subject and rule:owner"', 'GET', '/v3/users/{user}')])
def test_rules_of_the_original_hold_here(conf, cloud, tmp_path, rule, method, path):
    (tmp_path / 'policy.yaml').write_text(rule, encoding='utf-8')
    conf.set('policy_file', str(tmp_path / 'policy.yaml'), 'oslo_policy')
    loaded._loaded.pop('enforcer', None)
    body = {'credentials': {'access': 'a', 'signature': 's'}} if method == 'POST' else None
    answer = Api(cloud)(method, path.format(user=cloud.owner['id']), body, token=cloud.admin_token)
    assert answer.status_int == 403
