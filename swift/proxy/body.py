"""The body of an answer on its way to the client: goes on from another replica when a node breaks off."""
import logging
import re

from swift import ranges
from swift.exceptions import BackendError
from swift.proxy.errors import refuse

LOG = logging.getLogger(__name__)
_RANGE = re.compile(r'bytes (\d+)-(\d+)/(\d+)')
_HEAD_LIMIT = 65536


class Plain:
    """A body nobody can go on with: listings."""

    def __init__(self, response, chunk):
        self._response, self._chunk = response, chunk

    def __iter__(self):
        try:
            while piece := self._response.read(self._chunk):
                yield piece
        finally:
            self.close()

    def close(self):
        """Break off."""
        self._response.close()


class Resumable:
    """Bytes of one or several ranges. another([(start, stop)]) gives a Response that holds them, or None.

    `wanted` are half-open ranges; `multipart` a swift.ranges.Multipart that puts them together, for several.
    """

    def __init__(self, feed, wanted, chunk, another, multipart=None):
        self._feed, self._wanted, self._chunk = feed, wanted, chunk
        self._another, self._multipart = another, multipart

    def __iter__(self):
        try:
            parts = map(self._part, range(len(self._wanted)))
            yield from self._multipart.body(parts) if self._multipart else next(parts)
            self._feed.finish()
        finally:
            self.close()

    def _part(self, index):
        position, stop = self._wanted[index]
        while position < stop:
            try:
                piece = self._feed.read(position, min(self._chunk, stop - position))
            except BackendError as error:
                self._go_on(error, [(position, stop), *self._wanted[index + 1:]])
                continue
            position += len(piece)
            yield piece

    def _go_on(self, error, left):
        LOG.warning('%s; going on with another replica from byte %d', error, left[0][0])
        self._feed.close()
        response = self._another(left)
        if response is None:
            raise error
        self._feed = Feed(response)

    def close(self):
        """Break off."""
        self._feed.close()


class Feed:
    """The data of a 200 or 206 answer, with or without parts around it."""

    def __init__(self, response):
        self.response = response
        self._multipart = response.headers.get('content-type', '').startswith('multipart/byteranges')
        self._buffer, self._left = b'', 0
        self.content_type = self.size = None
        if not self._multipart:
            start, stop = span(response)
            self._left = stop - start

    def read(self, position, count):
        """Up to `count` bytes, at least one, of those at `position`. Raises BackendError."""
        if self._left == 0 and self._multipart:
            self.begin(position)
        piece = self._take(min(count, self._left or count))
        if not piece:
            raise BackendError(self.response.node, 'reading data', 'the body ended early')
        self._left -= len(piece)
        return piece

    def begin(self, position=None):
        """Read a part's head, that of the bytes from `position`."""
        headers = {}
        while line := self._line(bool(headers)):
            name, _, value = line.decode('latin-1').partition(':')
            headers[name.strip().lower()] = value.strip()
        match = _RANGE.fullmatch(headers.get('content-range', ''))
        if not match or position is not None and int(match[1]) != position:
            raise BackendError(self.response.node, 'reading data', 'not the ranges that were asked for')
        self._left = int(match[2]) + 1 - int(match[1])
        self.content_type, self.size = headers.get('content-type', ''), int(match[3])

    def _line(self, within_head):
        while True:
            end = self._buffer.find(b'\r\n')
            if end < 0:
                piece = self.response.read(_HEAD_LIMIT)
                if not piece or len(self._buffer) > _HEAD_LIMIT:
                    raise BackendError(self.response.node, 'reading data', 'a part without a head')
                self._buffer += piece
                continue
            line, self._buffer = self._buffer[:end], self._buffer[end + 2:]
            # Before a part come the end of the one before and the boundary.
            if within_head or b':' in line and not line.startswith(b'--'):
                return line

    def _take(self, count):
        if self._buffer:
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            return piece
        return self.response.read(count)

    def finish(self):
        """Read what is after the last byte, so that the connection can be kept."""
        self.response.drain()

    def close(self):
        """Break off."""
        self.response.close()


def span(response):
    """The half-open range that a 200 or 206 answer holds, or None."""
    match = _RANGE.fullmatch(response.headers.get('content-range', ''))
    if match:
        return int(match[1]), int(match[2]) + 1
    length = response.headers.get('content-length')
    return (0, int(length)) if response.status == 200 and length is not None else None


def of(response, range_header, chunk, another):
    """(the body, changed headers) of an object's answer."""
    if response.headers.get('content-type', '').startswith('multipart/byteranges'):
        feed = Feed(response)
        feed.begin()
        wanted = ranges.parse(range_header, feed.size)
        if not wanted:
            feed.close()
            raise refuse(503, 'A storage node sent ranges that were not asked for.\n')
        multipart = ranges.Multipart(wanted, feed.size, feed.content_type)
        return Resumable(feed, wanted, chunk, another, multipart), {'Content-Type': multipart.content_type,
                                                                    'Content-Length': str(multipart.content_length)}
    held = span(response)
    if held is None:
        return Plain(response, chunk), {}
    return Resumable(Feed(response), [held], chunk, another), {}
