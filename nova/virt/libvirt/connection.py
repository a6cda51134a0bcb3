"""The connection to libvirtd: opened when needed, opened again when libvirtd comes back, every call in a native thread.

`run(function)` calls function(connection) with a live connection. When libvirtd goes away in the middle it waits for
it and calls the function again, so the function must be repeatable; it runs in a native thread and may use nothing
green (no concurrency.sleep, no logging).
"""
import collections
import importlib
import logging
import os
import time

from essex import concurrency
from nova.compute import states
from nova.virt import exception

LOG = logging.getLogger(__name__)

_PAUSE = 0.2
_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT = 5, 4
_ADVICE = ('Start libvirtd (`systemctl start libvirtd`, or `essex up` where it is ours), and see that [libvirt] '
           'connection_uri names its socket.')


def library():
    """The libvirt module; imported late, as only hosts with guests have it."""
    try:
        return importlib.import_module('libvirt')
    except ImportError as error:
        raise exception.HypervisorUnavailable(host='this machine', reason=(
            f'libvirt-python cannot be imported ({error}). pip install "essex[libvirt]"')) from error


class _EventLoop:
    """libvirt's event loop, one native thread a process; keepalive needs it as well as events."""

    started = False

    @classmethod
    def start(cls, libvirt):
        if cls.started:
            return
        cls.started = True
        libvirt.virEventRegisterDefaultImpl()
        # libvirt writes errors to standard error otherwise, beside raising them.
        libvirt.registerErrorHandler(lambda context, error: None, None)
        concurrency.native_thread(cls._loop, libvirt)

    @staticmethod
    def _loop(libvirt):
        while True:
            libvirt.virEventRunDefaultImpl()


class Connection:
    """A connection that comes back. `host` is for messages."""

    def __init__(self, uri, host='this host', timeout=30):
        self.uri = uri
        self._host = host
        self._timeout = timeout
        self.library = library()
        self._connection = None
        self._opening = concurrency.Semaphore(1)
        self._attempt = None
        self._bridge = None
        _EventLoop.start(self.library)

    def run(self, function, *args):
        """function(connection, *args) in a native thread; again with a new connection when that one broke."""
        deadline = time.monotonic() + self._timeout
        while True:
            connection = self._open(deadline)
            try:
                return concurrency.in_thread(function, connection, *args)
            except self.library.libvirtError as error:
                if not self._is_broken(connection, error):
                    raise
                LOG.warning('The connection to libvirtd broke: %s', error)
                self._forget(connection)

    def on_lifecycle(self, callback):
        """Call callback(uuid, power_state) for each change of a guest, in a green thread."""
        self._bridge = _EventBridge(callback, self.library, self._reopen)
        connection, self._connection = self._connection, None
        self._close(connection)
        self._open(time.monotonic() + self._timeout)

    def close(self):
        """Let go of libvirtd."""
        if self._bridge:
            self._bridge.stop()
        connection, self._connection = self._connection, None
        self._close(connection)

    # Opening

    def _open(self, deadline):
        if self._connection is not None:
            return self._connection
        with self._opening:
            while self._connection is None:
                try:
                    self._connection = self._attempt_until(deadline)
                except self.library.libvirtError as error:
                    if time.monotonic() > deadline:
                        raise self._unavailable(error.get_error_message()) from error
                    concurrency.sleep(_PAUSE)
            return self._connection

    def _attempt_until(self, deadline):
        """A new connection. One try at a time: a libvirtd that hangs must not eat a native thread with each call."""
        if self._attempt is None:
            self._attempt = concurrency.spawn(concurrency.in_thread, self._connect)
        try:
            with concurrency.Timeout(max(deadline - time.monotonic(), _PAUSE)):
                connection = self._attempt.wait()
        except concurrency.Timeout as error:
            raise self._unavailable('it takes connections, but hangs') from error
        except self.library.libvirtError:
            self._attempt = None
            raise
        self._attempt = None
        return connection

    def _unavailable(self, why):
        return exception.HypervisorUnavailable(
            host=self._host, reason=f'libvirtd at {self.uri} does not answer ({why}). {_ADVICE}')

    def _connect(self):
        connection = self.library.open(self.uri)
        connection.setKeepAlive(_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT)
        if self._bridge:
            connection.domainEventRegisterAny(None, self.library.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              self._bridge.lifecycle, None)
            connection.registerCloseCallback(self._bridge.closed, None)
        return connection

    def _reopen(self):
        """Have a connection again soon after libvirtd came back, so that events are not missed for long."""
        connection = self._connection
        if connection is not None and not concurrency.in_thread(self._alive, connection):
            self._forget(connection)
        try:
            self._open(time.monotonic() + self._timeout)
        except exception.HypervisorUnavailable as error:
            LOG.error('%s', error)

    def _forget(self, connection):
        if self._connection is connection:
            self._connection = None
            self._close(connection)

    def _close(self, connection):
        if connection is not None:
            concurrency.in_thread(self._shut, connection)

    def _shut(self, connection):
        try:
            if self._bridge:
                connection.unregisterCloseCallback()
            connection.close()
        except self.library.libvirtError:
            return   # it was broken already: nothing to let go of

    @staticmethod
    def _alive(connection):
        return connection.isAlive() == 1

    def _is_broken(self, connection, error):
        codes = (self.library.VIR_ERR_SYSTEM_ERROR, self.library.VIR_ERR_INTERNAL_ERROR,
                 self.library.VIR_ERR_RPC, self.library.VIR_ERR_NO_CONNECT, self.library.VIR_ERR_INVALID_CONN)
        domains = (self.library.VIR_FROM_REMOTE, self.library.VIR_FROM_RPC)
        if error.get_error_code() in codes and error.get_error_domain() in domains:
            return True
        return not concurrency.in_thread(self._alive, connection)


