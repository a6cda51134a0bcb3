"""The memory:// transport: kombu's, woken when something is published instead of asking once a second.

Queues live as long as the process and are shared by its threads. Messages expire like RabbitMQ's, and a
message given back is the first of its queue again.
"""
import collections
import math
import threading
import time
import weakref
from queue import Empty

from kombu.transport import TRANSPORT_ALIASES, memory, virtual

NAME = 'essexmemory'


class Channel(memory.Channel):
    """One user's way to the shared queues."""

    queues = {}
    body_encoding = 'utf-8'   # bodies are kept as they are, not as base64

    def _queue_for(self, queue):
        return Channel.queues.setdefault(queue, collections.deque())

    def _new_queue(self, queue, **kwargs):
        self._queue_for(queue)

    def _has_queue(self, queue, **kwargs):
        return queue in Channel.queues

    def _get(self, queue, timeout=None):
        waiting = self._queue_for(queue)
        while True:
            try:
                message = waiting.popleft()
            except IndexError:
                raise Empty() from None
            if time.monotonic() <= message.get('expires', math.inf):
                return message

    def _put(self, queue, message, **kwargs):
        expiration = message['properties'].get('expiration')
        if expiration is not None:
            message['expires'] = time.monotonic() + int(expiration) / 1000
        self._queue_for(queue).append(message)
        _wake(queue)

    def _put_fanout(self, exchange, message, routing_key, **kwargs):
        for queue in self._lookup(exchange, routing_key):
            self._put(queue, {**message, 'properties': dict(message['properties'])})

    def _restore_at_beginning(self, message):
        again = {**message._raw, 'redelivered': True}
        queue = message.delivery_info['queue']
        self._queue_for(queue).appendleft(again)
        _wake(queue)

    def _size(self, queue):
        return len(Channel.queues.get(queue, ()))

    def _purge(self, queue):
        size = self._size(queue)
        self._queue_for(queue).clear()
        return size

    def queue_delete(self, queue, if_unused=False, if_empty=False, **kwargs):
        if if_empty and self._size(queue):
            return
        # kombu forgets the bindings but leaves them in the exchanges' tables, which then feed a dead queue.
        for exchange in self.state.exchanges.values():
            exchange['table'] = [entry for entry in exchange['table'] if entry[2] != queue]
        self.state.queue_bindings_delete(queue)
        Channel.queues.pop(queue, None)

    def basic_consume(self, queue, no_ack, callback, consumer_tag, **kwargs):
        def deliver(message):
            message.delivery_info['queue'] = queue
            return callback(message)
        super().basic_consume(queue, no_ack, deliver, consumer_tag, **kwargs)
        self.connection.wake()

    def basic_ack(self, delivery_tag, multiple=False):
        held_back = not self.qos.can_consume()   # by the prefetch limit
        super().basic_ack(delivery_tag, multiple)
        if held_back:
            self.connection.wake()

    def basic_reject(self, delivery_tag, requeue=False):
        super().basic_reject(delivery_tag, requeue)
        self.connection.wake()

    def close(self):
        virtual.Channel.close(self)   # memory.Channel's replaces the shared queues by an empty dict


class Transport(memory.Transport):
    """A connection: the channels of one consumer or publisher."""

    Channel = Channel
    global_state = virtual.BrokerState()

    def __init__(self, client, **kwargs):
        super().__init__(client, **kwargs)
        self._ready = threading.Event()
        self._interrupted = False
        _transports.add(self)

    def wake(self):
        """Let drain_events look at the queues again."""
        self._ready.set()

    def interrupt(self):
        """Let drain_events return, by TimeoutError, even if nothing has come."""
        self._interrupted = True
        self._ready.set()

    def drain_events(self, connection, timeout=None):
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            # Cleared before looking: what is published after the look sets it again.
            self._ready.clear()
            if self._interrupted:
                self._interrupted = False
                raise TimeoutError()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
                return
            except Empty:
                pass
            left = None if deadline is None else deadline - time.monotonic()
            if (left is not None and left <= 0) or not self._ready.wait(left):
                raise TimeoutError()


_transports = weakref.WeakSet()


def _wake(queue):
    for transport in list(_transports):
        if queue in transport._callbacks:
            transport.wake()


def depth(queue):
    """How many messages wait in a queue."""
    return len(Channel.queues.get(queue, ()))


def clear():
    """Forget all queues: tests, and a forked child, which has a copy of its parent's."""
    Channel.queues.clear()
    Transport.global_state.clear()


TRANSPORT_ALIASES[NAME] = f'{__name__}:Transport'
