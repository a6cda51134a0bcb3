"""The smaller extensions of v2.0, and the paths of v3 that PKI tokens and revocation events have."""
from xml.etree import ElementTree

import pytest

from keystone.api.v2 import stats

MEMBER, S3 = 'OS-KSEC2:ec2Credentials', 'OS-KSS3:s3Credentials'
XML = {'Content-Type': 'application/xml', 'Accept': 'application/xml'}


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


@pytest.mark.parametrize('driver', ['sql', 'kvs'])
def test_a_pairs_new_secret(admin, cloud, conf, driver):
    conf.set('driver', driver, 'ec2')
    cloud.managers.ec2.__init__(cloud.managers.identity, cloud.managers.resource)
    path = f'/users/{cloud.owner["id"]}/OS-KSADM/credentials'
    body = {'access': 'key', 'secret': 'word', 'tenantId': cloud.project['id']}
    assert admin('POST', f'{path}/{MEMBER}', {MEMBER: body}).status_int == 404
    admin('POST', path, {MEMBER: body})
    admin('POST', path, {MEMBER: {**body, 'access': 'other'}})
    changed = admin('POST', f'{path}/{MEMBER}', {MEMBER: {'access': 'other', 'secret': 'new'}})
    assert changed.status_int == 200 and changed.json[MEMBER]['secret'] == 'new'
    assert {ref['access']: ref['secret'] for ref in cloud.managers.ec2.list(cloud.owner['id'])} == {
        'key': 'word', 'other': 'new'}
    for wrong, status in (({'access': 'none', 'secret': 'x'}, 404), ({'tenantId': cloud.elsewhere['id']}, 400),
                          ({'secret': 5}, 400), ({}, 400)):
        assert admin('POST', f'{path}/{MEMBER}', {MEMBER: wrong}).status_int == status


@pytest.mark.parametrize('base', ['OS-KSS3', 'OS-OS-KSS3', 'OS-KSADM'])
def test_s3_credentials(admin, api, cloud, base):
    own = base != 'OS-KSADM'
    path, owner = f'/users/{cloud.owner["id"]}/{base}/credentials', cloud.owner['id']
    one = f'{path}/{"s3credentials" if own else S3}'
    assert admin('GET', one).status_int == 404 and admin('POST', one, {S3: {'secret': 'x'}}).status_int == 404
    # As the extension's documents have it: what is a sample of a signature there is kept nowhere.
    body = {S3: {'username': 'test_user', 'secret': 'aaaaa', 'signature': 'bbb'}}
    assert admin('POST', path, body).status_int == 400
    body[S3]['tenantId'] = cloud.project['id']
    made = admin('POST', path, body)
    shown = made.json[S3]
    assert made.status_int == 201 and shown == {
        'username': 'owner', 'access': shown['access'], 'secret': 'aaaaa', 'key': 'aaaaa', 'userId': owner,
        'tenantId': cloud.project['id']}
    assert cloud.managers.ec2.find(shown['access'])['secret'] == 'aaaaa'
    assert admin('GET', one).json == made.json
    listed = admin('GET', path).json
    assert listed == {'credentials': [made.json if own else listed['credentials'][0]], 'credentials_links': []}
    changed = admin('POST', one, {S3: {'secret': 'ccccc'}})
    assert changed.status_int == 200 and changed.json[S3] == {**shown, 'secret': 'ccccc', 'key': 'ccccc'}
    for method, where, body in (('GET', path, None), ('POST', path, {S3: {'secret': 'x'}}), ('GET', one, None),
                                ('POST', one, {S3: {'secret': 'x'}}), ('DELETE', one, None)):
        for token, status in ((cloud.token(cloud.owner, cloud.project), 403), (None, 401)):
            assert api(method, f'/v2.0{where}', body, token=token).status_int == status
    assert admin('GET', path.replace(owner, 'none')).status_int == 404
    assert admin('DELETE', one).status_int == 204 and admin('DELETE', one).status_int == 404


def test_s3_credentials_in_xml(admin, cloud):
    path = f'/users/{cloud.owner["id"]}/OS-OS-KSS3/credentials'
    cloud.managers.identity.update_user(cloud.owner['id'], {'default_project_id': cloud.project['id']})
    made = admin('POST', path, headers=XML, POST=b'<?xml version="1.0" encoding="UTF-8"?><s3Credentials '
                 b'xmlns="http://docs.openstack.org/identity/api/ext/OS-KSS3/v1.0" username="testuser" key="aaaaa" '
                 b'signature="bbbbb"/>')
    assert made.status_int == 201
    root = ElementTree.fromstring(made.body)
    assert root.tag == '{http://docs.openstack.org/identity/api/ext/OS-KSS3/v1.0}s3Credentials'
    assert root.get('key') == 'aaaaa' and root.get('username') == 'owner'
    listed = ElementTree.fromstring(admin('GET', path, headers=XML).body)
    assert listed.tag.endswith('}credentials') and [each.get('key') for each in listed.iter(root.tag)] == ['aaaaa']


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
