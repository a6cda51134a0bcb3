"""auth_token before a service, with a Keystone that remembers what it was asked."""
import json
import time

import pytest
import webob
import webob.dec
from paste import deploy
from pymemcache.client.base import Client

from essex import access_rules, config
from essex.client import session
from essex.middleware import auth_token
from essex.middleware.auth_token import protection
from essex.middleware.auth_token.cache import SharedCache, TokenCache
from essex.middleware.auth_token.validated import STRIPPED
from tests.fixtures import recorded_keystone
from tests.fixtures.recorded_keystone import Keystone, access, token

GROUP = 'keystone_authtoken'


@pytest.fixture
def keystone(conf):
    made = Keystone()
    conf.set('auth_url', made.url + '/v3', GROUP)
    conf.set('username', 'glance', GROUP)
    conf.set('password', 'secret', GROUP)
    yield made
    made.close()


@webob.dec.wsgify
def service(req):
    """Answers what the filter told it."""
    told = {name: value for name, value in req.environ.items() if name in STRIPPED}
    plugin = req.environ.get('keystone.token_auth')
    return webob.Response(json={
        'headers': told, 'info': req.environ.get('keystone.token_info'), 'context': 'essex.context' in req.environ,
        'plugin': plugin and {'user': plugin.user and plugin.user.user_id, 'token': plugin.get_token(None),
                              'headers': plugin.get_headers(None), 'project': plugin.get_project_id(None),
                              'service': plugin.service and plugin.service.user_id,
                              'image': plugin.get_endpoint(None, service_type='image', interface='internal')}})


def service_factory(global_conf, **local_conf):
    """The foreign service in Paste files."""
    return service


def call(app, path='/v2/images', method='GET', **headers):
    request = webob.Request.blank(path, method=method)
    request.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return request.get_response(app)


def headers_of(response):
    assert response.status_int == 200, response.text
    return response.json['headers']


