"""The chunks of an upload, cut as they are asked for."""
import hashlib

from essex import concurrency


class Feed:
    """Takes the iterator `chunks`, each of which holds until the next but one is taken.

    It is always one chunk ahead, so the last one leaves only after the source has ended well: a source that fails
    behind its last byte would otherwise fail an object that is whole already.
    `error` is what the source raised, for callers whose HTTP library has made something else of it.
    """

    def __init__(self, chunks):
        self._chunks, self._rest = iter(chunks), memoryview(b'')
        self.error, self.size = None, 0
        self._next = self._pull()

    def _pull(self):
        """The next chunk, None at the end."""
        try:
            return next(self._chunks, None)
        except BaseException as error:
            self.error = error
            raise

    @property
    def ended(self):
        """Whether everything has been taken."""
        return self.error is None and not len(self._rest) and not (self._next is not None and len(self._next))

    def more(self):
        """Whether there is anything left. What was taken before holds no longer."""
        while not len(self._rest) and self._next is not None:
            self._rest = memoryview(self._next)
            self._next = self._pull()
        return len(self._rest) > 0

    def take(self, limit):
        """Up to `limit` bytes, b'' at the end; they hold until the next call."""
        if not self.more():
            return b''
        piece, self._rest = self._rest[:limit], self._rest[limit:]
        self.size += len(piece)
        return piece


class Part:
    """An iterator over at most `limit` bytes of a Feed. When it is through, `md5` is that of what passed."""

    def __init__(self, feed, limit):
        self._feed, self._left = feed, limit
        self._md5 = hashlib.md5(usedforsecurity=False)

    def __iter__(self):
        while self._left and (piece := self._feed.take(self._left)):
            self._left -= len(piece)
            # Hashed while it is sent.
            hashing = concurrency.spawn(concurrency.in_thread, self._md5.update, piece)
            try:
                yield piece
            finally:
                hashing.wait()

    @property
    def md5(self):
        """Hexadecimal."""
        return self._md5.hexdigest()
