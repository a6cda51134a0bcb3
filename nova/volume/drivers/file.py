"""Volumes as raw files of the host.

    <volumes_path>/volume-<uuid>        sparse: only what was written takes room
    <volumes_path>/snapshot-<uuid>      a copy; on btrfs and xfs it shares its blocks

While one is made its name ends with .part. Servers of this host alone can have them, unless the directory is shared.
"""
import contextlib
import glob
import os
import shutil

from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError
from nova.virt import process
from nova.virt.libvirt import qemu_img
from nova.volume.driver import Driver
from nova.volume.exception import VolumeDataLost, VolumeSpaceShort

OPTS = [
    cfg.StrOpt('volumes_path', default='$state_path/volumes', help='Where the file driver keeps volumes.'),
    cfg.BoolOpt('volumes_shared', default=False,
                help='Whether volumes_path is the same directory on every compute host, on NFS say. If not, servers '
                     'of the host of a volume alone can have it.'),
    cfg.BoolOpt('volumes_sparse', default=True,
                help='Whether new volumes take only the room of what is written to them: more can be promised than '
                     'there is. If not, a new empty volume takes all of its room at once.'),
]
CONF = config.register(OPTS)

_GB = 1 << 30
_COPY_SECONDS = 3600


class FileDriver(Driver):
    """`directory` is volumes_path unless one is given."""

    def __init__(self, directory=None):
        self._directory, self._host = directory, None

    def setup(self, host):
        self._directory, self._host = self._directory or CONF.volumes_path, host
        try:
            os.makedirs(self._directory, exist_ok=True)
            # Guests open their volumes as a user of their own: others may walk through, not list.
            os.chmod(self._directory, 0o711)   # noqa: S103
        except OSError as error:
            raise ConfigError(f'volumes_path = {self._directory} cannot be used: {error}') from error
        if not CONF.volumes_shared:
            for part in glob.glob(os.path.join(glob.escape(self._directory), '*.part')):
                os.unlink(part)

    def describe(self):
        room = shutil.disk_usage(self._directory)
        return {'protocol': 'file', 'total_bytes': room.total, 'free_bytes': room.free}

    # Volumes

    def create(self, volume):
        def fill(part):
            if CONF.volumes_sparse:
                _grow(part, volume.size * _GB)
            else:
                self._check_room(volume.size * _GB)
                concurrency.in_thread(_allocate, part, volume.size * _GB)
        return self._make(volume, fill)

    def create_from_volume(self, volume, source_uuid):
        return self._make(volume, lambda part: self._copy(self._volume(source_uuid), part, volume.size))

    def create_from_snapshot(self, volume, snapshot_uuid):
        return self._make(volume, lambda part: self._copy(self._snapshot(snapshot_uuid), part, volume.size))

    def create_from_image(self, volume, path, disk_format):
        def fill(part):
            self._check_room(_used(path))
            qemu_img.convert(path, disk_format, part, 'raw')
            _grow(part, volume.size * _GB)
        return self._make(volume, fill)

    def extend(self, volume):
        path = self._volume(volume.uuid)
        self._require(path, f'volume {volume.uuid}')
        _grow(path, volume.size * _GB)

    def delete(self, volume):
        self._remove(self._volume(volume.uuid))

    def export(self, volume, path, disk_format):
        source = self._volume(volume.uuid)
        self._require(source, f'volume {volume.uuid}')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        qemu_img.convert(source, 'raw', path, disk_format, untrusted=False)

    # Snapshots

    def create_snapshot(self, snapshot_uuid, volume):
        path = self._snapshot(snapshot_uuid)
        if not os.path.exists(path):
            self._publish(path, lambda part: self._copy(self._volume(volume.uuid), part, volume.size))

    def delete_snapshot(self, snapshot_uuid):
        self._remove(self._snapshot(snapshot_uuid))

    # Files

    def _make(self, volume, fill):
        path = self._volume(volume.uuid)
        if not os.path.exists(path):
            self._publish(path, fill)
        return {'type': 'file', 'path': path, 'format': 'raw', 'host': None if CONF.volumes_shared else self._host}

    @staticmethod
    def _publish(path, fill):
        """Have a file there at once and for good, filled by fill(path of a part)."""
        part = f'{path}.part'
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        try:
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            fill(part)
            os.chmod(part, 0o600)
            concurrency.in_thread(_sync, part)
            os.rename(part, path)
            concurrency.in_thread(_sync, os.path.dirname(path))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)

    def _copy(self, source, target, size):
        self._require(source, os.path.basename(source).replace('-', ' ', 1))
        self._check_room(_used(source))
        process.run(['cp', '--sparse=always', '--reflink=auto', '--', source, target], timeout=_COPY_SECONDS)
        _grow(target, size * _GB)

    def _remove(self, path):
        for each in (path, f'{path}.part'):
            with contextlib.suppress(FileNotFoundError):
                # A large file takes its time to go.
                concurrency.in_thread(os.unlink, each)

    def _require(self, path, what):
        if not os.path.exists(path):
            raise VolumeDataLost(what=what, host=self._host, path=path)

    def _check_room(self, needed):
        free = shutil.disk_usage(self._directory).free
        if free < needed:
            raise VolumeSpaceShort(host=self._host, path=self._directory, free_mb=free >> 20,
                                   needed_mb=(needed >> 20) + 1)

    def _volume(self, uuid):
        return os.path.join(self._directory, f'volume-{uuid}')

    def _snapshot(self, uuid):
        return os.path.join(self._directory, f'snapshot-{uuid}')


def _grow(path, size):
    """Have the file at least that long; what is new reads as zeros."""
    with open(path, 'r+b') as file:
        if os.fstat(file.fileno()).st_size < size:
            file.truncate(size)


def _allocate(path, size):
    with open(path, 'r+b') as file:
        os.posix_fallocate(file.fileno(), 0, size)


def _used(path):
    return os.stat(path).st_blocks * 512


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
