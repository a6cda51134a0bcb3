"""A daemon's life: start its parts, serve until told to stop, drain, stop. Signals, systemd, workers, status file.

    class SchedulerDaemon(service.Daemon):
        name = 'nova-scheduler'
        def setup(self):
            self.add_rpc('scheduler', [SchedulerManager()])
            self.add_periodic(self.sweep, 10)

    service.run([SchedulerDaemon()])            # one daemon, or several in one process

SIGTERM and SIGINT drain and stop, SIGHUP reads the configuration again.
"""
import contextlib
import ctypes
import gc
import logging
import os
import random
import signal
import socket
import sys
import time

from oslo_config import cfg

from essex import concurrency, config, context, trace, vitals
from essex.vitals.status_file import StatusFile
from essex.wsgi import server as wsgi_server

LOG = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1

OPTS = [
    cfg.StrOpt('status_dir', help='Directory of the files by which `essex status` finds running daemons. '
                                  'None written when unset.'),
    cfg.IntOpt('graceful_shutdown_timeout', default=30, min=0, help='Seconds that running work gets at a stop.'),
    cfg.IntOpt('report_interval', default=5, min=1, help='Seconds between two signs of life of a daemon.'),
]
CONF = config.register(OPTS)


class Periodic:
    """Calls `function` every `interval` seconds, never twice at once. A failure is logged, and the next turn comes."""

    def __init__(self, function, interval, initial_delay=None, daemon=None):
        self.function, self.interval, self.daemon = function, interval, daemon
        self.initial_delay = (random.uniform(0, interval) if initial_delay is None  # noqa: S311 - spreads load
                              else initial_delay)
        self._thread = None

    def start(self):
        self._thread = concurrency.spawn(self._loop)

    def stop(self, timeout=None):
        if self._thread is not None:
            self._thread.kill()
            self._thread = None

    def run_once(self):
        """One turn, in a request context of its own so that its log lines and spans belong together."""
        token = context.bind(context.RequestContext(is_admin=True))
        try:
            with trace.daemon_scope(self.daemon or trace.daemon_name()):
                self.function()
        finally:
            context.unbind(token)

    def _loop(self):
        concurrency.sleep(self.initial_delay)
        while True:
            try:
                self.run_once()
            except Exception:
                LOG.exception('periodic task %s failed', getattr(self.function, '__qualname__', self.function))
            concurrency.sleep(self.interval)


class Daemon:
    """One daemon. Subclasses set `name` and add their parts in `setup`."""

    name = None
    every_worker = True     # else only the first of several workers runs it

    def __init__(self):
        self.parts, self.addresses, self.state = [], [], 'starting'

    def setup(self):
        """Make the parts; called once, before anything starts."""
        raise TypeError(f'{type(self).__name__} has no setup()')

    def on_start(self):
        """Called when every part runs."""

    def on_stop(self):
        """Called after every part has stopped."""

    def on_reload(self):
        """Called at SIGHUP, after CONF was read again."""

    def add_wsgi(self, app, host, port):
        """Serve a WSGI application; returns the server."""
        return self.add(wsgi_server.Server(self.name, app, host, port))

    def add_rpc(self, topic, endpoints, host=None):
        """Serve RPC on `topic` and `topic.host`; returns the server."""
        # Here, since object storage has neither messaging nor SQLAlchemy: 20 MB and half its start.
        from essex import rpc
        vitals.tell('messaging', rpc.facts, every=0)
        return self.add(rpc.Server(topic, host or CONF.host, endpoints))

    def add_periodic(self, function, interval, initial_delay=None):
        """Call `function` every `interval` seconds (0 or less: never)."""
        return self.add(Periodic(function, interval, initial_delay, self.name)) if interval > 0 else None

    def add(self, part):
        """Add anything with start() and stop(timeout)."""
        self.parts.append(part)
        return part

    def bind(self):
        """Take the addresses."""
        with trace.daemon_scope(self.name):
            self.setup()
        for part in self.parts:
            if isinstance(part, wsgi_server.Server):
                part.bind()
                self.addresses.append(f'{part.host}:{part.port}')

    def become_worker(self, index):
        """Called in a worker, the `index`-th, before it starts."""
        for part in self.parts:
            if isinstance(part, wsgi_server.Server):
                part.become_worker(index)

    def start(self):
        """Start every part in the order they were added."""
        with trace.daemon_scope(self.name):
            for part in self.parts:
                part.start()
            self.on_start()
        self.state = 'up'

    def stop(self, timeout):
        """Stop the parts, last first, sharing `timeout` seconds."""
        self.state = 'stopping'
        end = time.monotonic() + timeout
        with trace.daemon_scope(self.name):
            for part in reversed(self.parts):
                try:
                    part.stop(max(0, end - time.monotonic()))
                except Exception:
                    LOG.exception('%s: stopping %s failed', self.name, type(part).__name__)
            self.on_stop()
        self.state = 'down'


