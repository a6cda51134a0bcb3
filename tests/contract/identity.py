"""The contract of an identity driver, as tests: mixed into a class per driver.

That class gives the fixture `driver`, with the users alice (password WORD, description `Alice`) and bob, and the group
devs with alice in it, all in the domain default; ids are found by name.
"""
import pytest

from keystone.db.records import Hints

WORD = 'wonder land ü'
DOMAIN = {'domain_id': 'default'}


def named(refs):
    """The names of refs."""
    return [ref['name'] for ref in refs]


def hints(**equal):
    """Hints for these values."""
    made = Hints()
    for name, value in equal.items():
        made.add(name, value)
    return made


class ReadContract:
    """What every driver does."""

    @pytest.fixture
    def alice(self, driver):
        return driver.full_user_by_name('alice', **DOMAIN)

    @pytest.fixture
    def devs(self, driver):
        return next(group for group in driver.list_groups(Hints()) if group['name'] == 'devs')

    def test_a_user_by_id_and_by_name(self, driver, alice):
        assert alice['name'] == 'alice' and alice['enabled'] is True
        assert driver.full_user(alice['id']) == alice
        assert driver.full_user('none') is None and driver.full_user_by_name('none', **DOMAIN) is None
        for odd in ('*', 'ali*', 'alice)(cn=*', '\\', '', 'a\0b', 'ü' * 300, "' OR 1=1 --"):
            assert driver.full_user(odd) is None and driver.full_user_by_name(odd, **DOMAIN) is None

    def test_only_the_right_password_fits(self, driver, alice):
        assert driver.check_password(alice, WORD) is True
        for wrong in ('', ' ', WORD + 'x', WORD[:-1], 'x' * 5000, 'a\0b', '*', 'none'):
            assert driver.check_password(alice, wrong) is False
        assert driver.check_password(None, WORD) is False and driver.check_password(None, '') is False
        bob = driver.full_user_by_name('bob', **DOMAIN)
        assert driver.check_password(bob, '') is False and driver.check_password(bob, WORD) is False

    def test_nothing_of_a_password_is_in_a_list(self, driver):
        assert WORD not in repr(driver.list_users(Hints())) and '{SSHA}' not in repr(driver.list_users(Hints()))

    def test_lists_and_filters(self, driver, alice):
        assert {'alice', 'bob'} <= set(named(driver.list_users(Hints())))
        assert named(driver.list_users(hints(name='alice'))) == ['alice']
        assert driver.list_users(hints(name='*')) == [] and driver.list_users(hints(name='a*')) == []
        for value, operator, found in (('lic', 'contains', True), ('al', 'startswith', True), ('ce', 'endswith', True),
                                       ('LIC', 'icontains', True), ('*', 'contains', False), ('li*', 'contains', False),
                                       ('ice', 'startswith', False), (')(', 'contains', False)):
            got = named(driver.list_users(Hints().add('name', value, operator)))
            assert ('alice' in got) is found, (value, operator)
        assert {'alice', 'bob'} <= set(named(driver.list_users(hints(enabled=True))))
        assert named(driver.list_users(hints(name='alice', enabled=False))) == []

    def test_groups(self, driver, alice, devs):
        assert driver.get_group(devs['id'])['name'] == 'devs' and driver.get_group('none') is None
        assert named(driver.list_groups(hints(name='devs'))) == ['devs']
        assert 'devs' in named(driver.groups_of(alice['id'], Hints()))
        assert driver.groups_of(alice['id'], hints(name='x')) == []
        assert named(driver.users_in(devs['id'], Hints())) == ['alice']
        assert driver.users_in(devs['id'], hints(name='bob')) == []
        bob = driver.full_user_by_name('bob', **DOMAIN)
        assert driver.is_member(alice['id'], devs['id']) and not driver.is_member(bob['id'], devs['id'])


class WriteContract(ReadContract):
    """What drivers do that can be written to."""

    def user(self, driver, name, password=None, **values):
        made = {'id': f'id-{name}', 'name': name, 'domain_id': 'default', 'enabled': True, **values}
        driver.create_user(made, password and driver.prepare_password(password))
        return driver.full_user(made['id'])

    def test_life_of_a_user(self, driver):
        carol = self.user(driver, 'carol', 'first', description='d')
        assert carol['id'] == 'id-carol' and carol['description'] == 'd'
        assert driver.check_password(carol, 'first')
        driver.set_password(carol['id'], driver.prepare_password('second'))
        carol = driver.full_user(carol['id'])
        assert driver.check_password(carol, 'second') and not driver.check_password(carol, 'first')
        driver.update_user(carol['id'], {'description': 'e', 'enabled': False})
        carol = driver.full_user(carol['id'])
        assert (carol['description'], carol['enabled']) == ('e', False)
        driver.update_user(carol['id'], {'enabled': True})
        assert driver.full_user(carol['id'])['enabled'] is True
        driver.delete_user(carol['id'])
        assert driver.full_user(carol['id']) is None

    def test_names_with_special_characters(self, driver):
        for number, name in enumerate(('a,b=c+d', 'x*(y)\\', '#hash "q" <a> ;', 'ünïcode 𝄞')):
            made = self.user(driver, name, 'p', id=f'id {number},*(x)')
            assert driver.full_user_by_name(name, **DOMAIN)['id'] == made['id']
            assert driver.check_password(made, 'p')

    def test_a_user_without_a_password_cannot_log_in(self, driver):
        assert driver.check_password(self.user(driver, 'dave'), '') is False

    def test_life_of_a_group_and_its_members(self, driver, alice):
        driver.create_group({'id': 'g', 'name': 'ops', 'domain_id': 'default', 'description': 'd'})
        assert driver.get_group('g')['name'] == 'ops' and driver.users_in('g', Hints()) == []
        driver.add_member(alice['id'], 'g')
        driver.add_member(alice['id'], 'g')
        assert named(driver.users_in('g', Hints())) == ['alice']
        assert sorted(named(driver.groups_of(alice['id'], Hints()))) == ['devs', 'ops']
        assert driver.remove_member(alice['id'], 'g') and not driver.remove_member(alice['id'], 'g')
        driver.update_group('g', {'description': 'e'})
        assert driver.get_group('g')['description'] == 'e'
        driver.add_member(alice['id'], 'g')
        driver.delete_group('g')
        assert driver.get_group('g') is None and named(driver.groups_of(alice['id'], Hints())) == ['devs']

    def test_a_deleted_user_is_in_no_group(self, driver, alice, devs):
        driver.delete_user(alice['id'])
        assert driver.users_in(devs['id'], Hints()) == []
