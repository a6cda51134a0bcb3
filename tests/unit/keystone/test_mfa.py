"""Several factors: rules, receipts, passcodes, and whom the web server in front authenticated."""
import base64
import time

import pytest

from keystone.auth import receipts, totp
from keystone.token import payload
from tests.unit.keystone.conftest import PASSWORD, Api

SECRET = base64.b32encode(b'12345678901234567890').decode()
RULES = [['password', 'totp']]


@pytest.fixture
def start(start, conf):
    """The service with passcodes among its methods."""
    def call(url=None):
        conf.set('methods', ['external', 'password', 'token', 'totp'], 'auth')
        return start(url)
    return call


@pytest.fixture
def user(cloud):
    """A user with a secret for passcodes."""
    made = cloud.new_user('two', cloud.project)
    cloud.managers.credentials.create({'user_id': made['id'], 'type': 'totp', 'blob': SECRET})
    return made


class Clock:
    """The time passcodes are made and checked by."""

    def __init__(self):
        self.now = time.time()

    def time(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(totp, 'time', made)
    return made


@pytest.fixture
def passcode(clock):
    """passcode() -> that of a new window, since none is good twice; of older ones with `back`."""
    def call(back=0):
        clock.now += 30 * (back == 0)
        return totp.passcodes(SECRET, clock.now - 30 * back)[0].decode()
    return call


@pytest.fixture
def login(api, user):
    """login(password=..., passcode=..., receipt=...)"""
    def call(who=None, receipt=None, scope=None, environ=None, methods=None, **given):
        who, identity = who or {'id': user['id']}, {}
        if 'password' in given:
            identity['password'] = {'user': {**who, 'password': given['password']}}
        if 'passcode' in given:
            identity['totp'] = {'user': {**who, 'passcode': given['passcode']}}
        if 'token' in given:
            identity['token'] = {'id': given['token']}
        identity['methods'] = list(identity) if methods is None else methods
        auth = {'identity': identity, **({'scope': scope} if scope else {})}
        return api('POST', '/v3/auth/tokens', {'auth': auth}, environ=environ,
                   headers={'Openstack-Auth-Receipt': receipt} if receipt else None)
    return call


@pytest.fixture
def rule(as_admin, user):
    def call(rules=RULES, **options):
        answer = as_admin('PATCH', f'/users/{user["id"]}', {'user': {'options': {
            'multi_factor_auth_rules': rules, **options}}})
        assert answer.status_int == 200, answer.body
        return answer.json['user']['options']
    return call


class TestTotp:

    def test_the_passcodes_are_those_of_the_rfc(self, conf):
        conf.set('included_previous_windows', 0, 'totp')
        for moment, code in ((59, b'287082'), (1111111109, b'081804'), (1234567890, b'005924'),
                             (2000000000, b'279037')):
            assert totp.passcodes(SECRET, moment) == [code]
            assert totp.passcodes(SECRET.lower().rstrip('='), moment) == [code]
        with pytest.raises(ValueError):
            totp.passcodes('not base32 1!', 0)

    def test_by_id_and_by_name_in_this_window_and_the_one_before(self, login, cloud, conf, passcode):
        answer = login(passcode=passcode(), scope={'project': {'id': cloud.project['id']}})
        assert answer.status_int == 201 and answer.json['token']['methods'] == ['totp']
        for _ in range(2):
            passcode()
        assert login({'name': 'two', 'domain': {'id': 'default'}}, passcode=passcode(1)).status_int == 201
        for _ in range(4):
            passcode()
        assert login(passcode=passcode(3)).status_int == 401
        conf.set('included_previous_windows', 4, 'totp')
        assert login(passcode=passcode(3)).status_int == 201

    def test_a_passcode_is_good_once_and_none_before_it(self, login, passcode, clock, conf):
        conf.set('included_previous_windows', 2, 'totp')
        conf.set('lockout_failure_attempts', 4, 'security_compliance')
        code = passcode()
        assert login(passcode=code).status_int == 201
        earlier = passcode(1)
        for used in (code, earlier, code):
            answer = login(passcode=used)
            assert answer.status_int == 401 and answer.json['error']['message'] == (
                'The request you have made requires authentication.')
            clock.now += 29   # into the next window
        assert login(passcode=passcode()).status_int == 201

    def test_a_passcode_is_used_up_whatever_else_fails(self, login, passcode):
        code = passcode()
        assert login(passcode=code, password='wrong', methods=['totp', 'password']).status_int == 401
        assert login(passcode=code, password=PASSWORD).status_int == 401
        assert login(passcode=passcode(), password=PASSWORD).status_int == 201

    def test_the_same_secret_twice_makes_no_two_passcodes(self, login, passcode, cloud, user):
        cloud.managers.credentials.create({'user_id': user['id'], 'type': 'totp', 'blob': SECRET.lower()})
        code = passcode()
        assert login(passcode=code).status_int == 201 and login(passcode=code).status_int == 401

    def test_a_new_secret_begins_anew(self, login, passcode, cloud, as_admin, user, clock):
        (credential_id,) = cloud.managers.credentials.secrets(user['id'], 'totp')
        code = passcode()
        assert login(passcode=code).status_int == 201
        for blob, status in ((SECRET, 401), ('GEZDGNBVGY3TQOJQ', 201)):
            answer = as_admin('PATCH', f'/credentials/{credential_id}', {'credential': {'blob': blob}})
            assert answer.status_int == 200
            assert login(passcode=totp.passcodes(blob, clock.now)[0].decode()).status_int == status
        assert as_admin('DELETE', f'/credentials/{credential_id}').status_int == 204

    def test_a_clock_that_was_wrong_locks_nobody_out(self, login, passcode, clock):
        clock.now += 86400
        assert login(passcode=passcode()).status_int == 201
        clock.now -= 86400
        code = passcode()
        assert login(passcode=code).status_int == 201 and login(passcode=code).status_int == 401

    def test_what_does_not_fit_is_401_alike(self, login, cloud, passcode):
        answers = [login(passcode='000000' if passcode() != '000000' else '1'), login({'name': 'none'}, passcode='1'),
                   login({'id': cloud.owner['id']}, passcode=passcode()), login(passcode=''), login(passcode='ü€𝄞')]
        assert {(answer.status_int, answer.json['error']['message']) for answer in answers} == {
            (401, 'The request you have made requires authentication.')}
        cloud.managers.identity.update_user(cloud.managers.identity.user_by_name('two', 'default')['id'],
                                            {'enabled': False})
        assert login(passcode=passcode()).status_int == 401

    def test_a_secret_that_is_none_harms_nobody(self, login, cloud, user, passcode):
        cloud.managers.credentials.create({'user_id': user['id'], 'type': 'totp', 'blob': '!'})
        assert login(passcode=passcode()).status_int == 201

    def test_failures_count_towards_the_lock(self, login, conf, passcode):
        conf.set('lockout_failure_attempts', 2, 'security_compliance')
        for _ in range(2):
            login(passcode='wrong')
        assert login(passcode=passcode()).status_int == 401 and login(password=PASSWORD).status_int == 401

    def test_the_right_password_buys_no_guesses_at_passcodes(self, login, rule, conf, user, api, passcode):
        conf.set('lockout_failure_attempts', 3, 'security_compliance')
        rule()
        for _ in range(3):
            receipt = login(password=PASSWORD).headers['Openstack-Auth-Receipt']
            login(passcode='wrong', receipt=receipt)
        answer = login(password=PASSWORD)
        assert answer.status_int == 401 and 'Openstack-Auth-Receipt' not in answer.headers
        assert login(passcode=passcode(), receipt=receipt).status_int == 401
        body = {'user': {'original_password': PASSWORD, 'password': 'n'}}
        assert api('POST', f'/v3/users/{user["id"]}/password', body).status_int == 401

    def test_bodies(self, api):
        for wrong in ({}, {'user': {}}, {'user': {'passcode': '1'}}, {'user': {'id': 'x', 'passcode': 1}},
                      {'user': {'id': 'x'}}):
            answer = api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['totp'], 'totp': wrong}}})
            assert answer.status_int == 400, wrong


