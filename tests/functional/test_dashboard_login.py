"""The dashboard before a real Keystone: passcodes, expired passwords, changed passwords, log-in by v2.0."""
import base64
import hmac
import os
import struct
import time

import pytest
from keystoneclient.v3 import client as keystone_client

from tests.functional.test_identity_clients import Site

PASSWORD = 'first-password-1'


@pytest.fixture(scope='module')
def keystone(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp('keystone'))
    with open(made.config, 'a', encoding='utf-8') as file:
        file.write('\n[security_compliance]\nchange_password_upon_first_use = true\n'
                   '[auth]\nmethods = password,token,totp\n')
    made.start()
    yield made
    made.daemon.terminate()


@pytest.fixture
def admin(keystone):
    return keystone_client.Client(session=keystone.session())


@pytest.fixture
def browser(keystone, conf):
    """A browser before a dashboard of that Keystone."""
    import horizon.options  # noqa: F401 - declares them
    conf.set('secret_key', 'of tests alone')
    conf.set('auth_url', f'{keystone.url}/v3', 'horizon')
    conf.set('allowed_hosts', ['testserver'], 'horizon')
    if os.environ.get('DJANGO_SETTINGS_MODULE') is None:
        from horizon import wsgi
        wsgi.make()
        from django.test.utils import setup_test_environment
        setup_test_environment()
    from django.core.cache import cache
    from django.test import Client

    from horizon.api import client
    cache.clear()
    client.connections.cache_clear()
    yield Client()
    client.connections.cache_clear()


@pytest.fixture
def user(admin):
    """A new user with a role in a project, whose password has to be changed first."""
    project = admin.projects.list(name='lab') or [admin.projects.create('lab', 'default')]
    made = admin.users.create(f'user-{time.time_ns()}', domain='default', password=PASSWORD)
    admin.roles.grant(admin.roles.list(name='member')[0], user=made, project=project[0])
    return made


def log_in(browser, keystone, name, password, version='v3'):
    return browser.post('/auth/login/', {'region': f'{keystone.url}/{version}', 'domain': 'Default', 'username': name,
                                         'password': password})


def changed(browser, keystone, user, new):
    """Past the first log-in."""
    assert log_in(browser, keystone, user.name, PASSWORD).url == '/auth/expired/'
    answer = browser.post('/auth/expired/', {'current_password': PASSWORD, 'new_password': new,
                                              'repeated_password': new})
    assert answer.status_code == 302, answer.context['form'].errors
    return answer


def test_a_password_that_has_to_be_changed(browser, keystone, user):
    assert changed(browser, keystone, user, 'second-password-2').url == '/auth/login/'
    answer = log_in(browser, keystone, user.name, 'second-password-2')
    assert answer.status_code == 302
    assert not answer.url.startswith('/auth')


def test_the_old_one_must_be_right(browser, keystone, user):
    log_in(browser, keystone, user.name, PASSWORD)
    answer = browser.post('/auth/expired/', {'current_password': 'wrong', 'new_password': 'another-one-3',
                                             'repeated_password': 'another-one-3'})
    assert answer.status_code == 422
    assert log_in(browser, keystone, user.name, PASSWORD).url == '/auth/expired/'


def test_nobody_comes_to_a_step_without_the_one_before(browser):
    assert browser.get('/auth/expired/').url == '/auth/login/'
    assert browser.get('/auth/passcode/').url == '/auth/login/'


def test_a_passcode(browser, keystone, admin, user):
    new = 'second-password-2'
    changed(browser, keystone, user, new)
    secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    admin.credentials.create(user=user, type='totp', blob=secret)
    # By hand: the client's own update knows no options.
    answer = keystone.session().patch(f'{keystone.url}/v3/users/{user.id}', json={'user': {'options': {
        'multi_factor_auth_enabled': True, 'multi_factor_auth_rules': [['password', 'totp']]}}})
    assert answer.json()['user']['options']['multi_factor_auth_enabled'] is True
    assert log_in(browser, keystone, user.name, new).url == '/auth/passcode/'
    assert browser.post('/auth/passcode/', {'passcode': '000000'}).status_code == 401
    answer = browser.post('/auth/passcode/', {'passcode': passcode(secret)})
    assert answer.status_code == 302
    assert browser.get('/account/password/').status_code == 200


def passcode(secret):
    """The one of now, computed as an app on a phone does (RFC 6238)."""
    counter = struct.pack('>Q', int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, 'sha1').digest()
    start = digest[-1] & 15
    return f'{(int.from_bytes(digest[start:start + 4], "big") & 0x7fffffff) % 10 ** 6:06d}'


def test_one_changes_the_own_password(browser, keystone, user):
    changed(browser, keystone, user, 'second-password-2')
    log_in(browser, keystone, user.name, 'second-password-2')
    answer = browser.post('/account/password/', {'current_password': 'second-password-2',
                                                 'new_password': 'third-password-3',
                                                 'repeated_password': 'third-password-3'})
    assert answer.url == '/auth/login/'
    assert log_in(browser, keystone, user.name, 'second-password-2').status_code == 401
    assert log_in(browser, keystone, user.name, 'third-password-3').status_code == 302


def test_by_the_v2_api(browser, keystone, user, conf):
    changed(browser, keystone, user, 'second-password-2')
    conf.set('auth_url', f'{keystone.url}/v2.0', 'horizon')
    conf.set('identity_api_version', '2.0', 'horizon')
    answer = log_in(browser, keystone, user.name, 'second-password-2', 'v2.0')
    assert answer.status_code == 302
    assert browser.get('/account/password/').status_code == 200
    # The cache may be lost: Keystone is asked again.
    from django.core.cache import cache
    cache.clear()
    assert browser.get('/account/password/').status_code == 200
    browser.post('/auth/logout/')
    assert browser.get('/account/password/').status_code == 302
