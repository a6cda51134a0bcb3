"""Bringing a file of an object into being: whole, durable, under its name; or not at all.

A file is written under a name in the device's `tmp`, synced, and then *linked* into the object's directory, which is
synced too. Its first name stays, and its writer holds an flock on it, until the container listing knows of the change
(or a pending update is on disk). Whatever dies in between, the first name tells:

- one name left, no lock: never committed. Nobody could read it; it is removed.
- two names, no lock: committed, but perhaps never told. `leftovers.tell` makes a pending update of it.

So neither kill -9 nor a loss of power between commit and update can make a listing disagree for good, without one more
write or sync than a rename would need: the journal keeps the order of both names, and removing the first is a rename's
other half.
"""
import errno
import fcntl
import hashlib
import os
import random

from essex import concurrency, failpoint
from swift import erasure
from swift.exceptions import DriveFull, DriveNotMounted
from swift.obj import async_pending, hashes, increase, layout, metadata

_allocate_lock = concurrency.original('threading').Lock
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_UNUSABLE = (errno.EROFS, errno.EIO, errno.ENOTSUP, errno.ENODEV, errno.ENXIO, errno.EUCLEAN)
_BEGIN = 4 << 20    # bytes; so much goes to disk at a time
_RESERVED = 65536   # bytes; smaller files are written at once anyway


def device_error(error, path):
    """What an OSError says of a device: DriveFull or DriveNotMounted, else the error itself."""
    if error.errno in _NO_ROOM:
        return DriveFull(path)
    if error.errno in _UNUSABLE or error.errno in (errno.EACCES, errno.EPERM):
        return DriveNotMounted(f'{path}: {error.strerror}')
    return error


