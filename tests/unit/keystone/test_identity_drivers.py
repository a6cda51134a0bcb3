"""The drivers sql, kvs and ldap under one contract; the options of LDAP against a real slapd."""
import pytest
from oslo_config import cfg

from essex.exception import BadGateway, ConfigError, Forbidden
from keystone.db.records import Hints
from keystone.identity import kvs, sql
from keystone.identity.ldap.driver import Identity as Ldap
from keystone.identity.ldap.exception import DirectoryUnavailable
from tests.contract.identity import DOMAIN, WORD, ReadContract, WriteContract, hints, named
from tests.fixtures import directory as fixture
from tests.fixtures.processes import free_port

ALLOW = {f'{kind}_allow_{verb}': True for kind in ('user', 'group') for verb in ('create', 'update', 'delete')}


def fill(driver):
    """alice, bob and devs."""
    driver.create_user({'id': 'a', 'name': 'alice', 'domain_id': 'default', 'enabled': True, 'description': 'Alice'},
                       driver.prepare_password(WORD))
    driver.create_user({'id': 'b', 'name': 'bob', 'domain_id': 'default', 'enabled': True}, None)
    driver.create_group({'id': 'd', 'name': 'devs', 'domain_id': 'default', 'description': ''})
    driver.add_member('a', 'd')
    return driver


@pytest.fixture
def connect(slapd):
    """connect(**options) -> a driver for the directory."""
    def call(**options):
        conf = cfg.ConfigOpts()
        conf([], project='keystone', default_config_files=[], default_config_dirs=[])
        from keystone.identity.ldap import options as declared
        declared.register(conf)
        given = {'url': slapd.url, 'suffix': fixture.SUFFIX, 'user': fixture.ADMIN, 'password': fixture.PASSWORD,
                 'pool_retry_max': 1, **options}
        for name, value in given.items():
            conf.set_override(name, value, 'ldap')
        return Ldap(conf)
    return call


class TestSql(WriteContract):

    @pytest.fixture
    def driver(self, cloud):
        return fill(sql.Identity())


class TestKvs(WriteContract):

    @pytest.fixture
    def driver(self, conf):
        conf.set('password_hash_rounds', 4, 'identity')
        return fill(kvs.Identity())


class TestLdap(WriteContract):
    """With ids of their own kind, made through the API."""

    @pytest.fixture
    def driver(self, connect):
        return fill(connect(**ALLOW, user_enabled_attribute='employeeType'))

    def test_a_user_is_not_renamed(self, driver):
        with pytest.raises(Forbidden):
            driver.update_user('a', {'name': 'other'})

    def test_what_is_not_allowed_is_refused(self, driver, connect):
        reading = connect()
        for call in (lambda: reading.create_user({'id': 'x', 'name': 'x'}, None), lambda: reading.delete_user('a'),
                     lambda: reading.update_user('a', {'description': 'x'}), lambda: reading.set_password('a', 'x'),
                     lambda: reading.create_group({'id': 'x', 'name': 'x'}), lambda: reading.delete_group('d'),
                     lambda: reading.add_member('b', 'd'), lambda: reading.remove_member('a', 'd'),
                     lambda: reading.update_group('d', {})):
            with pytest.raises(Forbidden):
                call()


class TestLdapEmulated(WriteContract):
    """Read from what others wrote; who may log in says a group."""

    @pytest.fixture
    def driver(self, connect):
        return fill(connect(**ALLOW, user_enabled_emulation=True))


class TestLdapPaged(ReadContract):
    """As somebody who gets five entries at a time, in a tree of several levels."""

    @pytest.fixture
    def driver(self, slapd, connect):
        alice = slapd.add_user('alice', WORD, description='Alice')
        slapd.add_user('bob')
        slapd.add_group('devs', alice)
        for number in range(12):
            slapd.add_user(f'user{number:02}')
        return connect(user=fixture.READER, password=fixture.READER_PASSWORD, page_size=4, query_scope='sub')

    def test_all_pages(self, driver):
        assert len(driver.list_users(Hints())) == 14

    def test_without_pages_the_limit_is_told(self, driver, connect):
        with pytest.raises(BadGateway):
            connect(user=fixture.READER, password=fixture.READER_PASSWORD).list_users(Hints())