class TestHeaders:
    def test_all_are_set_for_a_projects_token(self, keystone):
        keystone.tokens['good'] = token(roles=('member', 'reader'))
        response = call(auth_token.AuthToken(service), X_Auth_Token='good', X_Roles='admin', X_Domain_Id='forged',
                        X_Service_Roles='forged', OpenStack_System_Scope='all', X_Service_Catalog='[]')
        told = headers_of(response)
        catalog = json.loads(told.pop('HTTP_X_SERVICE_CATALOG'))
        assert told == {
            'HTTP_X_IDENTITY_STATUS': 'Confirmed', 'HTTP_X_USER_ID': 'alice-id', 'HTTP_X_USER_NAME': 'alice',
            'HTTP_X_USER_DOMAIN_ID': 'default', 'HTTP_X_USER_DOMAIN_NAME': 'Default', 'HTTP_X_PROJECT_ID': 'work-id',
            'HTTP_X_PROJECT_NAME': 'work', 'HTTP_X_PROJECT_DOMAIN_ID': 'default',
            'HTTP_X_PROJECT_DOMAIN_NAME': 'Default', 'HTTP_X_ROLES': 'member,reader', 'HTTP_X_IS_ADMIN_PROJECT': 'True',
            'HTTP_X_TENANT_ID': 'work-id', 'HTTP_X_TENANT_NAME': 'work', 'HTTP_X_TENANT': 'work',
            'HTTP_X_USER': 'alice', 'HTTP_X_ROLE': 'member,reader'}
        assert catalog == [{'type': 'image', 'name': 'glance', 'endpoints': [
            {'region': 'R', 'publicURL': 'http://public.example', 'internalURL': 'http://inside.example'}]}]
        assert response.json['info'] == {'token': keystone.tokens['good']}
        assert response.json['plugin'] == {
            'user': 'alice-id', 'token': 'good', 'headers': {'X-Auth-Token': 'good'}, 'project': 'work-id',
            'service': None, 'image': 'http://inside.example'}
        (path, sent), = keystone.asked
        assert path == '/v3/auth/tokens'
        assert (sent['X-Auth-Token'], sent['OpenStack-Identity-Access-Rules']) == (recorded_keystone.SERVICE, '1.0')

    def test_a_domains_and_the_systems_token(self, keystone):
        keystone.tokens['domain'] = {**token(), 'project': None, 'domain': {'id': 'd', 'name': 'D'}}
        keystone.tokens['system'] = {**token(is_admin_project=False), 'project': None, 'system': {'all': True}}
        app = auth_token.AuthToken(service)
        told = headers_of(call(app, X_Auth_Token='domain'))
        assert (told['HTTP_X_DOMAIN_ID'], told['HTTP_X_DOMAIN_NAME']) == ('d', 'D')
        assert 'HTTP_X_PROJECT_ID' not in told and 'HTTP_OPENSTACK_SYSTEM_SCOPE' not in told
        told = headers_of(call(app, X_Auth_Token='system'))
        assert (told['HTTP_OPENSTACK_SYSTEM_SCOPE'], told['HTTP_X_IS_ADMIN_PROJECT']) == ('all', 'False')

    def test_the_storage_token_of_old(self, keystone):
        keystone.tokens['good'] = token()
        assert headers_of(call(auth_token.AuthToken(service), X_Storage_Token='good'))['HTTP_X_USER'] == 'alice'

    def test_the_catalog_can_be_left_out(self, conf, keystone):
        conf.set('include_service_catalog', False, GROUP)
        keystone.tokens['good'] = token()
        assert 'HTTP_X_SERVICE_CATALOG' not in headers_of(call(auth_token.AuthToken(service), X_Auth_Token='good'))
        assert keystone.asked[0][0] == '/v3/auth/tokens?nocatalog'

    def test_delayed_decisions(self, keystone):
        app = auth_token.AuthToken(service, delay=True)
        for sent in ({}, {'X_Auth_Token': 'bad'}, {'X_Auth_Token': 'naïve'}):
            response = call(app, X_Identity_Status='Confirmed', X_User_Id='forged', **sent)
            assert headers_of(response) == {'HTTP_X_IDENTITY_STATUS': 'Invalid'}
            assert (response.json['context'], response.json['info'], response.json['plugin']) == (False, None, None)

    def test_nothing_a_client_says_of_himself_passes(self, keystone):
        scoped = [f'{where}-{what}' for where in ('Domain', 'Project', 'User') for what in ('Id', 'Name')]
        scoped += [f'{where}-Domain-{what}' for where in ('Project', 'User') for what in ('Id', 'Name')]
        names = [f'X-{prefix}{name}' for prefix in ('', 'Service-') for name in (*scoped, 'Roles', 'Identity-Status')]
        names += ['X-Service-Catalog', 'X-Is-Admin-Project', 'OpenStack-System-Scope', 'X-Tenant-Id', 'X-Tenant-Name',
                  'X-Tenant', 'X-User', 'X-Role']
        response = call(auth_token.AuthToken(service, delay=True), **dict.fromkeys(names, 'forged'))
        assert headers_of(response) == {'HTTP_X_IDENTITY_STATUS': 'Invalid'}

    def test_a_401_says_where_to_log_in(self, conf, keystone):
        conf.set('www_authenticate_uri', 'https://public.example', GROUP)
        response = call(auth_token.AuthToken(service), X_Auth_Token='bad')
        assert response.status_int == 401
        assert response.headers['WWW-Authenticate'] == 'Keystone uri="https://public.example"'
        assert response.json['error']['code'] == 401


