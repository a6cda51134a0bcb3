"""tempauth: who gets a token, and what it opens."""
import json
import re

import pytest
from cryptography.fernet import Fernet

from swift.exceptions import ConfigurationError
from swift.middleware import tempauth
from tests.unit.swift.middleware.kit import Cache, Store, call

USERS = {'user_test_tester': 'testing .admin', 'user_test_other': 'othering', 'user_test2_tester2': 'testing2 .admin',
         'user_admin_admin': 'admin .admin .reseller_admin', 'user_admin_reader': 'reading .reseller_reader'}


class Service:
    """tempauth over a store, with a cache."""

    def __init__(self, *containers, conf=None):
        self.store, self.cache = Store(*containers), Cache()
        self.app = tempauth.filter_factory({}, **{**USERS, **(conf or {})})(self.store)

    def call(self, *args, **kwargs):
        return call(self.app, *args, cache=self.cache, **kwargs)

    def token(self, user, key, **headers):
        return self.call('/auth/v1.0', X_Auth_User=user, X_Auth_Key=key, **headers).headers['X-Auth-Token']


@pytest.fixture
def service():
    return Service('c')


@pytest.fixture
def tester(service):
    return service.token('test:tester', 'testing')


@pytest.fixture
def stranger(service):
    return service.token('test2:tester2', 'testing2')


class TestTokens:
    @pytest.mark.parametrize('path', ['/auth/v1.0', '/auth/v1', '/auth/v1/test/auth'])
    def test_the_right_key_gets_one(self, service, path):
        response = service.call(path, X_Auth_User='test:tester', X_Auth_Key='testing')
        assert response.status_int == 200
        assert re.fullmatch('AUTH_tk[0-9a-f]{32}', response.headers['X-Auth-Token'])
        assert response.headers['X-Storage-Token'] == response.headers['X-Auth-Token']
        assert response.headers['X-Storage-Url'] == 'http://localhost/v1/AUTH_test'
        assert 86390 <= int(response.headers['X-Auth-Token-Expires']) <= 86400

    def test_the_other_header_names_do_too(self, service):
        assert service.call('/auth/v1.0', X_Storage_User='test:tester', X_Storage_Pass='testing').status_int == 200

    def test_it_stays_the_same_until_a_new_one_is_asked_for(self, service, tester):
        assert service.token('test:tester', 'testing') == tester
        assert service.token('test:tester', 'testing', X_Auth_New_Token='true') != tester

    @pytest.mark.parametrize('user, key', [('test:tester', 'wrong'), ('test:tester', ''), ('', 'testing'),
                                           ('test:nobody', 'testing'), ('tester', 'testing'), ('test:', 'testing'),
                                           (':tester', 'testing'), ('test:tester\xff', 'testing')])
    def test_anything_else_does_not(self, service, user, key):
        response = service.call('/auth/v1.0', X_Auth_User=user, X_Auth_Key=key)
        assert response.status_int == 401
        assert response.headers['WWW-Authenticate'].startswith('Swift realm="')

    def test_the_account_of_the_path_must_be_the_users(self, service):
        assert service.call('/auth/v1/test2/auth', X_Auth_User='test:tester', X_Auth_Key='testing').status_int == 401

    @pytest.mark.parametrize('path, method, status', [
        ('/auth/', 'GET', 400), ('/auth/v2.0', 'GET', 400), ('/auth/v1.0/x', 'GET', 400), ('/auth/v1.0', 'POST', 405)])
    def test_other_requests(self, service, path, method, status):
        assert service.call(path, method, X_Auth_User='test:tester', X_Auth_Key='testing').status_int == status

    def test_without_a_cache_there_is_a_clear_error(self, service):
        assert call(service.app, '/auth/v1.0', X_Auth_User='test:tester', X_Auth_Key='testing').status_int == 503

    def test_https_may_be_told_and_a_user_may_live_elsewhere(self):
        service = Service(conf={'storage_url_scheme': 'https', 'user_a_b': 'k .admin https://far.example/v1/X_a/'})
        assert service.call('/auth/v1.0', X_Auth_User='test:tester', X_Auth_Key='testing'
                            ).headers['X-Storage-Url'] == 'https://localhost/v1/AUTH_test'
        assert service.call('/auth/v1.0', X_Auth_User='a:b', X_Auth_Key='k'
                            ).headers['X-Storage-Url'] == 'https://far.example/v1/X_a'

    def test_names_in_base64(self):
        service = Service(conf={'user64_dW5kZXJfc2NvcmU_YV9i': 'k'})
        assert service.call('/auth/v1.0', X_Auth_User='under_score:a_b', X_Auth_Key='k').status_int == 200

    def test_the_user_that_the_process_runs_as_is_none(self):
        assert Service(conf={'user': 'swift'}).call('/auth/v1.0', X_Auth_User='test:tester',
                                                    X_Auth_Key='testing').status_int == 200

    def test_no_key_is_logged(self, service, caplog):
        with caplog.at_level('DEBUG'):
            service.token('test:tester', 'testing')
            service.call('/auth/v1.0', X_Auth_User='test:tester', X_Auth_Key='wrongkey')
        assert 'testing' not in caplog.text
        assert 'wrongkey' not in caplog.text


