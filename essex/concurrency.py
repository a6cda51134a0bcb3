"""Green threads, pools, timeouts and blocking calls: the only module that imports eventlet.

A daemon calls `patch()` before it imports anything else. Everything here also works in a process that never
did (mod_wsgi, gunicorn with threads, a unit test): then a green thread is still a green thread, but
`in_thread` simply calls, since there is no event loop to keep free.
"""
import _queue
import collections
import contextvars
import functools
import io
import os
import select
import socket
import time
import traceback
import warnings

# eventlet announces its maintenance mode at import; our answer to it is that it lives in this module alone.
warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')

import eventlet  # noqa: E402
import eventlet.event  # noqa: E402
import eventlet.greenpool  # noqa: E402
import eventlet.hubs  # noqa: E402
import eventlet.patcher  # noqa: E402
import eventlet.queue  # noqa: E402
import eventlet.semaphore  # noqa: E402
import eventlet.tpool  # noqa: E402
import eventlet.websocket  # noqa: E402
import eventlet.wsgi  # noqa: E402
import greenlet  # noqa: E402

from essex import http_body, http_protocol, log_locks  # noqa: E402

Timeout = eventlet.Timeout
Event = eventlet.event.Event
Queue = eventlet.queue.LightQueue
QueueEmpty = eventlet.queue.Empty
Semaphore = eventlet.semaphore.Semaphore
Pool = eventlet.greenpool.GreenPool
Killed = greenlet.GreenletExit

_patched = False


def patch():
    """Make the standard library's blocking calls green. Call once, before other imports."""
    global _patched
    if not _patched:
        # os.fork and os.waitpid stay native: the supervisor uses them outside any hub.
        eventlet.monkey_patch(os=False)
        log_locks.make(original('threading').RLock)
        _patched = True


def patched():
    """Whether this process runs on green threads."""
    return _patched


def after_fork():
    """Give a forked child a hub of its own: an epoll descriptor is shared with the parent otherwise."""
    eventlet.hubs.use_hub()
    eventlet.tpool.killall()


def original(module):
    """The unpatched standard module `module` (for code that runs in native threads)."""
    return eventlet.patcher.original(module)


def in_thread(function, *args, **kwargs):
    """Run a call that blocks in C (bcrypt, fsync, libvirt) without stopping the event loop; returns its result."""
    if not _patched:
        return function(*args, **kwargs)
    return eventlet.tpool.execute(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))


def native_thread(function, *args):
    """Start a native daemon thread, for a loop that never yields (libvirt's events)."""
    threading = original('threading')
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread



class ThreadPool:
    """Native threads that run calls which block on one disk, so that green threads elsewhere go on.

    At most `threads`, started as they are needed; calls beyond wait their turn. Where nothing was patched, or with
    no threads, `run` and `submit` simply call.
    """

    def __init__(self, threads, name='disk'):
        self.threads, self.name = threads, name
        self._hub = self._calls = self._finished = self._wake = None
        self._started = self._running = 0
        self._woken = False

    def run(self, function, *args):
        """The result of function(*args), or what it raises."""
        if not _patched or not self.threads:
            return function(*args)
        return self.submit(function, *args).wait()

    def post(self, function, *args):
        """Begin a call nobody waits for: the hub is not woken when it is done. What it raises is printed."""
        self._begin(_Call(function, args, posted=True))

    def submit(self, function, *args):
        """Begin a call; the result is what its wait() returns or raises."""
        return self._begin(_Call(function, args))

    def _begin(self, call):
        if not _patched or not self.threads:
            call.perform()
            call.done = True
            return call
        if self._hub is not eventlet.hubs.get_hub():
            self._attach()
        self._running += 1
        if self._running > self._started < self.threads:
            self._started += 1
            native_thread(self._work, self._calls, self._finished, self._wake)
        self._calls.put(call)
        return call

    def _attach(self):
        # A hub of its own means a forked child: the threads stayed with the parent.
        self._hub = eventlet.hubs.get_hub()
        self._calls, self._finished = _queue.SimpleQueue(), collections.deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._started = self._running = 0
        self._woken = False
        self._hub.add(self._hub.READ, self._wake, self._deliver, self._deliver, lambda: None)

    def _work(self, calls, finished, wake):
        while (call := calls.get()) is not None:
            call.perform()
            self._tell(call, finished, wake)
            del call

    def _tell(self, call, finished, wake):
        finished.append(call)
        # One event wakes the hub for all that is finished by then.
        if not call.posted and not self._woken:
            self._woken = True
            os.eventfd_write(wake, 1)

    def _deliver(self, _):
        os.eventfd_read(self._wake)
        self._woken = False
        while self._finished:
            call = self._finished.popleft()
            self._running -= not call.in_lane
            call.done = True
            if call.waiter is not None:
                try:
                    call.waiter.switch()
                except Exception:
                    # Of a green thread that failed: its own affair, as when the hub resumes it.
                    traceback.print_exc()


