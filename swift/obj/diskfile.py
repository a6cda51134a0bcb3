"""Objects as files: the Manager knows a node's devices, a DiskFile is one object on one of them.

Everything but Manager.run blocks on the disk: servers call it through Manager.run, daemons as they like.
"""
import errno
import logging
import os
import time
import uuid

from essex import concurrency
from swift import conf as options
from swift import devices
from swift.devices import Devices
from swift.exceptions import ConfigurationError, DriveNotMounted
from swift.obj import fragments, hashes, increase, layout, metadata
from swift.obj.errors import Deleted, Expired, MetadataError, NotExist, Quarantined
from swift.obj.reader import Opened
from swift.obj.writer import Writer, device_error
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_JOURNALED = ('ext4', 'xfs', 'btrfs')
_RING_RETRY = 15    # seconds


class Manager:
    """The objects of this node. Options: devices, mount_check, fallocate_reserve, disable_fallocate, mb_per_sync,
    reclaim_age (seconds), threads_per_disk (native threads for each device, 0: none; default 4).
    """

    def __init__(self, conf, cluster):
        self.cluster, self.devices = cluster, Devices(conf)
        self.reclaim_age = options.integer(conf, 'reclaim_age', 604800, 0)
        self.disable_fallocate = options.boolean(conf, 'disable_fallocate', False)
        self.bytes_per_sync = options.integer(conf, 'mb_per_sync', 512, 1) << 20
        self.threads_per_disk = options.integer(conf, 'threads_per_disk', 4, 0)
        self._pools = {}
        self._checked, self._ordered, self._ringless = {}, {}, {}

    def run(self, device, function, *args):
        """function(*args) in a thread of the device; others go on meanwhile."""
        return self.pool(device).run(function, *args)

    def pool(self, device):
        """The ThreadPool of a device. Raises DriveNotMounted."""
        found = self._pools.get(device)
        if found is None:
            # Not for every name somebody asks for.
            self.devices.path(device)
            found = self._pools[device] = concurrency.ThreadPool(self.threads_per_disk, device)
        return found

    def check(self, device):
        """See that a device can be written to, as of a second ago. Raises DriveNotMounted, DriveFull."""
        now = time.monotonic()
        if self._checked.get(device, 0) < now:
            self.run(device, self._check, device)
            self._checked[device] = now + 1

    def _check(self, device):
        path = self.devices.path(device)
        try:
            self.devices.check_room(path)
            if os.statvfs(path).f_flag & os.ST_RDONLY:
                raise DriveNotMounted(f'{device} is read-only')
        except OSError as error:
            raise device_error(error, path) from error

    def ordered(self, device_path):
        """Whether syncing a directory makes what was done before it durable too, its own coming into being included.

        So it is where all changes of names go through one journal; elsewhere every directory is synced by itself.
        """
        found = self._ordered.get(device_path)
        if found is None:
            found = self._ordered[device_path] = devices.file_system(device_path) in _JOURNALED
        return found

    def doubt(self, device):
        """Look again at the next check."""
        self._checked.pop(device, None)

    def partition_path(self, device, partition, policy):
        """The directory of a partition. Raises DriveNotMounted."""
        return f'{layout.objects_path(self.devices.path(device), policy)}/{partition}'

    def get(self, device, partition, account, container, obj, policy):
        """The DiskFile of a name. Raises DriveNotMounted."""
        name_hash = self.cluster.hash_path(account, container, obj)
        return DiskFile(self, device, self.partition_now(partition, name_hash, policy), policy, name_hash,
                        f'/{account}/{container}/{obj}')

    def partition_now(self, partition, name_hash, policy):
        """Where an object is, whatever partition who asks has made of its name, while the part power is changed."""
        power, following = self.part_powers(policy)
        return partition if following is None else str(increase.partition_of(name_hash, power))

    def part_powers(self, policy):
        """(part power, the next one) of a policy's ring; the latter is None unless it is being changed."""
        if self._ringless.get(policy.idx, 0) > time.monotonic():
            return None, None
        try:
            ring = self.cluster.ring('object', policy)
        except ConfigurationError:
            # What there is can be served without.
            self._ringless[policy.idx] = time.monotonic() + _RING_RETRY
            return None, None
        return ring.part_power, ring.next_part_power

    def from_hash(self, device, partition, name_hash, policy):
        """The DiskFile of a hash, its name as its files say (`name` is None until it is opened).

        Raises DriveNotMounted.
        """
        return DiskFile(self, device, partition, policy, name_hash)

    def hashes(self, device, partition, suffixes, policy, rehash=False):
        """{suffix: MD5} of a partition; those in `suffixes` are made again from the files. Raises DriveNotMounted."""
        return self.count_hashes(device, partition, suffixes, policy, rehash)[1]

    def count_hashes(self, device, partition, suffixes, policy, rehash=False):
        """(suffixes read from disk, {suffix: MD5}): as `hashes`."""
        path = self.partition_path(device, partition, policy)
        try:
            return hashes.partition_hashes(path, suffixes or (), self.reclaim_age, rehash, policy.code is not None)
        except OSError as error:
            raise device_error(error, path) from error

    def yield_hashes(self, device, partition, policy, suffixes=None):
        """Yield (hash, (ts_data, ts_meta, ts_ctype, deleted)) of the objects and tombstones of a partition."""
        path = self.partition_path(device, partition, policy)
        for suffix in sorted(suffixes if suffixes is not None else layout.listed(path)):
            if not layout.is_suffix(suffix):
                continue
            for name_hash in layout.listed(f'{path}/{suffix}'):
                if layout.is_hash(name_hash):
                    found = self.timestamps(device, partition, name_hash, policy)
                    if found is not None:
                        yield name_hash, found

    def timestamps(self, device, partition, name_hash, policy):
        """(ts_data, ts_meta, ts_ctype, deleted) of an object or tombstone, or None when there is neither.

        For what has no metadata of its own, ts_meta and ts_ctype are ts_data.
        """
        path = f'{self.partition_path(device, partition, policy)}/{name_hash[-3:]}/{name_hash}'
        chosen = layout.choose(layout.listed(path))
        base = chosen.data or chosen.tombstone
        if base is None:
            return None
        when = base.timestamp
        if chosen.tombstone:
            return when, when, when, True
        return (when, chosen.meta.timestamp if chosen.meta else when,
                chosen.content_type.content_type_timestamp if chosen.content_type else when, False)

    def quarantine(self, path):
        """Move an object's directory (`<device>/objects[-N]/<partition>/<suffix>/<hash>`) out of sight.

        Its suffix is noted as changed, so that replication brings a good copy. Returns where it is now.
        """
        suffix_path, name = os.path.split(path.rstrip('/'))
        partition_path, suffix = os.path.split(suffix_path)
        objects_path = os.path.dirname(partition_path)
        target_directory = os.path.join(os.path.dirname(objects_path), 'quarantined', os.path.basename(objects_path))
        os.makedirs(target_directory, exist_ok=True)
        target = os.path.join(target_directory, name)
        with hashes.locked(partition_path, shared=True):
            hashes.invalidate(partition_path, suffix)
            try:
                os.rename(path, target)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise
                target = f'{target}-{uuid.uuid4().hex}'
                os.rename(path, target)
        return target