class Writer:
    """A file of an object on its way. Made by DiskFile.create; everything here blocks.

    `write` any number of times, then `commit`; then `told` when the listing knows. `discard` at any time before the
    commit, and harmless after it. `size` and `etag` (MD5 in hex) are of what was written so far; `digest` has update()
    and hexdigest() as an MD5 has.
    """

    def __init__(self, diskfile, size=None, digest=None):
        self.diskfile = diskfile
        self.size = 0
        self.digest = digest or hashlib.md5(usedforsecurity=False)
        self._synced = self._begun = 0
        # A green thread that is killed leaves its call running in the pool: two must not meet here.
        self._lock = _allocate_lock()
        manager = diskfile.manager
        directory = os.path.join(diskfile.device_path, diskfile.policy.suffixed('tmp'))
        # Opened exclusively: a name need not be a secret, only new.
        self._temporary = f'{directory}/{diskfile.partition}.{diskfile.hash}.{random.getrandbits(128):032x}'
        self._fd = None
        try:
            self._fd = _create(self._temporary, directory, diskfile.device_path)
            # Nobody else can hold it yet.
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if size is not None and size >= _RESERVED:
                manager.devices.check_room(diskfile.device_path, size)
                if not manager.disable_fallocate:
                    os.posix_fallocate(self._fd, 0, size)
        except OSError as error:
            self.discard()
            raise device_error(error, diskfile.device_path) from error
        except BaseException:
            self.discard()
            raise

    @property
    def etag(self):
        """MD5 of what was written, in hex."""
        return self.digest.hexdigest()

    def write(self, *pieces):
        """Append. Raises DriveFull, DriveNotMounted."""
        with self._lock:
            for data in pieces:
                self._write(data)

    def _write(self, data):
        self.digest.update(data)
        self.size += len(data)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._fd, left):]
            if self.size - self._begun >= _BEGIN:
                # Starts writing to disk without waiting for it: the sync at the end finds little left to do.
                os.posix_fadvise(self._fd, self._begun, self.size - self._begun, os.POSIX_FADV_DONTNEED)
                self._begun = self.size
            if self.size - self._synced >= self.diskfile.manager.bytes_per_sync:
                self._sync_part()
        except OSError as error:
            raise device_error(error, self.diskfile.path) from error

    def _sync_part(self):
        """Large files go to disk as they come, and out of the cache that others need."""
        os.fdatasync(self._fd)
        os.posix_fadvise(self._fd, self._synced, self.size - self._synced, os.POSIX_FADV_DONTNEED)
        self._synced = self.size

    def commit(self, values, extension=layout.DATA, content_type_timestamp=None, update=False, durable=True):
        """Give the file its metadata and its name; durable when this returns, and older files are gone.

        values: the metadata, X-Timestamp among them. With `update` the first name stays until `told`. A fragment
        archive that is not `durable` yet is followed by fragments.make_durable. Raises DriveFull, DriveNotMounted;
        then nothing has changed.
        """
        with self._lock:
            try:
                self._commit(values, self._name(values, extension, content_type_timestamp, durable))
            except OSError as error:
                self._close()
                raise device_error(error, self.diskfile.path) from error
            except BaseException:
                self._close()
                raise
            if not update:
                self._close()

    def _name(self, values, extension, content_type_timestamp, durable):
        when = self.diskfile.timestamp_of(values)
        if extension == layout.DATA and self.diskfile.policy.code:
            return layout.fragment_name(when, values[erasure.INDEX], durable)
        return layout.file_name(when, extension, content_type_timestamp)

    def _commit(self, values, name):
        rest = metadata.write(self._fd, {'name': self.diskfile.name, **values})
        failpoint.reach('object.sync.before')
        os.fsync(self._fd)
        failpoint.reach('object.link.before')
        diskfile = self.diskfile
        with hashes.locked(diskfile.partition_path, shared=True):
            hashes.invalidate(diskfile.partition_path, diskfile.hash[-3:])
            linked_into = self._link(name, rest)
            async_pending.sync_directory(diskfile.path)
            if not diskfile.manager.ordered(diskfile.device_path):
                for directory in dict.fromkeys(linked_into):
                    async_pending.sync_directory(directory)
            failpoint.reach('object.link.after')
            if not linked_into:
                diskfile.clean_up()
        increase.follow(diskfile)

    def _link(self, name, rest):
        """Returns the directories that got a new entry: some when nothing was known of the object, here or before."""
        directory, made = self.diskfile.path, []
        if self.diskfile.unknown:
            # From the top: both are nearly always missing, and asking first would be two calls more.
            for each in (os.path.dirname(directory), directory):
                made += async_pending.make_directories(each, self.diskfile.device_path)
        while True:
            try:
                if rest is not None:
                    self._write_sidecar(f'{directory}/{name}', rest)
                os.link(self._temporary, f'{directory}/{name}')
                return made
            except FileNotFoundError:
                # Also when the last object of a suffix was just reclaimed.
                made += async_pending.make_directories(directory, self.diskfile.device_path)
            except FileExistsError:
                # The same change, arrived by another way: what is there is as good.
                return made

    def _write_sidecar(self, path, data):
        temporary = f'{self._temporary}.xattr'
        with open(temporary, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, metadata.sidecar(path))

    def told(self):
        """The listing knows, or a pending update is on disk: forget the first name."""
        self.discard()

    def abandon(self):
        """Leave the first name to the sweep of leftovers."""
        with self._lock:
            fd, self._fd = self._fd, None
            if fd is not None:
                os.close(fd)

    def discard(self):
        """Forget what was not committed."""
        with self._lock:
            self._close()

    def _close(self):
        fd, self._fd = self._fd, None
        if fd is None:
            return
        try:
            os.unlink(self._temporary)
        except OSError as error:
            # The sweep of leftovers finds it.
            if error.errno not in (errno.ENOENT, *_UNUSABLE):
                raise
        finally:
            os.close(fd)


def _create(path, directory, device_path):
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        async_pending.make_directories(directory, device_path)
        return os.open(path, flags, 0o644)
