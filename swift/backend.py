"""HTTP/1.1 to storage nodes over kept connections: the proxy, the storage servers and the daemons speak through this.

Written for many small requests: http.client builds an email message of every answer and keeps no connections.
Header names of an answer are lower case; values, as everywhere in WSGI, latin-1 text of the bytes on the wire.
"""
import collections
import os
import re
import select
import socket
import time
from urllib.parse import quote

from essex import concurrency
from swift.exceptions import BackendError, BackendTimeout
from swift.headers import whole

_IDLE = 30          # seconds; below the servers' keep-alive, so that a kept connection is rarely stale
_KEPT = 128         # idle connections to one address
_HEAD_LIMIT = 65536
_BUFFER = 65536
_STATUS = re.compile(r'[1-5][0-9][0-9]')
_SIZE = re.compile(rb'[0-9A-Fa-f]{1,16}')

_idle = collections.defaultdict(list)   # (ip, port) -> [(socket, since)], the warmest last


def path(device, partition, *names):
    """The URL path of a name on a device; `names` are account, container, object as far as there are any."""
    return quote('/' + '/'.join(map(str, (device, partition, *names))))


class Headers(dict):
    """Headers of an answer by lower-case name; looked up in any case."""

    def get(self, name, default=None):
        return super().get(name.lower(), default)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())


def request(node, method, target, headers=None, body=b'', query='', timeout=10, conn_timeout=0.5, replication=False):
    """Send a request and read its whole answer, which has status, reason, headers, body.

    Raises BackendError or, when it took too long, BackendTimeout.
    """
    made = {**(headers or {}), 'Content-Length': str(len(body))}
    exchange = Exchange(node, method, target, made, body, query, timeout, conn_timeout, replication)
    answer = exchange.response()
    answer.body = answer.read()
    return answer


