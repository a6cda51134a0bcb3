"""Under attack: limits on failures, no secret in any log, bodies of any size."""
import base64
import itertools
import logging
import time

import pytest

from essex import config
from essex.middleware.access_log import AccessLog
from keystone.identity import throttle
from tests.unit.keystone.conftest import PASSWORD, Api

_numbers = itertools.count()


@pytest.fixture
def attempt(api):
    """attempt(name, password) -> the answer of a log-in from 192.0.2.1, or from `address`."""
    def call(name='owner', password='wrong', address='192.0.2.1', path='/v3/auth/tokens', **who):
        user = {'name': name, 'domain': {'id': 'default'}, 'password': password, **who}
        return api('POST', path, {'auth': {'identity': {'methods': ['password'], 'password': {'user': user}}}},
                   environ={'REMOTE_ADDR': address})
    return call


@pytest.fixture
def clock(monkeypatch):
    """Moves the throttle's clock: clock[0] += seconds."""
    now = [1000.0]
    monkeypatch.setattr(throttle.time, 'monotonic', lambda: now[0])
    return now


class TestLimits:

    def test_a_user_name(self, attempt, conf, clock):
        conf.set('failures_per_user', 3, 'auth')
        for name in ('owner', 'nobody'):
            statuses = [attempt(name, address=f'192.0.2.{number}').status_int for number in range(5)]
            assert statuses == [401, 401, 401, 429, 429], name
        answer = attempt('owner', PASSWORD)
        assert answer.status_int == 429 and 1 <= int(answer.headers['Retry-After']) <= 60
        assert answer.json['error'] == {'code': 429, 'title': 'Too Many Requests', 'message': (
            f'Too many failed authentications: try again in {answer.headers["Retry-After"]} seconds.')}
        assert attempt('fellow', PASSWORD).status_int == 201
        clock[0] += 61
        assert attempt('owner', PASSWORD).status_int == 201

    def test_one_user_has_one_count_however_he_is_named(self, attempt, conf, cloud):
        conf.set('failures_per_user', 2, 'auth')
        named = ({}, {'domain': {'name': 'Default'}}, {'name': None, 'domain': None, 'id': cloud.owner['id']})
        for who, status in zip(named, (401, 401, 429), strict=True):
            given = {'name': 'owner', 'domain': {'id': 'default'}, 'password': 'x', **who}
            user = {key: value for key, value in given.items() if value}
            body = {'auth': {'identity': {'methods': ['password'], 'password': {'user': user}}}}
            assert Api(cloud)('POST', '/v3/auth/tokens', body).status_int == status, who

    def test_a_stranger_keeps_nobody_out_of_where_he_logs_in(self, attempt, conf, clock):
        conf.set('failures_per_user', 2, 'auth')
        home, stranger = '192.0.2.10', '192.0.2.66'
        assert attempt('owner', PASSWORD, home).status_int == 201
        assert [attempt('owner', address=stranger).status_int for _ in range(3)] == [401, 401, 429]
        assert attempt('owner', PASSWORD, '192.0.2.11').status_int == 429
        assert attempt('owner', PASSWORD, home).status_int == 201
        # There it has a limit, too.
        assert [attempt('owner', address=home).status_int for _ in range(3)] == [401, 401, 429]
        assert attempt('fellow', PASSWORD, home).status_int == 201

    def test_an_address(self, attempt, conf, clock, api, cloud):
        conf.set('failures_per_address', 3, 'auth')
        for number in range(3):
            assert attempt(f'nobody-{number}').status_int == 401
        assert attempt('owner', PASSWORD).status_int == 429
        # So it is in v2.0, for tokens, and for a change of password.
        here = {'REMOTE_ADDR': '192.0.2.1'}
        token = cloud.token(cloud.owner)
        for path, body in (
                ('/v2.0/tokens', {'auth': {'passwordCredentials': {'username': 'owner', 'password': PASSWORD}}}),
                ('/v3/auth/tokens', {'auth': {'identity': {'methods': ['token'], 'token': {'id': token}}}}),
                (f'/v3/users/{cloud.owner["id"]}/password',
                 {'user': {'original_password': PASSWORD, 'password': 'n'}})):
            assert api('POST', path, body, environ=here).status_int == 429, path
        assert attempt('owner', PASSWORD, address='192.0.2.2').status_int == 201
        clock[0] += 61
        assert attempt('owner', PASSWORD).status_int == 201

    def test_successes_do_not_count_and_zero_is_off(self, attempt, conf):
        conf.set('failures_per_user', 1, 'auth')
        conf.set('failures_per_address', 1, 'auth')
        assert {attempt('owner', PASSWORD).status_int for _ in range(4)} == {201}
        conf.set('failures_per_user', 0, 'auth')
        conf.set('failures_per_address', 0, 'auth')
        assert {attempt().status_int for _ in range(4)} == {401}

    def test_no_hash_is_computed_for_who_is_over_the_limit(self, attempt, conf, monkeypatch):
        from keystone.identity import passwords
        conf.set('failures_per_user', 1, 'auth')
        attempt()
        monkeypatch.setattr(passwords, '_verify', lambda *args: pytest.fail('computed'))
        assert attempt().status_int == 429

    def test_what_is_kept_in_mind_has_an_end(self, monkeypatch, conf):
        monkeypatch.setattr(throttle, '_KEYS', 10)
        counted = throttle.Throttle()
        for number in range(50):
            counted._count(('user', number))
        assert len(counted._windows) == 10


