"""The access filters as a proxy's configuration file names them."""
import pytest
from paste import deploy

from tests.fixtures.rings import make_rings
from tests.unit.swift.middleware.kit import Cache, Store, call

CONF = """[DEFAULT]
swift_dir = {directory}
[pipeline:main]
pipeline = cname_lookup domain_remap crossdomain tempurl formpost list-endpoints ratelimit read_only {auth} staticweb
           container-quotas account-quotas etag-quoter store
[app:store]
paste.app_factory = tests.unit.swift.middleware.test_paste:app_factory
[filter:authtoken]
paste.filter_factory = essex.middleware.auth_token:filter_factory
auth_url = http://127.0.0.1:1
username = swift
password = secret
delay_auth_decision = true
[filter:keystoneauth]
paste.filter_factory = swift.middleware.keystoneauth:filter_factory
operator_roles = admin, swiftoperator, member
[filter:tempauth]
paste.filter_factory = swift.middleware.tempauth:filter_factory
reseller_prefix = AUTH, SERVICE
SERVICE_require_group = .service
user_test_Tester = testing .admin
"""
FILTERS = ('cname_lookup', 'domain_remap', 'crossdomain', 'tempurl', 'formpost', 'list-endpoints', 'ratelimit',
           'read_only', 'staticweb', 'container-quotas', 'account-quotas', 'etag-quoter')


def app_factory(global_conf, **local_conf):
    """The store behind them."""
    return Store('c')


@pytest.fixture
def load(tmp_path, conf):
    """load('tempauth'): the application of a file with that filter for authentication."""
    make_rings(str(tmp_path), [{'device': 'd1', 'port': 6200}], replicas=1)

    def make(auth):
        modules = {name: 'swift.middleware.' + name.replace('-', '_') for name in FILTERS}
        sections = [f'[filter:{name}]\npaste.filter_factory = {module}:filter_factory\n'
                    for name, module in modules.items()]
        path = tmp_path / 'proxy-server.conf'
        path.write_text(CONF.format(directory=tmp_path, auth=auth) + ''.join(sections))
        return deploy.loadapp(f'config:{path}')
    return make


def test_tempauth_and_all_others(load):
    app, cache = load('tempauth'), Cache()
    # The case of options is that of users and prefixes.
    token = call(app, 'http://127.0.0.1/auth/v1.0', cache=cache, X_Auth_User='test:Tester', X_Auth_Key='testing'
                 ).headers['X-Auth-Token']
    there = 'http://127.0.0.1/v1/'
    assert call(app, there + 'AUTH_test/c/o', 'PUT', b'x', cache=cache, X_Auth_Token=token).status_int == 201
    assert call(app, there + 'AUTH_test/c/o', cache=cache).status_int == 401
    assert call(app, there + 'SERVICE_test', cache=cache, X_Auth_Token=token).status_int == 403


def test_keystoneauth_asks_the_keystone_of_its_section(load):
    app, cache = load('authtoken keystoneauth'), Cache()
    there = 'http://127.0.0.1/v1/AUTH_test/c'
    assert call(app, there, cache=cache).status_int == 401
    assert call(app, there, cache=cache).headers['WWW-Authenticate'].endswith('"http://127.0.0.1:1"')
    # Nobody listens there.
    assert call(app, there, cache=cache, X_Auth_Token='t').status_int == 503
