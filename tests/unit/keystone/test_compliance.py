"""[security_compliance] over the API: lockout, expiry, history, age, pattern, first use, inactivity."""
import datetime
import threading

import pytest

from essex import db
from keystone.db.models import Password, User
from tests.unit.keystone.conftest import PASSWORD, Api, Cloud


@pytest.fixture
def rules(conf):
    """rules(lockout_duration=5, ...) puts options of security_compliance in force."""
    def call(**options):
        for name, value in options.items():
            conf.set(name, value, 'security_compliance')
    return call


@pytest.fixture
def login(api):
    def call(user, password=PASSWORD):
        return api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['password'], 'password': {
            'user': {'id': user['id'], 'password': password}}}}})
    return call


@pytest.fixture
def change(api):
    def call(user, old, new):
        return api('POST', f'/v3/users/{user["id"]}/password', {'user': {'original_password': old, 'password': new}})
    return call


def _age(model, user, days, **columns):
    """Move times of the user's rows into the past."""
    key = User.id if model is User else Password.user_id
    with db.writer() as session:
        for row in session.query(model).filter(key == user['id']):
            for name in columns:
                setattr(row, name, (getattr(row, name) or db.utcnow()) - datetime.timedelta(days=days))


def _text(answer):
    return answer.status_int, answer.json['error']['message']


class TestLockout:

    def test_it_locks_for_a_while_whatever_the_password(self, cloud, login, rules, as_admin):
        rules(lockout_failure_attempts=3, lockout_duration=100)
        for _ in range(3):
            assert login(cloud.owner, 'wrong').status_int == 401
        assert _text(login(cloud.owner)) == (401, 'The request you have made requires authentication.')
        assert login(cloud.member).status_int == 201
        # More attempts do not prolong it.
        _age(User, cloud.owner, 1, failed_auth_at=1)
        assert login(cloud.owner).status_int == 201
        # A success begins anew.
        for _ in range(2):
            login(cloud.owner, 'wrong')
        assert login(cloud.owner).status_int == 201 and login(cloud.owner, 'wrong').status_int == 401
        assert login(cloud.owner).status_int == 201

    def test_an_administrator_opens_it(self, cloud, login, rules, as_admin):
        rules(lockout_failure_attempts=1)
        path = f'/users/{cloud.owner["id"]}'
        for values, password in (({'enabled': True}, PASSWORD), ({'password': 'new'}, 'new')):
            login(cloud.owner, 'wrong')
            assert login(cloud.owner, password).status_int == 401
            assert as_admin('PATCH', path, {'user': values}).status_int == 200
            assert login(cloud.owner, password).status_int == 201

    def test_exempt_users_and_the_change_of_a_password_count_too(self, cloud, login, rules, as_admin, change):
        rules(lockout_failure_attempts=2)
        as_admin('PATCH', f'/users/{cloud.member["id"]}', {'user': {'options': {
            'ignore_lockout_failure_attempts': True}}})
        for user in (cloud.member, cloud.owner):
            for _ in range(2):
                assert change(user, 'wrong', 'n').status_int == 401
        assert login(cloud.member).status_int == 201
        assert login(cloud.owner).status_int == 401 and change(cloud.owner, PASSWORD, 'n').status_int == 401

    def test_it_outlives_the_process(self, cloud, login, rules):
        rules(lockout_failure_attempts=1)
        login(cloud.owner, 'wrong')
        from keystone.api import loaded
        loaded.reset()
        again = Cloud(made=True)
        assert Api(again)('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['password'], 'password': {
            'user': {'id': cloud.owner['id'], 'password': PASSWORD}}}}}).status_int == 401

    def test_many_guesses_at_once_get_no_more(self, cloud, rules):
        """Guesses that were all begun before the first failed: the right one among them comes too late."""
        rules(lockout_failure_attempts=3)
        identity = cloud.managers.identity
        real, gate, reached = identity.driver.check_password, threading.Event(), []

        def slow(user, password):
            fits = real(user, password)
            if fits:
                reached.append(1)
                gate.wait(10)
            return fits
        identity.driver.check_password = slow
        result = []

        def guess():
            try:
                result.append(identity.authenticate(PASSWORD, user_id=cloud.owner['id']))
            except Exception as error:
                result.append(error)
        try:
            right = threading.Thread(target=guess)
            right.start()
            while not reached:
                pass
            for _ in range(3):
                with pytest.raises(Exception, match='requires authentication'):
                    identity.authenticate('wrong', user_id=cloud.owner['id'])
            gate.set()
            right.join()
        finally:
            identity.driver.check_password = real
        assert 'requires authentication' in str(result[0])

    def test_it_costs_nothing_when_off(self, cloud):
        cloud.issue(cloud.owner)
        with db.count_statements() as counter:
            cloud.issue(cloud.owner, {'project': {'id': cloud.project['id']}})
        reads = [each for each in counter.statements if 'domain_enabled' in each]
        assert len(reads) == 1 and not [each for each in counter.statements if each.startswith('UPDATE')]