@pytest.mark.parametrize('conf', [{'user_test': 'k'}, {'user_a_b': ''}, {'user64_!!_x': 'k'}, {'auth_prefix': '/'},
                                  {'user64_YSxi_Yg': 'k'}, {'token_life': 'long'}])
def test_a_wrong_configuration_stops_the_start(conf):
    with pytest.raises(ConfigurationError):
        tempauth.filter_factory({}, **conf)(Store())


class TestSignedTokens:
    """Several proxies need no cache between them, but a key."""

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    def service(self, active='old', **more):
        return Service('c', conf={'fernet_key_old': self.old, 'active_fernet_key_id': active, **more})

    def test_count_at_every_proxy_that_knows_the_key(self):
        token = self.service().token('test:tester', 'testing')
        assert token.startswith('AUTH_ftk')
        assert 'tester' not in token
        assert self.service().call(X_Auth_Token=token).status_int == 204
        assert self.service('new', fernet_key_new=self.new).call(X_Auth_Token=token).status_int == 204
        assert Service('c').call(X_Auth_Token=token).status_int == 401

    def test_need_no_cache(self):
        app = self.service().app
        token = call(app, '/auth/v1.0', X_Auth_User='test:tester', X_Auth_Key='testing').headers['X-Auth-Token']
        assert call(app, X_Auth_Token=token).status_int == 204

    def test_end(self, monkeypatch):
        token = self.service().token('test:tester', 'testing')
        later = tempauth.time.time() + 86401
        monkeypatch.setattr(tempauth.time, 'time', lambda: later)
        assert self.service().call(X_Auth_Token=token).status_int == 401

    @pytest.mark.parametrize('change', [lambda token: token[:-6] + 'AAAA==', lambda token: token[:20],
                                        lambda token: 'AUTH_ftk', lambda token: token + '\xff'])
    def test_cannot_be_changed(self, change):
        service = self.service()
        assert service.call(X_Auth_Token=change(service.token('test:tester', 'testing'))).status_int == 401

    @pytest.mark.parametrize('conf', [{'active_fernet_key_id': 'x'},
                                      {'active_fernet_key_id': 'x', 'fernet_key_x': 'short'}])
    def test_a_wrong_key_stops_the_start(self, conf):
        with pytest.raises(ConfigurationError, match='fernet_key'):
            Service(conf=conf)


class TestOwner:
    def test_owns_containers_and_objects(self, service, tester):
        assert service.call('/v1/AUTH_test/new', 'PUT', X_Auth_Token=tester).status_int == 201
        assert service.call('/v1/AUTH_test/new/o', 'PUT', X_Storage_Token=tester).status_int == 201
        assert service.store.calls[-1][3]['swift_owner'] is True

    def test_may_not_delete_the_account(self, service, tester):
        assert service.call(method='DELETE', X_Auth_Token=tester).status_int == 403
        assert service.call(method='PUT', X_Auth_Token=tester).status_int == 403

    def test_has_nothing_elsewhere(self, service, tester, stranger):
        assert service.call(X_Auth_Token=stranger).status_int == 403
        for account in ('AUTH_test2', 'AUTH_testx', 'AUTH_tes', 'AUTH_', 'AUTH_AUTH_test', 'test', '.test', 'AUTH_.x'):
            service.store.add_account('/v1/' + account)
            assert service.call('/v1/' + account, X_Auth_Token=tester).status_int == 403, account

    def test_a_user_without_the_group_admin_owns_nothing(self, service):
        token = service.token('test:other', 'othering')
        assert service.call(X_Auth_Token=token).status_int == 403

    def test_the_resellers_admin_owns_all(self, service):
        token = service.token('admin:admin', 'admin')
        assert service.call(X_Auth_Token=token).status_int == 204
        assert service.call(method='DELETE', X_Auth_Token=token).status_int == 204
        assert service.store.calls[-1][3]['reseller_request'] is True
        assert service.call('/v1/.expiring_objects', X_Auth_Token=token).status_int == 403

    def test_the_resellers_reader_reads_all(self, service):
        token = service.token('admin:reader', 'reading')
        assert service.call(X_Auth_Token=token).status_int == 204
        assert service.call('/v1/AUTH_test/c', 'DELETE', X_Auth_Token=token).status_int == 403
        assert service.store.last('DELETE')['swift_owner'] is False