class Lane:
    """Calls that threads of a ThreadPool make one after another, in the order they came, while their caller goes on.

    A thread that has done one goes on with the next by itself: the event loop need not get round to it.
    """

    def __init__(self, pool):
        self._pool, self._waiting, self._moving = pool, collections.deque(), False
        self._lock = original('threading').Lock()

    def submit(self, function, *args):
        """Begin a call; the result is what its wait() returns or raises."""
        if not _patched or not self._pool.threads:
            return self._pool.submit(function, *args)
        call = _Call(function, args, in_lane=True)
        with self._lock:
            self._waiting.append(call)
            begin, self._moving = not self._moving, True
        if begin:
            self._pool.post(self._move)
        return call

    def _move(self):
        while True:
            with self._lock:
                if not self._waiting:
                    self._moving = False
                    return
                call = self._waiting.popleft()
            call.perform()
            self._pool._tell(call, self._pool._finished, self._pool._wake)


class _Call:
    """A call in a ThreadPool."""

    __slots__ = ('_args', '_context', '_error', '_function', '_result', 'done', 'in_lane', 'posted', 'waiter')

    def __init__(self, function, args, posted=False, in_lane=False):
        self.posted, self.in_lane = posted, in_lane
        self._function, self._args, self._context = function, args, contextvars.copy_context()
        self._result = self._error = self.waiter = None
        self.done = False

    def perform(self):
        try:
            self._result = self._context.run(self._function, *self._args)
        except BaseException as error:
            self._error = error
            if self.posted:
                traceback.print_exception(error)
        self._function = self._args = None

    def wait(self):
        """The result; raises what the call raised."""
        if not self.done:
            self.waiter = greenlet.getcurrent()
            try:
                eventlet.hubs.get_hub().switch()
            finally:
                self.waiter = None
        if self._error is not None:
            raise self._error
        return self._result


def spawn(function, *args, **kwargs):
    """Start a green thread in a copy of the caller's context; has wait() and kill()."""
    return eventlet.spawn(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))


def spawn_after(seconds, function, *args, **kwargs):
    """Start a green thread after `seconds`; has cancel() and wait()."""
    call = functools.partial(function, *args, **kwargs)
    return eventlet.spawn_after(seconds, contextvars.copy_context().run, call)


def sleep(seconds=0):
    """Let others run for `seconds`."""
    if _patched:
        eventlet.sleep(seconds)
    else:
        time.sleep(seconds)


def current():
    """The running green thread: an identity that is unique while it lives."""
    return eventlet.getcurrent()


# Seconds of silence after which the system asks whether a peer is still there.
_KEEPIDLE = 600


