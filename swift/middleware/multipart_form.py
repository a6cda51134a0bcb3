"""A browser's multipart/form-data body, read as it comes: fields, then files one after another, in bounded memory.

A boundary is one only on a line of its own between CR LF, as RFC 7578 has it. A parser of our own: it must hold
however the bytes arrive, and never let part of a file be taken for the whole.
"""
import re

from werkzeug.http import parse_options_header

_CHUNK = 65536
_HEAD = 16384
_FIELD = 4096
_FIELDS = 1000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class BadForm(ValueError):
    """The body is no form; the text is for the user."""


class Truncated(OSError):
    """The body ended early."""


def boundary_of(content_type):
    """The boundary (bytes) of a form's Content-Type. Raises BadForm."""
    kind, options = parse_options_header(content_type)
    boundary = options.get('boundary', '')
    if kind.lower() != 'multipart/form-data' or not _BOUNDARY.fullmatch(boundary):
        raise BadForm('invalid or missing boundary')
    return boundary.encode()


class Part:
    """A file's part. `filename` is text, `headers` {lower-case name: text}; read() gives its bytes until b''.

    More than `limit` bytes, or a body that ends early, raise Truncated; `too_large` tells which.
    """

    def __init__(self, form, filename, headers):
        self.filename, self.headers, self.limit = filename, headers, None
        self.too_large = self.truncated = False
        self._form, self._buffer, self._size, self._more = form, b'', 0, True

    def read(self, size=-1):
        """Up to `size` bytes; all that are left without it."""
        if size is None or size < 0:
            return b''.join(iter(lambda: self.read(_CHUNK), b''))
        if self.too_large or self.truncated:
            raise Truncated('the part was given up')
        while not self._buffer and self._more and size:
            self._receive()
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        return piece

    def _receive(self):
        try:
            self._buffer, self._more = self._form.piece()
        except OSError:
            self.truncated = True
            raise
        self._size += len(self._buffer)
        if self.limit is not None and self._size > self.limit:
            self.too_large = True
            raise Truncated('larger than it may be')

    def drain(self):
        """Skip what was not read."""
        while self._more:
            self._receive()


class Form:
    """The form in `stream`, of `length` bytes (None: until it ends). `fields` is {lower-case name: text} so far."""

    def __init__(self, stream, boundary, length=None):
        self._stream, self._left = stream, length
        self._delimiter = b'\r\n--' + boundary
        # The first boundary has no line before it.
        self._buffer = bytearray(b'\r\n')
        self._ended = False
        self.fields = {}

    def files(self):
        """The Parts, one after another; fields that come before the first are in `fields` by then. Raises BadForm."""
        self._skip()
        seen_file, count = False, 0
        while not self._ended:
            headers = self._head()
            _kind, options = parse_options_header(headers.get('content-disposition', ''))
            if options.get('filename'):
                seen_file = True
                part = Part(self, options['filename'], headers)
                yield part
                part.drain()
                continue
            count += 1
            if count > _FIELDS:
                raise BadForm('too many fields')
            if 'name' not in options:
                raise BadForm('a part without a name')
            value = self._value()
            # What follows a file may be anybody's addition; the signature is checked by then.
            if not seen_file:
                self.fields[options['name'].lower()] = value

    def piece(self):
        """(bytes, whether more of this part follow). Raises Truncated when the body ends before its boundary."""
        size = len(self._delimiter)
        while True:
            start = self._buffer.find(self._delimiter)
            # Two bytes after a boundary tell whether it is one.
            safe = len(self._buffer) - size - 1 if start < 0 else start
            after = bytes(self._buffer[start + size:start + size + 2]) if start >= 0 else b''
            if after in (b'--', b'\r\n'):
                self._ended = after == b'--'
                data = bytes(self._buffer[:start])
                del self._buffer[:start + size + 2]
                return data, False
            if len(after) == 2:
                safe = start + size
            if safe > 0:
                data = bytes(self._buffer[:safe])
                del self._buffer[:safe]
                return data, True
            self._feed()

    def _skip(self):
        more = True
        while more:
            more = self.piece()[1]

    def _feed(self):
        want = _CHUNK if self._left is None else min(_CHUNK, self._left)
        data = self._stream.read(want) if want else b''
        if not data:
            raise Truncated('the form ended early')
        if self._left is not None:
            self._left -= len(data)
        self._buffer += data

    def _head(self):
        while (end := self._buffer.find(b'\r\n\r\n')) < 0:
            if len(self._buffer) > _HEAD:
                raise BadForm('a part without a head')
            self._feed()
        lines = bytes(self._buffer[:end]).split(b'\r\n')
        del self._buffer[:end + 4]
        try:
            pairs = [line.decode().partition(':') for line in lines]
        except UnicodeDecodeError:
            raise BadForm('a part\'s head is not UTF-8') from None
        return {name.strip().lower(): value.strip() for name, _colon, value in pairs}

    def _value(self):
        value, more = b'', True
        while more:
            data, more = self.piece()
            value += data[:_FIELD - len(value)]
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise BadForm('a field is not UTF-8') from None
