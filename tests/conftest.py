"""Fixtures every test may use."""
import gc
import importlib
import shutil

import pytest
import sqlalchemy
from sqlalchemy.util import LRUCache

from essex import concurrency, config, db
from essex.client import session
from essex.db import migration
from tests.fixtures.cloud import Cloud, namespace, remove_namespace

pytest_plugins = ['tests.fixtures.servers', 'tests.fixtures.apache', 'tests.fixtures.directory']


# Whether these tests are run in a patched process on purpose (tests/fixtures/green.py).
GREEN = concurrency.patched()
SERVERS = {'rabbitmq', 'postgresql', 'mariadb', 'memcached', 'slapd_server', 'apache'}


def pytest_collection_modifyitems(items):
    """Mark the tests that start servers of their own, by fixture or by parameter: they are not quick."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, 'callspec') else ()
        if SERVERS & {*item.fixturenames, *(each for each in parameters if isinstance(each, str))}:
            item.add_marker('servers')


def pytest_collection_finish(session):
    """What was imported stays: it need not be looked through again whenever a test has made some objects."""
    if concurrency.patched() and not GREEN:
        raise pytest.UsageError('a test module imports a program that patches its process (see essex.concurrency): '
                                'run it in a process of its own, servers in threads of these tests would stop')
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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


def _never_sync(connection, record, proxy):
    connection.execute('PRAGMA synchronous=OFF')


@pytest.fixture(scope='session', autouse=True)
def _quick_sqlite():
    """Every SQLite of a run shares what was compiled for the first: compiling takes far longer than running.

    None waits for the disk: each is gone after its test, and dead processes lose nothing.
    """
    create, shared = sqlalchemy.create_engine, {}

    def create_sharing(url, **options):
        engine = create(url, **options)
        if str(url).startswith('sqlite'):
            if not shared:
                engine.connect().close()
                shared.update(dialect=engine.dialect, _compiled_cache=LRUCache(5000))
            vars(engine).update(shared)
            sqlalchemy.event.listen(engine, 'checkout', _never_sync)
        return engine
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlalchemy, 'create_engine', create_sharing)
        yield


@pytest.fixture(scope='session')
def migrated(tmp_path_factory):
    """migrated('nova') -> the path of a SQLite with that service's schema, to copy: migrating takes longer."""
    directory = tmp_path_factory.mktemp('migrated')

    def path(service):
        template = directory / f'{service}.sqlite'
        if not template.exists():
            db.configure(f'sqlite:///{template}')
            migration.sync(service)
            db.dispose()
        return template
    return path


@pytest.fixture
def database(conf, tmp_path, migrated):
    """database('nova') makes a fresh SQLite of that service the process's; returns its URL. One at `url` is migrated.

    A file that is there already is used as it is.
    """
    def make(service, url=None):
        importlib.import_module(f'{service}.db.models')
        path = tmp_path / f'{service}.sqlite'
        if not url and not path.exists():
            shutil.copy(migrated(service), path)
        conf.set('connection', url or f'sqlite:///{path}', 'database')
        db.configure(config.CONF.database.connection)
        if url:
            migration.sync(service)
        return config.CONF.database.connection
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
