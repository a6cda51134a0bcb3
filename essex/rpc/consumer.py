"""Receives messages from some queues on a connection of its own, and comes back by itself when that breaks.

One thread reads the connection. Others write to it only to settle a message they handled, under a lock and
without waiting for an answer.
"""
import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time

import kombu

from essex.rpc import threads
from essex.rpc.broker import ERRORS, close_connection, describe, limited
from essex.rpc.options import CONF

LOG = logging.getLogger(__name__)

# How often it looks after its connection and its jobs when nothing comes.
_TICK_SECONDS = 5
# How long the rest of a message may take that has begun to come.
_REST_SECONDS = 5
_HEARTBEAT_FRAME = 8
# How long the broker may take to answer what is asked of it on this connection.
_ANSWER_SECONDS = 15


class Consumer:
    """Calls `on_message(delivery)` for each message of `queues`, in the reading thread; it must not block."""

    def __init__(self, broker, name, queues, on_message, prefetch=0, on_tick=None):
        self._broker = broker
        self._name = name
        self._queues = queues
        self._on_message = on_message
        self._prefetch = prefetch
        self._on_tick = on_tick
        self._session = None
        self._stopping = threading.Event()
        self._closing = threading.Event()
        self._delete = ()
        self.ready = threading.Event()      # consuming, and all queues are declared
        self._silent = threading.Event()    # no further message will come
        self._ended = threading.Event()

    def start(self):
        """Begin to receive, as soon as the broker is there; see `ready`."""
        threads.start(f'rpc {self._name}', self._run)

    def cancel(self, seconds):
        """Stop receiving; True when it is sure that nothing more comes. Messages can still be settled."""
        self._stopping.set()
        self._interrupt()
        return self._silent.wait(seconds)

    def close(self, seconds, delete=()):
        """End: delete the queues `delete`, give back what was not settled, close the connection."""
        self._delete = delete
        self._stopping.set()
        self._closing.set()
        self._interrupt()
        return self._ended.wait(seconds)

    def _interrupt(self):
        session = self._session
        if session is not None:
            session.interrupt()

    def _run(self):
        pause = CONF.rpc_retry_interval
        while not self._stopping.is_set():
            try:
                self._live()
            except Exception as error:   # whatever it is: a daemon that no longer listens is worse
                if self._stopping.is_set():
                    break
                if self.ready.is_set():
                    pause = CONF.rpc_retry_interval
                self.ready.clear()
                LOG.warning('%s: lost the message broker %s (%s); trying again in %.1f s', self._name,
                            self._broker.name, describe(error), pause,
                            exc_info=None if isinstance(error, ERRORS) else error)
                self._stopping.wait(pause)
                pause = min(pause * 2, CONF.rpc_retry_interval_max)
        self.ready.clear()
        self._silent.set()
        self._ended.set()

    def _live(self):
        session = _Session(self._broker, self._queues, self._on_message, self._prefetch)
        self._session = session
        LOG.debug('%s: consuming from %s', self._name, self._broker.name)
        self.ready.set()
        broken = True
        try:
            while not self._closing.is_set():
                if self._stopping.is_set() and not self._silent.is_set():
                    session.cancel()
                    self._silent.set()
                    continue
                session.drain()
                if self._on_tick is not None:
                    self._on_tick()
            if not self._silent.is_set():
                session.cancel()
            session.delete(self._delete)
            broken = False
        finally:
            self._session = None
            session.close(broken)


class _Session:
    """One life of the connection."""

    def __init__(self, broker, queues, on_message, prefetch):
        self._lock = threading.Lock()
        self._broken = None
        self._wait = None
        self._in_memory = broker.in_memory
        self._heartbeat = 0 if broker.in_memory else CONF.rpc_heartbeat
        self._tick = min(_TICK_SECONDS, self._heartbeat / 4 or _TICK_SECONDS)
        self._next_beat = time.monotonic() + self._tick
        self._connection = broker.connect(heartbeat=self._heartbeat)
        try:
            with limited(self._connection, _ANSWER_SECONDS):
                self._channel = self._connection.channel()
                if prefetch:
                    self._channel.basic_qos(0, prefetch, False)
                self._consumer = kombu.Consumer(
                    self._channel, queues, on_message=lambda message: on_message(Delivery(message, self)))
                self._consumer.consume()
            self._wait = None if self._in_memory else _Wait(self._connection.connection.sock)
        except BaseException:
            self.close(broken=True)
            raise

    def drain(self):
        """Handle one event of the connection, or none for a while."""
        with contextlib.suppress(TimeoutError):
            if self._in_memory:
                self._connection.drain_events()
            elif self._wait.readable(self._tick):
                self._read_frames()
        if self._broken:
            raise self._broken
        if self._heartbeat and time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + self._tick
            with self._lock:
                self._connection.heartbeat_check()

    def _read_frames(self):
        # Not drain_events: that goes on to wait after a heartbeat, and would not see that it is to stop.
        connection = self._connection.connection
        with limited(self._connection, _REST_SECONDS):
            while True:
                frame = connection.transport.read_frame()
                if connection.on_inbound_frame(frame) or frame[0] == _HEARTBEAT_FRAME:
                    return

    def interrupt(self):
        """Make `drain` return."""
        if self._in_memory:
            self._connection.transport.interrupt()
        elif self._wait is not None:
            self._wait.interrupt()

    def cancel(self):
        with limited(self._connection, _ANSWER_SECONDS):
            self._consumer.cancel()

    def delete(self, queues):
        with limited(self._connection, _ANSWER_SECONDS):
            for queue in queues:
                queue(self._channel).delete()

    def settle(self, action):
        """Acknowledge or give back; quietly nothing when the connection is gone, the broker then does."""
        with self._lock:
            if self._broken is None:
                try:
                    action()
                except ERRORS as error:
                    self._broken = error

    def close(self, broken):
        with self._lock:
            self._broken = self._broken or ConnectionError('closed')
        if self._wait is not None:
            self._wait.close()
        close_connection(self._connection, broken)


class _Wait:
    """Waits until a socket is readable, or until it is interrupted."""

    def __init__(self, sock):
        self._sock = sock
        self._read, self._write = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ)
        self._selector.register(self._read, selectors.EVENT_READ)

    def readable(self, seconds):
        """True when the socket has something to read."""
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True   # decrypted already: the descriptor does not tell
        ready = {key.fileobj for key, _ in self._selector.select(seconds)}
        if self._read in ready:
            self._read.recv(64)
        return self._sock in ready

    def interrupt(self):
        with contextlib.suppress(OSError):   # closed meanwhile: nobody waits any more
            self._write.send(b'.')

    def close(self):
        self._selector.close()
        self._read.close()
        self._write.close()


class Delivery:
    """A message received, to be settled once: acknowledged, or given back to its queue."""

    def __init__(self, message, session):
        self.body = message.body
        self.identity = message.properties.get('message_id')
        self.correlation_id = message.properties.get('correlation_id')
        self.reply_to = message.properties.get('reply_to')
        self._message = message
        self._session = session
        self._settled = False

    def ack(self):
        """The message is done with."""
        self._settle(self._message.ack)

    def give_back(self):
        """Let another server, or a later life of this one, have it."""
        self._settle(self._message.requeue)

    def _settle(self, action):
        if not self._settled:
            self._settled = True
            self._session.settle(action)
