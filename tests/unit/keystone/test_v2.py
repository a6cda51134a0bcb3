"""v2.0: tokens, tenants, users, roles, services, endpoints on both ports."""
import pytest

from tests.unit.keystone.conftest import PASSWORD


@pytest.fixture
def login(api):
    def call(username='owner', password=PASSWORD, **more):
        return api('POST', '/v2.0/tokens', {'auth': {'passwordCredentials': {'username': username,
                                                                             'password': password},
                                                     **more}})
    return call


class TestTokens:

    def test_a_scoped_token(self, login, cloud):
        answer = login(tenantName='demo')
        assert answer.status_int == 200 and answer.headers['Vary'] == 'X-Auth-Token'
        access = answer.json['access']
        assert set(access) == {'token', 'user', 'serviceCatalog', 'metadata'}
        assert access['token']['tenant'] == {'id': cloud.project['id'], 'name': 'demo', 'enabled': True,
                                             'description': ''}
        assert access['token']['expires'].endswith('Z') and 'T' in access['token']['issued_at']
        assert access['user']['name'] == access['user']['username'] == 'owner' and access['user']['roles_links'] == []
        assert [role['name'] for role in access['user']['roles']] == ['member', 'reader']
        (service,) = access['serviceCatalog']
        assert service['endpoints'] == [{'id': service['endpoints'][0]['id'], 'region': 'RegionOne',
                                         'publicURL': 'http://k:5000', 'internalURL': 'http://k:5000',
                                         'adminURL': 'http://k:35357'}]
        assert login(tenantId=cloud.project['id']).json['access']['token']['tenant']['name'] == 'demo'

    def test_without_tenant_it_is_unscoped(self, login, cloud):
        cloud.managers.identity.update_user(cloud.owner['id'], {'default_project_id': cloud.project['id']})
        access = login().json['access']
        assert 'tenant' not in access['token'] and access['serviceCatalog'] == [] and access['user']['roles'] == []

    def test_a_token_for_a_token(self, api, login, cloud):
        first = login().json['access']['token']
        answer = api('POST', '/v2.0/tokens', {'auth': {'token': {'id': first['id']}, 'tenantName': 'demo'}})
        assert answer.json['access']['token']['expires'] == first['expires']
        assert api('POST', '/v2.0/tokens', {'auth': {'token': {'id': 'x'}}}).status_int == 401

    def test_wrong_credentials(self, login):
        for answer in (login(password='x'), login('nobody'), login(tenantName='elsewhere'), login(tenantName='none')):
            assert answer.status_int == 401 and answer.json['error']['code'] == 401

    @pytest.mark.parametrize('body', [{}, {'auth': {}}, {'auth': None}, [], {'auth': {'passwordCredentials': {}}},
                                      {'auth': {'passwordCredentials': {'password': 'x'}}}, {'auth': {'token': {}}},
                                      {'auth': {'passwordCredentials': {'username': 1, 'password': 'x'}}}])
    def test_bad_bodies_are_400(self, api, body):
        assert api('POST', '/v2.0/tokens', body).status_int == 400

    def test_oversized_fields_are_413(self, login):
        assert login('x' * 65).status_int == 413 and login(tenantName='x' * 65).status_int == 413
        assert login(password='x' * 4097).status_int == 413

    def test_validation(self, admin, admin_api, cloud, login):
        token = login(tenantName='demo').json['access']['token']['id']
        access = admin('GET', f'/tokens/{token}').json['access']
        assert access['token']['id'] == token and 'serviceCatalog' not in access
        assert admin('HEAD', f'/tokens/{token}').status_int == 200
        found = admin('GET', f'/tokens/{token}?belongsTo={cloud.project["id"]}')
        assert found.json['access']['serviceCatalog']
        assert admin('GET', f'/tokens/{token}?belongsTo=other').status_int == 401
        assert admin('GET', '/tokens/nonsense').status_int == 404
        assert admin_api('GET', f'/v2.0/tokens/{token}', token=token).status_int == 403
        assert admin_api('GET', f'/v2.0/tokens/{token}').status_int == 401
        assert admin('GET', f'/tokens/{token}/endpoints').json['endpoints'][0]['type'] == 'identity'

    def test_tokens_of_other_domains_are_unknown_here(self, admin, cloud):
        domain = cloud.managers.domains.create_domain({'name': 'd'})
        user = cloud.new_user('owner', domain_id=domain['id'])
        assert admin('GET', f'/tokens/{cloud.token(user)}').status_int == 404
        assert admin('GET', f'/users/{user["id"]}').status_int == 404
        assert user['id'] not in [each['id'] for each in admin('GET', '/users').json['users']]

    def test_revocation(self, admin, login, api):
        token = login().json['access']['token']['id']
        assert api('DELETE', f'/v2.0/tokens/{token}', token=token).status_int == 403
        assert admin('DELETE', f'/tokens/{token}').status_int == 204
        assert admin('GET', f'/tokens/{token}').status_int == 404
        assert admin('DELETE', f'/tokens/{token}').status_int == 404

    def test_v3_and_v2_tokens_are_the_same(self, api, login, cloud):
        token = login(tenantName='demo').json['access']['token']['id']
        assert api('GET', '/v3/auth/tokens', token=token, subject=token).status_int == 200