class TestExpiry:

    def test_it_ends_and_can_be_changed_by_the_user(self, cloud, login, rules, change, as_admin):
        rules(password_expires_days=10)
        user = as_admin('POST', '/users', {'user': {'name': 'u', 'password': 'p'}}).json['user']
        ends = datetime.datetime.fromisoformat(user['password_expires_at'])
        assert abs(ends - db.utcnow() - datetime.timedelta(days=10)) < datetime.timedelta(minutes=1)
        assert user['password_expires_at'].endswith('.000000')
        assert login(user, 'p').json['token']['user']['password_expires_at'] == user['password_expires_at']
        _age(Password, user, 20, expires_at=1)
        assert _text(login(user, 'p')) == (
            401, f'The password is expired and needs to be changed for user: {user["id"]}.')
        assert login(user, 'wrong').json['error']['message'] == 'The request you have made requires authentication.'
        assert change(user, 'wrong', 'q').status_int == 401 and change(user, 'p', 'q').status_int == 204
        assert login(user, 'q').status_int == 201

    def test_exempt_users(self, cloud, login, rules, as_admin):
        rules(password_expires_days=10)
        user = as_admin('POST', '/users', {'user': {'name': 'u', 'password': 'p', 'options': {
            'ignore_password_expiry': True}}}).json['user']
        assert user['password_expires_at'] is None
        other = as_admin('POST', '/users', {'user': {'name': 'v', 'password': 'p'}}).json['user']
        _age(Password, other, 20, expires_at=1)
        as_admin('PATCH', f'/users/{other["id"]}', {'user': {'options': {'ignore_password_expiry': True}}})
        assert login(user, 'p').status_int == login(other, 'p').status_int == 201

    def test_first_use(self, cloud, login, rules, change, as_admin):
        rules(change_password_upon_first_use=True)
        user = as_admin('POST', '/users', {'user': {'name': 'u', 'password': 'p'}}).json['user']
        assert login(user, 'p').status_int == 401 and change(user, 'p', 'q').status_int == 204
        assert login(user, 'q').status_int == 201
        as_admin('PATCH', f'/users/{user["id"]}', {'user': {'password': 'r'}})
        assert login(user, 'r').status_int == 401
        as_admin('PATCH', f'/users/{user["id"]}', {'user': {'password': 's', 'options': {
            'ignore_change_password_upon_first_use': True}}})
        assert login(user, 's').status_int == 201

    def test_filters(self, cloud, named, rules, as_admin):
        rules(password_expires_days=10)
        user = cloud.new_user('soon')
        group = as_admin('POST', '/groups', {'group': {'name': 'g'}}).json['group']['id']
        as_admin('PUT', f'/groups/{group}/users/{user["id"]}')
        soon = (db.utcnow() + datetime.timedelta(days=11)).strftime('%Y-%m-%dT%H:%M:%SZ')
        now = db.utcnow().strftime('%Y-%m-%dT%H:%M:%SZ')
        exactly = user['password_expires_at'][:19] + 'Z'
        for query, found in ((f'lt:{soon}', ['soon']), (f'gt:{soon}', []), (f'lte:{exactly}', ['soon']),
                             (f'gte:{exactly}', ['soon']), (f'eq:{exactly}', ['soon']), (f'neq:{exactly}', []),
                             (f'gt:{now}&password_expires_at=lt:{soon}', ['soon']), (f'lt:{now}', [])):
            assert named(f'/users?password_expires_at={query}') == found, query
            listed = as_admin('GET', f'/groups/{group}/users?password_expires_at={query}').json['users']
            assert [each['name'] for each in listed] == found
        for query in ('lt', f'about:{now}', now, 'lt:yesterday', ''):
            assert as_admin('GET', f'/users?password_expires_at={query}').status_int == 400, query