class TestServiceTokens:
    @pytest.fixture
    def app(self, keystone):
        keystone.tokens |= {'old': token(lives=-60), 'good': token(), 'nova': token('nova', 'service', ('service',)),
                            'bob': token('bob', 'home')}
        return auth_token.AuthToken(service)

    def test_one_sets_the_services_headers_and_lets_expired_tokens_pass(self, app, keystone):
        assert call(app, X_Auth_Token='old').status_int == 401
        response = call(app, X_Auth_Token='old', X_Service_Token='nova')
        told = headers_of(response)
        assert {name: told[f'HTTP_X_SERVICE_{name}'] for name in (
            'IDENTITY_STATUS', 'USER_ID', 'USER_NAME', 'USER_DOMAIN_ID', 'PROJECT_ID', 'PROJECT_NAME', 'ROLES')} == {
            'IDENTITY_STATUS': 'Confirmed', 'USER_ID': 'nova-id', 'USER_NAME': 'nova', 'USER_DOMAIN_ID': 'default',
            'PROJECT_ID': 'service-id', 'PROJECT_NAME': 'service', 'ROLES': 'service'}
        assert response.json['plugin']['service'] == 'nova-id'
        assert response.json['plugin']['headers'] == {'X-Auth-Token': 'old', 'X-Service-Token': 'nova'}
        # And again, from what is remembered; without the service's it is as expired as before.
        asked = len(keystone.asked)
        assert call(app, X_Auth_Token='old', X_Service_Token='nova').status_int == 200
        assert call(app, X_Auth_Token='old').status_int == 401
        assert len(keystone.asked) == asked
        # Nor is there another name by which it is remembered.
        assert call(app, X_Auth_Token='expired:old').status_int == 401
        assert call(app, X_Auth_Token='expired\nold').status_int == 401

    def test_an_invalid_one_is_refused(self, app):
        assert call(app, X_Auth_Token='good', X_Service_Token='bad').status_int == 401
        told = headers_of(call(auth_token.AuthToken(service, delay=True), X_Auth_Token='good', X_Service_Token='bad'))
        assert (told['HTTP_X_IDENTITY_STATUS'], told['HTTP_X_SERVICE_IDENTITY_STATUS']) == ('Confirmed', 'Invalid')
        assert 'HTTP_X_SERVICE_USER_ID' not in told

    def test_without_the_role_it_is_believed_only_where_none_is_required(self, conf, app, keystone):
        assert headers_of(call(app, X_Auth_Token='good', X_Service_Token='bob'))['HTTP_X_SERVICE_USER_ID'] == 'bob-id'
        assert call(app, X_Auth_Token='old', X_Service_Token='bob').status_int == 401
        conf.set('service_token_roles_required', True, GROUP)
        strict = auth_token.AuthToken(service)
        assert call(strict, X_Auth_Token='good', X_Service_Token='bob').status_int == 401
        assert call(strict, X_Auth_Token='good', X_Service_Token='nova').status_int == 200


class TestAccessRules:
    RULES = ({'id': '1', 'service': 'image', 'method': 'GET', 'path': '/v2/images/*'},)

    def test_are_enforced(self, conf, keystone):
        keystone.tokens['limited'] = token(application_credential={'id': 'c', 'name': 'c', 'restricted': True,
                                                                   'access_rules': self.RULES})
        assert call(auth_token.AuthToken(service), '/v2/images/1', X_Auth_Token='limited').status_int == 401
        conf.set('service_type', 'image', GROUP)
        app = auth_token.AuthToken(service)
        assert call(app, '/v2/images/1', X_Auth_Token='limited').status_int == 200
        for method, path in (('GET', '/v2/images'), ('GET', '/v2/images/1/file'), ('DELETE', '/v2/images/1')):
            assert call(app, path, method, X_Auth_Token='limited').status_int == 401
        # What a service does for the user is not what he was limited to.
        keystone.tokens['nova'] = token('nova', 'service', ('service',))
        assert call(app, '/v2/images', X_Auth_Token='limited', X_Service_Token='nova').status_int == 200

    def test_each_filter_of_a_process_knows_its_service(self, keystone):
        keystone.tokens['limited'] = token(application_credential={'id': 'c', 'name': 'c', 'restricted': True,
                                                                   'access_rules': self.RULES})
        image, volume = (auth_token.filter_factory({}, service_type=each)(service) for each in ('image', 'volumev3'))
        assert call(image, '/v2/images/1', X_Auth_Token='limited').status_int == 200
        assert call(volume, '/v2/images/1', X_Auth_Token='limited').status_int == 401

    @pytest.mark.parametrize('pattern, path, allowed', [
        ('/v2.1/servers', '/v2.1/servers', True), ('/v2.1/servers', '/v2x1/servers', False),
        ('/v2.1/servers/{server_id}/ips', '/v2.1/servers/a/ips', True),
        ('/v2.1/servers/*/ips', '/v2.1/servers/a/b/ips', False), ('/v2.1/**', '/v2.1/servers/a/ips', True),
        ('**', '/anything/at/all', True), ('/v2.1/servers/*', '/v2.1/servers/', False)])
    def test_paths(self, pattern, path, allowed):
        rules = [{'service': 'compute', 'method': 'GET', 'path': pattern}]
        assert access_rules.allow(rules, 'compute', 'GET', path) is allowed

    def test_services_by_any_of_their_types(self):
        rules = [{'service': 'block-storage', 'method': 'GET', 'path': '**'}]
        assert access_rules.allow(rules, 'volumev3', 'GET', '/v3')
        assert not access_rules.allow(rules, 'image', 'GET', '/v3')
        assert not access_rules.allow([], 'image', 'GET', '/v3')


