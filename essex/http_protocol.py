"""One connection of HTTP/1.1 under eventlet's server: requests made WSGI environments, and answers made bytes.

It replaces what eventlet does for each request, at less than half the cost. What reads bodies and what accepts
connections stays eventlet's: essex.concurrency puts them together, since it alone knows eventlet.

An answer from a file needs not pass through this process: what an application returns may have, besides being an
iterator, the method `send_next(send)`. It has the next piece sent by `send(file, count)`, which returns how many bytes
of the file went out from its position on, and returns that number: 0 at the end, None where it has no file and the next
piece has to be taken as an iterator's. `send(..., cached=True)` says that they were just read: no thread has to wait
for the disk. It is used where the answer has a Content-Length, and never over TLS.
"""
import contextlib
import email.utils
import functools
import logging
import time
import urllib.parse

from essex import http_head

LOG = logging.getLogger(__name__)

_TOO_LONG = b'HTTP/1.1 414 Request URI Too Long\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
_TOO_MANY = b'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
# From here on, body and head are sent one after the other instead of copied together.
_LARGE = 1 << 16


class ClientGone(Exception):
    """The client takes nothing more: no error of the file that is sent."""


class Protocol:
    """To be mixed into eventlet.wsgi.HttpProtocol.

    `input_class` is eventlet's Input, `timeout_class` its Timeout; send_file(socket, file, count, cached) is sendfile.
    `head_timeout` are the seconds a head may take from its first byte on, the first one from the connection on.
    `guests` counts the connections of each address, which may have `most` of them; 0 is any number.
    """

    input_class = timeout_class = send_file = None
    head_timeout, most, guests = 20, 0, None

    def setup(self):
        super().setup()
        self._is_first = True
        name, port = _host_and_port(self.request.getsockname())
        peer, peer_port = _host_and_port(self.client_address)
        self._base_environ = {
            **self.server.get_environ(), 'SCRIPT_NAME': '', 'SERVER_PROTOCOL': 'HTTP/1.0', 'SERVER_NAME': name,
            'SERVER_PORT': port, 'REMOTE_ADDR': peer, 'REMOTE_PORT': peer_port, 'GATEWAY_INTERFACE': 'CGI/1.1',
            'eventlet.set_idle': self._set_idle}

    def _set_idle(self):
        # By those that hold a connection long, such as WebSockets: a stop need not wait for them.
        self.conn_state[2] = 'idle'

    def handle(self):
        """Serve a connection, unless its address has too many: each holds one of the threads that serve everybody."""
        peer = self._base_environ['REMOTE_ADDR']
        if not self.most or peer == 'unix':
            return super().handle()
        if self.guests[peer] >= self.most:
            return self._turn_away()
        self.guests[peer] += 1
        if self.guests[peer] == self.most:
            LOG.warning('%s has %d connections open: further ones are refused', peer, self.most)
        try:
            return super().handle()
        finally:
            self.guests[peer] -= 1
            if not self.guests[peer]:
                del self.guests[peer]

    def _turn_away(self):
        if not hasattr(self.connection, 'do_handshake'):   # that of TLS would have to be waited for
            with contextlib.suppress(OSError):
                self.connection.sendall(_TOO_MANY)

    def handle_one_request(self):
        # However slowly it drips in, a head has to be there in time.
        timer = self.timeout_class(self.head_timeout, TimeoutError) if self._is_first else None
        try:
            is_whole = self._begun_whole()
            if timer is None and not is_whole:
                timer = self.timeout_class(self.head_timeout, TimeoutError)
            is_request = self._read_head(is_whole)
        finally:
            self._is_first = False
            if timer is not None:
                timer.cancel()
        if is_request:
            self._answer_request()

    def _begun_whole(self):
        """Wait for the next head to begin, as long as an idle connection is kept; whether it has come as a whole."""
        if self.server.keepalive and not isinstance(self.server.keepalive, bool):
            self.connection.settimeout(self.server.keepalive)
        try:
            there = self.rfile.peek()
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            return False     # said again, and dealt with, by who reads the line
        self.connection.settimeout(self.server.socket_timeout)
        return b'\r\n\r\n' in there

    def _read_head(self, is_whole):
        """Whether there is a request to be answered; what is none is refused here."""
        line = self.rfile.readline(self.server.url_length_limit) if is_whole else self._read_request_line()
        self.conn_state[2] = 'request'
        self.close_connection = True
        if not line:
            return False
        if len(line) >= self.server.url_length_limit:
            self.connection.sendall(_TOO_LONG)
            return False
        try:
            found = http_head.request_line(line)
            if found is None:
                raise http_head.BadHead('the first line is no request')
            self.command, self.path, self.request_version = found
            self.headers = http_head.read(self.rfile)
            if self.request_version == 'HTTP/1.0' and self.headers.get('transfer-encoding') is not None:
                # Somebody before us may see the end of the body elsewhere.
                raise http_head.BadHead('chunks, which HTTP/1.0 does not have')
        except http_head.BadHead as error:
            text = f'{error}\n'.encode()
            self.connection.sendall(b'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n'
                                    b'Content-Length: %d\r\n\r\n%b' % (len(text), text))
            return False
        return True

    def _answer_request(self):
        wanted = self.headers.get('connection', '').lower()
        self.keep_alive_wanted = wanted == 'keep-alive'
        self.close_connection = wanted == 'close' or not self.server.keepalive or (
            self.request_version == 'HTTP/1.0' and not self.keep_alive_wanted)
        self.environ = self.get_environ()
        self.server.outstanding_requests += 1
        try:
            self.handle_one_response()
        except ConnectionError:
            self.close_connection = True
        finally:
            self.server.outstanding_requests -= 1

    def get_environ(self):
        headers, environ = self.headers, self._base_environ.copy()
        environ['REQUEST_METHOD'] = self.command
        path, question, query = self.path.partition('?')
        if path.startswith('//'):
            path = '/' + path.lstrip('/')     # as the standard library: no host of ours
        environ['RAW_PATH_INFO'] = path
        environ['PATH_INFO'] = urllib.parse.unquote(path, encoding='latin-1') if '%' in path else path
        if question:
            environ['QUERY_STRING'] = query
        kind, length = headers.get('content-type'), headers.get('content-length')
        if kind is not None:
            environ['CONTENT_TYPE'] = kind
        if length is not None:
            environ['CONTENT_LENGTH'] = length
        environ.update(headers.environ)
        environ['headers_raw'] = tuple(headers.pairs)
        continues = environ.get('HTTP_EXPECT', '').lower() == '100-continue'
        environ['wsgi.input'] = environ['eventlet.input'] = self.input_class(
            self.rfile, length or '0', self.connection, wfile=self.wfile if continues else None,
            wfile_line=b'HTTP/1.1 100 Continue\r\n' if continues else None,
            chunked_input=headers.get('transfer-encoding') is not None)
        return environ

    def handle_one_response(self):
        body, result = self.environ['eventlet.input'], None
        answer = _Answer(self, body)
        try:
            result = self.server.app(self.environ, answer.start)
            if not body.connection_taken:
                answer.send(result)
        except (Exception, self.timeout_class) as error:
            self.close_connection = True
            if not isinstance(error, (ClientGone, ConnectionError, TimeoutError)):
                # Without the query, which may be signed.
                LOG.error('%s %s broke off', self.command, self.path.partition('?')[0][:500], exc_info=error)
            answer.fail()
        finally:
            if hasattr(result, 'close'):
                result.close()
            self._finish_body(body)

    def _finish_body(self, body):
        # A client that never got its 100 may send the body or not, so what follows cannot be told.
        if body.connection_taken or body.should_send_hundred_continue:
            self.close_connection = True
        if not self.close_connection and (body.chunked_input or body.position < body.content_length):
            try:
                body.discard()
            except (OSError, ValueError):
                self.close_connection = True


