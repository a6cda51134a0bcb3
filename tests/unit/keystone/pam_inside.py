"""The identity contract for the accounts of a host; test_identity_pam.py runs it where the host's files are its own."""
import pytest
from oslo_config import cfg

from essex.exception import Forbidden
from keystone.db.records import Hints
from keystone.identity.pam import Identity
from tests.contract.identity import WORD, ReadContract, named


class TestPam(ReadContract):

    @pytest.fixture
    def conf(self):
        conf = cfg.ConfigOpts()
        conf([], project='keystone', default_config_files=[], default_config_dirs=[])
        return conf

    @pytest.fixture
    def driver(self, conf):
        driver = Identity(conf)
        conf.set_override('service', 'keystone-test', 'pam')
        return driver

    def test_accounts_of_the_system_are_no_users(self, driver):
        assert driver.full_user('root') is None and driver.full_user('nobody') is None
        assert set(named(driver.list_users(Hints()))) == {'alice', 'bob'}
        assert driver.get_group('root') is None and named(driver.list_groups(Hints())) == ['devs', 'staffed']

    def test_the_first_group_counts(self, driver):
        assert driver.is_member('bob', 'staffed') and named(driver.groups_of('bob', Hints())) == ['staffed']

    def test_an_expired_account_cannot_log_in(self, driver):
        assert driver.check_password(driver.full_user('bob'), 'bob-password') is False

    def test_changes_are_refused(self, driver):
        for call in (driver.create_user, driver.update_user, driver.delete_user, driver.set_password,
                     driver.create_group, driver.update_group, driver.delete_group, driver.add_member,
                     driver.remove_member):
            with pytest.raises(Forbidden):
                call('alice', 'x')

    def test_a_service_that_denies(self, driver, conf):
        conf.set_override('service', 'keystone-deny', 'pam')
        assert driver.check_password(driver.full_user('alice'), WORD) is False