class TestRules:

    def test_one_factor_gets_a_receipt_and_the_other_a_token(self, login, rule, user, api, passcode):
        rule()
        answer = login(password=PASSWORD)
        assert answer.status_int == 401 and answer.headers['WWW-Authenticate'].startswith('Keystone uri=')
        receipt = answer.headers['Openstack-Auth-Receipt']
        assert receipt.startswith('gAAAAA') and 'X-Subject-Token' not in answer.headers
        assert set(answer.json) == {'receipt', 'required_auth_methods'}
        assert answer.json['required_auth_methods'] == RULES
        shown = answer.json['receipt']
        assert shown['methods'] == ['password'] and shown['user'] == {
            'id': user['id'], 'name': 'two', 'domain': {'id': 'default', 'name': 'Default'}}
        assert set(shown) == {'methods', 'user', 'issued_at', 'expires_at'} and shown['expires_at'].endswith('.000000Z')
        again = login(passcode=passcode(), receipt=receipt)
        assert again.status_int == 201 and again.json['token']['methods'] == ['password', 'totp']
        # Which factor comes first makes no difference, and both at once need no receipt.
        receipt = login(passcode=passcode()).headers['Openstack-Auth-Receipt']
        assert login(password=PASSWORD, receipt=receipt).status_int == 201
        assert login(password=PASSWORD, passcode=passcode()).status_int == 201
        token = again.headers['X-Subject-Token']
        assert login(token=token).json['token']['expires_at'] == again.json['token']['expires_at']

    def test_a_receipt_is_no_token_and_a_token_no_receipt(self, login, rule, api, cloud, passcode):
        rule()
        receipt = login(password=PASSWORD).headers['Openstack-Auth-Receipt']
        assert api('GET', '/v3/auth/tokens', token=receipt, subject=receipt).status_int == 401
        token = login(password=PASSWORD, passcode=passcode()).headers['X-Subject-Token']
        for wrong in (token, 'nonsense', 'ü', receipt[:-4], cloud.admin_token):
            assert login(passcode=passcode(), receipt=wrong).status_int == 401
        assert login({'id': cloud.owner['id']}, password=PASSWORD, receipt=receipt).status_int == 401

    def test_a_receipt_ends(self, login, rule, monkeypatch, conf, passcode):
        rule()
        receipt = login(password=PASSWORD).headers['Openstack-Auth-Receipt']
        later = time.time() + 301
        monkeypatch.setattr(receipts.time, 'time', lambda: later)
        assert login(passcode=passcode(), receipt=receipt).status_int == 401

    def test_receipts_have_keys_of_their_own(self, cloud, conf, tmp_path):
        conf.set('key_repository', str(tmp_path / 'receipt-keys'), 'fernet_receipts')
        assert receipts.keys().setup() and receipts.keys().path != cloud.managers.tokens.provider.keys.path
        factors = receipts.Factors()
        text = factors._issue(cloud.owner['id'], ['password']).id
        assert factors.read(text).methods == ['password'] and factors.read(text).user_id == cloud.owner['id']
        factors.keys.rotate()
        factors.keys._next = 0
        assert factors.read(text)
        with pytest.raises(Exception, match='requires authentication'):
            cloud.managers.auth.factors.read(text)

    def test_any_one_rule_is_enough_and_what_is_not_offered_drops_out(self, login, rule, passcode):
        assert rule([['password', 'totp'], ['totp', 'nothing']])
        assert login(passcode=passcode()).status_int == 201 and login(password=PASSWORD).status_int == 401
        rule([['nothing']])
        assert login(password=PASSWORD).status_int == 201

    def test_turned_off_and_removed(self, login, rule):
        rule(multi_factor_auth_enabled=False)
        assert login(password=PASSWORD).status_int == 201
        rule(multi_factor_auth_enabled=None)
        assert login(password=PASSWORD).status_int == 401
        assert rule(None) == {}
        assert login(password=PASSWORD).status_int == 201

    def test_rules_made_since_bind_older_tokens(self, login, rule, passcode):
        token = login(password=PASSWORD).headers['X-Subject-Token']
        rule()
        answer = login(token=token)
        assert answer.status_int == 401 and 'Openstack-Auth-Receipt' in answer.headers
        assert login(token=token, passcode=passcode()).status_int == 201

    def test_no_scope_is_told_before_all_is_proved(self, login, rule, cloud):
        rule()
        for scope in ({'project': {'id': cloud.project['id']}}, {'project': {'id': 'none'}}):
            assert 'Openstack-Auth-Receipt' in login(password=PASSWORD, scope=scope).headers

    def test_v2_gives_no_token_for_one_factor(self, rule, api):
        rule()
        body = {'auth': {'passwordCredentials': {'username': 'two', 'password': PASSWORD}}}
        for headers in ({}, {'Accept': 'application/xml'}):
            answer = api('POST', '/v2.0/tokens', body, headers=headers)
            assert answer.status_int == 401 and answer.json['required_auth_methods']

    @pytest.mark.parametrize('rules', ['password', ['password'], [[1]], [[]], {}, [['password', 'password']]])
    def test_bad_rules_are_400(self, as_admin, user, rules):
        answer = as_admin('PATCH', f'/users/{user["id"]}', {'user': {'options': {'multi_factor_auth_rules': rules}}})
        assert answer.status_int == 400

    def test_tokens_and_combinations_never_prolong(self, login, cloud, monkeypatch):
        first = login(password=PASSWORD)
        token, ends = first.headers['X-Subject-Token'], first.json['token']['expires_at']
        later = time.time() + 100
        monkeypatch.setattr('keystone.token.manager.time.time', lambda: later)
        for given in ({}, {'password': PASSWORD}):
            assert login(token=token, **given).json['token']['expires_at'] == ends
        assert login(password=PASSWORD).json['token']['expires_at'] > ends


