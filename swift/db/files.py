"""The files around a database: its directory, the lock of that directory, the place of temporary and of bad ones."""
import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid

from essex import concurrency
from swift.db.errors import DatabaseMissing
from swift.exceptions import DriveFull, DriveNotMounted, LockTimeout

_sleep = concurrency.original('time').sleep     # held in native threads


def database_path(device_path, kind, partition, name_hash):
    """Where a database is: <device>/<kind>s/<partition>/<suffix>/<hash>/<hash>.db (kind: account, container)."""
    return os.path.join(device_path, f'{kind}s', str(partition), name_hash[-3:], name_hash, f'{name_hash}.db')


def device_of(path):
    """The directory of the device that holds the database at `path`."""
    for _ in range(5):
        path = os.path.dirname(path)
    return path


def is_in_place(path):
    """Whether a path is that of a database in its directory (and not of a copy in tmp)."""
    directory, name = os.path.split(path)
    return name == f'{os.path.basename(directory)}.db'


def temporary(path):
    """The directory for unfinished files on the device of the database at `path`; made when missing."""
    made = os.path.join(device_of(path), 'tmp')
    make_directory(made, device_of(path))
    return made


def make_directory(path, device):
    """Make a directory below `device` and see that its names are on disk. Raises DriveNotMounted, DriveFull."""
    missing = []
    while not os.path.isdir(path):
        if path == device or len(path) <= len(device):
            raise DriveNotMounted(device)
        missing.append(path)
        path = os.path.dirname(path)
    try:
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):
                os.mkdir(each)
            sync_directory(os.path.dirname(each))
    except OSError as error:
        raise _translated(path, error) from error


def _translated(path, error):
    return DriveFull(path) if error.errno in (errno.ENOSPC, errno.EDQUOT) else DriveNotMounted(f'{path}: {error}')


def sync_directory(path):
    """See that the names in a directory are on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source, target):
    """Move a file within a device, on disk when this returns."""
    os.rename(source, target)
    sync_directory(os.path.dirname(target))


def discard(path):
    """Remove a file, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def locked(directory, timeout):
    """Hold the lock of a database's directory. Raises LockTimeout after `timeout` s, DatabaseMissing without it."""
    path, deadline = os.path.join(directory, '.lock'), time.monotonic() + timeout
    descriptor = _open(path)
    try:
        # Whoever moved the directory away meanwhile took the file along: then that lock binds nobody.
        while not (_flock(descriptor, deadline) and _same(descriptor, path)):
            os.close(descriptor)
            descriptor = None
            descriptor = _open(path)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open(path):
    try:
        return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    except (FileNotFoundError, NotADirectoryError):
        raise DatabaseMissing(path) from None
    except OSError as error:
        raise _translated(path, error) from error


def _flock(descriptor, deadline):
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockTimeout('somebody else holds the lock of the database') from None
            _sleep(0.001)


def _same(descriptor, path):
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)


def set_aside(path, reason):
    """Move the directory of a bad database to quarantined/<kind>s on its device; returns where it is now, or None."""
    directory = os.path.dirname(path)
    device = device_of(path)
    kind = os.path.relpath(directory, device).split(os.sep)[0]
    quarantine = os.path.join(device, 'quarantined', kind)
    make_directory(quarantine, device)
    target = os.path.join(quarantine, os.path.basename(directory))
    if os.path.exists(target):
        target = f'{target}-{uuid.uuid4().hex}'
    try:
        rename(directory, target)
    except FileNotFoundError:
        return None
    # A replicator that finds the parent empty may have removed it meanwhile: then there is nothing to see to.
    with contextlib.suppress(FileNotFoundError):
        sync_directory(os.path.dirname(directory))
    return target


def remove(path):
    """Remove the directory of the database at `path`, and its parents when they are empty then."""
    directory, device = os.path.dirname(path), device_of(path)
    # Renamed first: nobody meets half a database, and a crash leaves rubbish in tmp only.
    doomed = os.path.join(temporary(path), f'{os.path.basename(directory)}-{uuid.uuid4().hex}')
    with contextlib.suppress(FileNotFoundError):
        os.rename(directory, doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    suffix = os.path.dirname(directory)
    sync = suffix
    for each in (suffix, os.path.dirname(suffix)):
        try:
            os.rmdir(each)
        except OSError:
            break
        sync = os.path.dirname(each)
    if sync.startswith(device):
        sync_directory(sync)
