"""Every database of a device."""
import os
import random


def databases(device_path, kind):
    """The paths of all databases of a kind (account, container) below a device, partitions in random order.

    In random order so that a daemon that is stopped again and again gets to all of them.
    """
    top = os.path.join(device_path, f'{kind}s')
    for partition in _shuffled(top):
        if not (partition.isascii() and partition.isdecimal()):
            continue
        for suffix in _shuffled(os.path.join(top, partition)):
            directory = os.path.join(top, partition, suffix)
            for name in _shuffled(directory):
                path = os.path.join(directory, name, f'{name}.db')
                if os.path.exists(path):
                    yield path


def _shuffled(directory):
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []
    random.shuffle(names)
    return names
