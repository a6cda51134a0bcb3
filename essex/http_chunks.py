"""Bodies of requests in chunks (RFC 9112, 7.1), without the leniency of eventlet's reader.

That one takes whatever int() takes for the length of a chunk, passes over what stands where a chunk has to end, and
reads lines of any length into memory: a proxy before us could see the end of the body elsewhere, and one client could
take all memory. Here what is not written as the RFC has it ends the body, and with it the connection.
"""
import re

_SIZE = re.compile(rb'([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?\r\n')
_MAX_LINE, _MAX_TRAILERS = 4096, 16384


class BadChunk(ValueError):
    """A body that is not in chunks as it should be; the text says why."""


class ChunkedInput:
    """To be mixed into eventlet.wsgi.Input. Reading raises BadChunk, and OSError when the client ends too early; from
    then on every further reading does."""

    _left, _ended, _broken = 0, False, None

    def read_into(self, view):
        """Fill the memoryview `view` as far as the chunk goes; returns how many bytes, 0 at the end of the body."""
        return self._guarded(self._into, self.rfile, view)

    def _chunked_read(self, rfile, length=None, use_readline=False):
        return self._guarded(self._pieces, rfile, None if length is None or length < 0 else length, use_readline)

    def _guarded(self, read, *args):
        if self.should_send_hundred_continue:
            self.send_hundred_continue_response()
            self.is_hundred_continue_response_sent = True
        if self._broken is not None:
            raise self._broken
        try:
            return read(*args)
        except BaseException as error:    # a Timeout too: what came until then is lost
            self._broken = error if isinstance(error, (OSError, ValueError)) else OSError('reading was cut short')
            raise

    def read_chunk(self, size):
        """Up to `size` bytes, of one chunk: all of it has been sent, whoever sends waits perhaps for an answer then.

        b'' at the end. Of a body that is not in chunks as `read`.
        """
        if not self.chunked_input:
            return self.read(size)
        if self._left:
            return self.read(min(size, self._left))
        # Finds the next one.
        first = self.read(1)
        return first + self.read(min(size - 1, self._left)) if first and self._left else first

    def _pieces(self, rfile, length, use_readline):
        pieces = []
        while length is None or length > 0:
            if not self._left and not self._next_chunk(rfile):
                break
            wanted = self._left if length is None else min(length, self._left)
            data = rfile.readline(wanted) if use_readline else rfile.read(wanted)
            if not data:
                raise OSError('the client ended within a chunk')
            pieces.append(data)
            length = None if length is None else length - len(data)
            self._took(rfile, len(data))
            if use_readline and data.endswith(b'\n'):
                break
        return b''.join(pieces)

    def _into(self, rfile, view):
        if not view or not (self._left or self._next_chunk(rfile)):
            return 0
        count = rfile.readinto(view[:self._left])
        if not count:
            raise OSError('the client ended within a chunk')
        self._took(rfile, count)
        return count

    def _took(self, rfile, count):
        self._left -= count
        if not self._left and rfile.read(2) != b'\r\n':
            raise BadChunk('a chunk that does not end where it should')

    def _next_chunk(self, rfile):
        """Whether there is another one: then `_left` is its length."""
        if self._ended:
            return False
        found = _SIZE.fullmatch(_line(rfile))
        if found is None:
            raise BadChunk('a chunk without a proper length')
        self._left = int(found[1], 16)
        if not self._left:
            self._pass_trailers(rfile)
            self._ended = True
        return not self._ended

    @staticmethod
    def _pass_trailers(rfile):
        size = 0
        while (line := _line(rfile)) != b'\r\n':
            size += len(line)
            if size > _MAX_TRAILERS:
                raise BadChunk('too many trailers')


def _line(rfile):
    line = rfile.readline(_MAX_LINE)
    if not line.endswith(b'\r\n'):
        if len(line) < _MAX_LINE and not line.endswith(b'\n'):
            raise OSError('the client ended between two chunks')
        raise BadChunk('a line that is too long, or does not end with CR and LF')
    return line