class Exchange:
    """One request to a node, sent as far as `body`; more body with `send` and `finish`, the answer by `response`.

    With `Transfer-Encoding: chunked` among the headers each `send` is a chunk. A kept connection that turns out to
    be dead is replaced as long as nothing but the head and `body` was sent. Times are seconds for each wait.
    """

    def __init__(self, node, method, target, headers, body=b'', query='', timeout=10, conn_timeout=0.5,
                 replication=False):
        self.node, self.method, self.timeout, self._conn_timeout = node, method, timeout, conn_timeout
        self._address = ((node.get('replication_ip') or node['ip'], node.get('replication_port') or node['port'])
                         if replication else (node['ip'], node['port']))
        self._chunked = 'chunked' in headers.get('Transfer-Encoding', '').lower()
        self._head = _head(method, target, query, headers, self._address) + body
        self._buffer, self._replaceable, self._sock = b'', False, None
        self._open()

    def _open(self, fresh=False):
        sock = None if fresh else _kept(self._address)
        self._replaceable = sock is not None
        try:
            self._sock = sock or socket.create_connection(self._address, self._conn_timeout)
            if sock is None:
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock.settimeout(self.timeout)
        except (OSError, OverflowError, UnicodeError) as error:
            # Whoever names a node may name one that cannot be.
            raise self._error('connecting', error) from error
        try:
            self._sock.sendall(self._head)
        except OSError as error:
            if self._replaceable and not isinstance(error, TimeoutError):
                self._replace()
            else:
                raise self._error('sending the request', error) from error

    def _replace(self):
        self.close()
        self._buffer = b''
        self._open(fresh=True)

    def _error(self, doing, error):
        self.close()
        kind = BackendTimeout if isinstance(error, TimeoutError) else BackendError
        # eventlet says `[Errno 111] ECONNREFUSED`.
        told = os.strerror(error.errno) if getattr(error, 'errno', None) else error
        return kind(self.node, doing, 'timed out' if kind is BackendTimeout else told)

    def fileno(self):
        """Of the connection, for select."""
        return self._sock.fileno()

    @property
    def answered(self):
        """Whether some of an answer has been read from the connection already."""
        return bool(self._buffer)

    def send(self, data):
        """Send a piece of the body; a chunk when the request is chunked."""
        if not data:
            return
        self._replaceable = False
        try:
            if self._chunked and len(data) <= _BUFFER:
                # Copying that little is cheaper than three calls, and three packets.
                self._sock.sendall(b'%x\r\n%b\r\n' % (len(data), data))
            elif self._chunked:
                # What has more behind it waits, so that the peer is woken once.
                self._sock.sendall(b'%x\r\n' % len(data), socket.MSG_MORE)
                self._sock.sendall(memoryview(data), socket.MSG_MORE)
                self._sock.sendall(b'\r\n')
            else:
                # A view: of what does not go at once the rest is sliced, and bytes would be copied.
                self._sock.sendall(memoryview(data))
        except OSError as error:
            raise self._error('sending data', error) from error

    def send_on(self, data):
        """Send a piece as a chunk, in a native thread; returns what the peer does not take yet, for send_rest()."""
        self._replaceable = False
        try:
            return concurrency.send_on(self._sock, b'%x\r\n' % len(data), data, b'\r\n')
        except OSError as error:
            raise self._error('sending data', error) from error

    def send_rest(self, data):
        """Send what send_on() left."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise self._error('sending data', error) from error

    def finish(self, trailers=None):
        """End a chunked body, with trailers ({name: value}) after it."""
        if self._chunked:
            end = ''.join(f'{name}: {value}\r\n' for name, value in (trailers or {}).items())
            try:
                self._sock.sendall(f'0\r\n{end}\r\n'.encode('latin-1'))
            except OSError as error:
                raise self._error('sending data', error) from error

    def expect(self):
        """The first answer, which may be `100 Continue` (then go on with send); otherwise it is the final one."""
        return self._answer(interim=True)

    def response(self):
        """The final answer; its body is still to be read."""
        while True:
            answer = self._answer(interim=False)
            if answer.status >= 200:
                return answer

    def _answer(self, interim):
        try:
            head = self._read_head()
        except OSError as error:
            if not self._replaceable or self._buffer or isinstance(error, TimeoutError):
                raise self._error('waiting for an answer', error) from error
            self._replace()
            return self._answer(interim)
        self._replaceable = False
        answer = Response(self, *_parse_head(head, self._broken))
        if answer.status >= 200:
            answer.begin(self.method)
        return answer

    def _broken(self, problem):
        return self._error('reading an answer', OSError(problem))

    def _read_head(self):
        while True:
            end = self._buffer.find(b'\r\n\r\n')
            if end >= 0:
                head, self._buffer = self._buffer[:end], self._buffer[end + 4:]
                return head
            if len(self._buffer) > _HEAD_LIMIT:
                raise OSError('the headers of the answer do not end')
            piece = self._sock.recv(_BUFFER)
            if not piece:
                raise ConnectionResetError('the connection was closed')
            self._buffer += piece

    def receive(self, count):
        """Up to `count` bytes of the connection; none when the peer closed it."""
        if self._buffer:
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            return piece
        try:
            return self._sock.recv(count)
        except OSError as error:
            raise self._error('reading data', error) from error

    def receive_line(self):
        """A line without its end."""
        while b'\n' not in self._buffer:
            if len(self._buffer) > _HEAD_LIMIT:
                raise self._broken('a line does not end')
            self._buffer += self._sock_piece()
        line, _, self._buffer = self._buffer.partition(b'\n')
        return line.rstrip(b'\r')

    def _sock_piece(self):
        try:
            piece = self._sock.recv(_BUFFER)
        except OSError as error:
            raise self._error('reading data', error) from error
        if not piece:
            raise self._broken('the connection was closed')
        return piece

    def release(self):
        """Keep the connection for the next request."""
        sock, self._sock = self._sock, None
        idle = _idle[self._address]
        if sock is not None and len(idle) < _KEPT and not self._buffer:
            idle.append((sock, time.monotonic()))
        elif sock is not None:
            sock.close()

    def close(self):
        """Break off. Harmless when it is over."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()


