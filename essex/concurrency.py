"""Green threads, pools, timeouts and blocking calls: the only module that imports eventlet.

A daemon calls `patch()` before it imports anything else. Everything here also works in a process that never
did (mod_wsgi, gunicorn with threads, a unit test): then a green thread is still a green thread, but
`in_thread` simply calls, since there is no event loop to keep free.
"""
import contextvars
import functools
import socket
import time
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


def listen(host, port, backlog=128, reuse_port=False):
    """A listening TCP socket. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    return eventlet.listen((host, port), family=family, backlog=backlog, reuse_addr=True, reuse_port=reuse_port)


def serve(sock, app, pool=None, keepalive=75, socket_timeout=900, max_line=16384, log=None):
    """Serve a WSGI application on `sock` until the socket is closed or the thread is killed.

    `pool` bounds how many requests run at once. Header lines longer than `max_line` bytes are refused.
    """
    eventlet.wsgi.server(sock, app, log=log, log_output=False, custom_pool=pool or Pool(1000), debug=False,
                         keepalive=keepalive, socket_timeout=socket_timeout, url_length_limit=max_line)


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
    return application