def test_attributes(slapd, connect):
    slapd.add_user('a1', sn='Surname', uid='alice', mail='a@x', description='D', employeeNumber='p1', title='Dr')
    driver = connect(user_name_attribute='uid', user_default_project_id_attribute='employeeNumber',
                     user_additional_attribute_mapping=['title:salutation', 'nonsense'],
                     user_attribute_ignore=['description'])
    user = driver.full_user('a1')
    assert {key: value for key, value in user.items() if key != 'dn'} == {
        'id': 'a1', 'name': 'alice', 'email': 'a@x', 'default_project_id': 'p1', 'salutation': 'Dr', 'enabled': True}
    assert named(driver.list_users(hints(email='a@x'))) == ['alice'] and driver.list_users(hints(email='b')) == []
    assert named(driver.list_users(hints(salutation='Dr'))) == ['alice']


@pytest.mark.parametrize('options,values', [
    # (options, {value of employeeType or None: enabled})
    ({}, {'TRUE': True, 'FALSE': False, None: True}), ({'user_enabled_default': 'False'}, {None: False, 'true': True}),
    ({'user_enabled_invert': True, 'user_enabled_default': 'False'}, {'TRUE': False, 'FALSE': True, None: True}),
    ({'user_enabled_mask': 2, 'user_enabled_default': '512'}, {'512': True, '514': False, None: True, 'x': True})])
def test_enabled(slapd, connect, options, values):
    driver = connect(user_enabled_attribute='employeeType', **ALLOW, **options)
    for number, (value, enabled) in enumerate(values.items()):
        slapd.add_user(f'u{number}', **({'employeeType': value} if value else {}))
        assert driver.full_user(f'u{number}')['enabled'] is enabled, value
        driver.update_user(f'u{number}', {'enabled': not enabled})
        assert driver.full_user(f'u{number}')['enabled'] is not enabled
    found = sorted(named(driver.list_users(hints(enabled=True))))
    assert found == sorted(f'u{number}' for number, enabled in enumerate(values.values()) if not enabled)


def test_emulation_by_the_groups_own_attributes(slapd, connect):
    alice = slapd.add_user('alice')
    slapd.add_user('bob')
    slapd.add_group('on', alice)
    driver = connect(user_enabled_emulation=True, user_enabled_emulation_use_group_config=True,
                     user_enabled_emulation_dn=f'cn=on,ou=UserGroups,{fixture.SUFFIX}')
    assert {user['name']: user['enabled'] for user in driver.list_users(Hints())} == {'alice': True, 'bob': False}
    assert driver.full_user('alice')['enabled'] and not driver.full_user('bob')['enabled']


def test_members_that_are_ids(slapd, connect):
    slapd.add_user('alice')
    slapd.add_user('bob*')
    slapd.add(f'cn=devs,ou=UserGroups,{fixture.SUFFIX}', objectClass='posixGroup', gidNumber='7',
              memberUid=['alice', 'gone', '*'])
    driver = connect(group_objectclass='posixGroup', group_member_attribute='memberUid', group_members_are_ids=True,
                     group_name_attribute='cn', **ALLOW)
    assert named(driver.users_in('devs', Hints())) == ['alice']
    assert named(driver.groups_of('alice', Hints())) == ['devs'] and driver.groups_of('bob*', Hints()) == []
    driver.add_member('bob*', 'devs')
    assert driver.is_member('bob*', 'devs') and driver.remove_member('bob*', 'devs')


def test_members_elsewhere_are_no_users(slapd, connect):
    alice, same = slapd.add_user('alice'), slapd.add_user('alice', tree='Elsewhere')
    slapd.add_group('ours', alice.upper())
    slapd.add_group('theirs', same)
    driver = connect()
    assert named(driver.users_in('ours', Hints())) == ['alice'] and driver.users_in('theirs', Hints()) == []


def test_several_entries_with_one_name_are_nobody(slapd, connect):
    slapd.add_user('a1', WORD, uid='same')
    slapd.add_user('a2', 'other', uid='same')
    driver = connect(user_name_attribute='uid')
    assert driver.full_user_by_name('same', **DOMAIN) is None and len(driver.list_users(Hints())) == 2


