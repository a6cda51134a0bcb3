"""Sends messages: each on a connection of its own from a small pool, confirmed by the broker, tried again while
it is away.

Nothing else happens on these connections. One that another green thread reads from must not be written to by
a call that waits for its answer.
"""
import contextlib
import dataclasses
import logging
import threading
import time

import kombu

from essex import concurrency
from essex.rpc import errors
from essex.rpc.broker import ERRORS, PERMANENT_ERRORS, describe
from essex.rpc.options import CONF

LOG = logging.getLogger(__name__)

CONTENT_TYPE = 'application/x-essex-rpc'
_CONFIRM_SECONDS = 15


@dataclasses.dataclass
class Outgoing:
    """A message on its way: `queue` is declared before; without one, `exchange` or `routing_key` say where to."""

    body: bytes
    identity: str
    topic: str
    method: str
    host: str = None
    queue: kombu.Queue = None
    exchange: kombu.Exchange = None
    routing_key: str = ''
    expiration: float = None
    reply_to: str = None
    correlation_id: str = None


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
        pause = CONF.rpc_retry_interval
        while True:
            left = began + seconds - time.monotonic()
            try:
                return self._attempt(lambda link, left=left: link.send(message, left), left)
            except ERRORS as error:
                left = began + seconds - time.monotonic()
                if left <= 0 or self._closed or isinstance(error, PERMANENT_ERRORS):
                    raise self._unavailable(message, error, time.monotonic() - began) from error
                LOG.warning('cannot send %s.%s to %s (%s); trying again for %.0f s', message.topic, message.method,
                            self._broker.name, describe(error), left)
            concurrency.sleep(min(pause, left))
            pause = min(pause * 2, CONF.rpc_retry_interval_max)

    def depths(self, names, seconds=2):
        """{queue name: messages waiting in it}; None where the broker does not know the queue."""
        return self._attempt(lambda link: {name: link.depth(name) for name in names}, seconds)

    def close(self):
        """Close the connections nobody uses; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _attempt(self, use, seconds):
        if not self._slots.acquire(timeout=max(0, seconds)):
            raise TimeoutError('all connections to the broker are in use')
        try:
            link = self._idle.pop() if self._idle else _Link(self._broker)
            try:
                result = use(link)
            except BaseException:
                # Half used: an answer may still be under way on it.
                link.close()
                raise
            if self._closed:
                link.close()
            else:
                self._idle.append(link)
            return result
        finally:
            self._slots.release()

    def _unavailable(self, message, error, seconds):
        return errors.BrokerUnavailable(
            f'{message.topic}.{message.method}{f" for {message.host}" if message.host else ""} could not be sent: '
            f'the message broker {self._broker.name} did not take it in {seconds:.0f} s ({describe(error)}).',
            topic=message.topic, method=message.method, host=message.host, seconds=round(seconds, 1))


class _Link:
    """A connection with one channel, and what has been declared over it."""

    def __init__(self, broker):
        self._connection = broker.connect(confirm=True)
        self._channel = self._connection.channel()
        self._producer = kombu.Producer(self._channel, auto_declare=False)
        self._declared = set()

    def send(self, message, seconds):
        target = message.queue or message.exchange
        if target is not None and target.name not in self._declared:
            target(self._channel).declare()
            self._declared.add(target.name)
        self._producer.publish(
            message.body, exchange=message.exchange.name if message.exchange else '',
            routing_key=message.queue.name if message.queue else message.routing_key,
            content_type=CONTENT_TYPE, content_encoding='binary', delivery_mode='persistent',
            # Someone may have deleted the queue: then the broker says so, and the next attempt declares it again.
            mandatory=message.queue is not None, expiration=message.expiration,
            message_id=message.identity, correlation_id=message.correlation_id, reply_to=message.reply_to,
            type=message.method, confirm_timeout=max(0.1, min(seconds, _CONFIRM_SECONDS)))

    def depth(self, name):
        return self._channel.queue_declare(name, passive=True).message_count

    def close(self):
        with contextlib.suppress(*ERRORS):   # it is being thrown away, often because it broke
            self._connection.release()