class _Signals:
    """Signals as a queue a green thread can wait on. The pipe wakes the event loop, which a signal alone does not."""

    def __init__(self):
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *arguments: None)
        signal.set_wakeup_fd(self._write.fileno())

    def wait(self, timeout):
        """The next signal's number, or None after `timeout` seconds."""
        if not concurrency.TrampolineFile(self._read.fileno()).wait_readable(timeout):
            return None
        try:
            return self._read.recv(1)[0]
        except BlockingIOError:
            return None


def notify(state):
    """Tell systemd (sd_notify(3)); nothing when it does not ask."""
    address = os.environ.get('NOTIFY_SOCKET')
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.connect('\0' + address[1:] if address.startswith('@') else address)
        sock.sendall(state.encode())


def run(daemons, name=None):
    """Run daemons in this process until a signal stops them. With workers > 1, in that many processes."""
    name = name or daemons[0].name
    trace.name_process(name)
    for daemon in daemons:
        daemon.bind()
    _collect_less()
    if CONF.workers > 1:
        # A connection opened before the fork would be shared by all workers.
        _if_loaded('essex.db', 'dispose')
        _run_workers(daemons, name)
    else:
        _serve(daemons, name)


def _collect_less():
    """Look for circles of objects less often, and never among those of the start: a list of ten thousand users
    makes many objects and no circles, and to look for those every 700 objects takes longer than the list itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _if_loaded(module, function):
    """Call a function of a module that only some daemons import."""
    if module in sys.modules:
        getattr(sys.modules[module], function)()


def _serve(daemons, name):
    signals = _Signals()
    status = StatusFile(CONF.status_dir, name, CONF.project, CONF.host, CONF.report_interval, daemons)
    status.ring.attach()
    looking = concurrency.spawn(vitals.keep_looking)
    # Told before they serve: a start may take long, and endpoints of the first answer while the last still starts.
    status.write()
    for daemon in daemons:
        daemon.start()
    notify('READY=1')
    LOG.info('%s started (pid %d)', name, os.getpid())
    while True:
        status.write()
        notify('WATCHDOG=1')
        number = signals.wait(CONF.report_interval)
        if number == signal.SIGHUP:
            notify('RELOADING=1')
            config.reload()
            for daemon in daemons:
                daemon.on_reload()
            status.ring.attach()
            notify('READY=1')
        elif number is not None:
            break
    LOG.info('%s stops: %s', name, signal.Signals(number).name)
    notify('STOPPING=1')
    for daemon in reversed(daemons):
        daemon.stop(CONF.graceful_shutdown_timeout)
    _if_loaded('essex.rpc', 'shutdown')
    looking.kill()
    status.remove()
    LOG.info('%s stopped', name)


def _die_with(parent):
    """Have the kernel kill this process when its parent dies: whoever succeeds it needs the addresses (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _run_workers(daemons, name):
    """Fork CONF.workers children that share the addresses; start one again when it dies."""
    stopping, children, parent = [], {}, os.getpid()

    def start(index):
        pid = os.fork()
        if pid:
            children[pid] = (index, time.monotonic())
            return
        concurrency.after_fork()
        _die_with(parent)
        try:
            trace.name_process(f'{name}-{index}')
            mine = [each for each in daemons if each.every_worker or index == 0]
            for daemon in mine:
                daemon.become_worker(index)
            _serve(mine, f'{name}-{index}')
        finally:
            logging.shutdown()
            os._exit(0)

    def pass_on(number, frame):
        if number != signal.SIGHUP:
            stopping.append(number)
        for pid in children:
            os.kill(pid, number)

    for index in range(CONF.workers):
        start(index)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    notify('READY=1')
    while children:
        pid, status = os.waitpid(-1, 0)
        index, began = children.pop(pid, (None, 0))
        if index is not None and not stopping:
            LOG.error('worker %d (pid %d) of %s died with status %d: starting another', index, pid, name, status)
            # A worker that dies at once would otherwise make this loop fork without end.
            concurrency.original('time').sleep(max(0, 1 - (time.monotonic() - began)))
            start(index)