def test_filters_of_the_operator(slapd, connect):
    slapd.add_user('alice', title='staff')
    slapd.add_user('bob')
    for text in ('(title=staff)', 'title=staff'):
        assert named(connect(user_filter=text).list_users(Hints())) == ['alice']
    assert connect(user_objectclass='organizationalPerson', user_tree_dn='ou=None,dc=example,dc=com'
                   ).list_users(Hints()) == []
    assert connect(user_objectclass='device').list_users(Hints()) == []


class TestConnections:

    @pytest.mark.parametrize('options', [{'use_tls': True}, {'use_tls': False}])
    def test_tls(self, slapd, connect, options):
        slapd.add_user('alice', WORD)
        url = slapd.url if options['use_tls'] else slapd.tls_url
        driver = connect(url=url, tls_cacertfile=slapd.ca_file, **options)
        assert driver.check_password(driver.full_user('alice'), WORD)
        # Without the authority nothing is said, least of all a password.
        with pytest.raises(DirectoryUnavailable):
            connect(url=url, **options).full_user('alice')
        assert connect(url=url, tls_req_cert='never', **options).full_user('alice')

    def test_anonymously_and_without_pools(self, slapd, connect):
        slapd.add_user('alice', WORD)
        for options in ({'user': None, 'password': None}, {'use_pool': False, 'use_auth_pool': False},
                        {'chase_referrals': False, 'alias_dereferencing': 'always', 'debug_level': 0}):
            driver = connect(**options)
            assert driver.check_password(driver.full_user('alice'), WORD)

    def test_wrong_credentials_of_the_service(self, connect):
        with pytest.raises(BadGateway) as caught:
            connect(password='a-secret-that-is-wrong').full_user('alice')
        assert 'secret' not in str(caught.value)

    def test_a_password_that_was_right_does_not_stay_so_on_a_kept_connection(self, slapd, connect):
        alice = slapd.add_user('alice', WORD)
        driver = connect()
        user = driver.full_user('alice')
        assert [driver.check_password(user, word) for word in (WORD, 'no', WORD, '')] == [True, False, True, False]
        slapd.change(alice, userPassword='new')
        assert [driver.check_password(user, word) for word in (WORD, 'new')] == [False, True]

    def test_a_restart_is_not_noticed(self, slapd, connect):
        slapd.add_user('alice', WORD)
        driver = connect(pool_retry_max=3)
        assert driver.full_user('alice')
        slapd.restart()
        user = driver.full_user('alice')
        assert driver.check_password(user, WORD)
        slapd.restart()
        assert driver.check_password(user, WORD)

    def test_the_second_url_serves_when_the_first_does_not(self, slapd, connect):
        slapd.add_user('alice')
        for randomize in (False, True):
            assert connect(url=f'ldap://127.0.0.1:{free_port()},{slapd.url}', randomize_urls=randomize
                           ).full_user('alice')

    def test_away(self, connect, caplog):
        driver = connect(url=f'ldap://127.0.0.1:{free_port()}')
        for _ in range(2):
            with pytest.raises(DirectoryUnavailable):
                driver.full_user('alice')
        with pytest.raises(DirectoryUnavailable):
            driver.check_password({'id': 'a', 'dn': 'cn=a'}, WORD)
        assert WORD not in caplog.text and fixture.PASSWORD not in caplog.text

    def test_silence_is_bounded(self, connect):
        import socket
        import time
        with socket.create_server(('127.0.0.1', 0)) as deaf:
            driver = connect(url=f'ldap://127.0.0.1:{deaf.getsockname()[1]}', connection_timeout=1, pool_retry_max=3)
            started = time.monotonic()
            with pytest.raises(DirectoryUnavailable):
                driver.full_user('alice')
            assert time.monotonic() - started < 3

    @pytest.mark.parametrize('options', [{'url': 'fake://memory'}, {'url': 'http://x'},
                                         {'url': 'ldaps://x', 'use_tls': True}])
    def test_wrong_options_stop_the_start(self, connect, options):
        with pytest.raises(ConfigError):
            connect(**options)
