"""The smaller extensions of v2.0, and the paths of v3 that PKI tokens and revocation events have."""
import pytest

from keystone.api.v2 import stats

MEMBER = 'OS-KSEC2:ec2Credentials'


@pytest.fixture
def admin(cloud, admin_api):
    """admin(method, path, body): a call on the admin port with the administrator's token."""
    token = cloud.admin_token

    def call(method, path, body=None, **more):
        return admin_api(method, f'/v2.0{path}', body, token=token, **more)
    return call


def test_a_token_named_in_a_header(admin, admin_api, cloud):
    token = cloud.token(cloud.owner, cloud.project)
    path = '/OS-KSVALIDATE/token/validate'
    assert admin('GET', path, subject=token).json['access']['token']['id'] == token
    assert admin('HEAD', path, subject=token).status_int == 200
    assert admin('GET', f'{path}?belongsTo={cloud.project["id"]}', subject=token).json['access']['serviceCatalog']
    assert admin('GET', '/OS-KSVALIDATE/token/endpoints', subject=token).json['endpoints'][0]['publicURL']
    assert admin('GET', path).status_int == 400 and admin('GET', path, subject='x').status_int == 404
    assert admin_api('GET', f'/v2.0{path}', token=token, subject=token).status_int == 403


def test_roles_of_services(admin, cloud):
    made = admin('POST', '/OS-KSADM/roles', {'role': {'name': 'compute:boss', 'serviceId': 's1'}}).json['role']
    admin('PUT', f'/tenants/{cloud.project["id"]}/users/{cloud.owner["id"]}/roles/OS-KSADM/{made["id"]}')
    token = cloud.token(cloud.owner, cloud.project)

    def roles(query):
        return [each['name'] for each in admin('GET', f'/tokens/{token}{query}').json['access']['user']['roles']]
    assert roles('') == ['compute:boss', 'member', 'reader']
    assert roles('?HP-IDM-serviceId=s1') == ['compute:boss'] and roles('?HP-IDM-serviceId=other') == []
    assert roles('?HP-IDM-serviceId=s1,global') == ['compute:boss', 'member', 'reader']


def test_credentials_an_administrator_keeps(admin, api, cloud):
    path = f'/users/{cloud.owner["id"]}/OS-KSADM/credentials'
    assert admin('GET', path).json == {'credentials': [], 'credentials_links': []}
    assert admin('GET', f'{path}/{MEMBER}').status_int == 404
    assert admin('POST', path, {MEMBER: {'access': 'key'}}).status_int == 400
    body = {MEMBER: {'access': 'key', 'secret': 'word', 'tenantId': cloud.project['id']}}
    made = admin('POST', path, body)
    assert made.status_int == 201 and admin('POST', path, body).status_int == 409
    assert made.json == {MEMBER: {'access': 'key', 'key': 'key', 'secret': 'word', 'userId': cloud.owner['id'],
                                  'tenantId': cloud.project['id']}}
    assert admin('GET', path).json['credentials'] == [made.json] == [admin('GET', f'{path}/{MEMBER}').json]
    assert api('GET', f'/v2.0{path}', token=cloud.token(cloud.owner, cloud.project)).status_int == 403
    assert admin('DELETE', f'{path}/{MEMBER}').status_int == 204
    assert admin('GET', path).json['credentials'] == [] and admin('DELETE', f'{path}/{MEMBER}').status_int == 404


def test_requests_are_counted(admin, api, cloud):
    assert admin('DELETE', '/OS-STATS/stats').status_int == 204
    for number in range(300):
        api('GET', '/v2.0/tenants', headers={'Host': f'h{number}'})
    found = {each['type']: each['extra'] for each in admin('GET', '/OS-STATS/stats').json['OS-STATS:stats']}
    assert found['public']['status_code'] == {'401': 300} and found['public']['method'] == {'GET': 300}
    assert len(found['public']['host']) <= stats._MOST + 1 and found['admin']['method']['GET'] == 1
    assert api('GET', '/v2.0/OS-STATS/stats', token=cloud.token(cloud.owner, cloud.project)).status_int == 403


def test_there_is_no_list_of_revoked_tokens(admin, api, as_admin, cloud, conf):
    token = cloud.token(cloud.owner, cloud.project)
    path = '/auth/tokens/OS-PKI/revoked'
    assert admin('GET', '/tokens/revoked').status_int == as_admin('GET', path).status_int == 403
    assert api('GET', f'/v3{path}').status_int == 401
    conf.set('revoke_by_id', False, 'token')
    assert admin('GET', '/tokens/revoked').status_int == as_admin('GET', path).status_int == 410
    assert api('GET', '/v2.0/tokens/revoked', token=token).status_int == 403
    for name in ('ca', 'certificates'):
        assert api('GET', f'/v3/OS-SIMPLE-CERT/{name}').status_int == 410


def test_revocation_events_are_listed(as_admin, api, cloud):
    cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': False})
    cloud.managers.revocation.revoke(trust_id='t', consumer_id='c')
    body = as_admin('GET', '/OS-REVOKE/events').json
    first, second = body['events']
    assert first['user_id'] == cloud.owner['id'] and set(first) == {'user_id', 'issued_before', 'revoked_at'}
    assert first['revoked_at'].endswith('Z') and second['OS-TRUST:trust_id'] == 't'
    assert second['OS-OAUTH1:consumer_id'] == 'c' and body['links']['self'].endswith('/v3/OS-REVOKE/events')
    assert as_admin('GET', f'/OS-REVOKE/events?since={second["revoked_at"]}').json['events'] == [second]
    assert as_admin('GET', '/OS-REVOKE/events?since=2099-01-01T00:00:00Z').json['events'] == []
    assert as_admin('GET', '/OS-REVOKE/events?since=soon').status_int == 400
    assert api('GET', '/v3/OS-REVOKE/events', token=cloud.token(cloud.member, cloud.project)).status_int == 403


def test_a_trust_is_asked_for_and_shown(api, cloud):
    managers = cloud.managers
    trust = {'id': 't' * 32, 'impersonation': False, 'trustor_user': {'id': cloud.owner['id']},
             'trustee_user': {'id': cloud.member['id']}}
    managers.tokens.extend('trust_id', lambda session, token: token.shown.update({'OS-TRUST:trust': trust}))

    def resolve(user, value):
        scope = managers.auth.scopes.project(user, project_id=cloud.project['id'])
        scope.kind['trust_id'] = value['id']
        return scope
    managers.auth.scopes.extend('OS-TRUST:trust', resolve)
    first = cloud.token(cloud.member)
    answer = api('POST', '/v2.0/tokens', {'auth': {'token': {'id': first}, 'trust_id': trust['id']}})
    assert answer.json['access']['trust'] == {'id': trust['id'], 'impersonation': False,
                                              'trustor_user_id': cloud.owner['id'],
                                              'trustee_user_id': cloud.member['id']}
    second = answer.json['access']['token']['id']
    assert api('POST', '/v2.0/tokens', {'auth': {'token': {'id': second}}}).status_int == 403
