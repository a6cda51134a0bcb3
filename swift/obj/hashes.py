"""Suffix hashes of a partition: what two nodes compare to find out which objects differ.

`hashes.pkl` holds {suffix: MD5 or None (to be made again), 'valid': True, 'updated': seconds}. Who changes an object
appends its suffix to `hashes.invalid` while sharing the partition's lock; who needs the hashes takes the lock alone,
merges that file into hashes.pkl and empties it. A change is recorded before it is made, and both happen under the
lock: no hash is ever made between the two, and none survives a crash between them.
"""
import collections
import contextlib
import fcntl
import hashlib
import logging
import os
import pickle
import time

from essex import concurrency
from swift.exceptions import LockTimeout
from swift.obj import async_pending, layout, metadata

LOG = logging.getLogger(__name__)
HASHES, INVALID, LOCK = 'hashes.pkl', 'hashes.invalid', '.lock'
_COMMIT_WINDOW = 60     # seconds a PUT may take from writing its fragments to making them durable
# In a native thread too: the patched one would look for an event loop there.
_sleep = concurrency.original('time').sleep


@contextlib.contextmanager
def locked(partition_path, shared=False, timeout=10):
    """Hold the lock of a partition, made when missing. Blocks: for threads that may. Raises LockTimeout."""
    wanted = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    end = time.monotonic() + timeout
    path = f'{partition_path}/{LOCK}'
    while True:
        try:
            fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            # Given away by the replicator just now.
            _make(partition_path)
            continue
        try:
            fcntl.flock(fd, wanted)
            if os.fstat(fd).st_nlink:   # else the partition was removed while we waited
                break
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(fd)
                raise LockTimeout(partition_path) from None
        os.close(fd)
        _sleep(0.005)
    try:
        yield
    finally:
        os.close(fd)


def _make(partition_path):
    device_path = os.path.dirname(os.path.dirname(partition_path))
    for directory in async_pending.make_directories(partition_path, device_path):
        async_pending.sync_directory(directory)


def invalidate(partition_path, suffix):
    """Note that a suffix changes. The caller holds the lock (shared will do)."""
    fd = os.open(f'{partition_path}/{INVALID}', os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, suffix.encode() + b'\n')
    finally:
        os.close(fd)


def read(partition_path):
    """What hashes.pkl holds; {'valid': False} when there is none or it is no good."""
    try:
        with open(f'{partition_path}/{HASHES}', 'rb') as file:
            found = metadata.loads_plain(file.read())
    except (FileNotFoundError, ValueError):
        found = None
    if not isinstance(found, dict) or not found.get('valid', True):
        return {'valid': False}
    return {name: value for name, value in found.items()
            if name in ('valid', 'updated') or (isinstance(name, str) and layout.is_suffix(name))}


def _write(partition_path, hashes):
    hashes['valid'], hashes['updated'] = True, time.time()
    temporary = f'{partition_path}/.{HASHES}.{os.getpid()}.new'
    with open(temporary, 'wb') as file:
        pickle.dump(hashes, file, protocol=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, f'{partition_path}/{HASHES}')


def consolidate(partition_path):
    """Merge hashes.invalid into hashes.pkl. The caller holds the lock alone. Returns (hashes, what was invalid)."""
    hashes = read(partition_path)
    try:
        with open(f'{partition_path}/{INVALID}', 'rb') as file:
            invalid = {each for each in file.read().decode('latin-1').split() if layout.is_suffix(each)}
    except FileNotFoundError:
        invalid = set()
    if invalid:
        hashes.update(dict.fromkeys(invalid))
        if hashes['valid']:
            _write(partition_path, hashes)
        os.truncate(f'{partition_path}/{INVALID}', 0)
    return hashes, invalid


def partition_hashes(partition_path, recalculate=(), reclaim_age=604800, rehash=False, by_index=False):
    """(hashed, {suffix: MD5}) of a partition; `hashed` counts the suffixes read from disk.

    With `by_index`, for fragments, {suffix: {index or None: MD5}}, see `hash_suffix`. Those in `recalculate` are read
    again, all with `rehash`. What changes meanwhile is noted, and read again by the next call. A partition that is not
    there has no suffixes.
    """
    if not os.path.isdir(partition_path):
        return 0, {}
    with locked(partition_path):
        hashes, _ = consolidate(partition_path)
    valid = hashes.pop('valid') and not rehash
    hashes.pop('updated', None)
    known = {suffix: hashes.get(suffix) if valid and suffix not in recalculate else None
             for suffix in os.listdir(partition_path) if layout.is_suffix(suffix)}
    stale = [suffix for suffix, value in known.items() if value is None]
    for suffix in stale:
        known[suffix] = hash_suffix(f'{partition_path}/{suffix}', reclaim_age, by_index)
    made = {suffix: value for suffix, value in known.items() if value is not None}
    if stale or not valid or hashes.keys() - made.keys():
        with locked(partition_path):
            # What became invalid again since then may have been read before it changed.
            _, changed = consolidate(partition_path)
            _write(partition_path, {**made, **dict.fromkeys(changed)})
    return len(stale), made


