"""The commands of docs/identity-accounts.md by the unmodified clients, against a daemon with two workers."""
import pathlib
import subprocess
import sys
import time

import openstack
import pytest
from keystoneauth1 import exceptions, identity, session

from keystone.auth import totp
from tests.functional.test_identity_clients import Site

SECRET = 'JBSWY3DPEHPK3PXP'
MORE = """
[auth]
methods = external,password,token,oauth1,mapped,application_credential,totp
[totp]
included_previous_windows = 3
[security_compliance]
lockout_failure_attempts = 3
lockout_duration = 600
unique_last_password_count = 2
"""


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp('accounts'), workers=2)
    with open(made.config, 'a', encoding='utf-8') as file:
        file.write(MORE)
    yield made.start()
    assert made.daemon.terminate() == 0


@pytest.fixture(scope='module')
def cloud(site):
    """The administrator's openstack.connection."""
    return openstack.connection.Connection(session=site.session(), identity_api_version='3', region_name='RegionOne')


@pytest.fixture
def user(cloud):
    name = f'user-{time.monotonic_ns()}'
    yield cloud.identity.create_user(name=name, password='first')
    cloud.identity.delete_user(cloud.identity.find_user(name))


def _log_in(site, auth):
    return session.Session(auth).get_token() and auth


def _password(site, user, password):
    return identity.V3Password(f'{site.url}/v3', user_id=user.id, password=password, unscoped=True)


def _change(site, user, old, new):
    body = {'user': {'original_password': old, 'password': new}}
    return session.Session().post(f'{site.url}/v3/users/{user.id}/password', json=body)


def test_a_lock_holds_in_every_worker_and_after_a_restart(site, cloud, user):
    for _ in range(3):
        with pytest.raises(exceptions.Unauthorized):
            _log_in(site, _password(site, user, 'wrong'))
    for _ in range(6):
        with pytest.raises(exceptions.Unauthorized):
            _log_in(site, _password(site, user, 'first'))
    assert site.daemon.terminate() == 0
    site.start()
    with pytest.raises(exceptions.Unauthorized):
        _log_in(site, _password(site, user, 'first'))
    cloud.session.patch(f'{site.url}/v3/users/{user.id}', json={'user': {'enabled': True}})
    assert _log_in(site, _password(site, user, 'first'))


def test_a_user_changes_his_password_once(site, user):
    assert _change(site, user, 'first', 'second').status_code == 204
    with pytest.raises(exceptions.BadRequest, match='identical to a previous password'):
        _change(site, user, 'second', 'first')
    with pytest.raises(exceptions.Unauthorized):
        _change(site, user, 'wrong', 'third')
    assert _log_in(site, _password(site, user, 'second'))


def test_two_factors_with_a_receipt_by_keystoneauth(site, cloud, user):
    cloud.identity.create_credential(type='totp', blob=SECRET, user_id=user.id)
    cloud.session.patch(f'{site.url}/v3/users/{user.id}',
                        json={'user': {'options': {'multi_factor_auth_rules': [['password', 'totp']],
                                                   'multi_factor_auth_enabled': True}}})
    with pytest.raises(exceptions.MissingAuthMethods) as caught:
        _log_in(site, _password(site, user, 'first'))
    assert caught.value.required_auth_methods == [['password', 'totp']] and caught.value.methods == ['password']
    # The first is of the window before this one: none is good twice.
    code, later = (totp.passcodes(SECRET, time.time() - back)[0].decode() for back in (30, 0))
    method = identity.v3.TOTPMethod(user_id=user.id, passcode=later)
    auth = identity.V3MultiFactor(f'{site.url}/v3', auth_methods=['v3password', 'v3totp'], user_id=user.id,
                                  password='first', passcode=code, unscoped=True)
    access = auth.get_access(session.Session())
    assert access.user_id == user.id
    second = identity.v3.Auth(f'{site.url}/v3', [method], unscoped=True)
    second.add_method(identity.v3.ReceiptMethod(receipt=caught.value.receipt))
    assert second.get_access(session.Session()).user_id == user.id


def test_the_command_line(site, user):
    environment = {'OS_AUTH_URL': f'{site.url}/v3', 'OS_USERNAME': 'admin', 'OS_PASSWORD': 'secret',
                   'OS_PROJECT_NAME': 'admin', 'OS_USER_DOMAIN_ID': 'default', 'OS_PROJECT_DOMAIN_ID': 'default',
                   'OS_IDENTITY_API_VERSION': '3', 'PATH': '/usr/bin:/bin'}
    program = str(pathlib.Path(sys.executable).with_name('openstack'))

    def run(*arguments, **more):
        done = subprocess.run([program, *arguments], env={**environment, **more}, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
    run('credential', 'create', '--type', 'totp', user.name, SECRET)
    assert 'totp' in run('credential', 'list', '--user', user.name, '--type', 'totp')
    run('user', 'set', '--ignore-password-expiry', '--ignore-lockout-failure-attempts', '--enable-lock-password',
        user.name)
    with pytest.raises(exceptions.BadRequest, match='password policy'):
        _change(site, user, 'first', 'second')
    run('user', 'set', '--disable-lock-password', '--multi-factor-auth-rule', 'password,totp',
        '--enable-multi-factor-auth', user.name)
    assert 'multi_factor_auth_rules' in run('user', 'show', user.name)
