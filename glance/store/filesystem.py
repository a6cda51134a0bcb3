"""Images as files in a directory, named after their ids.

A file is written under another name in `.partial/`, synced and then linked to its own: under its own name it is
whole or not there.
"""
import contextlib
import errno
import os
import urllib.parse

from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError
from glance.exception import DataNotFound, DuplicateData, StoreFull, StoreUnavailable
from glance.store.base import Store

READ = 1024 * 1024
# How often dirty pages are sent on their way, so that the final sync has little left to do.
_FLUSH = 64 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FilesystemStore(Store):
    """One directory of one file system."""

    schemes = ('file', 'filesystem')
    OPTS = (
        cfg.StrOpt('filesystem_store_datadir',
                   help='Directory of the images; made when missing. Unset: images/ below state_path.'),
        cfg.IntOpt('filesystem_store_reserve', default=64 * 1024 ** 2, min=0,
                   help='Bytes of the file system that uploads leave free.'),
        cfg.IntOpt('filesystem_store_file_perm', default=0, min=0, max=0o777,
                   help='Access mode of image files as a decimal number (416 is rw-r-----, which 0 stands for).'),
    )

    def __init__(self, name, options):
        super().__init__(name, options)
        self.datadir = os.path.abspath(options.filesystem_store_datadir
                                       or os.path.join(config.CONF.state_path, 'images'))
        self._partial = os.path.join(self.datadir, '.partial')

    def check(self):
        """Make the directories and see that they can be written to."""
        try:
            os.makedirs(self._partial, mode=0o750, exist_ok=True)
        except OSError as error:
            raise ConfigError(f'Store {self.name}: {self.datadir} cannot be made: {error.strerror}.') from error
        if not os.access(self._partial, os.W_OK | os.X_OK):
            raise ConfigError(f'Store {self.name}: {self._partial} is not writable by this user.')

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add. A file system with too little room for `size` refuses before the first byte."""
        final, partial = self._final(image_id), self._partial_path(image_id, upload_id)
        with self._explaining(image_id):
            self._check_room(size)
            try:
                with open(partial, 'xb', buffering=0) as out:
                    os.fchmod(out.fileno(), self.options.filesystem_store_file_perm or 0o640)
                    _write(out.fileno(), chunks)
                concurrency.in_thread(_publish, partial, final)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(partial)
        return 'file://' + urllib.parse.quote(final)

    def _check_room(self, size):
        usage = os.statvfs(self._partial)
        if (size or 1) > usage.f_bavail * usage.f_frsize - self.options.filesystem_store_reserve:
            raise StoreFull(store=self.name)

    @contextlib.contextmanager
    def _explaining(self, image_id):
        """Turn the system's errors into the store's."""
        try:
            yield
        except FileExistsError as error:
            raise DuplicateData(store=self.name, image_id=image_id) from error
        except OSError as error:
            # A broken connection is an OSError too; only errors that a file can have are the store's.
            if error.errno in _FULL:
                raise StoreFull(store=self.name) from error
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOENT, errno.ESTALE):
                raise StoreUnavailable(store=self.name, problem=error.strerror) from error
            raise

    def read(self, url, offset=0, length=None):
        """See Store.read."""
        try:
            source = open(self._path(url), 'rb', buffering=0)   # noqa: SIM115 - the iterator closes it
        except FileNotFoundError as error:
            raise DataNotFound(store=self.name, url=url) from error
        except OSError as error:
            raise StoreUnavailable(store=self.name, problem=error.strerror) from error
        return FileChunks(source, offset, length)

    def size(self, url):
        """See Store.size."""
        try:
            return os.stat(self._path(url)).st_size
        except FileNotFoundError as error:
            raise DataNotFound(store=self.name, url=url) from error

    def delete(self, url):
        """See Store.delete."""
        path = self._path(url)
        try:
            concurrency.in_thread(os.unlink, path)
        except FileNotFoundError as error:
            raise DataNotFound(store=self.name, url=url) from error
        except OSError as error:
            raise StoreUnavailable(store=self.name, problem=error.strerror) from error

    def abandon(self, image_id, upload_id):
        """See Store.abandon."""
        for path in (self._partial_path(image_id, upload_id), self._final(image_id)):
            with contextlib.suppress(FileNotFoundError):
                concurrency.in_thread(os.unlink, path)

    def leftovers(self):
        """See Store.leftovers."""
        for name in os.listdir(self._partial):
            image_id, dot, upload_id = name.partition('.')
            if dot:
                yield image_id, upload_id

    def discard_leftover(self, image_id, upload_id, whole=False):
        """See Store.discard_leftover. A file that has its own name is no leftover."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._partial_path(image_id, upload_id))

    def describe(self):
        """See Store.describe."""
        return {'type': 'file', 'properties': {'data_dir': self.datadir, 'chunk_size': READ}}

    def _final(self, image_id):
        return os.path.join(self.datadir, _plain(image_id))

    def _partial_path(self, image_id, upload_id):
        return os.path.join(self._partial, f'{_plain(image_id)}.{_plain(upload_id)}')

    def _path(self, url):
        """The path in `url`, which must lie in the directory: nobody reads /etc through an image."""
        parts = urllib.parse.urlsplit(url)
        path = os.path.realpath(urllib.parse.unquote(parts.path))
        if parts.scheme not in self.schemes or os.path.dirname(path) != os.path.realpath(self.datadir):
            raise DataNotFound(store=self.name, url=url)
        return path


class FileChunks:
    """Reads a file piece by piece, off the event loop."""

    def __init__(self, source, offset, length):
        self._source, self._left = source, length
        if offset:
            source.seek(offset)

    def __iter__(self):
        return self

    def __next__(self):
        wanted = READ if self._left is None else min(READ, self._left)
        data = concurrency.in_thread(self._source.read, wanted) if wanted else b''
        if not data:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self):
        """Let go of the file."""
        self._source.close()


def _plain(name):
    """`name`, which becomes part of a path: ids come from outside."""
    if not name or '/' in name or name.startswith('.'):
        raise ValueError(f'{name!r} cannot name a file')
    return name


def _write(descriptor, chunks):
    """Write `chunks`, each while the next one is being made, and send them on to the disk now and then."""
    jobs, unflushed = {}, 0

    def start(name, function, *args):
        """One job of a kind at a time, and none lost: its error is raised by the next of its kind, or the end."""
        if name in jobs:
            jobs.pop(name).wait()
        jobs[name] = concurrency.spawn(concurrency.in_thread, function, *args)

    try:
        for chunk in chunks:
            start('write', _write_all, descriptor, chunk)
            unflushed += len(chunk)
            if unflushed >= _FLUSH:
                start('flush', os.fdatasync, descriptor)
                unflushed = 0
    finally:
        _settle(jobs.values())


def _settle(jobs):
    """Wait for every job, then raise the first error: none may still use the file when it is closed."""
    errors = []
    for job in jobs:
        try:
            job.wait()
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _write_all(descriptor, chunk):
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view):]


def _publish(partial, final):
    """Make the file safe from a crash, then visible under its own name. Raises FileExistsError."""
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # link() never replaces: another image's data cannot be overwritten, whatever went wrong before.
    os.link(partial, final)
    os.unlink(partial)
    directory = os.open(os.path.dirname(final), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
