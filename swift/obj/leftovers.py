"""What servers that died have left in a device's `tmp`: removed, or told to the listings."""
import contextlib
import fcntl
import logging
import os
import time

from swift import expiring
from swift.exceptions import SwiftError
from swift.obj import async_pending, layout, updates
from swift.obj.errors import Deleted, NotExist

LOG = logging.getLogger(__name__)
_YOUNG = 60     # seconds; a writer may be between making its file and taking the lock


def settle_quietly(manager, device):
    """As `settle`; what goes wrong is logged."""
    try:
        settle(manager, device)
    except (OSError, SwiftError):
        LOG.exception('%s: what a server left could not be settled', device)


def settle(manager, device):
    """See that listings will learn of everything committed on a device, and remove what never was.

    Files their writers still hold are left alone. Returns (made pending, removed).
    """
    told = removed = 0
    device_path = manager.devices.path(device)
    for policy in manager.cluster.policies:
        directory = os.path.join(device_path, policy.suffixed('tmp'))
        for name in layout.listed(directory):
            outcome = _settle(manager, device, policy, f'{directory}/{name}')
            told += outcome == 'told'
            removed += outcome == 'removed'
    return told, removed


def _settle(manager, device, policy, path):
    parts = os.path.basename(path).split('.')
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(fd)
        outcome = None
        if found.st_nlink > 1 and len(parts) == 3 and parts[0].isdecimal() and layout.is_hash(parts[1]):
            now = manager.partition_now(parts[0], parts[1], policy)
            tell(manager, manager.from_hash(device, now, parts[1], policy))
            outcome = 'told'
        elif found.st_mtime > time.time() - _YOUNG:
            return None
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return outcome or 'removed'
    except BlockingIOError:
        return None
    finally:
        os.close(fd)


def tell(manager, file):
    """Make pending what listings, and the queue of expiring objects, must know of a DiskFile (by hash) as it is now."""
    delete_at = None
    try:
        with file.open(expired=True) as opened:
            name, timestamp, op, values = file.name, opened.timestamp, 'PUT', updates.row(opened)
            delete_at = opened.metadata.get('X-Delete-At')
    except Deleted as error:
        name, timestamp, op = _tombstone_name(file), error.timestamp, 'DELETE'
        values = {'x-timestamp': error.timestamp.internal}
    except NotExist:
        return
    names = name[1:].split('/', 2)
    values['X-Backend-Storage-Policy-Index'] = str(file.policy.idx)
    _keep(manager, file, timestamp, op, names, values)
    if delete_at:
        queued = (expiring.ACCOUNT, expiring.container(manager.cluster, delete_at, *names),
                  expiring.entry(delete_at, *names))
        _keep(manager, file, timestamp, 'PUT', queued, updates.queue_row(timestamp))


def _keep(manager, file, timestamp, op, names, values):
    account, container, obj = names
    async_pending.add(file.device_path, file.policy, manager.cluster.hash_path(account, container, obj), timestamp,
                      {'op': op, 'account': account, 'container': container, 'obj': obj, 'headers': values})


def _tombstone_name(file):
    return file.tombstone_metadata()['name']

