"""Updates of container listings that still have to be told: what the object server could not deliver at once.

`<device>/async_pending[-N]/<suffix>/<hash>-<timestamp>` is a pickle (protocol 2) of {op: 'PUT' or 'DELETE', account,
container, obj, headers: {name: value}}; the hash is that of the name told about, the timestamp that of the change.
The object-updater delivers them.
"""
import contextlib
import logging
import os
import pickle
import uuid

from swift.exceptions import DriveNotMounted
from swift.obj import metadata

LOG = logging.getLogger(__name__)


def directory(device_path, policy):
    """Where the pending updates of a policy are on a device."""
    return os.path.join(device_path, policy.suffixed('async_pending'))


def add(device_path, policy, name_hash, timestamp, record):
    """Keep an update, durably. `record` is {op, account, container, obj, headers}. Returns its path."""
    parent = os.path.join(directory(device_path, policy), name_hash[-3:])
    path = os.path.join(parent, f'{name_hash}-{timestamp.internal}')
    temporary_directory = os.path.join(device_path, policy.suffixed('tmp'))
    temporary = os.path.join(temporary_directory, f'pending-{uuid.uuid4().hex}')
    make_directories(temporary_directory, device_path)
    with open(temporary, 'wb') as file:
        pickle.dump(record, file, protocol=2)
        file.flush()
        os.fsync(file.fileno())
    while True:
        made = make_directories(parent, device_path)
        try:
            os.replace(temporary, path)
            break
        except FileNotFoundError:
            # The updater removes directories that it has emptied.
            continue
    for each in (parent, *made):
        sync_directory(each)
    return path


def walk(device_path, policy):
    """Yield (path, record) of every pending update, the older of one name first. What is no update is removed."""
    top = directory(device_path, policy)
    for suffix in sorted(_names(top)):
        parent = os.path.join(top, suffix)
        for name in sorted(_names(parent)):
            record = _read(os.path.join(parent, name))
            if record is not None:
                yield os.path.join(parent, name), record
        with contextlib.suppress(OSError):
            os.rmdir(parent)


def count(device_path, policy):
    """How many updates are pending."""
    top = directory(device_path, policy)
    return sum(len(_names(os.path.join(top, suffix))) for suffix in _names(top))


def remove(path):
    """Forget an update that was delivered."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _names(path):
    try:
        return os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(path):
    try:
        with open(path, 'rb') as file:
            record = metadata.loads_plain(file.read())
        if not isinstance(record, dict) or not {'op', 'account', 'container', 'obj', 'headers'} <= record.keys():
            raise ValueError('not an update')
        return record
    except (FileNotFoundError, IsADirectoryError):
        return None
    except ValueError as error:
        # Written whole or not at all: whatever this is, it is nothing of ours.
        LOG.error('%s: %s; removed', path, error)
        remove(path)
        return None


def make_directories(path, top):
    """Make a directory and those above it, `top` excepted, which must be there; returns those with a new entry.

    Raises DriveNotMounted when `top` is missing: what is not mounted must not come into being by a write.
    """
    try:
        os.mkdir(path, 0o755)
    except FileExistsError:
        return []
    except FileNotFoundError:
        parent = os.path.dirname(path)
        if len(parent) <= len(top):
            raise DriveNotMounted(top) from None
        return [*make_directories(parent, top), *make_directories(path, top)]
    return [os.path.dirname(path)]


def sync_directory(path):
    """Make a directory's entries durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
