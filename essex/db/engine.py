"""The process's engine and its sessions."""
import contextlib
import functools
import itertools
import logging
import os
import random
import threading

import sqlalchemy
from oslo_config import cfg
from sqlalchemy import event, exc
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool, StaticPool

from essex import concurrency, config, trace
from essex.exception import ConfigError, ServiceUnavailable

LOG = logging.getLogger(__name__)
# Errors go to logs, traces and the operator API: they tell the statement, not the values (hashes of passwords, keys).
_ALWAYS = {'future': True, 'hide_parameters': True}


def _of_essex(name):
    """An option's names in files of the Essex era: sql_NAME in [DEFAULT], in Keystone's NAME in [sql]."""
    return [cfg.DeprecatedOpt(f'sql_{name}', group='DEFAULT'), cfg.DeprecatedOpt(name, group='sql')]


OPTS = [
    cfg.StrOpt('connection', secret=True, deprecated_opts=_of_essex('connection'),
               help='Where the state is: sqlite:////path/file.sqlite, postgresql+psycopg2://user:password@host/name '
                    'or mysql+pymysql://user:password@host/name.'),
    cfg.IntOpt('max_pool_size', default=20, min=1, help='Connections kept open (not SQLite).'),
    cfg.IntOpt('max_overflow', default=40, min=0, help='Connections beyond the pool under load (not SQLite).'),
    cfg.IntOpt('connection_recycle_time', default=3600, deprecated_opts=_of_essex('idle_timeout'),
               help='Seconds after which a connection is replaced.'),
    cfg.IntOpt('max_retries', default=10, min=1, deprecated_opts=_of_essex('max_retries'),
               help='How often a transaction is tried that met a deadlock, a lock or a lost connection.'),
]
CONF = config.register(OPTS, 'database')

# Codes of MariaDB for: deadlock, lock wait timeout, server gone, lost connection, shut down.
_MYSQL_TRANSIENT = {1205, 1213, 2006, 2013, 2014, 2045, 2055, 1053}
# PostgreSQL: serialization failure, deadlock, admin and crash shutdown, starting up.
_PG_TRANSIENT = {'40001', '40P01', '57P01', '57P02', '57P03'}

_engine = None
_write_lock = None
_local = threading.local()


def connection_url():
    """The configured URL. Raises ConfigError when there is none."""
    if not CONF.database.connection:
        raise ConfigError('[database] connection is not set: say where the state is kept, for example '
                          'sqlite:////var/lib/essex/service.sqlite')
    return CONF.database.connection


def engine():
    """The process's engine, made on first use."""
    if _engine is None:
        configure(connection_url())
    return _engine


def configure(url):
    """Use the database at `url` from now on; returns the engine."""
    global _engine, _write_lock
    dispose()
    if url.startswith('sqlite'):
        _engine = _sqlite_engine(url)
        # One writer at a time per process: waiting for SQLite's own lock would stop every green thread.
        # Green in a patched process; elsewhere (mod_wsgi) it must work between native threads.
        _write_lock = threading.Lock()
    else:
        options = CONF.database
        _engine = sqlalchemy.create_engine(
            url, **_ALWAYS, pool_pre_ping=True, pool_size=options.max_pool_size, max_overflow=options.max_overflow,
            pool_recycle=options.connection_recycle_time, pool_use_lifo=True,
            isolation_level='READ COMMITTED')
        _write_lock = None
    event.listen(_engine, 'after_cursor_execute', _count)
    return _engine


