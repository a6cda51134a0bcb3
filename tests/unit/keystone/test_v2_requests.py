"""v2.0 at its edges: odd bodies, paths and fields, what is too long, what fails."""
import json
import pathlib

import pytest
import webob

from essex.wsgi.server import loadapp
from tests.unit.keystone.conftest import PASSWORD

ROOT = pathlib.Path(__file__).parents[3]


def test_the_version_document(api, admin_api):
    """The same on both ports, in the list and alone, and with links that lead back to that port."""
    for port, host in ((api, 'k.example:5000'), (admin_api, 'k.example:35357')):
        (listed,) = [each for each in port('GET', '/', headers={'Host': host}).json['versions']['values']
                     if each['id'] == 'v2.0']
        assert port('GET', '/', headers={'Host': host}).status_int == 300
        alone = port('GET', '/v2.0/', headers={'Host': host})
        assert alone.status_int == 200 and alone.json == {'version': listed}
        own, html, pdf = listed.pop('links')
        assert own == {'rel': 'self', 'href': f'http://{host}/v2.0/'}
        assert [(each['rel'], each['type']) for each in (html, pdf)] == [('describedby', 'text/html'),
                                                                         ('describedby', 'application/pdf')]
        assert listed == {
            'id': 'v2.0', 'status': 'deprecated', 'updated': '2011-11-19T00:00:00Z', 'media-types': [
                {'base': f'application/{kind}', 'type': f'application/vnd.openstack.identity-v2.0+{kind}'}
                for kind in ('json', 'xml')]}


def test_what_fails_unexpectedly_says_nothing_of_itself(api, cloud, monkeypatch):
    def fail(*args):
        raise ValueError('a secret')
    monkeypatch.setattr(cloud.managers.auth, 'authenticate', fail)
    answer = api('POST', '/v2.0/tokens', {'auth': {'passwordCredentials': {'username': 'u', 'password': 'p'}}})
    assert answer.status_int == 500 and answer.json['error']['title'] == 'Internal Server Error'
    assert 'secret' not in answer.text


@pytest.mark.parametrize('kind, body', [
    *(('application/json', text) for text in (b'{"auth"', b'', b'[]', b'5')), ('text/plain', b'{}'),
    ('application/x-www-form-urlencoded', b'a=b'), ('', b'{}')])
def test_what_is_no_body(api, kind, body):
    answer = api('POST', '/v2.0/tokens', headers={'Content-Type': kind}, POST=body)
    assert answer.status_int == 400 and answer.json['error']['code'] == 400


def test_a_body_without_a_content_type_is_json(api):
    body = json.dumps({'auth': {'passwordCredentials': {'username': 'owner', 'password': PASSWORD}}})
    assert api('POST', '/v2.0/tokens', headers={'Content-Type': ''}, POST=body.encode()).status_int == 200


@pytest.mark.parametrize('where', ['', 'OS-KSADM/'])
def test_a_password_under_its_extensions_name_is_one(admin, cloud, where):
    """It is hashed as the other, and shown to nobody."""
    made = admin('POST', '/users', {'user': {'username': 'u', 'OS-KSADM:password': 'a-word'}})
    user = made.json['user']
    assert user['name'] == user['username'] == 'u' and 'a-word' not in made.text
    assert cloud.issue(user, password='a-word')
    changed = admin('PUT', f'/users/{user["id"]}/{where}password', {'user': {'OS-KSADM:password': 'other'}})
    assert changed.status_int == 200 and 'other' not in changed.text and cloud.issue(user, password='other')
    assert admin('PUT', f'/users/{user["id"]}', {'user': {'username': 'v'}}).json['user']['name'] == 'v'
    # A client that sends back what it was shown changes the name by `name`.
    shown = {**user, 'name': 'w', 'username': 'v'}
    assert admin('PUT', f'/users/{user["id"]}', {'user': shown}).json['user']['name'] == 'w'
    assert admin('POST', '/users', {'user': {'password': 'x'}}).status_int == 400


@pytest.mark.parametrize('auth, field', [
    ({'passwordCredentials': {'username': 'x' * 65, 'password': 'x'}}, 'username'),
    ({'passwordCredentials': {'userId': 'x' * 65, 'password': 'x'}}, 'userId'),
    ({'passwordCredentials': {'username': 'x', 'password': 'x' * 4097}}, 'password'),
    ({'passwordCredentials': {'username': 'x', 'password': 'x'}, 'tenantName': 'x' * 65}, 'tenantName'),
    ({'passwordCredentials': {'username': 'x', 'password': 'x'}, 'tenantId': 'x' * 65}, 'tenantId'),
    ({'token': {'id': 'x' * 256}}, 'token')])
def test_what_is_too_long_is_named(api, auth, field):
    error = api('POST', '/v2.0/tokens', {'auth': auth})
    assert error.status_int == 413 and error.json['error']['message'].startswith(f'{field} is longer than')
    assert 'xxxx' not in error.text


