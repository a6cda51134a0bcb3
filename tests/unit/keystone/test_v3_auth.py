"""/v3/auth and the version documents over WSGI: shapes, codes, who may do what."""
import pytest

from tests.unit.keystone.conftest import PASSWORD


def body(user, scope=None, methods=('password',), **identity):
    auth = {'identity': {'methods': list(methods), 'password': {'user': user}, **identity}}
    if scope is not None:
        auth['scope'] = scope
    return {'auth': auth}


@pytest.fixture
def login(api):
    def call(user, scope=None, **more):
        return api('POST', '/v3/auth/tokens', body({'password': PASSWORD, **user}, scope, **more))
    return call


def test_the_root_lists_both_versions(api):
    answer = api('GET', '/')
    assert answer.status_int == 300 and answer.headers['Vary'] == 'X-Auth-Token'
    values = answer.json['versions']['values']
    assert [(each['id'], each['links'][0]['href']) for each in values] == [
        ('v3.14', 'http://keystone.test:5000/v3/'), ('v2.0', 'http://keystone.test:5000/v2.0/')]


@pytest.mark.parametrize('path,version', [('/v3', 'v3.14'), ('/v3/', 'v3.14'), ('/v2.0', 'v2.0'), ('/v2.0/', 'v2.0')])
def test_each_version_has_a_document(api, path, version):
    answer = api('GET', path)
    assert answer.status_int == 200 and answer.json['version']['id'] == version
    assert answer.json['version']['links'][0] == {
        'rel': 'self', 'href': f'http://keystone.test:5000/{version.replace("v3.14", "v3")}/'}


def test_links_follow_the_address_the_client_used(api):
    answer = api('GET', '/', headers={'Host': 'cloud.example'})
    assert answer.json['versions']['values'][0]['links'][0]['href'] == 'http://cloud.example/v3/'


def test_a_project_token_holds_everything_a_service_needs(cloud, login):
    answer = login({'name': 'owner', 'domain': {'id': 'default'}}, {'project': {'name': 'demo',
                                                                                'domain': {'name': 'Default'}}})
    assert answer.status_int == 201 and answer.headers['X-Subject-Token'].startswith('gAAAAA')
    assert answer.headers['X-Openstack-Request-Id'].startswith('req-')
    token = answer.json['token']
    assert set(token) == {'methods', 'user', 'project', 'is_domain', 'roles', 'catalog', 'expires_at', 'issued_at',
                          'audit_ids'}
    assert token['methods'] == ['password'] and token['is_domain'] is False
    assert token['user'] == {'id': cloud.owner['id'], 'name': 'owner', 'domain': {'id': 'default', 'name': 'Default'},
                             'password_expires_at': None}
    assert token['project'] == {'id': cloud.project['id'], 'name': 'demo', 'domain': {'id': 'default',
                                                                                      'name': 'Default'}}
    assert [role['name'] for role in token['roles']] == ['member', 'reader']
    assert token['expires_at'].endswith('.000000Z') and len(token['audit_ids']) == 1
    (service,) = token['catalog']
    assert (service['type'], service['name']) == ('identity', 'keystone')
    assert {each['interface'] for each in service['endpoints']} == {'public', 'internal', 'admin'}
    assert all(set(each) == {'id', 'interface', 'region', 'region_id', 'url'} for each in service['endpoints'])


def test_without_any_domain_the_default_one_is_meant(login):
    answer = login({'name': 'owner'}, {'project': {'name': 'demo'}})
    assert answer.status_int == 201 and answer.json['token']['project']['domain']['id'] == 'default'


@pytest.mark.parametrize('scope', ['unscoped', {'unscoped': {}}, None])
def test_an_unscoped_token_has_no_roles_and_no_catalog(login, scope):
    token = login({'name': 'owner'}, scope).json['token']
    assert not {'project', 'domain', 'roles', 'catalog', 'system'} & set(token)


def test_domain_and_system_scope(cloud, login):
    cloud.grant(cloud.owner, 'reader', domain_id='default')
    token = login({'name': 'owner'}, {'domain': {'name': 'Default'}}).json['token']
    assert token['domain'] == {'id': 'default', 'name': 'Default'} and 'catalog' in token
    token = login({'name': 'admin'}, {'system': {'all': True}}).json['token']
    assert token['system'] == {'all': True} and 'project' not in token


def test_nocatalog(api, login, cloud):
    answer = api('POST', '/v3/auth/tokens?nocatalog', body({'name': 'owner', 'password': PASSWORD},
                                                           {'project': {'name': 'demo'}}))
    assert answer.status_int == 201 and 'catalog' not in answer.json['token']


@pytest.mark.parametrize('scope', [{'project': {'name': 'elsewhere'}}, {'project': {'id': 'x' * 32}},
                                   {'domain': {'id': 'none'}},
                                   {'project': {'name': 'demo', 'domain': {'name': 'none'}}}, {'system': {'all': True}},
                                   {'domain': {'id': 'default'}}])
def test_a_scope_one_cannot_have_is_401(login, scope):
    assert login({'name': 'owner'}, scope).status_int == 401