class TestTenants:

    def test_the_public_port_lists_ones_own(self, api, cloud):
        answer = api('GET', '/v2.0/tenants', token=cloud.token(cloud.owner))
        assert answer.json == {'tenants_links': [], 'tenants': [
            {'id': cloud.project['id'], 'name': 'demo', 'description': '', 'enabled': True}]}
        assert [each['name'] for each in api('GET', '/v2.0/tenants',
                                             token=cloud.admin_token).json['tenants']] == ['admin']
        assert api('GET', '/v2.0/tenants').status_int == 401

    def test_the_admin_port_lists_all(self, admin, admin_api, cloud):
        found = admin('GET', '/tenants').json['tenants']
        assert {each['name'] for each in found} == {'admin', 'demo', 'elsewhere'}
        assert admin('GET', '/tenants?limit=1').json['tenants'] == found[:1]
        assert admin('GET', f'/tenants?limit=1&marker={found[0]["id"]}').json['tenants'] == found[1:2]
        for query in ('limit=-1', 'limit=x', 'marker=none'):
            assert admin('GET', f'/tenants?{query}').status_int == 400
        assert admin('GET', '/tenants?name=demo').json['tenant']['id'] == cloud.project['id']
        assert admin('GET', '/tenants?name=none').status_int == 404
        assert admin_api('GET', '/v2.0/tenants', token=cloud.token(cloud.owner, cloud.project)).status_int == 403

    def test_life_of_a_tenant(self, admin):
        tenant = admin('POST', '/tenants', {'tenant': {'name': 't', 'description': 'd',
                                                       'colour': 'red'}}).json['tenant']
        assert set(tenant) == {'id', 'name', 'description', 'enabled', 'colour'}
        path = f'/tenants/{tenant["id"]}'
        assert admin('PUT', path, {'tenant': {'name': 'u'}}).json['tenant']['name'] == 'u'
        assert admin('POST', path, {'tenant': {'enabled': False}}).json['tenant']['enabled'] is False
        assert admin('DELETE', path).status_int == 204 and admin('GET', path).status_int == 404
        assert admin('POST', '/tenants', {'tenant': {'name': 'c', 'id': 'chosen'}}).json['tenant']['id'] == 'chosen'
        assert admin('POST', '/tenants', {'tenant': {'name': 'e', 'id': 'chosen'}}).status_int == 409
        assert admin('POST', '/tenants', {'tenant': {'name': 'demo'}}).status_int == 409
        assert admin('POST', '/tenants', {'tenant': {'name': 'x' * 256}}).status_int == 400
        assert admin('GET', '/tenants/default').status_int == 404

    def test_users_and_roles_of_a_tenant(self, admin, cloud):
        found = admin('GET', f'/tenants/{cloud.project["id"]}/users').json['users']
        assert {each['name'] for each in found} == {'owner', 'fellow'}
        path = f'/tenants/{cloud.project["id"]}/users/{cloud.stranger["id"]}/roles'
        assert admin('GET', path).json == {'roles': []}
        role = f'{path}/OS-KSADM/{cloud.roles["member"]}'
        assert admin('PUT', role).json['role']['name'] == 'member'
        assert [each['name'] for each in admin('GET', path).json['roles']] == ['member']
        token = cloud.token(cloud.stranger, cloud.project)
        assert admin('DELETE', role).status_int == 204 and admin('DELETE', role).status_int == 404
        assert admin('GET', f'/tokens/{token}').status_int == 404
        assert admin('PUT', f'{path}/OS-KSADM/none').status_int == 404
        nowhere = f'/tenants/none/users/{cloud.owner["id"]}/roles/OS-KSADM/{cloud.roles["member"]}'
        assert admin('PUT', nowhere).status_int == 404


