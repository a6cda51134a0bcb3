"""The answering side: `Server(topic, host, endpoints)` runs the methods that are marked @expose."""
import inspect
import logging
import threading
import time
import uuid

from essex import context as contexts
from essex import exception, trace
from essex.rpc import broker as brokers
from essex.rpc import errors, failure, process, serializer, statistics
from essex.rpc.client import check_size
from essex.rpc.consumer import Consumer
from essex.rpc.jobs import Jobs
from essex.rpc.options import CONF
from essex.rpc.publisher import Outgoing
from essex.vitals import counters

LOG = logging.getLogger(__name__)

_CANCEL_SECONDS = 5


def expose(method):
    """Let other daemons call `method(self, context, **args)` of an endpoint."""
    method.rpc_exposed = True
    return method


class Server:
    """Receives what is sent to `topic`, to `topic` on `host`, and to all servers of `topic`."""

    def __init__(self, topic, host, endpoints):
        self.topic = topic
        self.host = host
        self._methods = _exposed(endpoints if isinstance(endpoints, (list, tuple)) else [endpoints])
        self._consumer = None
        self._jobs = None
        self._process = None
        self._stopped = threading.Event()

    @property
    def queue_names(self):
        """The queues in which messages wait for this server."""
        return [brokers.topic_queue(self.topic).name, brokers.topic_queue(self.topic, self.host).name]

    @property
    def running(self):
        """How many handlers run now."""
        return self._jobs.running if self._jobs else 0

    def start(self):
        """Begin to receive. A broker that is away is waited for shortly, then in the background."""
        self._process = process.current()
        self._stopped.clear()
        self._jobs = Jobs(CONF.rpc_workers)
        self._own_queue = brokers.fanout_queue(self.topic, f'{self.host}.{uuid.uuid4().hex[:12]}')
        queues = [brokers.topic_queue(self.topic), brokers.topic_queue(self.topic, self.host),
                  self._own_queue]
        self._consumer = Consumer(self._process.broker, f'{self.topic}.{self.host}', queues, self._on_message,
                                  prefetch=CONF.rpc_workers,
                                  on_tick=lambda: self._jobs.ack_older(CONF.rpc_ack_deadline))
        self._process.servers.add(self)
        self._consumer.start()
        if not self._consumer.ready.wait(brokers.CONNECT_SECONDS):
            LOG.warning('%s.%s: the message broker %s is not there yet', self.topic, self.host,
                        self._process.broker.name)

    def stop(self, timeout=None):
        """Receive no more, give back what has not begun, wait for what runs; False when some still runs.

        `timeout` defaults to rpc_stop_timeout. A cast that still runs then will be delivered again.
        """
        if self._consumer is None:
            return True
        consumer, self._consumer = self._consumer, None
        consumer.cancel(_CANCEL_SECONDS)
        self._jobs.give_back_waiting()
        ended = self._jobs.wait_idle(CONF.rpc_stop_timeout if timeout is None else timeout)
        if not ended:
            LOG.warning('%s.%s: stopping while %d handlers still run', self.topic, self.host,
                        self._jobs.running)
        consumer.close(_CANCEL_SECONDS, delete=[self._own_queue])
        self._process.servers.discard(self)
        self._stopped.set()
        return ended

    def wait(self):
        """Return when `stop` has ended."""
        self._stopped.wait()

    def _on_message(self, delivery):
        try:
            envelope = serializer.loads(delivery.body)
            method, args = envelope['method'], envelope['args']
            envelope['timeout'] = envelope.get('timeout') or CONF.rpc_response_timeout
        except (ValueError, TypeError, KeyError):
            LOG.exception('%s.%s: dropped a message that cannot be read', self.topic, self.host)
            delivery.ack()
            return
        reply_to, received = delivery.reply_to, time.monotonic()

        def run(job):
            if reply_to:
                job.ack()   # it must not run twice: its caller waits once
                if time.monotonic() - received > envelope['timeout']:
                    LOG.warning('%s.%s: skipped, its caller no longer waits', self.topic, method)
                    return
            self._handle(envelope, method, args, reply_to, delivery.identity)
        self._jobs.submit(delivery.identity or uuid.uuid4().hex, delivery, run)

    def _handle(self, envelope, method, args, reply_to, identity):
        context = contexts.RequestContext.from_dict(envelope['context']) if envelope.get('context') else None
        contexts.bind(context)
        began, failed = time.perf_counter(), False
        with trace.span(f'rpc {self.topic}.{method}', parent=envelope.get('span')) as details:
            try:
                answer = {'result': self._invoke(context, method, args)}
                statistics.count('handled')
            except Exception as error:
                statistics.count('failed')
                details['error'] = f'{type(error).__name__}: {error}'[:500]
                self._log_failure(method, error, reply_to)
                answer = {'failure': failure.dump(error)}
                # One of ours is the caller's to judge: no fault of this daemon.
                failed = not isinstance(error, exception.EssexError)
        counters.record(trace.daemon_name(), 'rpc', time.perf_counter() - began, failed)
        if reply_to:
            self._reply(answer, method, reply_to, identity, envelope['timeout'])

    def _invoke(self, context, method, args):
        if method not in self._methods:
            raise errors.UnknownMethod(topic=self.topic, method=method)
        function, signature = self._methods[method]
        try:
            signature.bind(context, **args)
        except TypeError as error:
            raise errors.WrongArguments(topic=self.topic, method=method, problem=error) from error
        return function(context, **args)

    def _log_failure(self, method, error, reply_to):
        if reply_to and isinstance(error, exception.EssexError):
            # Its caller's to judge.
            LOG.info('%s.%s: %s: %s', self.topic, method, type(error).__name__, error)
        else:
            LOG.error('%s.%s failed', self.topic, method, exc_info=error)

    def _reply(self, answer, method, reply_to, identity, seconds):
        what = f'The answer of {self.topic}.{method}'
        try:
            body = serializer.dumps(answer, what)
            check_size(body, what)
        except errors.MessagingError as error:
            LOG.error('%s', error)
            body = serializer.dumps({'failure': failure.dump(error)})
        message = Outgoing(body, uuid.uuid4().hex, self.topic, method, routing_key=reply_to,
                           correlation_id=identity)
        try:
            self._process.publisher.publish(message, seconds)
        except errors.BrokerUnavailable as error:
            LOG.error('%s; its caller will time out', error)


def _exposed(endpoints):
    methods = {}
    for endpoint in endpoints:
        for name, function in inspect.getmembers(endpoint, lambda each: getattr(each, 'rpc_exposed', False)):
            if name in methods:
                raise ValueError(f'two endpoints expose {name}')
            methods[name] = (function, inspect.signature(function))
    return methods