class TestOwnChange:

    def test_history_binds_the_user_not_the_administrator(self, cloud, rules, change, as_admin):
        rules(unique_last_password_count=3)
        old = PASSWORD
        assert _text(change(cloud.owner, old, old)) == (
            400, 'The new password cannot be identical to a previous password. The total number which includes the '
                 'new password must be unique is 3.')
        for new in ('a1', 'b2'):
            assert change(cloud.owner, old, new).status_int == 204
            old = new
        for used in (PASSWORD, 'a1', 'b2'):
            assert change(cloud.owner, old, used).status_int == 400
        assert as_admin('PATCH', f'/users/{cloud.owner["id"]}', {'user': {'password': 'a1'}}).status_int == 200
        assert change(cloud.owner, 'a1', 'c3').status_int == 204
        assert change(cloud.owner, 'c3', PASSWORD).status_int == 204

    def test_without_a_history_any_password_will_do(self, cloud, change):
        assert change(cloud.owner, PASSWORD, PASSWORD).status_int == 204

    def test_minimum_age_binds_what_the_user_chose(self, cloud, rules, change, as_admin):
        rules(minimum_password_age=2)
        assert change(cloud.owner, PASSWORD, 'a1').status_int == 204
        status, text = _text(change(cloud.owner, 'a1', 'b2'))
        assert status == 400 and text.startswith('You cannot change your password at this time due to the minimum '
                                                 'password age.') and 'try again in 1 day(s)' in text
        _age(Password, cloud.owner, 3, created_at=1)
        assert change(cloud.owner, 'a1', 'b2').status_int == 204
        as_admin('PATCH', f'/users/{cloud.owner["id"]}', {'user': {'password': 'c3'}})
        assert change(cloud.owner, 'c3', 'd4').status_int == 204

    def test_the_pattern_binds_everybody(self, cloud, rules, change, as_admin, admin_api):
        rules(password_regex=r'^(?=.*\d)(?=.*[a-zA-Z]).{7,}$', password_regex_description='7 characters, a digit')
        expected = (400, 'The password does not match the requirements: 7 characters, a digit.')
        assert _text(change(cloud.owner, PASSWORD, 'weak')) == expected
        assert _text(as_admin('POST', '/users', {'user': {'name': 'u', 'password': 'weak'}})) == expected
        assert _text(as_admin('PATCH', f'/users/{cloud.owner["id"]}', {'user': {'password': 'weak'}})) == expected
        assert admin_api('POST', '/v2.0/users', {'user': {'name': 'u', 'password': 'weak'}},
                         token=cloud.admin_token).status_int == 400
        assert change(cloud.owner, PASSWORD, 'strong12').status_int == 204
        rules(password_regex='(')
        assert change(cloud.owner, 'strong12', 'strong13').status_int == 500


class TestInactivity:

    def test_who_rests_too_long_is_disabled_until_enabled_again(self, cloud, login, rules, as_admin):
        rules(disable_user_account_days_inactive=30)
        path = f'/users/{cloud.owner["id"]}'
        assert login(cloud.owner).status_int == 201 and as_admin('GET', path).json['user']['enabled'] is True
        _age(User, cloud.owner, 40, last_active_at=1)
        assert as_admin('GET', path).json['user']['enabled'] is False
        (listed,) = as_admin('GET', '/users?name=owner').json['users']
        assert listed['enabled'] is False
        for _ in range(2):
            assert _text(login(cloud.owner)) == (401, f'The account is disabled for user: {cloud.owner["id"]}.')
        assert as_admin('PATCH', path, {'user': {'enabled': True}}).json['user']['enabled'] is True
        assert login(cloud.owner).status_int == 201
        _age(User, cloud.member, 40, created_at=1)
        assert login(cloud.member).status_int == 401
        as_admin('PATCH', f'/users/{cloud.member["id"]}', {'user': {'options': {'ignore_user_inactivity': True}}})
        assert login(cloud.member).status_int == 201

    def test_it_is_written_once_a_day(self, cloud, rules):
        rules(disable_user_account_days_inactive=30)
        cloud.issue(cloud.owner)
        with db.count_statements() as counter:
            cloud.issue(cloud.owner)
        assert not [each for each in counter.statements if each.startswith('UPDATE')]
