"""Notifications: what has happened, told to whoever listens on the message broker (metering, audit, search).

    notifier = notifications.Notifier('identity', 'keystone')
    notifier.emit('identity.user.created', {'resource_info': user_id})

Off unless `[oslo_messaging_notifications] driver` says otherwise. A notification never delays or fails what it
tells of: it is put into a bounded queue in memory, and one thread sends. While the broker is away the queue
fills; beyond its end notifications are dropped, and the log says how many. Messages, exchanges and queues are
those of oslo.messaging, so that what listens to the original listens to this.
"""
import contextlib
import datetime
import logging
import os
import queue
import time
import uuid

import kombu
import orjson
from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError
from essex.rpc import threads
from essex.rpc.broker import Broker
from essex.rpc.errors import BrokerUnavailable
from essex.rpc.publisher import Outgoing, Publisher

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.MultiStrOpt('driver', default=[],
                    help='How notifications are sent: messagingv2 (in an envelope), messaging (without), log, noop. '
                         'May be given several times. Unset: not at all.'),
    cfg.StrOpt('transport_url', secret=True, help='The broker notifications go to, when it is not transport_url.'),
    cfg.ListOpt('topics', default=['notifications'], help='Queues are named TOPIC.PRIORITY.'),
    cfg.StrOpt('notification_exchange', help='Exchange of notifications. Unset: the service\'s name.'),
]
CONF = config.register(OPTS, 'oslo_messaging_notifications')
config.register([cfg.StrOpt('default_publisher_id', help='Who notifications come from. Unset: SERVICE.(host).')])
config.register([cfg.BoolOpt('amqp_durable_queues', default=False,
                             help='Whether exchange and queues of notifications are durable. All who declare them '
                                  'must say the same.')], 'oslo_messaging_rabbit')

DRIVERS = ('messagingv2', 'messaging', 'log', 'noop')
# What waits to be sent while the broker is away.
QUEUE_SIZE = 10000
# Seconds after which the log tells again that the broker is away.
_TRY_SECONDS = 30


def _plain(value):
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


def _broker():
    """transport_url. Raises ConfigError for memory://, where nobody outside would ever hear of anything."""
    if CONF.transport_url.startswith('memory:'):
        raise ConfigError('[oslo_messaging_notifications] driver asks for notifications, but no broker is named: set '
                          'transport_url there or in [DEFAULT].')
    return CONF.transport_url


class Notifier:
    """Sends as `service`.host over the exchange `exchange` unless the options say otherwise; made when first used."""

    def __init__(self, service, exchange):
        options = CONF.oslo_messaging_notifications
        unknown = sorted({*options.driver} - {*DRIVERS, ''})
        if unknown:
            raise ConfigError(f'[oslo_messaging_notifications] driver knows no {", ".join(unknown)}. '
                              f'There are: {", ".join(DRIVERS)}.')
        self.publisher_id = CONF.default_publisher_id or f'{service}.{CONF.host}'
        self._drivers = [name for name in options.driver if name not in ('', 'noop')]
        self._exchange = kombu.Exchange(options.notification_exchange or exchange, type='topic',
                                        durable=CONF.oslo_messaging_rabbit.amqp_durable_queues)
        self._sender = None
        if {'messaging', 'messagingv2'} & {*self._drivers}:
            self._sender = _Sender(options.transport_url or _broker())

    @property
    def enabled(self):
        """Whether anything is sent at all; who asks first need not build what nobody gets."""
        return bool(self._drivers)

    def emit(self, event_type, payload, priority='INFO'):
        """Tell of an event; returns at once. `payload` is a dict that JSON can hold, without secrets."""
        if not self._drivers:
            return
        try:
            self._emit(event_type, payload, priority)
        except Exception:
            # What it tells of is done already: that must not fail for something JSON cannot hold.
            LOG.exception('the notification %s is lost', event_type)

    def _emit(self, event_type, payload, priority):
        message = {'message_id': str(uuid.uuid4()), 'publisher_id': self.publisher_id, 'event_type': event_type,
                   'priority': priority, 'payload': payload, '_unique_id': uuid.uuid4().hex,
                   'timestamp': str(datetime.datetime.now(datetime.UTC).replace(tzinfo=None))}
        for driver in self._drivers:
            text = orjson.dumps(message, default=_plain).decode()
            if driver == 'log':
                logging.getLogger(f'essex.notification.{event_type}').info('%s', text)
                continue
            if driver == 'messagingv2':
                text = orjson.dumps({'oslo.version': '2.0', 'oslo.message': text}).decode()
            for topic in CONF.oslo_messaging_notifications.topics:
                self._sender.put(self._outgoing(f'{topic}.{priority.lower()}', event_type, text.encode()))

    def _outgoing(self, name, event_type, body):
        durable = CONF.oslo_messaging_rabbit.amqp_durable_queues
        return Outgoing(body, uuid.uuid4().hex, name, event_type, exchange=self._exchange,
                        queue=kombu.Queue(name, self._exchange, name, durable=durable),
                        content_type='application/json', content_encoding='utf-8')

    def flush(self, seconds):
        """Wait until everything is sent, at most `seconds`; returns whether it is."""
        return self._sender is None or self._sender.flush(seconds)

    def close(self):
        """Send no more; what waits is dropped."""
        if self._sender is not None:
            self._sender.close()


class _Sender:
    """The queue of one process and the thread that empties it."""

    def __init__(self, url):
        self._broker = Broker(url)
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self):
        self._waiting, self._publisher, self._dropped = queue.Queue(QUEUE_SIZE), Publisher(self._broker), 0
        self._running, self._closed = False, False

    def put(self, message):
        if self._closed:
            return
        if not self._running:
            self._running = True
            threads.start('notifications', self._run)
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self._dropped += 1
            if self._dropped == 1:
                LOG.error('%d notifications wait for %s already: further ones are lost until it takes them',
                          QUEUE_SIZE, self._broker.name)

    def _run(self):
        while not self._closed:
            message = self._waiting.get()
            try:
                self._send(message)
            except Exception:
                # One that cannot be sent must not keep the others.
                LOG.exception('the notification %s is lost', message.method)
            finally:
                self._waiting.task_done()
            if self._dropped and self._waiting.empty():
                LOG.error('%d notifications were lost', self._dropped)
                self._dropped = 0

    def _send(self, message):
        while message is not None and not self._closed:
            try:
                return self._publisher.publish(message, _TRY_SECONDS)
            except BrokerUnavailable as error:
                # A refusal (wrong password, a queue declared otherwise) is for the operator to mend, and comes at once.
                LOG.error('%s %d more notifications wait.', error, self._waiting.qsize())
                concurrency.sleep(CONF.rpc_retry_interval_max)

    def flush(self, seconds):
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            concurrency.sleep(0.01)
        return not self._waiting.unfinished_tasks

    def close(self):
        self._closed = True
        self._publisher.close()
        with contextlib.suppress(queue.Full):   # then the thread is awake anyway
            self._waiting.put_nowait(None)
