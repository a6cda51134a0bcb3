"""The receiving end of SSYNC: compares what a peer offers with what is here, and applies the updates it asked for.

The object server makes one Receiver and hands it its SSYNC requests. Every update is an ordinary request to the
object server's application, so what arrives is committed (or not) by the code that serves the proxy: never by half.
"""
import contextlib
import logging
from urllib.parse import unquote_to_bytes

from webob import Response, exc

from essex import concurrency
from swift import conf as options
from swift.exceptions import DriveNotMounted, LockTimeout
from swift.headers import whole
from swift.obj import fragments, layout, partition, ssync_fragments, ssync_wire

LOG = logging.getLogger(__name__)
_METHODS = ('PUT', 'POST', 'DELETE')
_MOST_HEADERS = 1000
# What the embedded request is, not what the object has.
_NOT_KEPT = {'content-length', 'x-timestamp', 'x-backend-no-commit', 'connection', 'host', 'transfer-encoding'}


class Receiver:
    """Answers SSYNC for one object server. `app` is its WSGI application, `manager` its diskfile.Manager.

    Options: replication_concurrency, replication_concurrency_per_device, replication_lock_timeout (seconds),
    replication_failure_threshold, replication_failure_ratio, client_timeout (seconds), network_chunk_size.
    """

    def __init__(self, app, manager, conf):
        self.app, self.manager = app, manager
        self.lock_timeout = options.number(conf, 'replication_lock_timeout', 15, 0)
        self.threshold = options.integer(conf, 'replication_failure_threshold', 100, 0)
        self.ratio = options.number(conf, 'replication_failure_ratio', 1.0, 0)
        self.client_timeout = options.number(conf, 'client_timeout', 60, 0)
        self.chunk_size = options.integer(conf, 'network_chunk_size', 65536, 1)
        self._free = options.integer(conf, 'replication_concurrency', 4, 0) or None
        self._per_device = options.integer(conf, 'replication_concurrency_per_device', 1, 0) or None
        self._running, self._turns = 0, {}

    def respond(self, request, device, part, policy):
        """The answer (webob.Response) to an SSYNC request. Errors before the exchange are 4xx, 503 or 507."""
        try:
            path = layout.objects_path(self.manager.devices.path(device), policy)
        except DriveNotMounted:
            return Response(status=507, text=f'{device} is not mounted', content_type='text/plain')
        if self._is_full():
            return exc.HTTPServiceUnavailable('too many replication requests')
        request.environ['eventlet.minimum_write_chunk_size'] = 0
        session = _Session(self, request, device, part, policy, f'{path}/{part}')
        return Response(status=200, content_type='application/octet-stream', app_iter=session.run())

    def _is_full(self):
        return self._free is not None and self._running >= self._free

    @contextlib.contextmanager
    def running(self, device):
        """Counts a session among those that run, and waits for its turn at the device. Raises LockTimeout."""
        if self._is_full():
            raise LockTimeout('too many replication requests')
        self._running += 1
        try:
            with self._turn(device):
                yield
        finally:
            self._running -= 1

    @contextlib.contextmanager
    def _turn(self, device):
        if self._per_device is None:
            yield
            return
        turns = self._turns.setdefault(device, concurrency.Semaphore(self._per_device))
        if not turns.acquire(timeout=self.lock_timeout):
            raise LockTimeout(f'{device} takes part in another replication')
        try:
            yield
        finally:
            turns.release()


class _Failed(Exception):
    """Ends the exchange with `:ERROR: status 'text'`."""

    def __init__(self, status, text):
        self.status, self.text = status, text
        super().__init__(text)


