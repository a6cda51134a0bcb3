"""The cache of images on a compute host: each is downloaded, examined and made ready once, then shared by all guests.

_base/<sha1 of the image id>        the image, raw or qcow2 (a kernel or ramdisk: as it came)
_base/<sha1 of the image id>.json   what it is: written last, so an entry without it does not exist
_base/<sha1>.part-*                 what a download or conversion is writing

Guests hold hard links to what they use: an entry with one link is used by nobody, and removing an entry takes
nothing from a guest.
"""
import contextlib
import dataclasses
import fcntl
import glob
import hashlib
import json
import logging
import os
import shutil
import time
import uuid

from essex import concurrency
from nova.virt import exception, formats
from nova.virt.libvirt import qemu_img
from nova.virt.libvirt.options import CONF

LOG = logging.getLogger(__name__)

# A kernel or ramdisk is loaded into memory whole.
_MAX_BOOT_FILE = 1 << 30


@dataclasses.dataclass(frozen=True)
class Base:
    """An image that is ready. `format` is what the file is now; `iso` says that it is to be a CD-ROM."""

    path: str
    format: str
    virtual_size: int
    iso: bool = False


class ImageCache:
    """The images below `directory`."""

    def __init__(self, directory, host):
        self._directory = directory
        self._host = host
        self._locks = {}

    def get(self, image_id):
        """The Base of an image, or None when it is not ready."""
        path = self._path(image_id)
        try:
            with open(f'{path}.json') as file:
                record = json.load(file)
            os.utime(path)
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return Base(path=path, format=record['format'], virtual_size=record['virtual_size'], iso=record['iso'])

    def prepare(self, image_id, fetch, disk_format=None, maximum=0, boot_file=False):
        """Have the image ready, and return its Base.

        fetch(image_id, path) downloads. `maximum`: bytes the disk may have, 0 for any. A `boot_file` (kernel,
        ramdisk) is not looked at. Raises ImageUnacceptable, DiskTooSmall, InsufficientDisk.
        """
        with self._locked(image_id):
            base = self.get(image_id)
            if base is None:
                base = self._make(image_id, fetch, disk_format, maximum, boot_file)
            self._check_size(image_id, base, maximum)
            return base

    def clean(self):
        """Remove what interrupted downloads left; for the start, when none is under way."""
        for path in glob.glob(os.path.join(glob.escape(self._directory), '*.part-*')):
            image = os.path.basename(path).split('.part-')[0]
            with contextlib.suppress(BlockingIOError), self._flock(image):
                os.unlink(path)

    def remove_unused(self, minimum_age):
        """Remove images that no guest uses and that nobody asked for in `minimum_age` seconds; returns how many."""
        removed = 0
        for record in glob.glob(os.path.join(glob.escape(self._directory), '*.json')):
            path = record.removesuffix('.json')
            with contextlib.suppress(FileNotFoundError, BlockingIOError), self._flock(os.path.basename(path)):
                found = os.stat(path)
                if found.st_nlink == 1 and time.time() - found.st_mtime > minimum_age:
                    os.unlink(record)
                    os.unlink(path)
                    removed += 1
        return removed

    # Making one

    def _make(self, image_id, fetch, disk_format, maximum, boot_file):
        path = self._path(image_id)
        self._remove_parts(path)
        part = f'{path}.part-{uuid.uuid4().hex}'
        try:
            fetch(image_id, part)
            examine = self._boot_file if boot_file else self._disk
            base = examine(image_id, part, disk_format, maximum)
            self._publish(base, path)
        finally:
            self._remove_parts(path)
        return dataclasses.replace(base, path=path)

    def _boot_file(self, image_id, part, disk_format, maximum):
        size = os.path.getsize(part)
        if not 0 < size <= _MAX_BOOT_FILE:
            raise exception.ImageUnacceptable(image_id=image_id, reason=f'a kernel or ramdisk of {size} bytes')
        return Base(path=part, format='raw', virtual_size=size)

    def _disk(self, image_id, part, disk_format, maximum):
        try:
            found = concurrency.in_thread(formats.inspect, part, disk_format)
            size = self._ask_qemu(image_id, part, found)
        except formats.Unsafe as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason=str(error)) from error
        base = Base(path=part, format=found.qemu_name, virtual_size=size, iso=found.name == 'iso')
        self._check_size(image_id, base, maximum)
        keep = ('raw',) if CONF.force_raw_images else ('raw', 'qcow2')
        return base if base.format in keep else self._convert(image_id, base)

    def _ask_qemu(self, image_id, part, found):
        """The virtual size as the program that will open the image understands it, and its own word on other files."""
        try:
            described = qemu_img.info(part, found.qemu_name)
        except exception.ProcessFailed as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason=f'it cannot be read as {found.name}: '
                                                                        f'{error}') from error
        details = described.get('format-specific', {}).get('data', {})
        if described.get('backing-filename') or details.get('data-file'):
            raise formats.Unsafe('it names another file')
        if described.get('encrypted'):
            raise formats.Unsafe('it is encrypted')
        return described['virtual-size']

    def _convert(self, image_id, base):
        target_format = 'raw' if CONF.force_raw_images else 'qcow2'
        target = f'{base.path}-{target_format}'
        self._check_space(os.path.getsize(base.path))
        try:
            qemu_img.convert(base.path, base.format, target, target_format)
        except exception.ProcessFailed as error:
            raise exception.ImageUnacceptable(image_id=image_id, reason=f'its conversion to {target_format} failed: '
                                                                        f'{error}') from error
        return dataclasses.replace(base, path=target, format=target_format)

    def _publish(self, base, path):
        """Make it appear at once and stay, whatever happens to the machine afterwards."""
        os.chmod(base.path, 0o644)
        concurrency.in_thread(_sync, base.path)
        os.replace(base.path, path)
        record = f'{path}.part-{uuid.uuid4().hex}'
        with open(record, 'w') as file:
            json.dump({'format': base.format, 'virtual_size': base.virtual_size, 'iso': base.iso}, file)
        concurrency.in_thread(_sync, record)
        os.replace(record, f'{path}.json')
        concurrency.in_thread(_sync, self._directory)

    # Checks

    @staticmethod
    def _check_size(image_id, base, maximum):
        if maximum and not base.iso and base.virtual_size > maximum:
            raise exception.DiskTooSmall(image_id=image_id, needed_bytes=base.virtual_size, disk_bytes=maximum)

    def _check_space(self, needed):
        free = shutil.disk_usage(self._directory).free
        if free < needed:
            raise exception.InsufficientDisk(host=self._host, path=self._directory, free_mb=free >> 20,
                                             needed_mb=(needed >> 20) + 1)

    # Places and locks

    def _path(self, image_id):
        return os.path.join(self._directory, hashlib.sha1(image_id.encode(), usedforsecurity=False).hexdigest())

    @staticmethod
    def _remove_parts(path):
        for part in glob.glob(f'{glob.escape(path)}.part-*'):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)

    @contextlib.contextmanager
    def _locked(self, image_id):
        """One at a time, in this process and among all of this directory."""
        name = os.path.basename(self._path(image_id))
        with self._locks.setdefault(name, concurrency.Semaphore(1)):
            while True:
                with contextlib.ExitStack() as stack:
                    try:
                        stack.enter_context(self._flock(name))
                    except BlockingIOError:
                        concurrency.sleep(0.2)
                        continue
                    yield
                    return

    @contextlib.contextmanager
    def _flock(self, name):
        """Hold the lock of one image; BlockingIOError when another process has it."""
        os.makedirs(os.path.join(self._directory, 'locks'), exist_ok=True)
        with open(os.path.join(self._directory, 'locks', name), 'a') as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
