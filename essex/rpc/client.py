"""The calling side: `Client(topic).call / cast / fanout`."""
import time
import uuid

from essex import trace
from essex.rpc import broker as brokers
from essex.rpc import errors, failure, heartbeats, process, serializer, statistics
from essex.rpc.options import CONF
from essex.rpc.publisher import Outgoing


class Client:
    """Sends to the servers of `topic`. `timeout` is that of its calls, instead of rpc_response_timeout."""

    def __init__(self, topic, timeout=None):
        self.topic = topic
        self.timeout = timeout

    def call(self, context, method, host=None, timeout=None, **args):
        """Have `method` run by one server (the one on `host`, else any) and return its result.

        Raises what the method raised: errors of the project by their type, others as RemoteError. Raises
        Timeout when no answer came, and BrokerUnavailable when it could not be sent.
        """
        statistics.count('calls')
        began, seconds = time.monotonic(), timeout or self.timeout or CONF.rpc_response_timeout
        try:
            with trace.span(f'rpc.call {self.topic}.{method}', target=host):
                return self._call(context, method, host, args, began, seconds)
        except errors.Timeout:
            statistics.count('timeouts')
            raise
        except Exception:
            statistics.count('errors')
            raise

    def cast(self, context, method, host=None, **args):
        """Have `method` run by one server, some time; returns when the broker has taken the message."""
        statistics.count('casts')
        with trace.span(f'rpc.cast {self.topic}.{method}', target=host):
            message = self._message(context, method, host, args)
            message.queue = brokers.topic_queue(self.topic, host)
            self._publish(message, CONF.rpc_cast_timeout)

    def fanout(self, context, method, **args):
        """Have `method` run by every server of the topic that is up or was a moment ago."""
        statistics.count('fanouts')
        with trace.span(f'rpc.fanout {self.topic}.{method}'):
            message = self._message(context, method, None, args)
            message.exchange = brokers.fanout_exchange(self.topic)
            self._publish(message, CONF.rpc_cast_timeout)

    def _call(self, context, method, host, args, began, seconds):
        replies = process.current().replies
        message = self._message(context, method, host, args, seconds)
        message.queue = brokers.topic_queue(self.topic, host)
        with replies.expect(message.identity) as waiter:
            message.reply_to = replies.open(seconds)
            if message.reply_to is None:
                raise self._no_broker(method, host, seconds)
            # Nobody waits for it after that: a server that comes back later must not run it.
            message.expires = began + seconds
            process.current().publisher.publish(message, message.expires - time.monotonic())
            answer = waiter.get(message.expires - time.monotonic())
        if answer is None:
            raise self._timeout(method, host, seconds)
        return self._result(answer, method, host)

    def _result(self, answer, method, host):
        if answer.get('failure'):
            raise failure.load(answer['failure'])
        if answer.get('closed'):
            raise errors.MessagingError(
                f'{self.topic}.{method} was given up: this process is shutting its messaging down.')
        return answer.get('result')

    def _message(self, context, method, host, args, seconds=None):
        identity = uuid.uuid4().hex
        what = f'The message {self.topic}.{method}'
        body = serializer.dumps({
            'method': method, 'args': args, 'context': context.to_dict() if context is not None else None,
            'span': trace.span_id(), 'timeout': seconds}, what)
        check_size(body, what)
        return Outgoing(body, identity, self.topic, method, host)

    def _publish(self, message, seconds):
        try:
            process.current().publisher.publish(message, seconds)
        except Exception:
            statistics.count('errors')
            raise

    def _timeout(self, method, host, seconds):
        last = heartbeats.last_heartbeat(self.topic, host)
        peer = f'the {self.topic} daemon on {host}' if host else f'any {self.topic} daemon'
        return errors.Timeout(
            f'No answer to {method} from {peer} in {seconds:g} s; {heartbeats.describe(last)}.',
            topic=self.topic, method=method, host=host, seconds=seconds, last_heartbeat=last)

    def _no_broker(self, method, host, seconds):
        return errors.BrokerUnavailable(
            f'{self.topic}.{method}{f" for {host}" if host else ""} could not be sent: the message broker '
            f'{process.current().broker.name} could not be reached in {seconds:g} s.',
            topic=self.topic, method=method, host=host, seconds=seconds)


def check_size(body, what):
    """Raise MessageTooLarge for a body the broker would refuse."""
    limit = CONF.rpc_max_message_bytes
    if len(body) > limit:
        raise errors.MessageTooLarge(what=what, size=len(body), limit=limit)