class _Session:
    """One exchange."""

    def __init__(self, receiver, request, device, part, policy, path):
        self.receiver, self.manager, self.path = receiver, receiver.manager, path
        self.device, self.part, self.policy = device, part, policy
        self.environ, self.input = request.environ, request.environ['wsgi.input']
        self.name = f'{request.remote_addr}/{device}/{part}'
        self.successes = self.failures = 0

    def run(self):
        """Yields the answer, line by line."""
        # The sender waits for the head of the answer before it begins.
        yield b'\r\n'
        try:
            with self.receiver.running(self.device), partition.replicating(self.path, self.receiver.lock_timeout):
                yield from self._missing_check()
                yield from self._updates()
        except _Failed as error:
            LOG.warning('%s: SSYNC ends: %s', self.name, error)
            yield self._over(error.status, error.text)
        except LockTimeout as error:
            yield self._over(503, str(error) or 'the partition is locked')
        except concurrency.Timeout:
            LOG.warning('%s: SSYNC: the sender is too slow', self.name)
            yield self._over(408, 'the sender is too slow')
        except GeneratorExit:
            self._break_off()
            raise
        except Exception as error:
            LOG.exception('%s: SSYNC failed', self.name)
            yield self._over(0, str(error))

    def _over(self, status, text):
        self._break_off()
        return f':ERROR: {status} {text[:500]!r}\r\n'.encode()

    def _break_off(self):
        """Take no more: the sender could otherwise go on for long before it sees that it was in vain."""
        get_socket = getattr(self.input, 'get_socket', None)
        # An embedded input has no connection of its own.
        if get_socket is not None:
            with contextlib.suppress(OSError):
                get_socket().shutdown(0)

    def _line(self):
        with concurrency.Timeout(self.receiver.client_timeout):
            line = self.input.readline(ssync_wire.MAX_LINE)
        if not line.endswith(b'\n'):
            raise _Failed(400, 'a line does not end' if line else 'the sender broke off')
        return line.strip()

    def _start(self, mark):
        line = self._line()
        while not line:
            line = self._line()
        if line != mark:
            raise _Failed(400, f'looking for {mark.decode()}, got {line[:80]!r}')

    def _missing_check(self):
        self._start(ssync_wire.MISSING_START)
        wanted = []
        while True:
            line = self._line()
            if line == ssync_wire.MISSING_END:
                break
            if line:
                answer = self._check(line)
                if answer:
                    wanted.append(answer)
        yield ssync_wire.MISSING_START + b'\r\n'
        if wanted:
            yield b'\r\n'.join(wanted) + b'\r\n'
        yield ssync_wire.MISSING_END + b'\r\n'

    def _check(self, line):
        try:
            object_hash, *offered = ssync_wire.decode_missing(line)
        except ValueError as error:
            raise _Failed(400, str(error)) from None
        here = self.manager.run(self.device, partition.look, f'{self.path}/{object_hash[-3:]}/{object_hash}')
        if self.policy.code:
            data, meta = self._check_fragment(here, offered, ssync_wire.decode_durable(line))
        else:
            data, meta = wanted_parts(here.moments, *offered)
        return ssync_wire.encode_wanted(object_hash, data, meta) if data or meta else None

    def _check_fragment(self, here, offered, durable):
        index = whole(self.environ.get('HTTP_X_BACKEND_SSYNC_FRAG_INDEX'))
        data, meta, complete = ssync_fragments.wanted_parts(here, index, *offered, durable)
        if complete:
            # All of it came before; only that it is to be kept never did.
            file = self.manager.from_hash(self.device, self.part, here.hash, self.policy)
            held = [each.index for each in here.chosen.fragments[offered[0]]]
            self.manager.run(self.device, fragments.make_durable, file, offered[0],
                             index if index in held else held[0])
        return data, meta

    def _updates(self):
        self._start(ssync_wire.UPDATES_START)
        while True:
            line = self._line()
            if line == ssync_wire.UPDATES_END:
                break
            if line:
                self._update(line)
        if self.failures:
            raise _Failed(500, f'{self.failures} failures to {self.successes} successes')
        yield ssync_wire.UPDATES_START + b'\r\n'
        yield ssync_wire.UPDATES_END + b'\r\n'

    def _update(self, line):
        method, path, headers = self._head(line)
        length = _length(method, headers)
        body = _Body(self.input, length, self.receiver.client_timeout)
        environ = self._subrequest(method, path, headers, body)
        status = _status(self.receiver.app, environ)
        if body.broken:
            raise _Failed(400, 'the sender broke off within an object')
        body.skip(self.receiver.chunk_size)
        # 409 is what an older one gets: here is something newer, which is what both ends want. 404 is a deletion of
        # what was not here, but metadata of what is not here any more is lost if its sender thinks it arrived.
        if 200 <= status < 300 or status == 409 or (status == 404 and method == 'DELETE'):
            self.successes += 1
            return
        self.failures += 1
        LOG.warning('%s: SSYNC: %s %s gave %s', self.name, method, path, status)
        if (self.failures >= self.receiver.threshold
                and (not self.successes or self.failures / self.successes > self.receiver.ratio)):
            raise _Failed(500, f'too many failures: {self.failures} to {self.successes} successes')

    def _head(self, line):
        method, _, path = line.decode('latin-1').partition(' ')
        if method not in _METHODS or not path.startswith('/'):
            raise _Failed(400, f'{line[:80]!r} is no update')
        headers = {}
        while line := self._line():
            name, colon, value = line.decode('latin-1').partition(':')
            if not colon:
                raise _Failed(400, f'{line[:80]!r} is no header')
            headers[name.strip()] = value.strip()
            if len(headers) > _MOST_HEADERS:
                raise _Failed(400, 'an update has too many headers')
        return method, path, headers

    def _subrequest(self, method, path, headers, body):
        kept = [name for name in headers if name.lower() not in _NOT_KEPT]
        environ = {
            'REQUEST_METHOD': method, 'SCRIPT_NAME': '', 'QUERY_STRING': '', 'SERVER_PROTOCOL': 'HTTP/1.1',
            'PATH_INFO': f'/{self.device}/{self.part}' + unquote_to_bytes(path).decode('latin-1'),
            'wsgi.input': body, 'CONTENT_LENGTH': str(body.left), 'wsgi.version': (1, 0), 'wsgi.url_scheme': 'http',
            **{name: self.environ[name] for name in ('SERVER_NAME', 'SERVER_PORT', 'REMOTE_ADDR', 'wsgi.errors',
                                                     'wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once',
                                                     'HTTP_X_TRANS_ID') if name in self.environ}}
        for name, value in headers.items():
            key = name.upper().replace('-', '_')
            environ[key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'] = value
        environ.update({'HTTP_X_BACKEND_STORAGE_POLICY_INDEX': str(self.policy.idx),
                        'HTTP_X_BACKEND_REPLICATION': 'True', 'HTTP_X_BACKEND_REPLICATION_HEADERS': ' '.join(kept)})
        return environ


def wanted_parts(here, ts_data, ts_meta, ts_ctype):
    """(data, metadata): which parts of what is offered are newer than what is here.

    `here` is partition.Moments or None.
    """
    if here is None:
        return True, ts_meta > ts_data
    data, meta, ctype, deleted = here
    if ts_data > data:
        return True, ts_meta > max(meta, ts_data)
    if deleted and data >= ts_data:
        # Metadata of something deleted: only what is newer than the deletion, which cannot be without its data.
        return False, False
    return False, ts_meta > meta or ts_ctype > ctype


def _length(method, headers):
    text = next((value for name, value in headers.items() if name.lower() == 'content-length'), None)
    if method == 'PUT':
        length = whole(text)
        if length is None:
            raise _Failed(400, 'PUT without a Content-Length')
        return length
    if text not in (None, '0'):
        raise _Failed(400, f'{method} with a body')
    return 0


def _status(app, environ):
    """The status a WSGI application answers with."""
    said = []
    answer = app(environ, lambda status, headers, error=None: said.append(status))
    try:
        for _ in answer:
            pass
    finally:
        close = getattr(answer, 'close', None)
        if close:
            close()
    return int(said[-1].split(' ', 1)[0])


class _Body:
    """The body of an embedded request: `left` bytes of the stream, never one more. `broken` once it ended early."""

    def __init__(self, stream, left, timeout):
        self._stream, self.left, self._timeout, self.broken = stream, left, timeout, False

    def read(self, size=None):
        size = self.left if size is None or size < 0 else min(size, self.left)
        if not size or self.broken:
            return b''
        try:
            with concurrency.Timeout(self._timeout):
                piece = self._stream.read(size)
        except BaseException:
            self.broken = True
            raise
        self.broken = not piece
        self.left -= len(piece)
        return piece

    def readline(self, size=None):
        raise TypeError('the body of an object has no lines')

    def skip(self, size):
        """Read what the application left."""
        while self.read(size):
            pass
        if self.broken:
            raise _Failed(400, 'the sender broke off within an object')
