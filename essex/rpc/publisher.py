"""Sends messages: on a connection of its own each, confirmed by the broker, tried again while that is away.

Nothing else happens on these connections: one that another green thread reads from must not be used by a call
that waits for its answer.
"""
import dataclasses
import logging
import threading
import time

import kombu

from essex import concurrency
from essex.rpc import errors
from essex.rpc.broker import ERRORS, PERMANENT_ERRORS, close_connection, describe, limited
from essex.rpc.options import CONF

LOG = logging.getLogger(__name__)

CONTENT_TYPE = 'application/x-essex-rpc'
# A broker that does not confirm for so long is asked again on another connection.
_CONFIRM_SECONDS = 15


@dataclasses.dataclass
class Outgoing:
    """A message on its way to a `queue` or an `exchange` or (by both) a queue bound to one, which are declared
    first, or a `routing_key`."""

    body: bytes
    identity: str
    topic: str
    method: str
    host: str = None
    queue: kombu.Queue = None
    exchange: kombu.Exchange = None
    routing_key: str = ''
    expires: float = None   # time.monotonic() after which nobody wants it
    reply_to: str = None
    correlation_id: str = None
    content_type: str = CONTENT_TYPE
    content_encoding: str = 'binary'


class Publisher:
    """The sending side of a process."""

    def __init__(self, broker):
        self._broker = broker
        self._idle = []
        self._slots = threading.Semaphore(CONF.rpc_publish_connections)
        self._closed = False

    def publish(self, message, seconds):
        """Send; returns when the broker has the message. Raises BrokerUnavailable after `seconds`."""
        began = time.monotonic()
        deadline, pause = began + seconds, CONF.rpc_retry_interval
        while True:
            try:
                return self._attempt(lambda link: link.send(message, deadline), deadline)
            except ERRORS as error:
                left = deadline - time.monotonic()
                if left <= 0 or self._closed or isinstance(error, PERMANENT_ERRORS):
                    raise self._unavailable(message, error, time.monotonic() - began) from error
                LOG.warning('cannot send %s.%s to %s (%s); trying again for %.0f s', message.topic,
                            message.method, self._broker.name, describe(error), left)
            concurrency.sleep(min(pause, left))
            pause = min(pause * 2, CONF.rpc_retry_interval_max)

    def depths(self, names, seconds=2):
        """{name of an existing queue: messages that wait in it}. Raises one of the broker's ERRORS."""
        deadline = time.monotonic() + seconds
        return self._attempt(lambda link: {name: link.depth(name, deadline) for name in names}, deadline)

    def close(self):
        """Close the connections nobody uses; those in use are closed when they come back."""
        self._closed = True
        self._close_idle(broken=False)

    def _attempt(self, use, deadline):
        if not self._slots.acquire(timeout=max(0, deadline - time.monotonic())):
            raise TimeoutError('all connections to the broker are in use')
        try:
            if self._idle:
                try:
                    return self._use(self._idle.pop(), use)
                except ERRORS as error:
                    if isinstance(error, PERMANENT_ERRORS):
                        raise
                    # What broke one connection since its last use, a restart of the broker, broke them all.
                    LOG.debug('a connection to %s was stale: %s', self._broker.name, describe(error))
                    self._close_idle(broken=True)
            return self._use(_Link(self._broker, deadline), use)
        finally:
            self._slots.release()

    def _use(self, link, use):
        try:
            result = use(link)
        except BaseException:
            link.close(broken=True)   # an answer may still be under way on it
            raise
        if self._closed:
            link.close(broken=False)
        else:
            self._idle.append(link)
        return result

    def _close_idle(self, broken):
        while self._idle:
            self._idle.pop().close(broken)

    def _unavailable(self, message, error, seconds):
        target = f' for {message.host}' if message.host else ''
        return errors.BrokerUnavailable(
            f'{message.topic}.{message.method}{target} could not be sent: the message broker '
            f'{self._broker.name} did not take it in {seconds:.0f} s ({describe(error)}).',
            topic=message.topic, method=message.method, host=message.host, seconds=round(seconds, 1))


def _left(moment):
    return None if moment is None else max(0.001, moment - time.monotonic())


class _Link:
    """A connection with one channel, and what has been declared over it."""

    def __init__(self, broker, deadline):
        self._connection = broker.connect(confirm=True, seconds=deadline - time.monotonic())
        try:
            with limited(self._connection, deadline - time.monotonic()):
                self._channel = self._connection.channel()
        except BaseException:
            self.close(broken=True)
            raise
        self._producer = kombu.Producer(self._channel, auto_declare=False)
        self._declared = set()

    def send(self, message, deadline):
        seconds = max(0.1, min(deadline - time.monotonic(), _CONFIRM_SECONDS))
        with limited(self._connection, seconds):
            self._declare(message.queue or message.exchange)
            self._producer.publish(
                message.body, exchange=message.exchange.name if message.exchange else '',
                routing_key=message.queue.name if message.queue else message.routing_key,
                content_type=message.content_type, content_encoding=message.content_encoding,
                delivery_mode='persistent',
                # Someone may have deleted the queue: the broker says so, and the next attempt declares it.
                mandatory=message.queue is not None, expiration=_left(message.expires),
                message_id=message.identity, correlation_id=message.correlation_id,
                reply_to=message.reply_to, type=message.method, confirm_timeout=seconds)

    def _declare(self, target):
        if target is not None and target.name not in self._declared:
            target(self._channel).declare()
            self._declared.add(target.name)

    def depth(self, name, deadline):
        with limited(self._connection, deadline - time.monotonic()):
            return self._channel.queue_declare(name, passive=True).message_count

    def close(self, broken):
        close_connection(self._connection, broken)