@pytest.mark.parametrize('path', ['//v2.0/tenants', '/v2.0//tenants', '/v2.0/tenants/', '///v2.0///tenants//'])
def test_slashes_too_many_mean_nothing(cloud, path):
    app = loadapp(str(ROOT / 'etc/keystone/keystone-api-paste.ini'), 'public')
    token = cloud.token(cloud.owner, cloud.project)
    answer = webob.Request.blank('/', environ={'PATH_INFO': path}, headers={'X-Auth-Token': token}).get_response(app)
    assert [each['name'] for each in answer.json['tenants']] == ['demo']


def test_access_rules_see_the_path_that_is_served(cloud):
    app = loadapp(str(ROOT / 'etc/keystone/keystone-api-paste.ini'), 'public')
    made = cloud.managers.app_creds.create(
        {'name': 'a', 'user_id': cloud.owner['id'], 'project_id': cloud.project['id']},
        [{'id': cloud.roles['member']}], rules=[{'service': 'identity', 'method': 'GET', 'path': '/v2.0/tenants'}])
    token = cloud.managers.auth.authenticate({'methods': ['application_credential'], 'application_credential': {
        'id': made['id'], 'secret': made['secret']}}, None).id
    for path, status in (('/v2.0//tenants', 200), ('/v3//auth/projects', 401)):
        request = webob.Request.blank('/', environ={'PATH_INFO': path}, headers={
            'X-Auth-Token': token, 'OpenStack-Identity-Access-Rules': '1.0'})
        assert request.get_response(app).status_int == status, path


class TestOwnPassword:
    """The answers of OS-KSCRUD beside the good one."""

    @pytest.mark.parametrize('body, status', [
        ({'user': {'password': 'n', 'original_password': 'wrong'}}, 401), ({'user': {'password': 'n'}}, 400),
        ({'user': {'original_password': PASSWORD}}, 400), ({'user': {'password': '', 'original_password': 'x'}}, 400)])
    def test_what_is_wrong(self, api, cloud, body, status):
        path = f'/v2.0/OS-KSCRUD/users/{cloud.owner["id"]}'
        assert api('PATCH', path, body, token=cloud.token(cloud.owner)).status_int == status


def test_external_authentication(api, cloud):
    for auth, tenant in (({}, None), ({'tenantName': 'demo'}, 'demo')):
        access = api('POST', '/v2.0/tokens', {'auth': auth}, environ={'REMOTE_USER': 'owner'}).json['access']
        assert access['user']['name'] == 'owner' and access['token'].get('tenant', {}).get('name') == tenant
    assert api('POST', '/v2.0/tokens', {'auth': {'tenantName': 'elsewhere'}}, environ={'REMOTE_USER': 'owner'}
               ).status_int == 401


def test_a_tenant_a_token_is_not_for(api, cloud):
    """2012.1 failed with 500 there."""
    for tenant in ({'tenantName': 'elsewhere'}, {'tenantId': cloud.elsewhere['id']}, {'tenantName': 'none'}):
        body = {'auth': {'token': {'id': cloud.token(cloud.owner)}, **tenant}}
        assert api('POST', '/v2.0/tokens', body).status_int == 401


def test_what_a_tenant_keeps_of_its_own_is_in_tokens_for_it(api, admin, cloud):
    admin('PUT', f'/tenants/{cloud.project["id"]}', {'tenant': {'colour': 'red'}})
    token = cloud.token(cloud.owner, cloud.project)
    assert admin('GET', f'/tokens/{token}').json['access']['token']['tenant']['colour'] == 'red'


def test_endpoints_of_one_region_and_type_are_all_there(admin, cloud, api):
    service = admin('POST', '/OS-KSADM/services', {'OS-KSADM:service': {'name': 'n', 'type': 'compute'}}
                    ).json['OS-KSADM:service']['id']
    for number in (1, 2):
        admin('POST', '/endpoints', {'endpoint': {'region': 'R', 'service_id': service, 'publicurl': f'http://{number}',
                                                  'internalurl': 'http://i', 'adminurl': 'http://a'}})
    body = {'auth': {'token': {'id': cloud.token(cloud.owner)}, 'tenantName': 'demo'}}
    catalog = api('POST', '/v2.0/tokens', body).json['access']['serviceCatalog']
    (found,) = [each for each in catalog if each['type'] == 'compute']
    assert {each['publicURL'] for each in found['endpoints']} == {'http://1', 'http://2'}
    assert all({'region', 'publicURL', 'internalURL', 'adminURL', 'id'} == set(each) for each in found['endpoints'])


def test_pages_of_tenants(admin, cloud):
    everything = [each['id'] for each in admin('GET', '/tenants').json['tenants']]
    seen, marker = [], ''
    while found := admin('GET', f'/tenants?limit=2{marker}').json['tenants']:
        seen += [each['id'] for each in found]
        marker = f'&marker={seen[-1]}'
    assert seen == everything