class TestAsking:
    def test_once_a_token_good_or_bad(self, keystone):
        keystone.tokens['good'] = token()
        app = auth_token.AuthToken(service)
        for _ in range(3):
            assert call(app, X_Auth_Token='good').status_int == 200
            assert call(app, X_Auth_Token='bad').status_int == 401
        assert len(keystone.asked) == 2
        assert len(keystone.logins) == 1

    def test_without_a_cache_every_time(self, conf, keystone):
        conf.set('token_cache_time', -1, GROUP)
        keystone.tokens['good'] = token()
        app = auth_token.AuthToken(service)
        for _ in range(2):
            assert call(app, X_Auth_Token='good').status_int == 200
        assert len(keystone.asked) == 2

    def test_when_keystone_is_away_known_tokens_still_pass(self, conf, keystone):
        conf.set('http_request_max_retries', 0, GROUP)
        keystone.tokens['good'] = token()
        app = auth_token.AuthToken(service)
        assert call(app, X_Auth_Token='good').status_int == 200
        keystone.close()
        assert call(app, X_Auth_Token='good').status_int == 200
        response = call(app, X_Auth_Token='other')
        assert (response.status_int, response.json['error']['title']) == (503, 'Service Unavailable')
        assert call(auth_token.AuthToken(service, delay=True), X_Auth_Token='other').status_int == 503

    @pytest.mark.parametrize('status', [401, 403, 500, 502, 429])
    def test_a_keystone_that_fails_makes_no_token_invalid(self, keystone, status):
        keystone.tokens['good'] = token()
        app = auth_token.AuthToken(service)
        keystone.status = status
        assert call(app, X_Auth_Token='good').status_int == 503
        keystone.status = None
        assert call(app, X_Auth_Token='good').status_int == 200

    def test_503_in_the_services_own_format(self, keystone):
        keystone.status = 500
        for name, read in (('nova.api.compute.faults:fault', lambda body: body['serviceUnavailable']['code']),
                           ('keystone.api.faults:render', lambda body: body['error']['code'])):
            app = auth_token.filter_factory({}, faults=name, delay_auth_decision='true')(service)
            response = call(app, X_Auth_Token='t')
            assert response.status_int == read(response.json) == 503