@pytest.mark.parametrize('user', [{'name': 'owner', 'password': 'wrong'}, {'name': 'nobody'}, {'id': 'nobody'},
                                  {'name': 'owner', 'domain': {'name': 'none'}}, {'name': 'owner',
                                                                                  'domain': {'id': 'none'}}])
def test_wrong_credentials_are_401_and_alike(login, user):
    answer = login(user)
    assert answer.status_int == 401
    assert answer.json == {'error': {'code': 401, 'title': 'Unauthorized',
                                     'message': 'The request you have made requires authentication.'}}
    assert answer.headers['WWW-Authenticate'] == 'Keystone uri="http://keystone.test:5000/v3"'


def test_a_method_that_is_not_offered_is_401_and_says_what_is(api):
    answer = api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['telepathy'], 'telepathy': {}}}})
    assert answer.status_int == 401 and answer.json['error']['identity']['methods'][:3] == [
        'external', 'password', 'token']


@pytest.mark.parametrize('wrong', [
    {}, {'auth': {}}, {'auth': None}, {'auth': {'identity': {}}}, {'auth': {'identity': {'methods': []}}}, [], 'text',
    7,
    {'auth': {'identity': {'methods': 'password'}}}, {'auth': {'identity': {'methods': ['password']}}},
    {'auth': {'identity': {'methods': ['password'], 'password': {}}}},
    {'auth': {'identity': {'methods': ['password'], 'password': {'user': {'password': 'x'}}}}},
    {'auth': {'identity': {'methods': ['password'], 'password': {'user': {'name': 'x'}}}}},
    {'auth': {'identity': {'methods': ['password'], 'password': {'user': {'name': 7, 'password': 'x'}}}}},
    {'auth': {'identity': {'methods': ['password'], 'password': {'user': {'name': 'a\0b', 'password': 'x'}}}}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': None}}}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': 'x'}}, 'scope': {}}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': 'x'}}, 'scope': {'project': {}}}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': 'x'}}, 'scope': {'project': {'id': 'x'},
                                                                                  'domain': {'id': 'x'}}}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': 'x'}}, 'scope': 'everything'}},
    {'auth': {'identity': {'methods': ['token'], 'token': {'id': 'x'}}, 'unknown': 1}}])
def test_a_body_that_does_not_follow_the_schema_is_400(api, wrong):
    answer = api('POST', '/v3/auth/tokens', wrong)
    assert answer.status_int == 400 and answer.json['error']['title'] == 'Bad Request'


@pytest.mark.parametrize('raw,status', [(b'{', 400), (b'', 400), (b'\xff\xfe', 400), (b'{"auth": "\\ud800"}', 400),
                                        (b'[' * 100000, 400), (b'{"a":"' + b'x' * 200000 + b'"}', 413)])
def test_a_broken_or_oversized_body_is_4xx(api, raw, status):
    assert api('POST', '/v3/auth/tokens', headers={'Content-Type': 'application/json'}, POST=raw).status_int == status


def test_a_very_long_name_or_password_is_no_500(login):
    assert login({'name': 'x' * 300}).status_int == 401
    assert login({'name': 'owner', 'password': 'x' * 5000}).status_int == 401
    assert login({'name': 'owner', 'password': 'ü' * 100}).status_int == 401


class TestValidation:

    def test_a_service_validates_for_others(self, api, cloud):
        account = cloud.new_user('nova', cloud.new_project('service'), 'service')
        token = cloud.token(cloud.owner, cloud.project)
        answer = api('GET', '/v3/auth/tokens', token=cloud.token(account, cloud.managers.resource.list_projects(
            __import__('keystone.db.records').db.records.Hints().add('name', 'service'))[0]), subject=token)
        assert answer.status_int == 200 and answer.headers['X-Subject-Token'] == token
        assert answer.json['token']['user']['name'] == 'owner' and answer.json['token']['catalog']

    def test_one_validates_ones_own(self, api, cloud):
        token = cloud.token(cloud.owner, cloud.project)
        issued = cloud.managers.tokens.validate(token)
        answer = api('GET', '/v3/auth/tokens', token=token, subject=token)
        assert answer.status_int == 200 and answer.json['token']['audit_ids'] == issued.claims.audit_ids
        answer = api('HEAD', '/v3/auth/tokens', token=token, subject=token)
        assert answer.status_int == 200 and answer.body == b''
        assert 'catalog' not in api('GET', '/v3/auth/tokens?nocatalog', token=token, subject=token).json['token']

    def test_who_may_validate_the_owners_token(self, api, cloud):
        subject = cloud.token(cloud.owner, cloud.project)
        got = {who: api('GET', '/v3/auth/tokens', token=token, subject=subject).status_int
               for who, token in cloud.cast().items()}
        assert got == {'admin': 200, 'owner': 200, 'member': 403, 'stranger': 403, 'nobody': 401}

    def test_a_bad_subject_is_404_and_so_is_none(self, api, cloud):
        assert api('GET', '/v3/auth/tokens', token=cloud.admin_token, subject='nonsense').status_int == 404
        assert api('GET', '/v3/auth/tokens', token=cloud.admin_token).status_int == 404
        assert api('GET', '/v3/auth/tokens', token='nonsense', subject=cloud.admin_token).status_int == 401

    def test_who_may_revoke_and_what_it_does(self, api, cloud):
        subject = cloud.token(cloud.owner, cloud.project)
        cast = cloud.cast()
        for who in ('member', 'stranger'):
            assert api('DELETE', '/v3/auth/tokens', token=cast[who], subject=subject).status_int == 403
        assert api('DELETE', '/v3/auth/tokens', subject=subject).status_int == 401
        answer = api('DELETE', '/v3/auth/tokens', token=cast['admin'], subject=subject)
        assert answer.status_int == 204 and answer.body == b''
        assert api('GET', '/v3/auth/tokens', token=cast['admin'], subject=subject).status_int == 404
        assert api('GET', '/v3/auth/tokens', token=subject, subject=subject).status_int == 401
        own = cloud.token(cloud.owner, cloud.project)
        assert api('DELETE', '/v3/auth/tokens', token=own, subject=own).status_int == 204

    def test_allow_expired(self, api, cloud, monkeypatch):
        import time
        token, later = cloud.token(cloud.owner, cloud.project), time.time() + 4000
        monkeypatch.setattr('keystone.token.manager.time.time', lambda: later)
        admin = cloud.admin_token
        assert api('GET', '/v3/auth/tokens', token=admin, subject=token).status_int == 404
        assert api('GET', '/v3/auth/tokens?allow_expired=1', token=admin, subject=token).status_int == 200