class TestStrangers:
    def test_without_a_token_are_asked_for_one(self, service):
        response = service.call('/v1/AUTH_test/c')
        assert response.status_int == 401
        assert response.headers['WWW-Authenticate'] == 'Swift realm="AUTH_test"'

    def test_a_realm_cannot_be_broken_out_of(self, service):
        response = service.call('/v1/AUTH_x%22%0d%0aEvil:%201/c')
        assert response.status_int == 401
        assert '\n' not in response.headers['WWW-Authenticate']
        assert response.headers['WWW-Authenticate'].count('"') == 2

    def test_an_unknown_token_is_refused_even_where_all_may_read(self, service):
        service.store.add_container('c', X_Container_Read='.r:*')
        assert service.call('/v1/AUTH_test/c/o', X_Auth_Token='AUTH_tk' + '0' * 32).status_int == 401

    def test_an_expired_token_is_unknown(self, service, tester):
        key = 'AUTH_/token/' + tester
        service.cache.set(key, [1, service.cache.get(key)[1]])
        assert service.call(X_Auth_Token=tester).status_int == 401

    def test_read_what_is_open_to_all(self, service):
        service.store.add_object('c/o', b'x')
        service.store.add_container('c', X_Container_Read='.r:*')
        assert service.call('/v1/AUTH_test/c/o').body == b'x'
        assert service.call('/v1/AUTH_test/c').status_int == 401
        service.store.add_container('c', X_Container_Read='.r:*,.rlistings')
        assert service.call('/v1/AUTH_test/c').status_int == 200
        assert service.call('/v1/AUTH_test/c/o', 'PUT').status_int == 401

    @pytest.mark.parametrize('path', ['/v1/AUTH_test/c/../../AUTH_test2/c', '/v1/AUTH_test/c%2f..%2fd/o', '/v1//c',
                                      '/v1/AUTH_test%00/c', '/v1/AUTH_te%73t', '/v1/%ff/c', '/v1', '/'])
    def test_tricks_with_the_path_open_nothing(self, service, path):
        assert service.call(path).status_int in (401, 404)

    @pytest.mark.parametrize('headers', [
        {'Remote_User': 'AUTH_test'}, {'X_Roles': 'admin', 'X_Identity_Status': 'Confirmed'}, {'X_Auth_Token': ''},
        {'X_Auth_Token': 'AUTH_tk'}, {'X_Auth_Token': '../token'}, {'X_Service_Token': 'AUTH_tk00'}])
    def test_nor_do_headers(self, service, headers):
        assert service.call('/v1/AUTH_test/c', **headers).status_int == 401

    def test_browsers_may_ask_for_options(self, service):
        assert service.call('/v1/AUTH_test/c/o', 'OPTIONS').status_int == 200


class TestContainerLists:
    @pytest.mark.parametrize('group', ['test2', 'test2:tester2', 'AUTH_test2'])
    def test_an_account_or_a_user(self, service, stranger, group):
        service.store.add_container('c', X_Container_Read=group)
        service.store.add_object('c/o', b'x')
        assert service.call('/v1/AUTH_test/c/o', X_Auth_Token=stranger).body == b'x'
        assert service.call('/v1/AUTH_test/c/o', 'PUT', X_Auth_Token=stranger).status_int == 403
        service.store.add_container('c', X_Container_Write=group)
        assert service.call('/v1/AUTH_test/c/p', 'PUT', X_Auth_Token=stranger).status_int == 201
        assert service.call('/v1/AUTH_test/c', 'DELETE', X_Auth_Token=stranger).status_int == 403

    def test_the_filter_gives_the_proxy_its_cleaner(self, service, tester):
        service.call('/v1/AUTH_test/c', X_Auth_Token=tester)
        assert service.store.calls[-1][3]['swift.clean_acl']('x-container-read', '.referrer:*') == '.r:*'

    def test_a_synchronising_cluster_shows_the_key(self, service):
        environ = {'swift_sync_key': 'secret'}
        assert service.call('/v1/AUTH_test/c/o', 'PUT', environ=dict(environ), X_Container_Sync_Key='secret',
                            X_Timestamp='1').status_int == 201
        for headers in ({'X_Container_Sync_Key': 'wrong', 'X_Timestamp': '1'}, {'X_Container_Sync_Key': 'secret'}):
            assert service.call('/v1/AUTH_test/c/o', 'PUT', environ=dict(environ), **headers).status_int == 401