class _Written(logging.Handler):
    def __init__(self):
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter('%(name)s %(message)s'))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def written(conf):
    """All that is logged, at the finest level there is, by whomever."""
    handler, root = _Written(), logging.getLogger()
    before = root.level, {name: logging.getLogger(name).level for name in config._QUIET}
    root.addHandler(handler)
    root.setLevel(logging.NOTSET + 1)
    for name in config._QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET + 1)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before[0])
    for name, level in before[1].items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def start(start, conf):
    """The service with every method and every notification."""
    def call(url=None):
        conf.set('methods', [*conf.auth.methods, 'totp'], 'auth')
        conf.set('driver', ['log'], 'oslo_messaging_notifications')
        conf.set('notification_opt_out', [])
        return start(url)
    return call


def test_no_secret_is_in_any_log(cloud, written):
    """Authentications of every kind, right and wrong, over the logging of accesses: nothing secret is written."""
    api = Api(cloud)
    api.app = AccessLog(api.app)
    secrets = {PASSWORD}

    def secret(prefix='hush'):
        secrets.add(f'{prefix}-{next(_numbers)}-secret')
        return f'{prefix}-{next(_numbers) - 1}-secret'

    def call(*args, **more):
        answer = api(*args, **more)
        for name in ('X-Subject-Token', 'Openstack-Auth-Receipt'):
            if name in answer.headers:
                secrets.add(answer.headers[name])
        return answer

    def login(method, payload, **more):
        return call('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': [method], method: payload}}}, **more)
    owner = {'id': cloud.owner['id']}
    for user in (owner, {'name': 'owner', 'domain': {'name': 'Default'}}, {'name': 'nobody'}, {'id': 'none'}):
        assert login('password', {'user': {**user, 'password': secret()}}).status_int == 401
        login('password', {'user': {**user, 'password': PASSWORD}})
    token = login('password', {'user': {**owner, 'password': PASSWORD}}).headers['X-Subject-Token']
    login('token', {'id': token})
    login('token', {'id': secret('gAAAAA')})
    call('GET', '/v3/auth/tokens', token=token, subject=token)
    call('GET', '/v3/auth/tokens', token=secret('gAAAAA'), subject=secret('gAAAAA'))
    call('GET', f'/v2.0/tokens/{token}', token=cloud.admin_token)
    call('DELETE', f'/v2.0/tokens/{secret("gAAAAA")}', token=cloud.admin_token)
    call('POST', '/v2.0/tokens', {'auth': {'passwordCredentials': {'username': 'owner', 'password': secret()}}})
    totp_secret = base64.b32encode(secret().encode()).decode()
    secrets.add(totp_secret)
    admin = cloud.admin_token
    secrets.add(admin)
    call('POST', '/v3/credentials', {'credential': {'user_id': owner['id'], 'type': 'totp', 'blob': totp_secret}},
         token=admin)
    login('totp', {'user': {**owner, 'passcode': secret()}})
    made = call('POST', f'/v3/users/{owner["id"]}/credentials/OS-EC2', {'tenant_id': cloud.project['id']}, token=admin)
    secrets.add(made.json['credential']['secret'])
    call('POST', '/v3/ec2tokens', {'credentials': {'access': made.json['credential']['access'], 'signature': secret(),
                                                   'host': 'h', 'verb': 'GET', 'path': '/', 'params': {}}})
    login('application_credential', {'id': 'none', 'secret': secret()})
    login('application_credential', {'name': 'none', 'user': owner, 'secret': secret()})
    rules = {'user': {'password': secret(), 'options': {'multi_factor_auth_rules': [['password', 'totp']]}}}
    call('PATCH', f'/v3/users/{owner["id"]}', rules, token=admin)
    receipt = login('password', {'user': {**owner, 'password': rules['user']['password']}})
    assert receipt.status_int == 401 and 'Openstack-Auth-Receipt' in receipt.headers
    login('totp', {'user': {**owner, 'passcode': '1'}},
          headers={'Openstack-Auth-Receipt': receipt.headers['Openstack-Auth-Receipt']})
    for change in ({'original_password': secret(), 'password': secret()},
                   {'original_password': rules['user']['password'], 'password': secret()}, {'password': secret()}):
        call('POST', f'/v3/users/{owner["id"]}/password', {'user': change})
    call('POST', '/v3/users', {'user': {'name': 'n', 'password': secret()}}, token=admin)
    call('POST', '/v3/users', {'user': {'name': 7, 'password': secret()}}, token=admin)
    call('POST', '/v3/auth/tokens', headers={'Content-Type': 'application/json'},
         POST=b'{"password": "' + secret().encode())
    text = '\n'.join(written.lines)
    assert 'identity.authenticate' in text and 'POST /v3/auth/tokens' in text
    assert [each for each in secrets if each in text] == []


@pytest.mark.parametrize('path', ['/v3/auth/tokens', '/v2.0/tokens', '/v3/users/x/password'])
def test_bodies_that_never_end_are_413(api, path):
    body = b'{"auth": "' + b'x' * 200000 + b'"}'
    began = time.monotonic()
    assert api('POST', path, headers={'Content-Type': 'application/json'}, POST=body).status_int == 413
    assert time.monotonic() - began < 5
