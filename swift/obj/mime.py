"""The multipart body of a PUT whose sender has more to say after the object: footers, and that it is to be kept.

    --boundary CRLF X-Document: object body CRLF CRLF <object> CRLF --boundary CRLF X-Document: object metadata CRLF
    Content-MD5: ... CRLF CRLF {"Etag": ...} CRLF --boundary CRLF <here the sender ends the body, and waits>
    X-Document: put commit CRLF CRLF <anything> CRLF --boundary--
"""
_HEAD_LIMIT = 8192


class BadMime(ValueError):
    """A body that is not made of parts as it should be."""


class Parts:
    """The parts of a body. `read()` gives its next bytes, b'' at its end; `boundary` is bytes."""

    def __init__(self, read, boundary):
        self._read, self._mark = read, b'\r\n--' + boundary
        # As if something had been before the first boundary.
        self._buffer, self._over = b'\r\n', False

    def begin(self):
        """The headers ({lower-case name: value}) of the next part, None after the last. Raises BadMime.

        What is left of the one before is passed over.
        """
        while self.read():
            pass
        head = self._line()
        if head.startswith(b'--'):
            self._over = True
            return None
        headers, size = {}, 0
        while line := self._line():
            name, colon, value = line.decode('latin-1').partition(':')
            size += len(line)
            if not colon or size > _HEAD_LIMIT:
                raise BadMime('a part has no proper head')
            headers[name.strip().lower()] = value.strip()
        self._over = False
        return headers

    def read(self):
        """The next bytes of the part, b'' at its end."""
        while not self._over:
            found = self._buffer.find(self._mark)
            if found >= 0:
                piece, self._buffer = self._buffer[:found], self._buffer[found + len(self._mark):]
                self._over = True
                return piece
            # The mark may have begun.
            kept = len(self._mark) - 1
            if len(self._buffer) > kept:
                piece, self._buffer = self._buffer[:-kept], self._buffer[-kept:]
                return piece
            self._buffer += self._more()
        return b''

    def known(self, length):
        """Bytes of the part that were read already, of `length`; whoever reads the others need not look for its end."""
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        return data

    def text(self, limit):
        """The whole part, at most `limit` bytes."""
        pieces, size = [], 0
        while piece := self.read():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise BadMime('a part is too long')
        return b''.join(pieces)

    def _line(self):
        while (end := self._buffer.find(b'\r\n')) < 0:
            if self._buffer.startswith(b'--'):
                end = len(self._buffer)
                break
            if len(self._buffer) > _HEAD_LIMIT:
                raise BadMime('a line of a head does not end')
            self._buffer += self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2:]
        return line

    def _more(self):
        data = self._read()
        if not data:
            raise BadMime('the body ends within a part')
        return data
