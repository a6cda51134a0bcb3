"""Data on its way to a reader, and into the cache beside it."""
import hashlib
import logging
import os

from essex import concurrency
from glance.cache.files import INCOMPLETE

LOG = logging.getLogger(__name__)


class Tee:
    """An iterator over `chunks` that leaves a copy in the cache, if all of them pass and are what they should be.

    `file` is open and locked. When the copy fails the reader goes on; when the reader does not go on, or the data
    breaks off, nothing is left.
    """

    def __init__(self, cache, image, chunks, file):
        self._cache, self._image, self._chunks, self._file = cache, image, chunks, file
        self._size, self._jobs = 0, ()
        algorithm, self._expected = _known_hash(image)
        self._hash = hashlib.new(algorithm, usedforsecurity=False)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._finish()
            raise
        except BaseException:
            self._give_up()
            raise
        self._put(chunk)
        return chunk

    def _put(self, chunk):
        if self._file is None:
            return
        try:
            # Written and hashed while the reader takes it.
            self._wait()
            self._size += len(chunk)
            self._jobs = [concurrency.spawn(concurrency.in_thread, function, chunk)
                          for function in (self._write, self._hash.update)]
        except OSError as error:
            self._fail(error)

    def _write(self, chunk):
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._file.fileno(), view):]

    def _wait(self):
        jobs, self._jobs = self._jobs, ()
        for job in jobs:
            job.wait()

    def _finish(self):
        if self._file is None:
            return
        try:
            self._wait()
            if self._size != (self._image.size if self._image.size is not None else self._size):
                raise OSError(f'{self._size} bytes came instead of {self._image.size}')
            if self._expected is not None and self._hash.hexdigest() != self._expected:
                raise OSError(f'its {self._hash.name} is {self._hash.hexdigest()} instead of {self._expected}')
            concurrency.in_thread(os.fdatasync, self._file.fileno())
            self._cache.keep(self._image, self._size, self._expected)
        except Exception as error:
            self._fail(error)
        else:
            self._close()

    def _fail(self, error):
        """The copy is not what it should be: put it aside. The reader goes on."""
        LOG.error('Image %s is not cached: %s', self._image.id, error)
        self._cache.spoil(self._image.id, INCOMPLETE)
        self._close()

    def _give_up(self):
        """Leave nothing."""
        if self._file is None:
            return
        try:
            self._wait()
            self._cache.files.remove(self._image.id, INCOMPLETE)
        except OSError:
            LOG.exception('What was cached of image %s stays until it is cleaned away', self._image.id)
        self._close()

    def _close(self):
        self._file.close()
        self._file = None

    def close(self):
        """Let go of both ends."""
        self._give_up()
        self._chunks.close()


def _known_hash(image):
    """(algorithm, hash) of the image's data; the hash is None where none is known."""
    if image.checksum:
        return 'md5', image.checksum
    return image.os_hash_algo or 'md5', image.os_hash_value
