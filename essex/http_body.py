"""Bodies of requests: in chunks (RFC 9112, 7.1), without the leniency of eventlet's reader, and into memory one has.

Eventlet's takes whatever int() takes for the length of a chunk, passes over what stands where a chunk has to end, and
reads lines of any length into memory: a proxy before us could see the end of the body elsewhere, and one client could
take all memory. Here what is not written as the RFC has it ends the body, and with it the connection.

A large body that comes fast is best read by the native thread that writes it, as long as it keeps coming: each wait of
a green thread costs several system calls, and each hand-over to another thread more than reading does.
"""
import re
import select
import socket
import types

_SIZE = re.compile(rb'([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?\r\n')
PATIENCE = 0.02         # seconds without a byte after which a native thread leaves a connection
_MAX_LINE, _MAX_TRAILERS = 4096, 16384


class BadChunk(ValueError):
    """A body that is not in chunks as it should be; the text says why."""


class Incoming(socket.SocketIO):
    """What a connection receives, below a BufferedReader. wait(socket, events, seconds) is poll(2).

    With `patience` (seconds) its reader is a native thread, and gets None after so long without a byte; without it, the
    socket waits as green threads do.
    """

    patience = None

    def __init__(self, sock, wait):
        super().__init__(sock, 'r')
        self._wait = wait

    def readinto(self, view):
        """See io.RawIOBase."""
        if self.patience is None:
            return super().readinto(view)
        while True:
            sock = self._sock.fd    # the one within, which does not block
            try:
                return sock.recv_into(view)
            except BlockingIOError:
                if not self._wait(sock, select.POLLIN, self.patience):
                    return None


class Body:
    """To be mixed into eventlet.wsgi.Input. Reading raises BadChunk, and OSError when the client ends too early; from
    then on every further reading does. `trailers` are the fields after the last chunk by lower-case name, as latin-1
    text; none before that was read.
    """

    trailers = types.MappingProxyType({})
    _left, _after_chunk, _ended, _broken = 0, False, False, None

    def _chunked_read(self, rfile, length=None, use_readline=False):
        return self._begun(self._pieces, rfile, None if length is None or length < 0 else length, use_readline)

    def read_some(self, view, least):
        """See read_some() of this module."""
        if self.chunked_input:
            return self._begun(self._some, self.rfile, view, least)
        self._continue()
        return self._fill(view, least)

    def read_on(self, view):
        """See read_on() of this module."""
        raw = getattr(self.rfile, 'raw', None)
        if not isinstance(raw, Incoming):
            return 0
        raw.patience = PATIENCE
        try:
            if self.chunked_input:
                return self._begun(self._on, self.rfile, view)
            return self._fill(view, len(view))
        except (OSError, ValueError):
            return 0
        finally:
            raw.patience = None

    def _fill(self, view, least):
        filled, left = 0, min(len(view), self.content_length - self.position)
        while filled < min(least, left):
            count = self.rfile.readinto1(view[filled:left])
            if not count:
                break
            filled += count
        self.position += filled
        return filled

    def _continue(self):
        if self.should_send_hundred_continue:
            self.send_hundred_continue_response()
            self.is_hundred_continue_response_sent = True

    def _begun(self, function, *args):
        self._continue()
        if self._broken is not None:
            raise self._broken
        try:
            return function(*args)
        except BaseException as error:    # a Timeout too: what came until then is lost
            self._broken = error if isinstance(error, (OSError, ValueError)) else OSError('reading was cut short')
            raise

    def _some(self, rfile, view, least):
        filled = 0
        while filled < min(least, len(view)) and (self._left or self._next_chunk(rfile)):
            count = rfile.readinto1(view[filled:filled + self._left])
            if not count:
                raise OSError('the client ended within a chunk')
            filled += count
            self._taken(count)
        return filled

    def _on(self, rfile, view):
        filled = 0
        while filled < len(view) and (self._left or self._is_next_here(rfile) and self._next_chunk(rfile)):
            count = rfile.readinto1(view[filled:filled + self._left])
            if not count:
                break
            filled += count
            self._taken(count)
        return filled

    def _is_next_here(self, rfile):
        """Whether another chunk can begin without waiting for more of the bytes around it. The end is left to others:
        its trailers may take their time."""
        if self._after_chunk:
            if len(rfile.peek()) < 2:
                return False
            self._end_chunk(rfile)
        there = rfile.peek()
        return b'\n' in there and not there.startswith(b'0')

    def _taken(self, count):
        self._left -= count

    def send_hundred_continue_response(self):
        """Tell the client to go on; after the end of a body, with another one (object storage's PUT in two phases)."""
        super().send_hundred_continue_response()
        self._ended = self._after_chunk = False

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
            self._taken(len(data))
            if use_readline and data.endswith(b'\n'):
                break
        return b''.join(pieces)

    def _end_chunk(self, rfile):
        if rfile.read(2) != b'\r\n':
            raise BadChunk('a chunk that does not end where it should')
        self._after_chunk = False

    def _next_chunk(self, rfile):
        """Whether there is another one: then `_left` is its length."""
        if self._ended:
            return False
        # Read only now: it may come with the next chunk, and nobody waits for it before.
        if self._after_chunk:
            self._end_chunk(rfile)
        found = _SIZE.fullmatch(_line(rfile))
        if found is None:
            raise BadChunk('a chunk without a proper length')
        self._left, self._after_chunk = int(found[1], 16), True
        if not self._left:
            self.trailers = _read_trailers(rfile)
            self._ended = True
        return not self._ended


def _read_trailers(rfile):
    size, found = 0, {}
    while (line := _line(rfile)) != b'\r\n':
        size += len(line)
        if size > _MAX_TRAILERS:
            raise BadChunk('too many trailers')
        name, _, value = line.decode('latin-1').partition(':')
        found[name.lower()] = value.strip()
    return found


def _line(rfile):
    line = rfile.readline(_MAX_LINE)
    if not line.endswith(b'\r\n'):
        if len(line) < _MAX_LINE and not line.endswith(b'\n'):
            raise OSError('the client ended between two chunks')
        raise BadChunk('a line that is too long, or does not end with CR and LF')
    return line


def read_some(stream, view, least):
    """Put the next bytes of a request's body into the memoryview `view`: `least` of them, and more if they have come.

    Returns how many, fewer at the end of the body. So a fast client's body comes in few large pieces, and nobody waits
    for a slow one to send much. What stands before the server's stream may have read_some() and read_on() as well.
    """
    if hasattr(type(stream), 'read_some'):
        return stream.read_some(view, least)
    data = stream.read(min(least, len(view)))
    view[:len(data)] = data
    return len(data)


def read_on(stream, view):
    """What follows at once in a request's body, for a native thread that writes what read_some() began.

    Fills the memoryview `view` until there was no byte for a moment; returns how many. 0 says to go back to
    read_some(), which waits, and meets the end of the body or what is wrong with it. So a sender that pauses keeps no
    native thread.
    """
    return stream.read_on(view) if hasattr(type(stream), 'read_on') else 0