def _sqlite_engine(url):
    path = url.split(':///', 1)[-1].split('?')[0]
    arguments = {'check_same_thread': False, 'timeout': 0.05, 'isolation_level': None}
    if path in ('', ':memory:'):
        made = sqlalchemy.create_engine(url, **_ALWAYS, poolclass=StaticPool, connect_args=arguments)
    else:
        os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
        made = sqlalchemy.create_engine(url, **_ALWAYS, poolclass=QueuePool, pool_size=20, max_overflow=200,
                                        pool_use_lifo=True, connect_args=arguments)

    @event.listens_for(made, 'connect')
    def _connect(connection, record):
        cursor = connection.cursor()
        cursor.execute('PRAGMA journal_mode=WAL')
        # In WAL mode NORMAL survives any crash of the process; only a power cut can lose the newest commits,
        # never the database.
        cursor.execute('PRAGMA synchronous=NORMAL')
        cursor.execute('PRAGMA foreign_keys=ON')
        cursor.close()

    @event.listens_for(made, 'begin')
    def _begin(connection):
        # The driver's own BEGIN is off (isolation_level None): it would begin late and then fail to get the lock.
        write = connection.get_execution_options().get('essex_write')
        connection.exec_driver_sql('BEGIN IMMEDIATE' if write else 'BEGIN')

    return made


def dispose():
    """Close every connection (tests, forked children)."""
    global _engine
    if _engine is not None:
        _engine.dispose()
        _engine = None


@contextlib.contextmanager
def reader():
    """A session to read with. Objects stay usable after it ends (nothing is expired)."""
    outer = getattr(_local, 'session', None)
    if outer is not None:
        yield outer
        return
    with Session(engine(), future=True, expire_on_commit=False) as session:
        yield session


@contextlib.contextmanager
def writer():
    """A session in one transaction: committed at the end, rolled back on any exception.

    Inside an outer writer of the same green thread it joins that one's transaction.
    """
    outer = getattr(_local, 'session', None)
    if outer is not None:
        yield outer
        outer.flush()
        return
    made = engine()
    with _write_lock or contextlib.nullcontext():
        with Session(made.execution_options(essex_write=True), future=True, expire_on_commit=False) as session:
            _local.session = session
            try:
                with session.begin():
                    yield session
            finally:
                _local.session = None


def is_transient(error):
    """Whether a database error goes away by trying again: deadlock, lock, lost connection."""
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    original = error.orig
    if 'locked' in str(original) and 'sqlite' in type(original).__module__:
        return True
    if getattr(original, 'pgcode', None) in _PG_TRANSIENT:
        return True
    arguments = getattr(original, 'args', ())
    return bool(arguments) and isinstance(arguments[0], int) and arguments[0] in _MYSQL_TRANSIENT


def retry(function):
    """Run the function again, whole, when the database asks for it. It must open its own writer inside.

    That is also once when a key turns out to be taken: what is looked for and not found, another process may write
    before this one does. Raises ServiceUnavailable when the database stays away.
    """
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        if getattr(_local, 'session', None) is not None:
            return function(*args, **kwargs)
        attempts = CONF.database.max_retries
        for attempt in itertools.count(1):
            try:
                return function(*args, **kwargs)
            except exc.IntegrityError:
                # Somebody else has just written what this was about to: the second look finds it.
                if attempt > 1:
                    raise
            except exc.DBAPIError as error:
                if not is_transient(error):
                    raise
                if attempt == attempts:
                    raise ServiceUnavailable('The database does not answer or stays locked. Try again shortly.'
                                             ) from error
                LOG.warning('%s: database busy or lost (%s), attempt %d of %d', function.__name__,
                            type(error.orig).__name__, attempt, attempts)
                concurrency.sleep(min(2, 0.02 * 2 ** attempt) * random.uniform(0.5, 1))  # noqa: S311 - spreads retries
    return wrapper


_counters = threading.local()


def _count(connection, cursor, statement, parameters, context, executemany):
    if statement.startswith('BEGIN'):
        return
    trace.count_sql()
    for counter in getattr(_counters, 'active', ()):
        counter.statements.append(statement)


class Counter:
    """The statements of a green thread while it is active."""

    def __init__(self):
        self.statements = []

    @property
    def total(self):
        return len(self.statements)


@contextlib.contextmanager
def count_statements():
    """Count the SQL statements this green thread runs (transaction begins and ends do not count)."""
    counter = Counter()
    active = getattr(_counters, 'active', ())
    _counters.active = (*active, counter)
    try:
        yield counter
    finally:
        _counters.active = active