class _Answer:
    """The answer to one request, as WSGI's start_response and write() shape it."""

    def __init__(self, protocol, body):
        self._protocol, self._body, self._send = protocol, body, protocol.connection.sendall
        self._status = self._headers = self._left = None
        self._sent = self._chunked = self._bodyless = False

    def start(self, status, headers, exc_info=None):
        """start_response of WSGI."""
        if exc_info and self._sent:
            raise exc_info[1].with_traceback(exc_info[2])
        code = int(status[:3])
        self._bodyless = code in (204, 304) or code < 200 or self._protocol.command == 'HEAD'
        self._status, self._headers = status, [(_capital(name), value) for name, value in headers]
        return self._write

    def send(self, result):
        """Send what the application returned, small pieces together."""
        protocol = self._protocol
        if self._headers is not None and not self._sent and hasattr(result, '__len__'):
            if not self._bodyless and not self._says('Content-Length'):
                self._headers.append(('Content-Length', sum(map(len, result))))
            if self._body.should_send_hundred_continue:
                protocol.close_connection = True
        if hasattr(result, 'send_next') and self._may_send_files():
            self._send_files(result)
            return
        least = int(protocol.environ.get('eventlet.minimum_write_chunk_size', protocol.minimum_chunk_size))
        waiting, size = [], 0
        for data in result:
            if data:
                waiting.append(data)
                size += len(data)
                if size >= least:
                    self._write(waiting[0] if len(waiting) == 1 else b''.join(waiting))
                    waiting, size = [], 0
        if waiting or not self._sent or self._chunked:
            self._write(b''.join(waiting), last=True)
        if self._left:
            # Whoever waits for the rest must not take the next answer for it.
            protocol.close_connection = True

    def _may_send_files(self):
        return (self._headers is not None and not self._sent and not self._bodyless and self._says('Content-Length')
                and self._protocol.send_file and not hasattr(self._protocol.connection, 'do_handshake'))

    def _send_files(self, result):
        left = int(dict(self._headers)['Content-Length'])
        self._write(b'')

        def send(file, count, cached=False):
            try:
                return self._protocol.send_file(self._protocol.connection, file, min(count, left), cached)
            except (ConnectionError, TimeoutError) as error:
                raise ClientGone from error

        while left:
            count = result.send_next(send)
            if count is None:
                data = next(result, b'')[:left]
                self._write(data)
                count = len(data)
            if not count:
                raise EOFError('an answer shorter than its Content-Length')
            left -= count

    def fail(self):
        """Say 500, unless something else has been said."""
        if not self._sent:
            self.start('500 Internal Server Error', [('Content-Type', 'text/plain'), ('Content-Length', '0')])
            self._write(b'')

    def _write(self, data, last=False):
        if self._headers is None:
            raise AssertionError('write() before start_response()')
        head = b'' if self._sent else self._head()
        self._sent = self._body.headers_sent = True
        if self._bodyless:
            data = b''
        elif self._chunked:
            data = b'%x\r\n%b\r\n' % (len(data), data) if data else b''
            data += b'0\r\n\r\n' if last else b''
        elif self._left is not None:
            data = data[:self._left] if len(data) > self._left else data
            self._left -= len(data)
        if head and len(data) < _LARGE:
            self._send(head + data)
            return
        for part in (head, memoryview(data)):    # a view, since what remains of a part is sliced
            if part:
                self._send(part)

    def _says(self, name):
        return any(name == each for each, _ in self._headers)

    def _head(self):
        protocol = self._protocol
        lines = [f'HTTP/1.1 {self._status}', *(f'{name}: {value}' for name, value in self._headers)]
        if not self._says('Date'):
            lines.append(_date(int(time.time())))
        if not self._bodyless and self._says('Content-Length'):
            self._left = int(dict(self._headers)['Content-Length'])
        elif not self._bodyless:
            if protocol.request_version == 'HTTP/1.1':
                self._chunked = True
                lines.append('Transfer-Encoding: chunked')
            else:
                protocol.close_connection = True    # an old client reads to the end
        if protocol.close_connection:
            lines.append('Connection: close')
        elif protocol.keep_alive_wanted:
            lines += ['Connection: keep-alive', f'Keep-Alive: timeout={int(protocol.server.keepalive)}']
        text = '\r\n'.join(lines)
        if not text.count('\n') == text.count('\r') == len(lines) - 1:
            raise ValueError('a line end within a header of the answer')
        return text.encode('latin-1') + b'\r\n\r\n'


@functools.lru_cache(4096)
def _capital(name):
    # S3 clients show the names of an object's metadata as they come.
    return name if name.startswith('x-amz-') else '-'.join(word.capitalize() for word in name.split('-'))


@functools.lru_cache(1)
def _date(second):
    return f'Date: {email.utils.formatdate(second, usegmt=True)}'


def _host_and_port(address):
    # A socket of the UNIX family has a path or nothing.
    return (address[0], str(address[1])) if isinstance(address, tuple) else ('unix', '')