class _EventBridge:
    """Carries events from libvirt's native thread to a green thread: a queue, and a pipe to wake the reader."""

    def __init__(self, callback, libvirt, reopen):
        self._callback = callback
        self._reopen = reopen
        self._states = _states(libvirt)
        self._queue = collections.deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._running = True
        self._patched = concurrency.patched()
        if self._patched:
            self._thread = concurrency.spawn(self._deliver)

    def lifecycle(self, connection, domain, event, detail, opaque):
        """Called by libvirt in its own thread."""
        state = self._states.get((event, detail), self._states.get(event))
        if state is not None:
            self._put((domain.UUIDString(), state))

    def closed(self, connection, reason, opaque):
        """Called by libvirt in its own thread when the connection broke."""
        self._put(None)

    def stop(self):
        self._running = False
        self._put(None)

    def _put(self, item):
        if not self._patched:
            # Without an event loop there is no other thread to hand it to.
            if item is not None:
                self._callback(*item)
            return
        self._queue.append(item)
        try:
            os.write(self._writer, b'.')
        except BlockingIOError:
            return   # full: the reader has been woken often enough

    def _deliver(self):
        pipe = concurrency.TrampolineFile(self._reader)
        while self._running:
            if not pipe.wait_readable(timeout=60):
                continue
            os.read(self._reader, 4096)
            while self._queue and self._running:
                self._handle(self._queue.popleft())
        os.close(self._reader)
        os.close(self._writer)

    def _handle(self, item):
        try:
            if item is None:
                self._reopen()
            else:
                self._callback(*item)
        except Exception:
            LOG.exception('A lifecycle event of a guest could not be handled: %s', item)


def _states(libvirt):
    """{event or (event, detail): power state}. What is not named is no change of state."""
    return {
        libvirt.VIR_DOMAIN_EVENT_STARTED: states.RUNNING,
        libvirt.VIR_DOMAIN_EVENT_RESUMED: states.RUNNING,
        libvirt.VIR_DOMAIN_EVENT_SUSPENDED: states.POWER_PAUSED,
        libvirt.VIR_DOMAIN_EVENT_STOPPED: states.SHUTDOWN,
        (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED): states.CRASHED,
        (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED): states.POWER_SUSPENDED,
        libvirt.VIR_DOMAIN_EVENT_CRASHED: states.CRASHED,
    }
