"""Who may do what: every operation of v3 as admin, owner, member, stranger and nobody; domain and system readers."""
import pytest

from essex.context import RequestContext
from essex.policy import Enforcer
from keystone.policies import RULES
from tests.unit.keystone.conftest import Api

OWN, ANY, ADMIN = 'own', 'any', 'admin'
# method, path, body, who may (beside admin): OWN the owner alone, ANY everybody with a token, ADMIN nobody else.
OPERATIONS = [
    ('GET', '/users', None, ADMIN), ('POST', '/users', {'user': {'name': 'x'}}, ADMIN),
    ('GET', '/users/{owner}', None, OWN), ('PATCH', '/users/{owner}', {'user': {'description': 'x'}}, ADMIN),
    ('GET', '/users/{owner}/projects', None, OWN), ('GET', '/users/{owner}/groups', None, OWN),
    ('GET', '/users/{owner}/credentials/OS-EC2', None, OWN),
    ('POST', '/users/{owner}/credentials/OS-EC2', {'tenant_id': '{project}'}, OWN),
    ('GET', '/groups', None, ADMIN), ('POST', '/groups', {'group': {'name': 'x'}}, ADMIN),
    ('GET', '/groups/{group}', None, ADMIN), ('PATCH', '/groups/{group}', {'group': {'name': 'y'}}, ADMIN),
    ('GET', '/groups/{group}/users', None, ADMIN), ('PUT', '/groups/{group}/users/{owner}', None, ADMIN),
    ('GET', '/groups/{group}/users/{owner}', None, OWN), ('DELETE', '/groups/{group}/users/{owner}', None, ADMIN),
    ('GET', '/projects', None, ADMIN), ('POST', '/projects', {'project': {'name': 'x'}}, ADMIN),
    ('GET', '/projects/{project}', None, 'project'), ('GET', '/projects/{project}/tags', None, 'project'),
    ('PATCH', '/projects/{project}', {'project': {'description': 'x'}}, ADMIN),
    ('PUT', '/projects/{project}/tags', {'tags': ['a']}, ADMIN), ('PUT', '/projects/{project}/tags/b', None, ADMIN),
    ('GET', '/projects/{project}/tags/b', None, 'project'), ('DELETE', '/projects/{project}/tags/b', None, ADMIN),
    ('DELETE', '/projects/{project}/tags', None, ADMIN),
    ('GET', '/domains', None, ADMIN), ('GET', '/domains/default', None, ANY),
    ('POST', '/domains', {'domain': {'name': 'x'}}, ADMIN), ('PATCH', '/domains/default', {'domain': {'k': 1}}, ADMIN),
    ('GET', '/roles', None, ADMIN), ('GET', '/roles/{reader}', None, ADMIN), ('POST', '/roles',
                                                                              {'role': {'name': 'x'}}, ADMIN),
    ('GET', '/roles/{member}/implies', None, ADMIN), ('GET', '/roles/{member}/implies/{reader}', None, ADMIN),
    ('PUT', '/roles/{member}/implies/{reader}', None, ADMIN), ('GET', '/role_inferences', None, ADMIN),
    ('GET', '/projects/{project}/users/{owner}/roles', None, ADMIN),
    ('GET', '/projects/{project}/users/{owner}/roles/{member}', None, ADMIN),
    ('PUT', '/projects/{project}/users/{owner}/roles/{reader}', None, ADMIN),
    ('DELETE', '/projects/{project}/users/{owner}/roles/{reader}', None, ADMIN),
    ('PUT', '/domains/default/users/{owner}/roles/{reader}', None, ADMIN),
    ('GET', '/domains/default/users/{owner}/roles', None, ADMIN),
    ('PUT', '/system/users/{owner}/roles/{reader}', None, ADMIN), ('GET', '/system/users/{owner}/roles', None, ADMIN),
    ('PUT', '/OS-INHERIT/domains/default/users/{owner}/roles/{reader}/inherited_to_projects', None, ADMIN),
    ('GET', '/role_assignments', None, ADMIN), ('GET', '/role_assignments?user.id={owner}', None, ADMIN),
    ('GET', '/role_assignments?include_subtree&scope.project.id={project}', None, ADMIN),
    ('GET', '/services', None, ADMIN), ('POST', '/services', {'service': {'type': 'x'}}, ADMIN),
    ('GET', '/services/{service}', None, ADMIN), ('PATCH', '/services/{service}', {'service': {'k': 1}}, ADMIN),
    ('GET', '/endpoints', None, ADMIN),
    ('POST', '/endpoints', {'endpoint': {'service_id': '{service}', 'interface': 'public', 'url': 'x'}}, ADMIN),
    ('GET', '/regions', None, ANY), ('GET', '/regions/RegionOne', None, ANY),
    ('POST', '/regions', {'region': {'id': 'x'}}, ADMIN), ('PATCH', '/regions/RegionOne', {'region': {'k': 1}}, ADMIN),
    ('GET', '/policies', None, ADMIN), ('POST', '/policies', {'policy': {'blob': 'x', 'type': 'y'}}, ADMIN),
    ('GET', '/policies/{policy}', None, ADMIN), ('PATCH', '/policies/{policy}', {'policy': {'k': 1}}, ADMIN),
    ('PUT', '/policies/{policy}/OS-ENDPOINT-POLICY/services/{service}', None, ADMIN),
    ('GET', '/policies/{policy}/OS-ENDPOINT-POLICY/services/{service}', None, ADMIN),
    ('GET', '/policies/{policy}/OS-ENDPOINT-POLICY/endpoints', None, ADMIN),
    ('GET', '/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy', None, ADMIN),
    ('DELETE', '/policies/{policy}/OS-ENDPOINT-POLICY/services/{service}', None, ADMIN),
    ('DELETE', '/policies/{policy}', None, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoint_groups', None, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoint_groups/{egroup}', None, ADMIN),
    ('POST', '/OS-EP-FILTER/endpoint_groups', {'endpoint_group': {
        'name': 'x', 'filters': {'interface': 'public'}}}, ADMIN),
    ('PATCH', '/OS-EP-FILTER/endpoint_groups/{egroup}', {'endpoint_group': {'name': 'y'}}, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoint_groups/{egroup}/endpoints', None, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoint_groups/{egroup}/projects', None, ADMIN),
    ('PUT', '/OS-EP-FILTER/endpoint_groups/{egroup}/projects/{project}', None, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoint_groups/{egroup}/projects/{project}', None, ADMIN),
    ('DELETE', '/OS-EP-FILTER/endpoint_groups/{egroup}/projects/{project}', None, ADMIN),
    ('PUT', '/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}', None, ADMIN),
    ('GET', '/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}', None, ADMIN),
    ('GET', '/OS-EP-FILTER/projects/{project}/endpoints', None, ADMIN),
    ('GET', '/OS-EP-FILTER/projects/{project}/endpoint_groups', None, ADMIN),
    ('GET', '/OS-EP-FILTER/endpoints/{endpoint}/projects', None, ADMIN),
    ('DELETE', '/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}', None, ADMIN),
    ('DELETE', '/OS-EP-FILTER/endpoint_groups/{egroup}', None, ADMIN),
    ('GET', '/registered_limits', None, ANY), ('GET', '/registered_limits/{registered}', None, ANY),
    ('GET', '/limits', None, ANY), ('GET', '/limits/model', None, ANY), ('GET', '/limits/{limit}', None, 'project'),
    ('POST', '/registered_limits', {'registered_limits': [
        {'service_id': '{service}', 'resource_name': 'x', 'default_limit': 1}]}, ADMIN),
    ('PATCH', '/registered_limits/{registered}', {'registered_limit': {'description': 'x'}}, ADMIN),
    ('POST', '/limits', {'limits': [{'service_id': '{service}', 'resource_name': 'r', 'domain_id': 'default',
                                     'resource_limit': 1}]}, ADMIN),
    ('PATCH', '/limits/{limit}', {'limit': {'resource_limit': 2}}, ADMIN), ('DELETE', '/limits/{limit}', None, ADMIN),
    ('PUT', '/domains/default/config', {'config': {'identity': {'driver': 'sql'}}}, ADMIN),
    ('GET', '/domains/default/config', None, ADMIN), ('GET', '/domains/config/default', None, ADMIN),
    ('GET', '/domains/default/config/security_compliance', None, ANY),
    ('PATCH', '/domains/default/config', {'config': {'identity': {'driver': 'sql'}}}, ADMIN),
    ('DELETE', '/domains/default/config', None, ADMIN),
    ('GET', '/auth/projects', None, ANY), ('GET', '/auth/domains', None, ANY), ('GET', '/auth/catalog', None, ANY),
    ('DELETE', '/users/{spare}', None, ADMIN), ('DELETE', '/groups/{group}', None, ADMIN),
    ('DELETE', '/projects/{spare_project}', None, ADMIN), ('DELETE', '/services/{service}', None, ADMIN),
]


@pytest.fixture
def names(cloud):
    """What the paths of OPERATIONS are filled with."""
    from keystone.db.records import Hints
    group = cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    cloud.managers.groups.add_member(cloud.owner['id'], group['id'])
    cloud.managers.resource.set_tags(cloud.project['id'], ['b'])
    service = cloud.managers.catalog.list_services(Hints())[0]['id']
    registered = cloud.managers.registered_limits.create([{'service_id': service, 'resource_name': 'r',
                                                           'default_limit': 1}])[0]['id']
    (limit,) = cloud.managers.limits.create([{'service_id': service, 'resource_name': 'r', 'resource_limit': 1,
                                              'project_id': cloud.project['id']}])
    more = {'policy': cloud.managers.policies.create_policy({'blob': 'x', 'type': 'y'})['id'],
            'egroup': cloud.managers.endpoint_filters.create_group({'name': 'x', 'filters': {}})['id'],
            'endpoint': cloud.managers.catalog.list_endpoints(Hints())[0]['id'], 'registered': registered,
            'limit': limit['id']}
    return {**more, 'owner': cloud.owner['id'], 'project': cloud.project['id'], 'group': group['id'], **cloud.roles,
            'service': cloud.managers.catalog.list_services(Hints())[0]['id'], 'spare': cloud.new_user('spare')['id'],
            'spare_project': cloud.new_project('spare')['id']}


def filled(value, names):
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return value.format(**names) if isinstance(value, str) else value


ALLOWED = {ADMIN: {'admin'}, OWN: {'admin', 'owner'}, 'project': {'admin', 'owner', 'member'},
           ANY: {'admin', 'owner', 'member', 'stranger'}}


def test_every_operation_as_everybody(api, cloud, names):
    cast = cloud.cast()
    wrong = []
    for method, path, body, who in OPERATIONS:
        # The administrator last: what he does to the objects must not change the others' answers.
        for person in ('nobody', 'stranger', 'member', 'owner', 'admin'):
            answer = api(method, f'/v3{path.format(**names)}', filled(body, names), token=cast[person])
            expected = person in ALLOWED[who]
            fine = answer.status_int < 300 if expected else answer.status_int == (401 if person == 'nobody' else 403)
            if not fine:
                wrong.append((person, method, path, answer.status))
    assert wrong == []


def test_what_does_not_exist_is_403_to_those_who_may_not_see_it(api, cloud):
    token = cloud.token(cloud.owner, cloud.project)
    for path in ('/users/none', '/groups/none', '/projects/none', '/domains/none', '/services/none',
                 '/endpoints/none', '/users/none/credentials/OS-EC2'):
        assert api('GET', f'/v3{path}', token=token).status_int == 403, path
        assert api('GET', f'/v3{path}', token=cloud.admin_token).status_int == 404, path
    assert api('GET', '/v3/regions/none', token=token).status_int == 404


def test_a_system_reader_reads_everything_and_changes_nothing(api, cloud, names):
    user = cloud.new_user('auditor')
    cloud.grant(user, 'reader')
    token = cloud.token(user, system=True)
    for method, path, body, who in OPERATIONS:
        if who in (ANY,):
            continue
        status = api(method, f'/v3{path.format(**names)}', filled(body, names), token=token).status_int
        # 404: he may know that it is not there.
        assert status in ((200, 204, 404) if method == 'GET' else (403,)), (method, path, status)


class TestDomains:

    @pytest.fixture
    def domain(self, cloud):
        """A domain with a reader, a manager, a user, a group and a project of its own."""
        made = cloud.managers.domains.create_domain({'name': 'd'})
        parts = {'id': made['id'], 'project': cloud.new_project('p', domain_id=made['id'])}
        for role in ('reader', 'manager'):
            user = cloud.new_user(f'd-{role}', domain_id=made['id'])
            cloud.grant(user, role, domain_id=made['id'])
            parts[role] = cloud.token(user, domain_id=made['id'])
        parts['user'] = cloud.new_user('d-user', domain_id=made['id'])
        parts['group'] = cloud.managers.groups.create_group({'name': 'd-group', 'domain_id': made['id']})
        return parts

    @pytest.mark.parametrize('what', ['users', 'groups', 'projects'])
    def test_a_reader_sees_his_domain_alone(self, api, domain, what):
        found = api('GET', f'/v3/{what}', token=domain['reader']).json[what]
        assert found and {each['domain_id'] for each in found} == {domain['id']}
        assert api('GET', f'/v3/{what}?domain_id=default', token=domain['reader']).status_int == 403
        one = f'/v3/{what}/{domain[what[:-1]]["id"]}'
        assert api('GET', one, token=domain['reader']).status_int == 200
        assert api('PATCH', one, {what[:-1]: {'description': 'x'}}, token=domain['reader']).status_int == 403
        assert api('PATCH', one, {what[:-1]: {'description': 'x'}}, token=domain['manager']).status_int == 200

    def test_a_manager_makes_things_in_his_domain_alone(self, api, cloud, domain):
        for kind in ('user', 'group', 'project'):
            made = api('POST', f'/v3/{kind}s', {kind: {'name': 'new'}}, token=domain['manager'])
            assert made.status_int == 201 and made.json[kind]['domain_id'] == domain['id']
            other = {kind: {'name': 'new', 'domain_id': 'default'}}
            assert api('POST', f'/v3/{kind}s', other, token=domain['manager']).status_int == 403
        nested = {'project': {'name': 'n', 'parent_id': cloud.project['id']}}
        assert api('POST', '/v3/projects', nested, token=domain['manager']).status_int == 403
        sneaky = {'project': {'name': 'n', 'is_domain': True, 'domain_id': domain['id']}}
        assert api('POST', '/v3/projects', sneaky, token=domain['manager']).status_int == 403
        assert api('GET', f'/v3/users/{cloud.owner["id"]}', token=domain['manager']).status_int == 403
        assert api('DELETE', f'/v3/users/{cloud.owner["id"]}', token=domain['manager']).status_int == 403

    def test_a_manager_hands_out_small_roles_inside_his_domain(self, api, cloud, domain):
        own = f'/v3/projects/{domain["project"]["id"]}/users/{domain["user"]["id"]}/roles'
        assert api('PUT', f'{own}/{cloud.roles["member"]}', token=domain['manager']).status_int == 204
        assert api('GET', own, token=domain['reader']).status_int == 200
        assert api('PUT', f'{own}/{cloud.roles["admin"]}', token=domain['manager']).status_int == 403
        assert api('PUT', f'{own}/{cloud.roles["service"]}', token=domain['manager']).status_int == 403
        away = f'/v3/projects/{cloud.project["id"]}/users/{domain["user"]["id"]}/roles/{cloud.roles["member"]}'
        assert api('PUT', away, token=domain['manager']).status_int == 403
        foreign = f'/v3/projects/{domain["project"]["id"]}/users/{cloud.owner["id"]}/roles/{cloud.roles["member"]}'
        assert api('PUT', foreign, token=domain['manager']).status_int == 403
        assert api('DELETE', f'{own}/{cloud.roles["member"]}', token=domain['manager']).status_int == 204

    def test_assignments_and_domains_are_cut_to_his_domain(self, api, cloud, domain):
        cloud.grant(domain['user'], 'member', project=domain['project'])
        found = api('GET', '/v3/role_assignments', token=domain['reader']).json['role_assignments']
        assert {str(each['scope']) for each in found} == {
            str({'domain': {'id': domain['id']}}), str({'project': {'id': domain['project']['id']}})}
        assert [each['id'] for each in api('GET', '/v3/domains',
                                           token=domain['reader']).json['domains']] == [domain['id']]
        assert api('GET', '/v3/domains/default', token=domain['reader']).status_int == 403


def test_a_target_without_domain_matches_no_caller_without_domain(conf):
    """None must not equal None: a project token must not reach what belongs to no domain."""
    enforcer = Enforcer(RULES)
    caller = RequestContext(user_id='u', project_id='p', roles=['manager', 'reader'])
    for rule in RULES:
        if 'domain_id:' in rule.check_str and 'rule:owner' not in rule.check_str:
            assert not enforcer.check(caller, rule.name, {}), rule.name


def test_the_static_admin_token_opens_everything_when_set(api, conf):
    assert api('GET', '/v3/users', token='ADMIN').status_int == 401
    conf.set('admin_token', 'ADMIN')
    assert api('GET', '/v3/users', token='ADMIN').status_int == 200
    assert api('GET', '/v3/auth/projects', token='ADMIN').status_int == 401
    assert api('GET', '/v3/users', token='ADMIn').status_int == 401


def test_rules_of_ones_own_token_can_be_changed(conf, cloud, tmp_path):
    from keystone.api import loaded
    names = {f'/v3/auth/{name}': f'get_auth_{name}' for name in ('catalog', 'projects', 'domains', 'system')}
    (tmp_path / 'policy.yaml').write_text(''.join(f'"identity:{rule}": "!"\n' for rule in [
        *names.values(), 'check_token']), encoding='utf-8')
    conf.set('policy_file', str(tmp_path / 'policy.yaml'), 'oslo_policy')
    loaded._loaded.pop('enforcer', None)
    api, token = Api(cloud), cloud.token(cloud.owner, cloud.project)
    for path in names:
        assert api('GET', path, token=token).status_int == 403, path
    assert api('HEAD', '/v3/auth/tokens', token=token, subject=token).status_int == 403
    assert api('GET', '/v3/auth/tokens', token=token, subject=token).status_int == 200
