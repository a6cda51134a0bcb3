"""Data on its way out of object storage: taken up again where it broke off."""
import logging

from essex import concurrency
from essex.client.object import ObjectError
from glance.store.swift.upload import SIZE

LOG = logging.getLogger(__name__)


class Download:
    """An iterator over the data at a Location, from `offset`, `length` bytes or to the end.

    Raises ObjectError at once when there is none, later when it broke off more often than `retries`.
    """

    def __init__(self, place, name, offset, length, retries):
        self._place, self._name, self._retries = place, name, retries
        self._position, self._end, self._etag = offset, None if length is None else offset + length, None
        self._chunks = iter(())
        if self._end is None or self._end > offset:
            self._open()
        else:
            self._place.client.head(place.container, name)

    def _open(self):
        length = None if self._end is None else self._end - self._position
        part = bool(self._position) or length is not None
        try:
            headers, self._chunks = self._place.client.get(self._place.container, self._name, self._position, length)
        except ObjectError as error:
            if error.status != 416:
                raise
            # Nothing is left behind the last byte.
            self._chunks, self._end = iter(()), self._position
            return
        try:
            self._check(headers, part)
        except ObjectError:
            self.close()
            raise

    def _check(self, headers, part):
        """See that it is all there, and the same as before."""
        etag, ranged = headers.get('ETag'), headers.get('Content-Range', '')
        if part and not ranged.startswith(f'bytes {self._position}-'):
            raise ObjectError('object storage does not give parts of data')
        total = ranged.rpartition('/')[2] if ranged else headers.get('Content-Length')
        expected = headers.get(SIZE)
        if None not in (expected, total) and total != expected:
            raise ObjectError(f'it lists {total} of {expected} bytes just now')
        if self._etag not in (None, etag):
            raise ObjectError('the data has changed while it was read')
        if total is not None and total.isdigit():
            self._end = int(total) if self._end is None else min(self._end, int(total))
        self._etag = etag

    def __iter__(self):
        return self

    def __next__(self):
        while True:
            try:
                chunk = next(self._chunks, b'')
                if not chunk and self._end is not None and self._position < self._end:
                    raise ObjectError(f'the data ended after {self._position} bytes')
            except ObjectError as error:
                self._resume(error)
                continue
            if not chunk:
                self.close()
                raise StopIteration
            self._position += len(chunk)
            return chunk

    def _resume(self, error):
        self.close()
        while self._retries:
            self._retries -= 1
            LOG.warning('Object %s broke off at byte %d: %s. It is taken up again.', self._name, self._position, error)
            concurrency.sleep(0.2)
            try:
                return self._open()
            except ObjectError as again:
                error = again
        raise error

    def close(self):
        """Let go of the connection."""
        if hasattr(self._chunks, 'close'):
            self._chunks.close()