class TestExternal:

    def test_whom_the_front_authenticated(self, login, cloud, api):
        other = cloud.managers.domains.create_domain({'name': 'other'})
        cloud.new_user('theirs', domain_id=other['id'])
        for methods in (['external'], []):
            answer = login(methods=methods, environ={'REMOTE_USER': 'owner'})
            assert answer.status_int == 201 and answer.json['token']['methods'] == ['external']
            assert answer.json['token']['user']['id'] == cloud.owner['id']
        answer = login(methods=['external'], environ={'REMOTE_USER': 'theirs', 'REMOTE_DOMAIN': 'other'})
        assert answer.json['token']['user']['domain']['id'] == other['id']
        for environ in ({}, {'REMOTE_USER': ''}, {'REMOTE_USER': 'nobody'}, {'REMOTE_USER': 'owner',
                                                                             'REMOTE_DOMAIN': 'none'}):
            assert login(methods=['external'], environ=environ).status_int == 401
        assert login(methods=[]).status_int == 400
        assert api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['external']}}},
                   headers={'Remote-User': 'owner', 'REMOTE_USER': 'owner'}).status_int == 401

    def test_it_combines_with_others_for_one_user(self, login, cloud, user, rule):
        rule([['external', 'password']])
        answer = login(password=PASSWORD, methods=['external', 'password'], environ={'REMOTE_USER': 'two'})
        assert answer.status_int == 201 and answer.json['token']['methods'] == ['external', 'password']
        assert login(password=PASSWORD, methods=['external', 'password'],
                     environ={'REMOTE_USER': 'owner'}).status_int == 401

    def test_v2(self, api, cloud):
        answer = api('POST', '/v2.0/tokens', {'auth': {'tenantName': 'demo'}}, environ={'REMOTE_USER': 'owner'})
        assert answer.status_int == 200 and answer.json['access']['user']['id'] == cloud.owner['id']
        assert api('POST', '/v2.0/tokens', {'auth': {}}).status_int == 400
        unscoped = api('POST', '/v2.0/tokens', {'auth': {}}, environ={'REMOTE_USER': 'owner'}).json['access']
        assert 'tenant' not in unscoped['token'] and unscoped['user']['username'] == 'owner'
        xml = api('POST', '/v2.0/tokens', environ={'REMOTE_USER': 'owner'}, POST=b'<auth tenantName="demo"/>',
                  headers={'Content-Type': 'application/xml', 'Accept': 'application/xml'})
        assert xml.status_int == 200 and b'username="owner"' in xml.body
        # v2.0 knows the default domain alone, and believes no header.
        other = cloud.managers.domains.create_domain({'name': 'other'})
        cloud.new_user('theirs', domain_id=other['id'])
        for environ, headers in (({'REMOTE_USER': 'theirs', 'REMOTE_DOMAIN': 'other'}, None),
                                 ({'REMOTE_USER': 'nobody'}, None), (None, {'Remote-User': 'owner'})):
            answer = api('POST', '/v2.0/tokens', {'auth': {}}, environ=environ, headers=headers)
            assert answer.status_int in (400, 401) and 'access' not in answer.json
        assert api('POST', '/v2.0/tokens', {'auth': {'tenantName': 'elsewhere'}},
                   environ={'REMOTE_USER': 'owner'}).status_int == 401

    def test_disabled_users_and_services_without_the_method(self, cloud, login, conf):
        cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': False})
        assert login(methods=['external'], environ={'REMOTE_USER': 'owner'}).status_int == 401
        conf.set('methods', ['password', 'token'], 'auth')
        assert payload.pack_methods(['external']) == 0
        from keystone.api import loaded
        loaded.reset()
        fresh = Api(cloud)
        answer = fresh('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['external']}}},
                       environ={'REMOTE_USER': 'fellow'})
        assert answer.status_int == 401 and answer.json['error']['identity'] == {'methods': ['password', 'token']}