def test_what_ones_token_can_be_used_for(api, cloud):
    token = cloud.token(cloud.owner)
    assert [each['id'] for each in api('GET', '/v3/auth/projects',
                                       token=token).json['projects']] == [cloud.project['id']]
    assert api('GET', '/v3/auth/domains', token=token).json['domains'] == []
    assert api('GET', '/v3/auth/system', token=token).json['system'] == []
    assert api('GET', '/v3/auth/system', token=cloud.admin_token).json['system'] == [{'all': True}]
    cloud.grant(cloud.owner, 'reader', domain_id='default')
    assert [each['id'] for each in api('GET', '/v3/auth/domains', token=token).json['domains']] == ['default']
    assert api('GET', '/v3/auth/projects').status_int == 401


def test_the_catalog_needs_a_scope(api, cloud):
    assert api('GET', '/v3/auth/catalog', token=cloud.token(cloud.owner)).status_int == 403
    answer = api('GET', '/v3/auth/catalog', token=cloud.token(cloud.owner, cloud.project))
    assert answer.status_int == 200 and answer.json['catalog'][0]['type'] == 'identity' and 'links' in answer.json


def test_endpoints_are_filled_in_and_left_out(cloud, api):
    catalog = cloud.managers.catalog
    service = catalog.create_service({'type': 'object-store', 'name': 'swift'})
    for url in ('http://s/AUTH_$(project_id)s', 'http://s/%(tenant_id)s/x', 'http://s/$(admin_endpoint)s'):
        catalog.create_endpoint({'service_id': service['id'], 'interface': 'public', 'url': url})
    token = cloud.token(cloud.owner, cloud.project)
    found = api('GET', '/v3/auth/catalog', token=token).json['catalog']
    urls = {each['url'] for entry in found if entry['type'] == 'object-store' for each in entry['endpoints']}
    assert urls == {f'http://s/AUTH_{cloud.project["id"]}', f'http://s/{cloud.project["id"]}/x'}
    cloud.grant(cloud.owner, 'reader', domain_id='default')
    found = api('GET', '/v3/auth/catalog', token=cloud.token(cloud.owner, domain_id='default')).json['catalog']
    # A service stays, with the endpoints that can be filled in.
    assert [(entry['type'], len(entry['endpoints'])) for entry in found] == [('identity', 3), ('object-store', 0)]
    catalog.update_service(service['id'], {'enabled': False})
    assert [entry['type'] for entry in api('GET', '/v3/auth/catalog', token=token).json['catalog']] == ['identity']
    empty = catalog.create_service({'type': 'none-yet'})
    found = api('GET', '/v3/auth/catalog', token=token).json['catalog']
    assert found[1:] == [{'id': empty['id'], 'type': 'none-yet', 'name': '', 'endpoints': []}]


def test_unknown_paths_and_methods(api, cloud):
    assert api('GET', '/v3/nothing', token=cloud.admin_token).status_int == 404
    assert api('GET', '/nothing').status_int == 404
    answer = api('PUT', '/v3/auth/tokens', token=cloud.admin_token)
    assert answer.status_int == 405 and answer.json['error']['code'] == 405
    assert api('GET', '/v3/users/a%00b', token=cloud.admin_token).status_int == 404
    assert api('GET', '/v3/users/%ff', token=cloud.admin_token).status_int == 400
    assert api('GET', '/v3/users?name=a%00b', token=cloud.admin_token).status_int == 400
    assert api('GET', '/v3/users?name=%ff', token=cloud.admin_token).status_int == 400
