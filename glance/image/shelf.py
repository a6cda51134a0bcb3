"""The staging directory of this node: data that waits for its import, in files named after no image.

A file is known to the database before it is there, so that one which nobody knows is nobody's.
"""
import contextlib
import logging
import os

from essex import concurrency
from glance.db import staging
from glance.exception import DataNotFound, ImageTooLarge
from glance.store.loader import STAGING

LOG = logging.getLogger(__name__)

_PIECE = 1024 * 1024


class Shelf:
    """Takes uploads as a store does; each is a file named after the upload."""

    name = STAGING

    def __init__(self, stores):
        self.store = stores.staging

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add."""
        return self.store.add(upload_id, upload_id, chunks, size)

    def delete(self, url):
        """See Store.delete."""
        self.store.delete(url)

    def abandon(self, image_id, upload_id):
        """See Store.abandon."""
        self.discard(upload_id)

    def path(self, name):
        """Where a file is."""
        return os.path.join(self.store.datadir, name)

    def open(self, name):
        """The file to read, unbuffered. Raises DataNotFound."""
        try:
            return open(self.path(name), 'rb', buffering=0)
        except FileNotFoundError as error:
            raise DataNotFound(store=self.name, url=name) from error

    def write(self, name, source, limit, beat, size=None):
        """Have a file of what `source.readinto` gives, at most `limit` bytes; returns how many."""
        self.discard(name)
        counted = _Pieces(source, limit, beat)
        self.store.add(name, name, counted, size)
        return counted.size

    def room(self):
        """The bytes that may still be written to the directory."""
        usage = os.statvfs(self.store.datadir)
        return max(0, usage.f_bavail * usage.f_frsize - self.store.options.filesystem_store_reserve)

    def half(self, name):
        """Where another program may write what becomes the file `name`."""
        return os.path.join(self.store.datadir, '.partial', f'{name}.{name}')

    def discard_half(self, name):
        """Have nothing there. Idempotent."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.half(name))

    def discard(self, name):
        """Have no such file, whole or half. Idempotent."""
        self.store.abandon(name, name)

    def sweep(self):
        """Remove the files that nobody knows; returns how many."""
        half = list(self.store.leftovers())
        whole = [name for name in os.listdir(self.store.datadir) if not name.startswith('.')]
        known = staging.known({*whole, *(name for pair in half for name in pair)}) if half or whole else ()
        done = 0
        for name in whole:
            if name not in known:
                self._remove(self.path(name), name)
                done += 1
        for pair in half:
            if not known & set(pair):
                self.store.discard_leftover(*pair)
                done += 1
        return done

    @staticmethod
    def _remove(path, name):
        LOG.info('Removing staged data %s, which no image waits for', name)
        with contextlib.suppress(FileNotFoundError):
            concurrency.in_thread(os.unlink, path)


class _Pieces:
    """The bytes of a source as an iterator that counts and bounds them."""

    def __init__(self, source, limit, beat):
        self._source, self._limit, self._beat, self.size = source, limit, beat, 0

    def __iter__(self):
        while True:
            # New memory each time: the one who writes it still has the last piece.
            buffer = bytearray(_PIECE)
            count = self._source.readinto(memoryview(buffer))
            if not count:
                return
            self.size += count
            if self.size > self._limit:
                raise ImageTooLarge(limit=self._limit)
            self._beat()
            yield memoryview(buffer)[:count]