def listen(host, port, backlog=128, reuse_port=False):
    """A listening TCP socket. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    sock = eventlet.listen((host, port), family=family, backlog=backlog, reuse_addr=True, reuse_port=reuse_port)
    # Inherited by what it accepts: an answer in several small pieces else waits 40 ms for the peer's acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # So is this: a peer that went away without a word is found after a while, however long its answer may wait.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPIDLE)
    return sock


class _Input(http_body.Body, eventlet.wsgi.Input):
    connection_taken = False    # by a WebSocket: no answer of HTTP follows


class _Protocol(http_protocol.Protocol, eventlet.wsgi.HttpProtocol):
    input_class, timeout_class = _Input, Timeout
    rbufsize = 65536    # as long as the chunks that clients send: each comes in one piece then

    def setup(self):
        super().setup()
        if not hasattr(self.connection, 'do_handshake'):
            self.rfile = io.BufferedReader(http_body.Incoming(self.connection, _wait), self.rbufsize)
            # As makefile() counts, and the one that is replaced here is closed with its last reference.
            self.connection._io_refs += 1

    @staticmethod
    def send_file(sock, file, count, cached):
        """Send up to `count` bytes of a file from its position on; returns how many, 0 at its end. A thread waits for
        the disk, unless they are `cached`."""
        while True:
            try:
                if cached:
                    return os.sendfile(sock.fileno(), file.fileno(), None, count)
                return _SENDING.run(_sendfile, sock, file, count)
            except BlockingIOError:
                try:
                    eventlet.hubs.trampoline(sock, write=True, timeout=sock.gettimeout(), timeout_exc=TimeoutError)
                except eventlet.hubs.IOClosed as error:
                    raise ConnectionResetError from error


# For files on their way to clients: the threads of in_thread() are for calls that end soon.
_SENDING = ThreadPool(16, 'sending')
# Seconds for which a thread stays with a client that keeps taking more; others may wait for it.
_STAY = 0.1


def _sendfile(sock, file, count):
    sent, end = 0, time.monotonic() + _STAY
    while sent < count:
        try:
            # Their numbers are asked for here: one that was closed meanwhile may be that of another connection.
            piece = os.sendfile(sock.fileno(), file.fileno(), None, count - sent)
        except BlockingIOError:
            if time.monotonic() < end and _wait(sock, select.POLLOUT, http_body.PATIENCE):
                continue
            if not sent:
                raise
            break
        if not piece:
            break
        sent += piece
    return sent


def serve(sock, app, pool=None, keepalive=75, socket_timeout=900, max_line=16384, log=None, head_timeout=20,
          connections=0):
    """Serve a WSGI application on `sock` until the socket is closed or the thread is killed.

    `pool` bounds how many connections there are at once, `connections` how many an address may have of them (0: all).
    Header lines longer than `max_line` bytes are refused, and heads that take longer than `head_timeout` seconds.
    """
    protocol = type('Protocol', (_Protocol,), {'head_timeout': head_timeout, 'most': connections,
                                               'guests': collections.Counter()})
    eventlet.wsgi.server(sock, app, log=log, protocol=protocol, log_output=False, custom_pool=pool or Pool(1000),
                         debug=False, keepalive=keepalive, socket_timeout=socket_timeout, url_length_limit=max_line)


def _wait(sock, events, seconds):
    """Wait in a native thread; whether any of `events` (of poll) came. It asks the socket for its number: it may have
    been closed."""
    poll = original('select').poll()
    poll.register(sock, events)
    return bool(poll.poll(seconds * 1000))


def send_on(sock, *parts):
    """Send `parts` for a native thread until the peer takes no more for a moment; returns the bytes that are left."""
    native, left = getattr(sock, 'fd', sock), [memoryview(part) for part in parts]
    while left:
        try:
            count = native.sendmsg(left)
        except BlockingIOError:
            if not _wait(native, select.POLLOUT, http_body.PATIENCE):
                break
            continue
        while left and count >= len(left[0]):
            count -= len(left.pop(0))
        if left:
            left[0] = left[0][count:]
    return b''.join(left)


class TrampolineFile:
    """Wait until a descriptor is readable, without blocking others."""

    def __init__(self, fileno):
        self.fileno = fileno

    def wait_readable(self, timeout=None):
        """True when there is something to read, False after `timeout` seconds."""
        try:
            eventlet.hubs.trampoline(self.fileno, read=True, timeout=timeout, timeout_exc=Timeout)
        except Timeout:
            return False
        return True


def websocket(handler, protocols=(), max_frame=1 << 20):
    """A WSGI application that speaks WebSocket (RFC 6455) and calls handler(socket) for each connection.

    The socket has `environ`, wait() -> bytes, str or None when the peer has gone, send(bytes) and close(). Only under
    `serve`. What the handler raises is its own affair: catch it there.
    """
    application = eventlet.websocket.WebSocketWSGI(handler, max_frame_length=max_frame)
    application.support_legacy_versions = False
    application.supported_protocols = list(protocols)

    def answer(environ, start_response):
        eventlet.wsgi.WSGI_LOCAL.already_handled = False
        result = application(environ, start_response)
        environ['eventlet.input'].connection_taken = eventlet.wsgi.WSGI_LOCAL.already_handled
        return result
    return answer
