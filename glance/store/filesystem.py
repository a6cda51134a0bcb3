"""Images as files in one directory or several, named after their ids.

A file is written under another name in `.partial/` of its directory, synced and then linked to its own: under its own
name it is whole or not there.
"""
import collections
import contextlib
import errno
import json
import os
import urllib.parse

from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError
from glance.exception import DataNotFound, DuplicateData, StoreFull, StoreUnavailable
from glance.store.base import HOLD, Store

READ = 1024 * 1024
# The most that is sent at once from a file to a client: as much as the socket takes, if it is less.
_SEND = 64 * 1024 * 1024
# How often dirty pages are sent on their way, so that the final sync has little left to do.
_FLUSH = 32 * 1024 * 1024
_WRITING = concurrency.ThreadPool(16, 'image files')
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


# What is left out of a file written thinly, in runs of so many bytes.
_HOLE = bytes(64 * 1024)


class FilesystemStore(Store):
    """One directory, or several with priorities: of those with room the one with the highest takes an image."""

    schemes = ('file', 'filesystem')
    OPTS = (
        cfg.StrOpt('filesystem_store_datadir',
                   help='Directory of the images; made when missing. Unset: images/ below state_path.'),
        cfg.MultiStrOpt('filesystem_store_datadirs', default=[],
                        help='Several directories instead, each as path or path:priority; given several times.'),
        cfg.StrOpt('filesystem_store_metadata_file',
                   help='A JSON file that says what users with direct access to the directories may know: an object '
                        'with id and mountpoint, or a list of them. It becomes the metadata of locations.'),
        cfg.IntOpt('filesystem_store_chunk_size', default=READ, min=1, help='Bytes that are read at a time.'),
        cfg.BoolOpt('filesystem_thin_provisioning', default=False,
                    help='Leave runs of zeros out of the files: they take no room.'),
        cfg.IntOpt('filesystem_store_reserve', default=64 * 1024 ** 2, min=0,
                   help='Bytes of the file system that uploads leave free.'),
        cfg.IntOpt('filesystem_store_file_perm', default=0, min=0, max=0o777,
                   help='Access mode of image files as a decimal number (416 is rw-r-----, which 0 stands for).'),
    )

    def __init__(self, name, options):
        super().__init__(name, options)
        # Path to priority, the preferred ones first.
        self._priorities = self._directories()
        self.datadir = next(iter(self._priorities))
        self._mounts = {}

    def _directories(self):
        options = self.options
        if options.filesystem_store_datadirs and options.filesystem_store_datadir:
            raise ConfigError(f'Store {self.name}: give filesystem_store_datadir or filesystem_store_datadirs, not '
                              'both.')
        found = {}
        for text in options.filesystem_store_datadirs:
            path, colon, priority = text.strip().rpartition(':')
            if not colon or not priority.strip().isdigit():
                path, priority = text.strip(), '0'
            if not path or os.path.abspath(path) in found:
                raise ConfigError(f'Store {self.name}: filesystem_store_datadirs has {text!r} twice, or it is no path.')
            found[os.path.abspath(path)] = int(priority)
        one = options.filesystem_store_datadir or os.path.join(config.CONF.state_path, 'images')
        return dict(sorted(found.items(), key=lambda item: -item[1])) or {os.path.abspath(one): 0}

    def check(self):
        """Make the directories and see that they can be written to."""
        for datadir in self._priorities:
            partial = _partial_of(datadir)
            try:
                os.makedirs(partial, mode=0o750, exist_ok=True)
            except OSError as error:
                raise ConfigError(f'Store {self.name}: {datadir} cannot be made: {error.strerror}.') from error
            if not os.access(partial, os.W_OK | os.X_OK):
                raise ConfigError(f'Store {self.name}: {partial} is not writable by this user.')
        self._mounts = self._metadata_file()

    def _metadata_file(self):
        path = self.options.filesystem_store_metadata_file
        if not path:
            return {}
        try:
            with open(path, encoding='utf-8') as file:
                entries = json.load(file)
            entries = entries if isinstance(entries, list) else [entries]
            return {os.path.abspath(entry['mountpoint']): {**entry, 'id': str(entry['id'])} for entry in entries}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f'Store {self.name}: {path} is no object with id and mountpoint, and no list of such: '
                              f'{type(error).__name__}.') from error

    def capacity(self):
        """See Store.capacity. Directories of one file system count once."""
        usages = {os.stat(path).st_dev: os.statvfs(path) for path in self._priorities}.values()
        return (sum(usage.f_blocks * usage.f_frsize for usage in usages),
                sum(usage.f_bavail * usage.f_frsize for usage in usages))

    def metadata(self, url):
        """See Store.metadata."""
        directory = os.path.dirname(urllib.parse.unquote(urllib.parse.urlsplit(url).path))
        for mountpoint, entry in self._mounts.items():
            if os.path.commonpath([mountpoint, directory]) == mountpoint:
                return entry
        return None

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add. A file system with too little room for `size` refuses before the first byte."""
        with self._explaining(image_id):
            if any(os.path.exists(path) for path in self._finals(image_id)):
                raise FileExistsError
            datadir = self._with_room(size)
            final, partial = os.path.join(datadir, _plain(image_id)), _partial_path(datadir, image_id, upload_id)
            try:
                with open(partial, 'xb', buffering=0) as out:
                    os.fchmod(out.fileno(), self.options.filesystem_store_file_perm or 0o640)
                    _write(out, chunks, self.options.filesystem_thin_provisioning)
                concurrency.in_thread(_publish, partial, final)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(partial)
        return 'file://' + urllib.parse.quote(final)

    def _with_room(self, size):
        """The directory for new data: of those with room the preferred one, of equal ones the emptiest."""
        best = None
        for datadir, priority in self._priorities.items():
            usage = os.statvfs(_partial_of(datadir))
            free = usage.f_bavail * usage.f_frsize - self.options.filesystem_store_reserve
            if (size or 1) <= free and (best is None or (priority, free) > best[:2]):
                best = (priority, free, datadir)
        if best is None:
            raise StoreFull(store=self.name)
        return best[2]

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
        return FileChunks(source, offset, length, self.options.filesystem_store_chunk_size)

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
        partials = [_partial_path(datadir, image_id, upload_id) for datadir in self._priorities]
        for path in (*partials, *self._finals(image_id)):
            with contextlib.suppress(FileNotFoundError):
                concurrency.in_thread(os.unlink, path)

    def leftovers(self):
        """See Store.leftovers."""
        for datadir in self._priorities:
            for name in os.listdir(_partial_of(datadir)):
                image_id, dot, upload_id = name.partition('.')
                if dot:
                    yield image_id, upload_id

    def discard_leftover(self, image_id, upload_id, whole=False):
        """See Store.discard_leftover. A file that has its own name is no leftover."""
        for datadir in self._priorities:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_partial_path(datadir, image_id, upload_id))

    def describe(self):
        """See Store.describe."""
        return {'type': 'file', 'properties': {'data_dir': ','.join(self._priorities),
                                               'chunk_size': self.options.filesystem_store_chunk_size,
                                               'thin_provisioning': self.options.filesystem_thin_provisioning}}

    def _finals(self, image_id):
        return [os.path.join(datadir, _plain(image_id)) for datadir in self._priorities]

    def keeps(self, url):
        try:
            return bool(self._path(url))
        except DataNotFound:
            return False

    def _path(self, url):
        """The path in `url`, which must lie in a directory of ours: nobody reads /etc through an image."""
        parts = urllib.parse.urlsplit(url)
        path = os.path.realpath(urllib.parse.unquote(parts.path))
        if parts.scheme not in self.schemes or os.path.dirname(path) not in map(os.path.realpath, self._priorities):
            raise DataNotFound(store=self.name, url=url)
        return path


class FileChunks:
    """Reads a file piece by piece, off the event loop."""

    def __init__(self, source, offset, length, size=READ):
        self._source, self._left, self._size = source, length, size
        if offset:
            source.seek(offset)

    def __iter__(self):
        return self

    def __next__(self):
        wanted = self._size if self._left is None else min(self._size, self._left)
        data = concurrency.in_thread(self._source.read, wanted) if wanted else b''
        if not data:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(data)
        return data

    def send_next(self, send):
        """See essex.http_protocol: the kernel sends the next piece, from where reading would go on."""
        wanted = _SEND if self._left is None else min(_SEND, self._left)
        count = send(self._source, wanted) if wanted else 0
        if self._left is not None:
            self._left -= count
        return count

    def close(self):
        """Let go of the file."""
        self._source.close()


def _partial_of(datadir):
    return os.path.join(datadir, '.partial')


def _partial_path(datadir, image_id, upload_id):
    return os.path.join(_partial_of(datadir), f'{_plain(image_id)}.{_plain(upload_id)}')


def _plain(name):
    """`name`, which becomes part of a path: ids come from outside."""
    if not name or '/' in name or name.startswith('.'):
        raise ValueError(f'{name!r} cannot name a file')
    return name


def _write(out, chunks, thin=False):
    """Write `chunks`, some of them behind the one that is being made, and send them on to the disk now and then."""
    write, flush = concurrency.Lane(_WRITING), concurrency.Lane(_WRITING)
    one, jobs, unflushed = _write_thinly if thin else _write_all, collections.deque(), 0
    try:
        for chunk in chunks:
            if len(jobs) >= HOLD:
                jobs.popleft().wait()
            jobs.append(write.submit(one, out, chunk))
            unflushed += len(chunk)
            if unflushed >= _FLUSH:
                jobs.append(flush.submit(_flush, out))
                unflushed = 0
    finally:
        _settle(jobs)
    if thin:
        # Zeros at the end are a hole as well.
        out.truncate()


def _flush(out):
    os.fdatasync(out.fileno())


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


def _write_all(out, chunk):
    view = memoryview(chunk)
    while view:
        view = view[os.write(out.fileno(), view):]


def _write_thinly(out, chunk):
    view = memoryview(chunk)
    for start in range(0, len(view), len(_HOLE)):
        block = view[start:start + len(_HOLE)]
        if bytes(block) == _HOLE[:len(block)]:
            out.seek(len(block), os.SEEK_CUR)
        else:
            _write_all(out, block)


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