class TestCache:
    def test_forgets(self):
        cache = TokenCache(2, 100)
        cache.put('a', 1)
        cache.put('b', False)
        assert cache.get('a') == 1 and cache.get('b') is False
        cache.put('c', 1)
        assert [cache.get('a'), cache.get('b')].count(None) == 1
        cache.put('d', 1, expires=time.time() - 1)
        assert cache.get('d') is None

    @pytest.mark.parametrize('strategy', ['MAC', 'ENCRYPT'])
    def test_what_is_protected_cannot_be_changed(self, strategy):
        made = protection.make(strategy, 'secret')
        name, key = made.keys('token')
        sealed = made.seal(key, b'{"a": 1}')
        assert made.open(key, sealed) == b'{"a": 1}'
        assert (b'"a"' in sealed) is (strategy == 'MAC')
        for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:3], b'', b'{"a": 1}'):
            with pytest.raises(ValueError, match='changed'):
                made.open(key, broken)
        other, theirs = protection.make(strategy, 'other').keys('token')
        assert other != name and theirs != key
        assert name != made.keys('token2')[0]
        assert 'token' not in name.removeprefix('tokens/') and len(name) < 250

    def test_a_strategy_needs_its_secret(self, conf):
        with pytest.raises(ValueError, match='memcache_secret_key'):
            auth_token.filter_factory({}, memcache_security_strategy='MAC')
        with pytest.raises(ValueError, match='memcache_security_strategy'):
            auth_token.filter_factory({}, memcache_security_strategy='ROT13', memcache_secret_key='x')

    @pytest.mark.parametrize('strategy', ['None', 'MAC', 'ENCRYPT'])
    def test_processes_share_memcached(self, conf, keystone, memcached, strategy):
        Client(memcached.url).flush_all(noreply=False)
        for name, value in (('memcached_servers', [memcached.url]),
                            ('memcache_security_strategy', strategy), ('memcache_secret_key', 'secret'),
                            ('http_request_max_retries', 0), ('memcache_pool_socket_timeout', 0.5)):
            conf.set(name, value, GROUP)
        keystone.tokens['good'] = token()
        first, second = auth_token.AuthToken(service), auth_token.AuthToken(service)
        for app in (first, second):
            assert headers_of(call(app, X_Auth_Token='good'))['HTTP_X_USER'] == 'alice'
            assert call(app, X_Auth_Token='bad').status_int == 401
        assert len(keystone.asked) == 2
        # What somebody else wrote there is not believed where it is protected, and harms nowhere.
        shared = SharedCache(config.CONF[GROUP])
        shared._client.set(shared._protection.keys('forged')[0],
                           json.dumps({'document': {'token': token('root')}, 'until': time.time() + 60}).encode())
        expected = 200 if strategy == 'None' else 401
        assert call(auth_token.AuthToken(service), X_Auth_Token='forged').status_int == expected

    def test_without_memcached_requests_go_on(self, conf, keystone):
        conf.set('memcached_servers', ['127.0.0.1:1'], GROUP)
        keystone.tokens['good'] = token()
        app = auth_token.AuthToken(service)
        assert call(app, X_Auth_Token='good').status_int == 200
        assert call(app, X_Auth_Token='good').status_int == 200
        assert len(keystone.asked) == 1