def hash_suffix(path, reclaim_age=604800, by_index=False):
    """The MD5 (hex) of the files that count below a suffix, or None when there are none. Cleans up on the way.

    With `by_index` {index: MD5 of the times of its fragments, None: MD5 of all else that counts}: nodes that have
    fragments of the same objects agree, whichever fragments these are.
    """
    total = collections.defaultdict(lambda: hashlib.md5(usedforsecurity=False))
    try:
        names = sorted(os.listdir(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in names:
        directory = f'{path}/{name}'
        try:
            chosen = clean_up(directory, reclaim_age)
        except NotADirectoryError:
            LOG.warning('%s: a file where the directory of an object should be', directory)
            continue
        except FileNotFoundError:
            continue
        for index, text in _described(chosen, by_index):
            total[index].update(text.encode())
    if not total:
        # Fails when somebody has just put an object there, which is right.
        with contextlib.suppress(OSError):
            os.rmdir(path)
        return None
    found = {index: each.hexdigest() for index, each in total.items()}
    return found if by_index else found[None]


def _described(chosen, by_index):
    """(index or None, text) of what counts, in the order in which the original's nodes hash it."""
    if chosen.meta and (chosen.data or chosen.tombstone or not by_index):
        yield None, chosen.meta.timestamp.internal + layout.META
    if chosen.tombstone:
        yield None, chosen.tombstone.timestamp.internal + layout.TOMBSTONE
    if chosen.data and by_index:
        yield None, chosen.data.timestamp.internal + '.durable'
    if chosen.content_type and (chosen.data or chosen.tombstone or not by_index):
        yield None, chosen.content_type.content_type_timestamp.internal + '_ctype'
    if chosen.data and not by_index:
        yield None, chosen.data.timestamp.internal + layout.DATA
    for when in sorted(chosen.fragments if by_index else ()):
        for each in chosen.fragments[when]:
            yield each.index, when.internal


def clean_up(directory, reclaim_age=None):
    """Remove the files of an object that count no more, and tombstones past `reclaim_age` seconds. Returns Chosen."""
    names = set(os.listdir(directory))
    chosen = layout.choose(names)
    newest = max((each.timestamp for each in (chosen.data, chosen.tombstone) if each), default=None)
    gone = set(chosen.obsolete)
    if reclaim_age is not None and chosen.tombstone and chosen.tombstone.timestamp < time.time() - reclaim_age:
        gone.update(each.name for each in chosen[:4] if each)
        chosen = layout.NOTHING._replace(fragments=chosen.fragments)
    if reclaim_age is not None and chosen.fragments:
        chosen = _forget_unfinished(directory, chosen, time.time() - reclaim_age, gone)
    for name in gone:
        _unlink(f'{directory}/{name}')
    kept = names - gone
    for name in kept:
        if name.endswith('.xattr') and name[1:-6] not in kept:
            _clean_sidecar(directory, name, newest)
    if chosen == layout.NOTHING:
        with contextlib.suppress(OSError):
            os.rmdir(directory)
    return chosen


def _forget_unfinished(directory, chosen, end, gone):
    """Fragments that never became durable: from before `end`, and no PUT is at them any more."""
    unfinished = [when for when in chosen.fragments if float(when) < end
                  and (chosen.data is None or when > chosen.data.timestamp)
                  and all(_older(f'{directory}/{each.name}', _COMMIT_WINDOW) for each in chosen.fragments[when])]
    gone.update(each.name for when in unfinished for each in chosen.fragments[when])
    return chosen._replace(fragments={when: files for when, files in chosen.fragments.items()
                                      if when not in unfinished})


def _clean_sidecar(directory, name, newest):
    """A sidecar comes before its file: only one that is older than what counts, or a day old, has lost it."""
    file = layout.parse(name[1:-6])
    path = f'{directory}/{name}'
    if file and (newest is not None and file.timestamp <= newest or _older(path, 86400)):
        _unlink(path)


def _older(path, seconds):
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path).st_mtime < time.time() - seconds
    return False


def _unlink(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