class TestUsers:

    def test_life_of_a_user(self, admin, api, cloud):
        body = {'user': {'name': 'u', 'password': 'p', 'email': 'e', 'enabled': True, 'tenantId': cloud.project['id']}}
        user = admin('POST', '/users', body).json['user']
        assert user == {'id': user['id'], 'name': 'u', 'username': 'u', 'email': 'e', 'enabled': True,
                        'tenantId': cloud.project['id']}
        path = f'/users/{user["id"]}'
        assert admin('GET', path).json['user'] == user == admin('GET', '/users?name=u').json['user']
        assert admin('PUT', path, {'user': {'email': 'f'}}).json['user']['email'] == 'f'
        for form in ('password', 'OS-KSADM/password'):
            assert admin('PUT', f'{path}/{form}', {'user': {'id': user['id'], 'password': 'new'}}).status_int == 200
        assert cloud.issue(user, password='new')
        for form in ('enabled', 'OS-KSADM/enabled'):
            assert admin('PUT', f'{path}/{form}', {'user': {'id': user['id'], 'enabled': False}}).status_int == 200
        assert admin('PUT', f'{path}/OS-KSADM/tenant', {'user': {'tenantId': cloud.elsewhere['id']}}).status_int == 200
        assert user['id'] in [each['id'] for each in admin('GET',
                                                           f'/tenants/{cloud.elsewhere["id"]}/users').json['users']]
        assert admin('DELETE', path).status_int == 204 and admin('GET', path).status_int == 404
        assert admin('GET', '/users?name=u').status_int == 404
        assert admin('POST', '/users', {'user': {'name': 'x', 'tenantId': 'none'}}).status_int == 404
        assert admin('POST', '/users', {'user': {'name': 'x' * 256}}).status_int == 400

    def test_joining_a_tenant_gives_no_rights_there(self, admin, cloud):
        user = admin('POST', '/users', {'user': {'name': 'u', 'password': PASSWORD,
                                                 'tenantId': cloud.project['id']}}).json
        token = cloud.issue(user['user'], {'project': {'id': cloud.project['id']}})
        assert [role['name'] for role in token.roles] == ['_member_']

    def test_roles_without_tenant_are_501(self, admin, cloud):
        path = f'/users/{cloud.owner["id"]}/roles'
        assert admin('GET', path).status_int == 501
        assert admin('PUT', f'{path}/OS-KSADM/{cloud.roles["member"]}').status_int == 501

    def test_role_refs_of_diablo(self, admin, cloud):
        path = f'/users/{cloud.stranger["id"]}/roleRefs'
        body = {'role': {'tenantId': cloud.project['id'], 'roleId': cloud.roles['reader']}}
        assert admin('POST', path, body).json['role']['name'] == 'reader'
        refs = admin('GET', path).json['roles']
        ref = next(each for each in refs if each['tenantId'] == cloud.project['id'])
        assert admin('DELETE', f'{path}/{ref["id"]}').status_int == 204
        assert len(admin('GET', path).json['roles']) == 1
        assert admin('DELETE', f'{path}/nonsense').status_int == 400

    def test_own_change_of_password(self, api, cloud):
        token, path = cloud.token(cloud.owner, cloud.project), f'/v2.0/OS-KSCRUD/users/{cloud.owner["id"]}'
        body = {'user': {'password': 'n', 'original_password': PASSWORD}}
        stranger = cloud.token(cloud.stranger, cloud.elsewhere)
        assert api('PATCH', path, body, token=stranger).status_int == 403
        wrong = {'user': {'password': 'n', 'original_password': 'x'}}
        assert api('PATCH', path, wrong, token=token).status_int == 401
        answer = api('PATCH', path, body, token=token)
        new = answer.json['access']['token']['id']
        assert api('GET', '/v2.0/tenants', token=token).status_int == 401
        assert api('GET', '/v2.0/tenants', token=new).status_int == 200