class TestNamesOfOld:
    def test_an_essex_section_asks_v2(self, conf):
        keystone = Keystone(('v2.0',))
        keystone.accesses |= {'good': access(), 'unscoped': access(tenant=None), 'of-old': access(
            tenant=None, tenantId='t', tenantName='n')}
        try:
            app = auth_token.filter_factory(
                {}, auth_host='127.0.0.1', auth_port=str(keystone.port), auth_protocol='http', admin_user='glance',
                admin_password='secret', auth_uri='http://public.example/', memcache_servers='')(service)
            response = call(app, X_Auth_Token='good')
            told = headers_of(response)
            assert (told['HTTP_X_TENANT_ID'], told['HTTP_X_TENANT'], told['HTTP_X_ROLE'], told['HTTP_X_USER_NAME']) == (
                'work-id', 'work', 'member', 'alice')
            assert json.loads(told['HTTP_X_SERVICE_CATALOG'])[0]['endpoints'][0]['publicURL'] == 'http://public.example'
            assert response.json['plugin']['image'] == 'http://inside.example'
            assert keystone.asked[0][0] == '/v2.0/tokens/good'
            body = keystone.logins[0][1]['auth']
            assert (body['tenantName'], body['passwordCredentials']['username']) == ('admin', 'glance')
            assert call(app, X_Auth_Token='unscoped').status_int == 401
            # As Keystones before Essex told the tenant, at the token or the user.
            assert headers_of(call(app, X_Auth_Token='of-old'))['HTTP_X_TENANT_NAME'] == 'n'
            keystone.accesses['older'] = access(tenant=None)
            keystone.accesses['older']['user'].update(tenantId='u', tenantName='m')
            assert headers_of(call(app, X_Auth_Token='older'))['HTTP_X_TENANT_ID'] == 'u'
            response = call(app, X_Auth_Token='bad')
            assert response.headers['WWW-Authenticate'] == 'Keystone uri="http://public.example/"'
        finally:
            keystone.close()

    def test_the_static_token(self, conf, keystone):
        keystone.accesses['good'] = access()
        app = auth_token.filter_factory({}, auth_url=keystone.url + '/v2.0', admin_token='ADMIN')(service)
        assert call(app, X_Auth_Token='good').status_int == 200
        assert keystone.asked[0][1]['X-Auth-Token'] == 'ADMIN'
        assert not keystone.logins

    def test_in_files_too(self, conf, keystone, tmp_path):
        path = tmp_path / 'glance.conf'
        path.write_text(f'[{GROUP}]\nidentity_uri = {keystone.url}\nadmin_user = g\nadmin_password = s\n'
                        'admin_tenant_name = service\n')
        keystone.tokens['good'] = token()
        config.CONF.reset()
        session.reset()
        app = auth_token.filter_factory({}, oslo_config_file=str(path))(service)
        assert call(app, X_Auth_Token='good').status_int == 200
        body = keystone.logins[0][1]['auth']
        assert body['identity']['password']['user'] == {'name': 'g', 'password': 's', 'domain': {'name': 'Default'}}
        assert body['scope']['project'] == {'name': 'service', 'domain': {'name': 'Default'}}

    def test_other_ways_to_log_in(self, conf, keystone):
        conf.set('username', None, GROUP)
        keystone.tokens['good'] = token()
        app = auth_token.filter_factory({}, auth_url=keystone.url + '/v3', auth_type='v3applicationcredential',
                                        application_credential_id='i', application_credential_secret='s')(service)
        assert call(app, X_Auth_Token='good').status_int == 200
        assert keystone.logins[0][1]['auth'] == {'identity': {
            'methods': ['application_credential'], 'application_credential': {'id': 'i', 'secret': 's'}}}
        with pytest.raises(ValueError, match='no such plugin'):
            auth_token.filter_factory({}, auth_type='nonsense')


def test_a_foreign_service_needs_no_more_than_the_section(conf, tmp_path):
    keystone = Keystone()
    keystone.tokens['good'] = token()
    path = tmp_path / 'api-paste.ini'
    path.write_text(f"""[pipeline:main]
pipeline = authtoken service
[app:service]
paste.app_factory = tests.unit.essex.test_auth_token:service_factory
[filter:authtoken]
paste.filter_factory = essex.middleware.auth_token:filter_factory
auth_url = {keystone.url}
auth_type = password
username = foreign
password = secret
project_name = service
user_domain_id = default
project_domain_id = default
service_type = key-manager
""")
    config.CONF.clear()     # whatever the service reads, it is nothing of ours
    try:
        app = deploy.loadapp(f'config:{path}')
        assert headers_of(call(app, '/v1/secrets', X_Auth_Token='good'))['HTTP_X_PROJECT_ID'] == 'work-id'
        assert call(app, '/v1/secrets').status_int == 401
        user = keystone.logins[0][1]['auth']['identity']['password']['user']
        assert user == {'name': 'foreign', 'password': 'secret', 'domain': {'id': 'default'}}
    finally:
        keystone.close()
