"""Twice as many partitions: an object's directory on a device is linked into that of its next partition.

Once a ring is *prepared* (its next part power is one above its part power) servers link whatever they write into both
places, and the relinker links what was there before. When the ring is *increased* (both are equal) the next place is
the place, and the relinker removes the former one. No byte is copied: both names are of one file.
"""
import logging
import os

from swift.obj import async_pending, hashes, layout, metadata, partition

LOG = logging.getLogger(__name__)
_ATTEMPTS = 5


def partition_of(name_hash, part_power):
    """The partition (int) of a name's MD5 in hex."""
    return int(name_hash[:8], 16) >> (32 - part_power)


def link(file, twin):
    """See that all that counts of the DiskFile `file` is at `twin` too, another place of the same object.

    Returns how many files were linked. What is newer there stays, and what is older goes. Raises OSError, LockTimeout.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _link(file, twin)
        except FileNotFoundError:
            # Replaced while we looked, or the directory there was found empty and removed.
            if attempt == _ATTEMPTS - 1:
                raise
    return 0


def _link(file, twin):
    names = set(layout.listed(file.path))
    wanted = sorted(counting(names))
    if all(_is_same(f'{file.path}/{name}', f'{twin.path}/{name}') for name in wanted):
        return 0
    linked = 0
    with hashes.locked(twin.partition_path, shared=True):
        hashes.invalidate(twin.partition_path, twin.hash[-3:])
        changed = async_pending.make_directories(twin.path, twin.device_path)
        for name in wanted:
            sidecar = os.path.basename(metadata.sidecar(f'{file.path}/{name}'))
            # Before its file: metadata alone are of nothing.
            for each in (sidecar, name) if sidecar in names else (name,):
                linked += _link_one(f'{file.path}/{each}', f'{twin.path}/{each}')
        for directory in dict.fromkeys([twin.path, *changed]):
            async_pending.sync_directory(directory)
        hashes.clean_up(twin.path)
    return linked


def counting(names):
    """Those of a directory's names that are files of an object and count."""
    obsolete = layout.choose(names).obsolete
    return {name for name in names if layout.parse(name) and name not in obsolete}


def _is_same(path, other):
    try:
        return os.path.samefile(path, other)
    except FileNotFoundError:
        return False


def _link_one(source, target):
    try:
        os.link(source, target)
        return 1
    except FileExistsError:
        # The same change, arrived by another way: what is there is as good.
        return 0


def follow(file):
    """Have what was just written of a DiskFile at its next place too, if the ring has such.

    A failure is logged alone: what was written is safe, and the relinker links it before it removes anything.
    """
    try:
        twin = file.twin()
        if twin is not None:
            link(file, twin)
    except Exception:
        LOG.exception('%s could not be linked to its next partition', file.path)


def give_up(files):
    """Remove misplaced objects of one partition, [(DiskFile, the DiskFile of its place)], once all is there.

    Returns (how many were removed, how many files had to be linked before).
    """
    held, linked = {}, 0
    for file, home in files:
        linked += link(file, home)
        names = frozenset(layout.listed(file.path))
        there = set(layout.listed(home.path))
        if all(name in there or name not in counting(there | {name}) for name in counting(names)):
            held[file.hash] = names
    if held:
        # Of what was written since nothing goes.
        partition.remove(files[0][0].partition_path, held)
    return sum(not os.path.exists(file.path) for file, _ in files), linked
