"""read_only, crossdomain, list_endpoints and etag_quoter."""
import pytest

from swift.middleware import crossdomain, etag_quoter, list_endpoints, read_only
from tests.fixtures.rings import make_rings
from tests.unit.swift.middleware.kit import Store, call


class TestReadOnly:
    def app(self, marked=None, **conf):
        store = Store('c')
        store.add_account('/v1/AUTH_test', **({'X_Account_Sysmeta_Read_Only': marked} if marked else {}))
        store._copy = store._put
        return read_only.filter_factory({}, **conf)(store)

    @pytest.mark.parametrize('conf, marked, closed', [
        ({}, None, False), ({'read_only': 'true'}, None, True), ({}, 'true', True),
        ({'read_only': 'true'}, 'false', False)])
    def test_the_account_counts_before_the_option(self, conf, marked, closed):
        app = self.app(marked, **conf)
        for method in ('PUT', 'POST', 'COPY', 'DELETE'):
            response = call(app, '/v1/AUTH_test/c/o', method)
            assert (response.status_int == 405) == closed
        assert call(app, '/v1/AUTH_test/c').status_int == 200

    def test_deletes_may_be_allowed(self):
        app = self.app('true', allow_deletes='true')
        assert call(app, '/v1/AUTH_test/c', 'DELETE').status_int == 204
        assert call(app, '/v1/AUTH_test/c', 'PUT').text == 'Writes are disabled for this account.'

    @pytest.mark.parametrize('account', ['AUTH_test', 'AUTH_te%73t'])
    def test_a_copy_is_written_where_it_goes(self, account):
        app = self.app('true')
        response = call(app, '/v1/AUTH_other/c/o', 'COPY', Destination_Account=account)
        assert response.status_int == 405


def test_crossdomain_tells_its_policy():
    app = crossdomain.filter_factory({}, cross_domain_policy='<allow-access-from domain="a.example" />')(Store())
    response = call(app, '/crossdomain.xml')
    assert response.content_type == 'application/xml'
    assert '<allow-access-from domain="a.example" />\n</cross-domain-policy>' in response.text
    assert call(app, '/crossdomain.xml', 'PUT').status_int == 412


class TestListEndpoints:
    @pytest.fixture(scope='class')
    def app(self, tmp_path_factory):
        directory = tmp_path_factory.mktemp('swift')
        make_rings(str(directory), [{'device': f'd{n}', 'ip': '10.0.0.1', 'zone': n,
                                     'ports': {'account': 6202, 'container': 6201, 'object': 6200}} for n in (1, 2, 3)],
                   policies=(0, 1))
        store = Store()
        store.add_container('c', X_Backend_Storage_Policy_Index='1')
        return list_endpoints.filter_factory({'swift_dir': str(directory)})(store)

    @pytest.mark.parametrize('name, port', [('AUTH_test', 6202), ('AUTH_test/c', 6201), ('AUTH_test/c/a%20b/é', 6200)])
    def test_where_a_name_is(self, app, name, port):
        found = call(app, '/endpoints/' + name.replace('é', '%C3%A9')).json
        assert len(found) == 3
        assert all(url.startswith(f'http://10.0.0.1:{port}/d') for url in found)
        assert all(url.endswith('/' + name.replace('é', '%C3%A9')) for url in found)
        assert call(app, '/endpoints/v1/' + name.replace('é', '%C3%A9')).json == found

    def test_version_2_tells_the_policy_too(self, app):
        found = call(app, '/endpoints/v2/AUTH_test/c/o').json
        assert found['headers'] == {'X-Backend-Storage-Policy-Index': '1'}
        assert len(found['endpoints']) == 3
        assert call(app, '/endpoints/v2/AUTH_test').json['headers'] == {}

    @pytest.mark.parametrize('path, method, status', [
        ('/endpoints/', 'GET', 400), ('/endpoints/v2/', 'GET', 400), ('/endpoints/a//o', 'GET', 400),
        ('/endpoints/a', 'POST', 405), ('/v1/AUTH_test', 'GET', 204)])
    def test_other_requests(self, app, path, method, status):
        assert call(app, path, method).status_int == status


class TestEtagQuoter:
    def app(self, account=None, container=None, **conf):
        store = Store()
        store.add_account('/v1/AUTH_test', **({'X_Account_Sysmeta_Rfc_Compliant_Etags': account} if account else {}))
        store.add_container('c', **({'X_Container_Sysmeta_Rfc_Compliant_Etags': container} if container else {}))
        store.add_object('c/plain', Etag='abc')
        store.add_object('c/quoted', Etag='"abc"')
        return etag_quoter.filter_factory({}, **conf)(store), store

    @pytest.mark.parametrize('account, container, default, quoted', [
        (None, None, 'no', False), (None, None, 'yes', True), ('True', None, 'no', True),
        ('True', 'False', 'yes', False), (None, 'True', 'no', True)])
    def test_the_nearest_level_decides(self, account, container, default, quoted):
        app, _ = self.app(account, container, enable_by_default=default)
        assert call(app, '/v1/AUTH_test/c/plain').headers['Etag'] == ('"abc"' if quoted else 'abc')
        assert call(app, '/v1/AUTH_test/c/quoted').headers['Etag'] == '"abc"'

    @pytest.mark.parametrize('level, path', [('Account', '/v1/AUTH_test'), ('Container', '/v1/AUTH_test/c')])
    def test_is_asked_for_by_header(self, level, path):
        app, store = self.app()
        header = f'X-{level}-Rfc-Compliant-Etags'
        assert call(app, path, 'POST', **{header: 'on'}).status_int == 204
        assert call(app, path, 'HEAD').headers[header] == 'True'
        assert call(app, path, 'POST', **{header: ''}).status_int == 204
        assert call(app, path, 'POST', **{header: 'perhaps'}).status_int == 400
