"""One replication at a time in a partition of a device: a lock file that all processes of the node respect."""
import contextlib
import fcntl
import os
import time

from essex import concurrency
from swift.exceptions import LockTimeout

NAME = '.lock-replication'


@contextlib.contextmanager
def held(manager, device, partition, policy, timeout):
    """Hold the lock of a partition, making its directory when missing. Raises LockTimeout after `timeout` seconds."""
    directory = manager.partition_path(device, partition, policy)
    descriptor = _acquire(directory, time.monotonic() + timeout)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(directory, deadline):
    path = os.path.join(directory, NAME)
    while True:
        descriptor = _open(directory, path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever removed the partition meanwhile took the file along: then this lock binds nobody.
            if _same(descriptor, path):
                return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise LockTimeout(directory) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        concurrency.sleep(0.02)


def _open(directory, path):
    while True:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            os.makedirs(directory, exist_ok=True)


def _same(descriptor, path):
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    held_file = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (held_file.st_dev, held_file.st_ino)