class TestCatalog:

    def test_services_and_endpoints(self, admin, cloud, as_admin):
        body = {'OS-KSADM:service': {'name': 'nova', 'type': 'compute', 'description': 'd'}}
        service = admin('POST', '/OS-KSADM/services', body).json['OS-KSADM:service']
        assert service['type'] == 'compute'
        assert service['id'] in [each['id'] for each in admin('GET', '/OS-KSADM/services').json['OS-KSADM:services']]
        values = {'region': 'RegionOne', 'service_id': service['id'], 'publicurl': 'http://p/%(tenant_id)s',
                  'internalurl': 'http://i', 'adminurl': 'http://a'}
        endpoint = admin('POST', '/endpoints', {'endpoint': values}).json['endpoint']
        assert endpoint == {'id': endpoint['id'], **values}
        assert endpoint in admin('GET', '/endpoints').json['endpoints']
        assert len(as_admin('GET', f'/endpoints?service_id={service["id"]}').json['endpoints']) == 3
        answer = cloud.token(cloud.owner, cloud.project)
        catalog = admin('GET', f'/tokens/{answer}?belongsTo={cloud.project["id"]}').json['access']['serviceCatalog']
        nova = next(each for each in catalog if each['type'] == 'compute')
        assert nova['endpoints'][0]['publicURL'] == f'http://p/{cloud.project["id"]}'
        assert admin('DELETE', f'/endpoints/{endpoint["id"]}').status_int == 204
        assert admin('DELETE', f'/endpoints/{endpoint["id"]}').status_int == 404
        path = f'/OS-KSADM/services/{service["id"]}'
        assert admin('DELETE', path).status_int == 204 and admin('GET', path).status_int == 404
        assert admin('POST', '/endpoints', {'endpoint': {'service_id': 'none', 'publicurl': 'x'}}).status_int == 404

    def test_roles(self, admin):
        role = admin('POST', '/OS-KSADM/roles', {'role': {'name': 'r'}}).json['role']
        assert role == {'id': role['id'], 'name': 'r'} == admin('GET', f'/OS-KSADM/roles/{role["id"]}').json['role']
        assert role in admin('GET', '/OS-KSADM/roles').json['roles']
        assert admin('DELETE', f'/OS-KSADM/roles/{role["id"]}').status_int == 204


def test_extensions(api, admin_api):
    assert [each['alias'] for each in admin_api('GET',
                                                '/v2.0/extensions').json['extensions']['values']][0] == 'OS-KSADM'
    assert 'OS-KSADM' not in str(api('GET', '/v2.0/extensions').json)
    found = admin_api('GET', '/v2.0/extensions/OS-KSADM').json['extension']
    assert set(found) == {'name', 'namespace', 'alias', 'updated', 'description', 'links'}
    assert api('GET', '/v2.0/extensions/none').status_int == 404


def test_ec2_credentials(api, cloud):
    token, path = cloud.token(cloud.owner, cloud.project), f'/v2.0/users/{cloud.owner["id"]}/credentials/OS-EC2'
    answer = api('POST', path, {'tenant_id': cloud.project['id']}, token=token)
    made = answer.json['credential']
    assert answer.status_int == 200 and set(made) == {'access', 'secret', 'user_id', 'tenant_id'}
    assert api('GET', path, token=token).json == {'credentials': [made]}
    assert api('GET', path, token=cloud.token(cloud.stranger, cloud.elsewhere)).status_int == 403
    assert api('DELETE', f'{path}/{made["access"]}', token=token).status_int == 204