class DiskFile:
    """One object on one device. `path` is its directory, `name` is `/account/container/object`.

    Of an erasure-coded one, `selection` (fragments.Selection) says which archive is meant; None: a durable one.
    """

    selection = None

    def __init__(self, manager, device, partition, policy, name_hash, name=None):
        self.manager, self.device, self.partition, self.policy = manager, device, partition, policy
        self.device_path = manager.devices.path(device)
        self.hash, self.name = name_hash, name
        self.unknown = False    # whether it was looked for, and there is not even a directory
        self.path = layout.object_path(self.device_path, policy, partition, name_hash)
        self.partition_path = f'{layout.objects_path(self.device_path, policy)}/{partition}'

    @staticmethod
    def timestamp_of(values):
        """The Timestamp of metadata."""
        return Timestamp(values['X-Timestamp'])

    def open(self, now=None, expired=False):
        """The object, Opened; the caller closes it. `now` (seconds) is when it may have expired, unless `expired`.

        Raises NotExist, Deleted, Expired, Quarantined; DriveNotMounted when the disk fails.
        """
        for attempt in range(3):
            try:
                opened = self._open()
                break
            except FileNotFoundError:
                # Replaced between listing and opening.
                if attempt == 2:
                    raise NotExist(self.path) from None
            except OSError as error:
                raise device_error(error, self.path) from error
        if not expired:
            _check_expiry(opened, time.time() if now is None else now)
        return opened

    def tombstone_metadata(self):
        """The metadata of the tombstone. Raises NotExist, Quarantined."""
        found = self._read_meta(layout.choose(self._names()).tombstone)
        if found is None:
            raise NotExist(self.path)
        return found

    def _open(self):
        chosen = layout.choose(self._names())
        if self.selection:
            chosen = self.selection.narrow(chosen)
        if chosen.tombstone:
            raise Deleted(chosen.tombstone.timestamp)
        if not chosen.data:
            raise NotExist(self.path)
        path = f'{self.path}/{chosen.data.name}'
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = self._read_metadata(fd, path)
            meta = self._read_meta(chosen.meta)
            content_type = meta if chosen.content_type == chosen.meta else self._read_meta(chosen.content_type)
            size = self._check(fd, data)
            flaw = fragments.flawed(chosen.data, data) if self.policy.code else None
            if flaw:
                raise self.quarantine(flaw)
            return Opened(self, fd, size, data, meta, content_type, chosen)
        except BaseException:
            os.close(fd)
            raise

    def _names(self):
        try:
            return os.listdir(self.path)
        except FileNotFoundError:
            self.unknown = True
            return []
        except NotADirectoryError:
            raise self.quarantine('a file where the directory of an object should be') from None

    def _read_metadata(self, fd, path):
        try:
            return metadata.read(fd, path)
        except MetadataError as error:
            raise self.quarantine(str(error)) from error

    def _read_meta(self, file):
        if file is None:
            return None
        path = f'{self.path}/{file.name}'
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return self._read_metadata(fd, path)
        finally:
            os.close(fd)

    def _check(self, fd, data):
        """The size. Raises Quarantined when file and metadata do not belong together."""
        if self.name is None:
            self.name = data.get('name')
        if data.get('name') != self.name:
            raise self.quarantine(f'this is {data.get("name")!r}, not {self.name!r}')
        if 'X-Timestamp' not in data:
            raise self.quarantine('the metadata has no X-Timestamp')
        size = os.fstat(fd).st_size
        if str(size) != data.get('Content-Length'):
            raise self.quarantine(f'{size} bytes, but Content-Length {data.get("Content-Length")}')
        return size

    def quarantine(self, reason):
        """Move the object away; returns a Quarantined to raise."""
        LOG.error('%s is quarantined: %s', self.path, reason)
        for each in (self, self.twin()):
            try:
                if each is not None:
                    self.manager.quarantine(each.path)
            except FileNotFoundError:
                LOG.info('%s is gone already', each.path)
        return Quarantined(reason)

    def create(self, size=None, digest=None):
        """A Writer of a file; `size` bytes are reserved if it is known. Raises DriveFull, DriveNotMounted."""
        return Writer(self, size, digest)

    def write_metadata(self, values, content_type_timestamp=None, update=False):
        """Write a .meta of X-Timestamp among `values`; returns its Writer, to be `told` with `update`."""
        writer = Writer(self)
        writer.commit(values, layout.META, content_type_timestamp, update)
        return writer

    def delete(self, timestamp, update=False):
        """Write a tombstone; data older than it is gone then. Returns its Writer, to be `told` with `update`."""
        writer = Writer(self)
        writer.commit({'X-Timestamp': timestamp.internal}, layout.TOMBSTONE, update=update)
        return writer

    def twin(self):
        """The DiskFile of where this will be when the part power has been increased; None when it stays here."""
        _, following = self.manager.part_powers(self.policy)
        if following is None:
            return None
        part = str(increase.partition_of(self.hash, following))
        return None if part == self.partition else DiskFile(self.manager, self.device, part, self.policy, self.hash,
                                                            self.name)

    def clean_up(self):
        """Remove the files that count no more. Tombstones stay, however old: replication must see them first."""
        return hashes.clean_up(self.path)


def _check_expiry(opened, now):
    text = opened.metadata.get('X-Delete-At')
    if text and text.isdecimal() and int(text) <= now:
        opened.close()
        raise Expired(opened.metadata, opened.data_timestamp)

