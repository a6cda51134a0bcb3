"""Sending an object from disk: while one piece goes to the network, a thread of the device reads the next."""

# Bytes checked in one go, at most: between one and the next a thread waits for ours, which sends meanwhile. The first
# is a piece alone, so that sending begins soon; the last are small again: nothing is checked beside their sending.
_AHEAD = 4 << 20


class Body:
    """Iterates over the bytes of an Opened, or of [(start, end)] of it; reads `piece` bytes at a time.

    With `multipart` (ranges.Multipart) each range is framed. What turns out to be broken ends the iteration early, so
    that the client sees an answer too short for its Content-Length. Closes the object.
    """

    def __init__(self, opened, pool, piece, resolved=None, multipart=None, keep_cache=True):
        self._opened, self._pool, self._piece, self._keep_cache = opened, pool, piece, keep_cache
        self._resolved, self._multipart = resolved or [(0, opened.size)], multipart
        self._ahead = None

    def __iter__(self):
        try:
            if self._multipart is None:
                (start, end), = self._resolved
                yield from self._range(start, end)
                return
            for head, (start, end) in zip(self._multipart.heads, self._resolved, strict=True):
                yield head
                yield from self._range(start, end)
                yield b'\r\n'
            yield self._multipart.tail
        finally:
            self.close()

    def _range(self, start, end):
        left = end - start
        if start != self._opened.place:
            self._pool.run(self._opened.seek, start)
        self._read_ahead(left)
        while left:
            data = self._ahead.wait()
            left -= len(data)
            if not data:
                raise OSError(f'{self._opened.diskfile.path}: the file ended early')
            self._read_ahead(left)
            yield data

    def _read_ahead(self, left):
        self._ahead = self._pool.submit(self._opened.read, min(left, self._piece)) if left else None

    def close(self):
        """Close the object, in a thread of its device."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self._pool.post(_close, opened, self._keep_cache)


class Sendable(Body):
    """The bytes of one range: what was checked may go from the file to the connection (see essex.http_protocol)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._buffer, self._left, self._checked = None, 0, 0

    def send_next(self, send):
        """Send of the next piece, which is sent once it is checked; meanwhile the one after it is checked."""
        if self._buffer is None:
            (start, end), = self._resolved
            self._buffer, self._left = memoryview(bytearray(min(self._piece, end - start))), end - start
            if start != self._opened.place:
                self._pool.run(self._opened.seek, start)
            self._check_ahead(self._piece)
        if not self._checked:
            self._checked = self._ahead.wait()
            self._left -= self._checked
            self._check_ahead(min(self._left // 4, _AHEAD))
        count = send(self._opened, self._checked, cached=True)
        self._checked -= count
        return count

    def _check_ahead(self, count):
        if self._left:
            self._ahead = self._pool.submit(self._opened.check, self._buffer, min(self._left, max(count, self._piece)))


def _close(opened, keep_cache):
    if not keep_cache:
        opened.drop_cache()
    opened.close()

