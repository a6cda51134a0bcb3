"""SQLite files: how they are opened, kept open for the next request, made, copied, and what their errors mean.

Nothing but SQLite may open such a file in a process that serves it: closing any descriptor of a file drops all
POSIX locks the process holds on it, SQLite's among them.
"""
import collections
import contextlib
import errno
import functools
import os
import sqlite3
from urllib.parse import quote

from essex import concurrency
from swift.db import schema
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.exceptions import DriveFull, DriveNotMounted, LockTimeout

LOCK_TIMEOUT = 25       # seconds to wait for somebody else's transaction
_KEPT = 64              # connections a process keeps open
_CACHE_KIB = 512        # of pages, a connection

# A row is acknowledged from the pending file, and that file is emptied once the rows are committed: so a commit
# must be on disk when it returns (FULL). The journal is truncated, not deleted: no change of the directory to sync.
_PRAGMAS = ('PRAGMA synchronous = FULL', 'PRAGMA temp_store = MEMORY', f'PRAGMA cache_size = -{_CACHE_KIB}',
            'PRAGMA journal_mode = TRUNCATE')
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SHORT_READ = 522       # SQLITE_IOERR_SHORT_READ: the file was cut
_MOVED = 1032           # SQLITE_READONLY_DBMOVED: replication put another file in its place

_idle = collections.OrderedDict()      # (path, number) -> (connection, device and inode); the warmest last
_lock = concurrency.original('threading').Lock()


def _open(path):
    connection = sqlite3.connect(f'file:{quote(path)}?mode=rw', uri=True, timeout=LOCK_TIMEOUT, isolation_level=None,
                                 check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.create_function('chexor', 3, schema.chexor, deterministic=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _identity(path):
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        forget(path)
        raise DatabaseMissing(path) from None
    except OSError as error:
        raise DriveNotMounted(path) from error
    return status.st_dev, status.st_ino


def _take(path, identity):
    with _lock:
        for key in reversed(_idle):
            if key[0] == path:
                connection, opened = _idle.pop(key)
                break
        else:
            return None
    if opened == identity:
        return connection
    connection.close()
    return _take(path, identity)


def _keep(path, connection, identity):
    with _lock:
        _idle[path, id(connection)] = (connection, identity)
        dropped = _idle.popitem(last=False)[1][0] if len(_idle) > _KEPT else None
    if dropped is not None:
        dropped.close()


def forget(path=None):
    """Close idle connections to a file, or all of them (before a fork, at the end of a test)."""
    with _lock:
        keys = [key for key in _idle if path is None or key[0] == path]
        dropped = [_idle.pop(key)[0] for key in keys]
    for connection in dropped:
        connection.close()


@contextlib.contextmanager
def connection(path, patience=LOCK_TIMEOUT):
    """A connection to the database at `path`, for one thread, that waits `patience` seconds for locks.

    Raises DatabaseMissing, DatabaseCorrupt (the caller quarantines), LockTimeout, DriveFull, DriveNotMounted.
    """
    identity = _identity(path)
    opened = None
    try:
        opened = _take(path, identity) or _open(path)
        if patience != LOCK_TIMEOUT:
            opened.execute(f'PRAGMA busy_timeout = {int(patience * 1000)}')
        yield opened
        if patience != LOCK_TIMEOUT:
            opened.execute(f'PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}')
    except sqlite3.DatabaseError as error:
        if opened is not None:
            opened.close()
        raise _translated(path, error) from error
    except BaseException:
        if opened is not None:
            opened.close()
        raise
    _keep(path, opened, identity)


def _translated(path, error):
    code = getattr(error, 'sqlite_errorcode', None)
    if code is None:
        return error
    base = code & 0xff
    if base in _CORRUPT or code == _SHORT_READ or 'no such table' in str(error):
        return DatabaseCorrupt(f'{path}: {error}')
    if base in _BUSY or code == _MOVED:
        return LockTimeout(f'{path}: {error}')
    if base == sqlite3.SQLITE_FULL:
        return DriveFull(path)
    if base in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return DriveNotMounted(f'{path}: {error}') if os.path.exists(path) else DatabaseMissing(path)
    return error


@contextlib.contextmanager
def transaction(opened):
    """One writing transaction, rolled back when the block raises."""
    opened.execute('BEGIN IMMEDIATE')
    try:
        yield opened
        opened.execute('COMMIT')
    except BaseException:
        if opened.in_transaction:
            opened.execute('ROLLBACK')
        raise


@contextlib.contextmanager
def snapshot(opened):
    """Statements that see one state of the database."""
    opened.execute('BEGIN')
    try:
        yield opened
    finally:
        if opened.in_transaction:
            opened.execute('ROLLBACK')


@functools.cache
def _template(statements):
    """An empty database as bytes: to copy it is ten times as fast as to create its tables."""
    with contextlib.closing(sqlite3.connect(':memory:')) as made:
        made.create_function('chexor', 3, schema.chexor, deterministic=True)
        made.executescript(schema.SYNCS + statements)
        return made.serialize()


def create(path, statements, fill):
    """Write a new database of the tables `statements` at `path`, on disk when this returns.

    `fill(connection)` puts in its first row. The file must not exist.
    """
    with contextlib.closing(sqlite3.connect(':memory:')) as made:
        made.deserialize(_template(statements))
        made.create_function('chexor', 3, schema.chexor, deterministic=True)
        fill(made)
        made.commit()
        content = made.serialize()
    try:
        with open(path, 'xb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(path)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DriveFull(path) from error
        raise
