"""The answers to this process's calls: one queue, one consumer, and who waits for which answer."""
import logging
import os
import socket
import threading
import uuid

from essex.rpc import broker as brokers
from essex.rpc import serializer
from essex.rpc.consumer import Consumer

LOG = logging.getLogger(__name__)


class Replies:
    """The receiving side of a caller. Its queue is made with the first call."""

    def __init__(self, broker):
        self._broker = broker
        self._lock = threading.Lock()
        self._waiting = {}
        self._queue = None
        self._consumer = None

    @property
    def waiting(self):
        """How many calls wait for their answer now."""
        return len(self._waiting)

    def open(self, seconds):
        """The name of the queue for answers; None when it could not be made in `seconds`."""
        with self._lock:
            if self._consumer is None:
                unique = f'{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:12]}'
                self._queue = brokers.reply_queue(unique)
                self._consumer = Consumer(self._broker, 'replies', [self._queue], self._on_message)
                self._consumer.start()
        return self._queue.name if self._consumer.ready.wait(max(0, seconds)) else None

    def expect(self, identity):
        """A context manager that waits for the answer to call `identity`; `get(seconds)` returns it."""
        return _Waiter(self._waiting, identity)

    def close(self, seconds=2):
        """End; who still waits gets an error."""
        for waiter in list(self._waiting.values()):
            waiter.put({'closed': True})
        if self._consumer is not None and not self._consumer.close(seconds, delete=[self._queue]):
            LOG.warning('the consumer of replies did not end in %.0f s', seconds)

    def _on_message(self, delivery):
        delivery.ack()
        waiter = self._waiting.get(delivery.correlation_id)
        if waiter is None:
            LOG.info('an answer came after its caller had given up (call %s)', delivery.correlation_id)
            return
        try:
            waiter.put(serializer.loads(delivery.body))
        except ValueError:
            LOG.exception('the answer to call %s cannot be read', delivery.correlation_id)


class _Waiter:
    def __init__(self, waiting, identity):
        self._waiting = waiting
        self._identity = identity
        self._event = threading.Event()
        self._value = None

    def __enter__(self):
        self._waiting[self._identity] = self
        return self

    def __exit__(self, *error):
        self._waiting.pop(self._identity, None)

    def put(self, value):
        self._value = value
        self._event.set()

    def get(self, seconds):
        """The answer, or None after `seconds`."""
        self._event.wait(max(0, seconds))
        return self._value
