"""Fixtures every test may use."""
import importlib

import pytest

from essex import config, db
from essex.client import session
from essex.db import migration
from tests.fixtures.cloud import Cloud, namespace, remove_namespace

pytest_plugins = ['tests.fixtures.servers', 'tests.fixtures.apache', 'tests.fixtures.directory']


SERVERS = {'rabbitmq', 'postgresql', 'mariadb', 'memcached', 'slapd_server', 'apache'}


def pytest_collection_modifyitems(items):
    """Mark the tests that start servers of their own, by fixture or by parameter: they are not quick."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, 'callspec') else ()
        if SERVERS & {*item.fixturenames, *(each for each in parameters if isinstance(each, str))}:
            item.add_marker('servers')


class Conf:
    """Overrides of options for one test."""

    def set(self, name, value, group=None):
        """Set an option as a configuration file would."""
        config.CONF.set_override(name, value, group)

    def __getattr__(self, name):
        return getattr(config.CONF, name)


@pytest.fixture
def conf(tmp_path):
    """The process's configuration, all defaults, with a state directory of its own."""
    config.CONF([], project='essex', default_config_files=[])
    config.CONF.set_override('state_path', str(tmp_path))
    yield Conf()
    config.CONF.reset()
    session.reset()


@pytest.fixture
def database(conf, tmp_path):
    """database('nova') migrates a fresh SQLite for that service and makes it the process's; returns its URL."""
    def make(service, url=None):
        url = url or f'sqlite:///{tmp_path}/{service}.sqlite'
        conf.set('connection', url, 'database')
        db.configure(url)
        importlib.import_module(f'{service}.db.models')
        migration.sync(service)
        return url
    yield make
    db.dispose()


@pytest.fixture(scope='session')
def cloud(tmp_path_factory):
    """A whole running cloud with the fake hypervisor."""
    made = Cloud(tmp_path_factory.mktemp('cloud') / 'var', 'fake')
    try:
        yield made.make()
    finally:
        made.remove()


@pytest.fixture(scope='session')
def guest_cloud(tmp_path_factory):
    """A whole running cloud that boots real guests, in a network namespace of its own."""
    name = namespace()
    made = Cloud(tmp_path_factory.mktemp('guests') / 'var', 'libvirt', name)
    try:
        yield made.make()
    finally:
        made.remove()
        remove_namespace(name)
