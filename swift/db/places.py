"""Walking the databases of a device."""
import contextlib
import os
import time

from swift.exceptions import DriveNotMounted


def databases(devices, device, kind):
    """(partition, path) of each database of a kind (account, container) on a device, none when it is not mounted."""
    try:
        root = os.path.join(devices.path(device), f'{kind}s')
    except DriveNotMounted:
        return
    for partition in _names(root):
        if not (partition.isascii() and partition.isdecimal()):
            continue
        _prune(os.path.join(root, partition))
        for suffix in _names(os.path.join(root, partition)):
            for name in _names(os.path.join(root, partition, suffix)):
                path = os.path.join(root, partition, suffix, name, f'{name}.db')
                if os.path.exists(path):
                    yield partition, path


def remove_old_temporaries(device_path, age):
    """Remove files in tmp of a device that nobody touched for `age` seconds."""
    directory = os.path.join(device_path, 'tmp')
    for name in _names(directory):
        path = os.path.join(directory, name)
        with contextlib.suppress(OSError):
            if os.path.isfile(path) and time.time() - os.stat(path).st_mtime > age:
                os.unlink(path)


def _names(directory):
    try:
        return sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _prune(partition):
    """Remove empty directories."""
    for suffix in _names(partition):
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(partition, suffix))
    with contextlib.suppress(OSError):
        os.rmdir(partition)
