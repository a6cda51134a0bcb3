"""The ring as servers use it: a name's partition, the devices that keep it, and those that stand in for them."""
import hashlib
import logging
import os
import struct
import time

from swift.exceptions import ConfigurationError
from swift.ring import ring_file

LOG = logging.getLogger(__name__)

# How many partitions are looked through for stand-ins before the rest comes in an order of its own.
_WALK = 2048
_FIRST = struct.Struct('!I')


class Ring:
    """A ring file, read again when it has changed; looks for changes every `reload_time` seconds.

    hash_path(account, container, obj) gives a name's MD5 in hex; partitions alone do without. Raises
    ConfigurationError when the file cannot be read at first; a bad file later is left alone for the one before.
    """

    def __init__(self, path, reload_time=15, hash_path=None):
        self.path = path
        self.reload_time = reload_time
        self._hash_path = hash_path
        self._next_look = 0
        self._mtime = None
        self._read()

    def _read(self):
        mtime = os.stat(self.path).st_mtime_ns if os.path.exists(self.path) else None
        self._next_look = time.monotonic() + self.reload_time
        self._data = ring_file.read(self.path)
        self._mtime = mtime
        self._present = [each for each in self._data.devs if each is not None]
        usable = [each for each in self._present if each['weight'] > 0]
        self._usable = {each['id'] for each in usable}
        self._tiers = {each['id']: tiers_of(each) for each in self._present}
        self._kinds = [{self._tiers[each['id']][level] for each in usable} for level in range(4)]

    def _current(self):
        """The RingData to use now."""
        if time.monotonic() > self._next_look:
            self._next_look = time.monotonic() + self.reload_time
            if self.has_changed():
                self._try_read()
        return self._data

    def _try_read(self):
        try:
            self._read()
        except ConfigurationError as error:
            LOG.error('%s; the ring read before stays in use', error)

    def has_changed(self):
        """Whether the file is another than the one in use."""
        try:
            return os.stat(self.path).st_mtime_ns != self._mtime
        except OSError:
            return False

    @property
    def devs(self):
        """All devices, a list of dicts; None where one was removed."""
        return self._current().devs

    @property
    def replica_count(self):
        """Replicas, a float."""
        return self._current().replica_count

    @property
    def partition_count(self):
        """Partitions: a power of 2."""
        return 1 << self._current().part_power

    @property
    def part_power(self):
        """The power."""
        return self._current().part_power

    @property
    def next_part_power(self):
        """The part power this ring is on its way to, or None."""
        return self._current().next_part_power

    @property
    def md5(self):
        """MD5 of the file, in hex."""
        return self._current().md5

    @property
    def version(self):
        """The builder's version, or None."""
        return self._current().version

    def get_part(self, account, container=None, obj=None):
        """The partition of a name."""
        return int(self._hash_path(account, container, obj)[:8], 16) >> self._current().part_shift

    def get_nodes(self, account, container=None, obj=None):
        """(partition, nodes): as get_part and get_part_nodes."""
        part = self.get_part(account, container, obj)
        return part, self.get_part_nodes(part)

    def get_part_nodes(self, part):
        """The devices that keep a partition, no device twice: dicts as in `devs`, with `index`, the replica."""
        data = self._current()
        devs = data.devs
        nodes, seen = [], set()
        for row in data.assignments:
            if part < len(row) and row[part] not in seen:
                seen.add(row[part])
                nodes.append({**devs[row[part]], 'index': len(nodes)})
        return nodes

    def get_more_nodes(self, part):
        """Yield the other devices to use when those of the partition fail: dicts with `handoff_index`.

        Those in regions not used yet come first, then in unused zones, on unused servers, on unused ports, and at
        last the rest. The order is the same every time and another for each partition, and devices with more
        weight come sooner. Devices of weight 0 are being emptied and never come.
        """
        data = self._current()
        tiers, kinds, left = self._tiers, self._kinds, set(self._usable)
        used = [set() for _ in range(4)]

        def take(device):
            left.discard(device)
            for level, kind in enumerate(tiers[device]):
                used[level].add(kind)

        for row in data.assignments:
            if part < len(row):
                take(row[part])
        count = 0
        for level in range(5):
            if level < 4 and kinds[level] <= used[level]:
                continue
            for device in self._candidates(data, part, left):
                if device in left and (level == 4 or tiers[device][level] not in used[level]):
                    take(device)
                    yield {**data.devs[device], 'handoff_index': count}
                    count += 1
                    if level < 4 and kinds[level] <= used[level]:
                        break

    @staticmethod
    def _candidates(data, part, left):
        """Yield device ids: first in the order of partitions far from this one, in the end all of `left`."""
        partitions = len(data.assignments[0])
        digest = hashlib.md5(b'%d' % part, usedforsecurity=False).digest()
        (start,) = _FIRST.unpack_from(digest)
        step = _FIRST.unpack_from(digest, 4)[0] | 1   # odd: meets every partition of a power of 2
        for turn in range(min(partitions, _WALK)):
            place = (start + turn * step) % partitions
            for row in data.assignments:
                if place < len(row):
                    yield row[place]
        yield from sorted(left, key=lambda device: hashlib.md5(b'%d-%d' % (part, device),
                                                               usedforsecurity=False).digest())


def tiers_of(device):
    """The region, zone, server and port of a device, each so that it is unique in the ring."""
    region, zone, ip, port = device['region'], device['zone'], device['ip'], device['port']
    return region, (region, zone), (region, zone, ip), (region, zone, ip, port)
