"""Quotas of containers and accounts."""
import io

import pytest

from swift.exceptions import ConfigurationError
from swift.middleware import account_quotas, container_quotas, tempauth
from tests.unit.swift.middleware.kit import Cache, Store, call

SWIFT_CONF = """[swift-hash]
swift_hash_path_suffix = x
[storage-policy:0]
name = gold
default = yes
[storage-policy:1]
name = silver
"""


class TestContainer:
    def app(self, bytes_used=0, count=0, **quotas):
        store = Store()
        store.add_container('c', X_Container_Bytes_Used=str(bytes_used), X_Container_Object_Count=str(count),
                            **{f'X_Container_Meta_Quota_{kind}': value for kind, value in quotas.items()})
        return container_quotas.filter_factory({})(store), store

    @pytest.mark.parametrize('size, status', [(5, 201), (6, 413), (0, 201)])
    def test_bytes(self, size, status):
        app, _ = self.app(bytes_used=5, Bytes='10')
        response = call(app, '/v1/AUTH_test/c/o', 'PUT', b'x' * size)
        assert response.status_int == status
        if status == 413:
            assert response.text == 'Upload exceeds quota.'

    @pytest.mark.parametrize('count, status', [(1, 201), (2, 413)])
    def test_count(self, count, status):
        app, _ = self.app(count=count, Count='2')
        assert call(app, '/v1/AUTH_test/c/o', 'PUT').status_int == status

    @pytest.mark.parametrize('size, status', [(10, 201), (11, 413)])
    def test_a_body_of_unknown_length_is_cut_off(self, size, status):
        app, store = self.app(Bytes='10')
        environ = {'wsgi.input': io.BytesIO(b'x' * size), 'HTTP_TRANSFER_ENCODING': 'chunked',
                   'wsgi.input_terminated': True, 'CONTENT_LENGTH': ''}
        response = call(app, '/v1/AUTH_test/c/o', 'PUT', None, environ=environ)
        assert response.status_int == status
        assert ('/v1/AUTH_test/c/o' in store.bodies) == (status == 201)

    @pytest.mark.parametrize('method', ['PUT', 'POST'])
    @pytest.mark.parametrize('value, status', [('12', 2), ('', 2), ('x', 4), ('-1', 4), ('1.5', 4), ('²', 4)])
    def test_what_may_be_set(self, method, value, status):
        app, _ = self.app()
        for kind in ('Bytes', 'Count'):
            name = f'X-Container-Meta-Quota-{kind}'
            assert call(app, '/v1/AUTH_test/c', method, **{name: value}).status_int // 100 == status

    def test_other_requests_pass(self):
        app, store = self.app(bytes_used=5, Bytes='1')
        assert call(app, '/v1/AUTH_test/c/o', 'DELETE').status_int == 404
        assert call(app, '/v1/AUTH_test/missing/o', 'PUT').status_int == 201
        assert [method for method, path, *_ in store.calls if path.endswith('/c')] == []

    def test_a_stranger_learns_nothing_of_it(self):
        store = Store()
        store.add_container('c', X_Container_Meta_Quota_Bytes='1')
        app = tempauth.filter_factory({}, user_a_b='k')(container_quotas.filter_factory({})(store))
        assert call(app, '/v1/AUTH_test/c/o', 'PUT', b'xx').status_int == 401
        store.add_container('c', X_Container_Meta_Quota_Bytes='1', X_Container_Write='a:b')
        cache = Cache()
        token = call(app, '/auth/v1.0', cache=cache, X_Auth_User='a:b', X_Auth_Key='k').headers['X-Auth-Token']
        assert call(app, '/v1/AUTH_test/c/o', 'PUT', b'xx', cache=cache, X_Auth_Token=token).status_int == 413


