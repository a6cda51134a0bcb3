"""A partition of a device as the replicator sees it: what it holds, who replicates it now, how it goes away."""
import collections
import contextlib
import fcntl
import os
import time

from essex import concurrency
from swift.exceptions import LockTimeout
from swift.obj import async_pending, hashes, layout

LOCK = '.lock-replication'
_OURS = (LOCK, hashes.LOCK, hashes.HASHES, hashes.INVALID)

# When data (or the deletion), metadata and content type are from; Timestamps, and whether it is a deletion.
Moments = collections.namedtuple('Moments', 'data meta content_type deleted')
# `names`: of every file in the object's directory; `moments` is None when nothing there counts.
Found = collections.namedtuple('Found', 'hash names chosen moments')


def moments(chosen):
    """The Moments of a layout.Chosen, or None when there is neither data nor a deletion."""
    base = chosen.data or chosen.tombstone
    if base is None:
        return None
    meta = chosen.meta.timestamp if chosen.meta else base.timestamp
    typed = chosen.content_type.content_type_timestamp if chosen.content_type else base.timestamp
    return Moments(base.timestamp, meta, typed, chosen.tombstone is not None)


def look(directory):
    """What the directory of an object holds: Found; without names when it is not there."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        names = []
    chosen = layout.choose(names)
    return Found(os.path.basename(directory), frozenset(names), chosen, moments(chosen))


def walk(path, suffixes=None):
    """Found of every object in a partition, or in some of its suffixes."""
    for suffix in sorted(suffixes) if suffixes is not None else _listed(path, layout.is_suffix):
        for name in _listed(f'{path}/{suffix}', layout.is_hash):
            yield look(f'{path}/{suffix}/{name}')


def _listed(path, wanted):
    try:
        return sorted(name for name in os.listdir(path) if wanted(name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def remove(path, held):
    """Remove the objects `held` ({hash: names}) as far as they are still what they were, and the partition if empty.

    What was written since stays. Returns whether the partition is gone. Safe at any interruption: a later call goes on.
    """
    if not os.path.isdir(path):
        return True
    with hashes.locked(path):
        for suffix in sorted({name[-3:] for name in held}):
            hashes.invalidate(path, suffix)
        for name, names in held.items():
            _remove_object(f'{path}/{name[-3:]}/{name}', names)
        for suffix in _listed(path, layout.is_suffix):
            with contextlib.suppress(OSError):
                os.rmdir(f'{path}/{suffix}')
        return _remove_if_empty(path)


def _remove_object(directory, names):
    try:
        if frozenset(os.listdir(directory)) != names:
            return
    except FileNotFoundError:
        return
    # Metadata before data: data alone is only older, metadata alone is of nothing. A sidecar after its file.
    for name in sorted(names, key=lambda name: (name.startswith('.'), not name.endswith(layout.META))):
        os.unlink(f'{directory}/{name}')
    with contextlib.suppress(OSError):
        os.rmdir(directory)


def _remove_if_empty(path):
    left = [name for name in os.listdir(path) if name not in _OURS and not name.startswith(f'.{hashes.HASHES}.')]
    if left:
        return False
    # Locks last: who waits for one sees that its file is gone and starts over.
    for name in sorted(os.listdir(path), key=lambda name: name in (LOCK, hashes.LOCK)):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f'{path}/{name}')
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def replicating(path, timeout):
    """Be the one that replicates into a partition, made when missing. Raises LockTimeout after `timeout` seconds."""
    descriptor = _acquire(path, time.monotonic() + timeout)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(path, deadline):
    while True:
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever removed the partition meanwhile took the file along: then this lock binds nobody.
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise LockTimeout(f'{path} is being replicated') from None
        os.close(descriptor)
        concurrency.sleep(0.02)


def _open(path):
    while True:
        try:
            return os.open(f'{path}/{LOCK}', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            async_pending.make_directories(path, os.path.dirname(os.path.dirname(path)))