class TestAccountLists:
    def set(self, service, token, **lists):
        text = json.dumps({name.replace('_', '-'): value for name, value in lists.items()})
        return service.call(method='POST', X_Auth_Token=token, X_Account_Access_Control=text)

    def test_are_kept_as_system_metadata(self, service, tester):
        assert self.set(service, tester, admin=['x']).status_int == 204
        assert service.store.accounts['/v1/AUTH_test']['X-Account-Sysmeta-Core-Access-Control'] == '{"admin":["x"]}'

    def test_are_shown_to_owners_alone(self, service, tester, stranger):
        self.set(service, tester, read_only=['test2'])
        shown = service.call(X_Auth_Token=tester).headers.getall('X-Account-Access-Control')
        assert shown == ['{"read-only":["test2"]}']
        assert 'X-Account-Access-Control' not in service.call(X_Auth_Token=stranger).headers

    @pytest.mark.parametrize('text', ['{', '{"other": []}', '{"admin": "x"}', '\xff'])
    def test_wrong_ones_are_400(self, service, tester, text):
        response = service.call(method='POST', X_Auth_Token=tester, X_Account_Access_Control=text)
        assert response.status_int == 400
        assert 'X-Account-Access-Control invalid' in response.text

    def test_read_only(self, service, tester, stranger):
        self.set(service, tester, read_only=['test2'])
        assert service.call('/v1/AUTH_test/c', X_Auth_Token=stranger).status_int == 200
        assert service.call('/v1/AUTH_test/c/o', 'PUT', X_Auth_Token=stranger).status_int == 403

    def test_read_write(self, service, tester, stranger):
        self.set(service, tester, read_write=['test2:tester2'])
        assert service.call('/v1/AUTH_test/c/o', 'PUT', X_Auth_Token=stranger).status_int == 201
        assert service.call(method='POST', X_Auth_Token=stranger, X_Account_Meta_X='1').status_int == 403
        assert service.store.last('POST')['swift_owner'] is False

    def test_admin(self, service, tester, stranger):
        self.set(service, tester, admin=['test2:tester2'])
        assert self.set(service, stranger, admin=['test2:tester2', 'more']).status_int == 204
        assert service.call(method='DELETE', X_Auth_Token=stranger).status_int == 403

    def test_nobody_without_a_token(self, service, tester):
        self.set(service, tester, read_only=[''])
        assert service.call('/v1/AUTH_test/c').status_int == 401


class TestResellers:
    conf = {'reseller_prefix': 'AUTH, SERVICE', 'SERVICE_require_group': '.service', 'user_glance_glance': 'g .service'}

    def test_an_account_that_needs_a_services_consent(self):
        service = Service(conf=self.conf)
        service.store.add_account('/v1/SERVICE_test')
        user, helper = service.token('test:tester', 'testing'), service.token('glance:glance', 'g')
        assert service.call(X_Auth_Token=user).status_int == 204
        assert service.call('/v1/SERVICE_test', X_Auth_Token=user).status_int == 403
        assert service.call('/v1/SERVICE_test', X_Auth_Token=helper).status_int == 403
        assert service.call('/v1/SERVICE_test', X_Auth_Token=user, X_Service_Token=helper).status_int == 204
        assert service.call('/v1/SERVICE_test', X_Auth_Token=user, X_Service_Token='AUTH_tk0').status_int == 403

    def test_the_empty_prefix_answers_for_all_but_hidden_accounts(self):
        service = Service(conf={'reseller_prefix': "''"})
        service.store.add_account('/v1/test')
        response = service.call('/auth/v1.0', X_Auth_User='test:tester', X_Auth_Key='testing')
        assert response.headers['X-Storage-Url'].endswith('/v1/test')
        token = response.headers['X-Auth-Token']
        assert service.call('/v1/test', X_Auth_Token=token).status_int == 204
        assert service.call('/v1/.hidden', X_Auth_Token=token).status_int == 403


class TestOverride:
    def test_a_checked_signature_needs_no_token(self, service):
        assert service.call('/v1/AUTH_test/c', environ={'swift.authorize_override': True}).status_int == 200

    def test_unless_overrides_are_off(self):
        service = Service('c', conf={'allow_overrides': 'false'})
        assert service.call('/v1/AUTH_test/c', environ={'swift.authorize_override': True}).status_int == 401