class TestAccount:
    @pytest.fixture
    def swift_dir(self, tmp_path):
        (tmp_path / 'swift.conf').write_text(SWIFT_CONF)
        return str(tmp_path)

    def app(self, swift_dir, policy='0', **headers):
        store = Store()
        store.add_account('/v1/AUTH_test', **headers)
        store.add_container('c', X_Backend_Storage_Policy_Index=policy)
        return account_quotas.filter_factory({'swift_dir': swift_dir})(store), store

    @pytest.mark.parametrize('name', ['X_Account_Meta_Quota_Bytes', 'X_Account_Sysmeta_Quota_Bytes'])
    @pytest.mark.parametrize('size, status', [(5, 201), (6, 413)])
    def test_bytes_under_either_name(self, swift_dir, name, size, status):
        app, _ = self.app(swift_dir, X_Account_Bytes_Used='5', **{name: '10'})
        assert call(app, '/v1/AUTH_test/c/o', 'PUT', b'x' * size).status_int == status

    @pytest.mark.parametrize('count, status', [('1', 201), ('2', 413)])
    def test_count(self, swift_dir, count, status):
        app, _ = self.app(swift_dir, X_Account_Object_Count=count, X_Account_Sysmeta_Quota_Count='2')
        assert call(app, '/v1/AUTH_test/c/o', 'PUT').status_int == status

    @pytest.mark.parametrize('policy, status', [('0', 201), ('1', 413)])
    def test_of_a_policy(self, swift_dir, policy, status):
        app, _ = self.app(swift_dir, policy, X_Account_Storage_Policy_Silver_Bytes_Used='9',
                          X_Account_Sysmeta_Quota_Bytes_Policy_1='10')
        response = call(app, '/v1/AUTH_test/c/o', 'PUT', b'xx')
        assert response.status_int == status
        if status == 413:
            assert response.text == 'Upload exceeds policy quota.'

    def test_a_resellers_upload_is_not_bound(self, swift_dir):
        app, _ = self.app(swift_dir, X_Account_Meta_Quota_Bytes='1')
        assert call(app, '/v1/AUTH_test/c/o', 'PUT', b'xx', environ={'reseller_request': True}).status_int == 201

    @pytest.mark.parametrize('name', ['X-Account-Meta-Quota-Bytes', 'X-Account-Quota-Bytes', 'X-Account-Quota-Count',
                                      'X-Account-Quota-Bytes-Policy-silver', 'X-Remove-Account-Quota-Bytes',
                                      'X-Remove-Account-Meta-Quota-Bytes', 'X-Account-Quota-Count-Policy-gold'])
    def test_only_the_reseller_sets_them(self, swift_dir, name):
        app, store = self.app(swift_dir)
        refused = call(app, '/v1/AUTH_test', 'POST', environ={'REMOTE_USER': 'owner'}, **{name: '1'})
        assert (refused.status_int, store.calls) == (403, [])
        environ = {'reseller_request': True}
        assert call(app, '/v1/AUTH_test', 'POST', environ=dict(environ), **{name: '1'}).status_int == 204
        assert call(app, '/v1/AUTH_test', 'POST', environ=dict(environ), **{name: 'x'}
                    ).status_int == (204 if 'Remove' in name else 400)

    def test_are_kept_out_of_the_owners_reach_and_shown(self, swift_dir):
        app, store = self.app(swift_dir)
        call(app, '/v1/AUTH_test', 'POST', environ={'reseller_request': True}, X_Account_Quota_Bytes_Policy_silver='7')
        assert store.accounts['/v1/AUTH_test']['X-Account-Sysmeta-Quota-Bytes-Policy-1'] == '7'
        assert call(app, '/v1/AUTH_test', 'HEAD').headers['X-Account-Quota-Bytes-Policy-silver'] == '7'
        call(app, '/v1/AUTH_test', 'POST', environ={'reseller_request': True},
             X_Remove_Account_Quota_Bytes_Policy_silver='x')
        assert store.accounts['/v1/AUTH_test']['X-Account-Sysmeta-Quota-Bytes-Policy-1'] == ''

    def test_without_a_cluster_it_does_not_start(self, tmp_path):
        with pytest.raises(ConfigurationError):
            account_quotas.filter_factory({'swift_dir': str(tmp_path)})(None)