class Response:
    """An answer: `status`, `reason`, `headers`; `read(count)` gives the body, b'' at its end."""

    def __init__(self, exchange, status, reason, headers):
        self._exchange, self.status, self.reason, self.headers = exchange, status, reason, headers
        self.node, self.body = exchange.node, None
        self._left, self._chunked, self._over, self._keep = 0, False, False, True

    def begin(self, method):
        """Find out how long the body is."""
        self._keep = self.headers.get('Connection', '').lower() != 'close'
        if method == 'HEAD' or self.status in (204, 304):
            self._left = 0
        elif 'chunked' in self.headers.get('Transfer-Encoding', '').lower():
            self._chunked = True
        elif 'content-length' in self.headers:
            self._left = whole(self.headers['content-length'])
            if self._left is None:
                raise self._exchange._broken('its Content-Length is no number')
        else:
            self._left, self._keep = None, False
        if self._left == 0 and not self._chunked:
            self._end()

    def read(self, count=None):
        """Up to `count` bytes, all that is left without. Raises BackendError when the peer breaks off."""
        if count is None:
            return b''.join(iter(lambda: self.read(_BUFFER), b''))
        if self._over:
            return b''
        if self._chunked:
            return self._read_chunked(count)
        piece = self._exchange.receive(count if self._left is None else min(count, self._left))
        if self._left is None:
            if not piece:
                self._end()
            return piece
        if not piece:
            raise self._exchange._broken(f'the connection was closed with {self._left} bytes missing')
        self._left -= len(piece)
        if not self._left:
            self._end()
        return piece

    def read_exactly(self, count):
        """`count` bytes of the body. Raises BackendError when it ends before."""
        pieces, left = [], count
        while left:
            piece = self.read(left)
            if not piece:
                raise BackendError(self.node, 'reading data', 'the body ended early')
            pieces.append(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b''.join(pieces)

    def _read_chunked(self, count):
        if not self._left:
            line = self._exchange.receive_line()
            size = line.split(b';')[0].strip()
            if not _SIZE.fullmatch(size):
                raise self._exchange._broken(f'{line[:40]!r} is no size of a chunk')
            self._left = int(size, 16)
            if not self._left:
                while self._exchange.receive_line():
                    pass
                self._end()
                return b''
        piece = self._exchange.receive(min(count, self._left))
        if not piece:
            raise self._exchange._broken('the connection was closed within a chunk')
        self._left -= len(piece)
        if not self._left:
            self._exchange.receive_line()
        return piece

    def _end(self):
        self._over = True
        if self._keep:
            self._exchange.release()
        else:
            self._exchange.close()

    def drain(self, limit=_BUFFER):
        """Read what little is left so that the connection can be kept; break off when it is more than `limit`."""
        try:
            if not self._over and self._left is not None and self._left <= limit:
                self.read()
        except BackendError:
            return
        self.close()

    def close(self):
        """Break off. Harmless when it is over."""
        if not self._over:
            self._over = True
            self._exchange.close()


def is_kept(node):
    """Whether there is a kept connection to a node: then an Exchange begins without waiting for anything."""
    return bool(_idle.get((node['ip'], node['port'])))


def forget():
    """Close every kept connection (after a fork, at the end of a test)."""
    for idle in _idle.values():
        for sock, _ in idle:
            sock.close()
    _idle.clear()


def _kept(address):
    idle = _idle.get(address)
    while idle:
        sock, since = idle.pop()
        if time.monotonic() - since < _IDLE and not _readable(sock):
            return sock
        sock.close()
    return None


def _readable(sock):
    """Whether an idle connection has something to read: its end, or bytes that do not belong there."""
    poll = concurrency.original('select').poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _head(method, target, query, headers, address):
    lines = [f'{method} {target}{"?" + query if query else ""} HTTP/1.1', f'Host: {address[0]}:{address[1]}']
    lines += [f'{name}: {value}' for name, value in headers.items() if value is not None]
    for line in lines:
        if '\n' in line or '\r' in line or '\0' in line:
            raise ValueError('a header or path holds a line break')
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'


def _parse_head(head, broken):
    first, *lines = head.decode('latin-1').split('\r\n')
    parts = first.split(' ', 2)
    if len(parts) < 2 or not parts[0].startswith('HTTP/1.') or not _STATUS.fullmatch(parts[1]):
        raise broken(f'{first[:40]!r} is no HTTP')
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(':')
        headers[name.strip().lower()] = value.strip()
    return int(parts[1]), parts[2] if len(parts) > 2 else '', headers
