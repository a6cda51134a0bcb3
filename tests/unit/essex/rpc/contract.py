"""What messaging promises, over any transport. A subclass has a fixture `url`."""
import datetime
import decimal
import threading
import time
import uuid

import pytest

from essex import context, exception, rpc, trace, trace_files
from essex.rpc import broker, process, publisher
from tests.fixtures.processes import wait_for


class Foreign(exception.EssexError):
    """Of a module from which no error may be made."""


class Endpoint:
    """Methods to call; `seen` has what was cast."""

    def __init__(self, name='one'):
        self.name = name
        self.seen = []
        self.running = self.most = 0
        self.gate = threading.Event()

    @rpc.expose
    def echo(self, context, value):
        return value

    @rpc.expose
    def whoami(self, context):
        return self.name

    @rpc.expose
    def record(self, context, value):
        self.seen.append(value)

    @rpc.expose
    def wait(self, context, value=None):
        self.running += 1
        self.most = max(self.most, self.running)
        self.seen.append(value)
        try:
            self.gate.wait(20)
        finally:
            self.running -= 1
        return value

    @rpc.expose
    def caller(self, ctxt):
        return context.current().request_id, ctxt.user_id, ctxt.roles, ctxt.is_admin

    @rpc.expose
    def fail(self, context, kind):
        raise {'ours': exception.OverLimit('Quota of 100% used.', retry_after=7, resource='cores'),
               'foreign': Foreign('foreign'), 'plain': KeyError('shelf'), 'type': TypeError('inner')}[kind]

    @rpc.expose
    def unsendable(self, context):
        return {'rows': [1, object()]}

    @rpc.expose
    def size(self, context, size=0, data=b''):
        return b'x' * size or len(data)

    @rpc.expose
    def via(self, context, topic, value):
        return rpc.Client(topic).call(context, 'echo', value=value)

    def hidden(self, context):
        return 'secret'


class RpcCase:
    """A configured process, and what tests do in it."""

    @pytest.fixture(autouse=True)
    def messaging(self, url, conf):
        conf.set('rpc_response_timeout', 10)
        conf.set('rpc_retry_interval', 0.1)
        conf.set('rpc_retry_interval_max', 0.5)
        self.conf = conf
        self.topic = f't{uuid.uuid4().hex[:8]}'
        self.ctx = context.RequestContext(user_id='alice', roles=['member'], is_admin=True)
        rpc.configure(url)
        self.client = rpc.Client(self.topic)
        self.gates = []
        yield
        for gate in self.gates:
            gate.set()
        rpc.set_heartbeat_lookup(None)
        rpc.shutdown()

    def serve(self, host='h1', topic=None):
        endpoint = Endpoint(host)
        self.gates.append(endpoint.gate)
        server = rpc.Server(topic or self.topic, host, [endpoint])
        server.start()
        return endpoint, server

    def call(self, method, **args):
        return self.client.call(self.ctx, method, **args)

    def beside(self, function, *args, **kwargs):
        """Run in a thread; returns a list that gets the result or the error."""
        results = []

        def run():
            try:
                results.append(function(*args, **kwargs))
            except Exception as error:
                results.append(error)
        threading.Thread(target=run, daemon=True).start()
        return results


class RpcContract(RpcCase):
    """Mixed into a class per transport."""

    def test_a_call_returns_the_result(self):
        self.serve()
        value = [1, 'zwei', None, 2.5, {'a': True}]
        assert self.call('echo', value=value) == value

    def test_values_keep_their_types(self):
        self.serve()
        value = {'when': datetime.datetime(2012, 4, 5, 1, 2, 3, 4), 'day': datetime.date(2012, 4, 5),
                 'zoned': datetime.datetime(2012, 4, 5, tzinfo=datetime.UTC), 'id': uuid.uuid4(),
                 'set': {1, 2}, 'bytes': b'\x00\xff', 'big': 2 ** 80, 'exact': decimal.Decimal('1.10'),
                 3: 'three'}
        assert self.call('echo', value=value) == value

    def test_the_context_comes_along_and_is_bound(self):
        self.serve()
        assert self.call('caller') == [self.ctx.request_id, 'alice', ['member'], True]

    def test_a_call_without_a_context(self):
        self.serve()
        assert self.client.call(None, 'echo', value=1) == 1

    def test_a_call_to_a_host_reaches_that_host(self):
        for host in ('h1', 'h2', 'h3'):
            self.serve(host)
        asked = ['h2', 'h3', 'h1', 'h2']
        assert [self.call('whoami', host=host) for host in asked] == asked

    def test_messages_to_a_topic_run_on_one_server_each(self):
        first, second = self.serve('h1')[0], self.serve('h2')[0]
        for number in range(20):
            self.client.cast(self.ctx, 'record', value=number)
        wait_for(lambda: len(first.seen) + len(second.seen) >= 20)
        time.sleep(0.1)
        assert sorted(first.seen + second.seen) == list(range(20))

    def test_a_handler_may_call_another_server(self):
        self.serve()
        other = f'{self.topic}-other'
        self.serve(topic=other)
        assert self.call('via', topic=other, value=5) == 5

    def test_an_error_of_ours_crosses_by_type(self):
        self.serve()
        with pytest.raises(exception.OverLimit) as caught:
            self.call('fail', kind='ours')
        error = caught.value
        assert (str(error), error.code, error.kwargs) == ('Quota of 100% used.', 413, {'resource': 'cores'})
        assert error.headers == {'Retry-After': '7'}
        assert 'in fail' in error.__notes__[0]

    @pytest.mark.parametrize(('kind', 'name', 'text'), [
        ('plain', 'KeyError', "'shelf'"), ('foreign', 'Foreign', 'foreign'), ('type', 'TypeError', 'inner')])
    def test_any_other_error_is_a_remote_error(self, kind, name, text):
        self.serve()
        with pytest.raises(rpc.RemoteError) as caught:
            self.call('fail', kind=kind)
        assert (caught.value.exc_type, caught.value.value) == (name, text)
        assert 'in fail' in caught.value.traceback

    def test_an_unknown_method_is_named(self):
        self.serve()
        with pytest.raises(rpc.UnknownMethod, match=f'{self.topic} daemon has no method nonsense'):
            self.call('nonsense')

    def test_a_method_that_is_not_exposed_cannot_be_called(self):
        self.serve()
        with pytest.raises(rpc.UnknownMethod):
            self.call('hidden')

    def test_wrong_arguments_are_told(self):
        self.serve()
        with pytest.raises(rpc.WrongArguments, match='method echo .* refuses its arguments: missing .*value'):
            self.call('echo', valeu=1)

    def test_a_timeout_names_topic_method_host_and_last_heartbeat(self):
        asked = []
        seen = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=75)
        rpc.set_heartbeat_lookup(lambda topic, host: asked.append((topic, host)) or seen)
        with pytest.raises(rpc.Timeout) as caught:
            self.call('echo', host='dead', timeout=0.2, value=1)
        assert asked == [(self.topic, 'dead')]
        assert caught.value.kwargs == {'topic': self.topic, 'method': 'echo', 'host': 'dead', 'seconds': 0.2,
                                       'last_heartbeat': seen}
        text = str(caught.value)
        assert f'No answer to echo from the {self.topic} daemon on dead in 0.2 s' in text
        assert f'{seen:%Y-%m-%d %H:%M:%S} UTC, 75 s ago' in text

    def test_a_broken_heartbeat_lookup_does_not_hide_the_timeout(self):
        rpc.set_heartbeat_lookup(lambda topic, host: 1 / 0)
        with pytest.raises(rpc.Timeout, match='no heartbeat of it is known'):
            self.call('echo', timeout=0.2, value=1)

    def test_a_call_whose_caller_has_gone_is_not_run_later(self):
        with pytest.raises(rpc.Timeout):
            self.call('record', host='h1', timeout=0.2, value='late')
        time.sleep(0.1)   # a message takes its time to the broker, by which it expires later
        self.client.cast(self.ctx, 'record', host='h1', value='cast')
        endpoint, _ = self.serve()
        wait_for(lambda: 'cast' in endpoint.seen)
        time.sleep(0.1)
        assert endpoint.seen == ['cast']

    def test_an_answer_that_comes_too_late_harms_nobody(self):
        endpoint, _ = self.serve()
        with pytest.raises(rpc.Timeout):
            self.call('wait', timeout=0.2)
        endpoint.gate.set()
        assert self.call('echo', value=1) == 1

    def test_a_cast_waits_for_a_server_that_is_not_up(self):
        self.client.cast(self.ctx, 'record', value='any')
        self.client.cast(self.ctx, 'record', host='h1', value='mine')
        endpoint, _ = self.serve()
        wait_for(lambda: sorted(endpoint.seen) == ['any', 'mine'])

    def test_a_cast_whose_handler_fails_is_done_with(self):
        endpoint, _ = self.serve()
        self.client.cast(self.ctx, 'fail', kind='plain')
        self.client.cast(self.ctx, 'record', value=1)
        wait_for(lambda: endpoint.seen)
        assert self.call('echo', value=2) == 2

    def test_a_fanout_reaches_every_server(self):
        endpoints = [self.serve(host)[0] for host in ('h1', 'h2', 'h3')]
        self.client.fanout(self.ctx, 'record', value='all')
        wait_for(lambda: all(endpoint.seen == ['all'] for endpoint in endpoints))

    def test_a_fanout_without_servers_is_no_error(self):
        self.client.fanout(self.ctx, 'record', value='all')

    def test_casts_begin_in_the_order_they_were_sent(self):
        self.conf.set('rpc_workers', 1)
        endpoint, _ = self.serve()
        for number in range(100):
            self.client.cast(self.ctx, 'record', host='h1', value=number)
        wait_for(lambda: len(endpoint.seen) == 100)
        assert endpoint.seen == list(range(100))

    def test_200_calls_at_once(self):
        self.serve()
        results = [self.beside(self.client.call, self.ctx, 'echo', value=number) for number in range(200)]
        wait_for(lambda: all(results), 30)
        assert [result[0] for result in results] == list(range(200))

    def test_no_more_handlers_run_than_workers(self):
        self.conf.set('rpc_workers', 3)
        endpoint, server = self.serve()
        for number in range(10):
            self.client.cast(self.ctx, 'wait', value=number)
        wait_for(lambda: endpoint.running == 3)
        time.sleep(0.2)
        assert (endpoint.running, server.running) == (3, 3)
        endpoint.gate.set()
        wait_for(lambda: len(endpoint.seen) == 10)
        assert endpoint.most == 3

    def test_megabytes_pass(self):
        self.serve()
        assert self.call('size', data=b'x' * (5 << 20)) == 5 << 20
        assert len(self.call('size', size=5 << 20)) == 5 << 20

    def test_too_large_a_message_is_refused_before_it_is_sent(self):
        self.conf.set('rpc_max_message_bytes', 10000)
        with pytest.raises(rpc.MessageTooLarge, match=r'size is 2\d{4} bytes; more than 10000'):
            self.call('size', data=b'x' * 20000)

    def test_too_large_an_answer_is_told_to_the_caller(self):
        self.conf.set('rpc_max_message_bytes', 10000)
        self.serve()
        with pytest.raises(rpc.MessageTooLarge, match='The answer of'):
            self.call('size', size=20000)

    @pytest.mark.parametrize('send', ['call', 'cast', 'fanout'])
    def test_an_argument_that_cannot_be_sent_is_named(self, send):
        with pytest.raises(rpc.SerializationError, match=r'args\.value\.image\[1\] is a builtins\.object'):
            getattr(self.client, send)(self.ctx, 'echo', value={'image': [1, object()]})

    def test_a_result_that_cannot_be_sent_is_named(self):
        self.serve()
        with pytest.raises(rpc.SerializationError, match=r'result\.rows\[1\]'):
            self.call('unsendable')

    def test_stopping_lets_the_running_handler_finish(self):
        endpoint, server = self.serve()
        results = self.beside(self.call, 'wait', value='done')
        wait_for(lambda: endpoint.running)
        stopped = self.beside(server.stop)
        time.sleep(0.3)
        assert (results, stopped) == ([], [])
        endpoint.gate.set()
        wait_for(lambda: results and stopped)
        assert (results, stopped) == (['done'], [True])

    def test_stopping_waits_no_longer_than_told(self):
        endpoint, server = self.serve()
        self.client.cast(self.ctx, 'wait')
        wait_for(lambda: endpoint.running)
        assert server.stop(0.2) is False

    def test_what_a_stopping_server_had_not_begun_goes_to_the_next_in_order(self):
        self.conf.set('rpc_workers', 1)
        endpoint, server = self.serve()
        for number in range(5):
            self.client.cast(self.ctx, 'wait', host='h1', value=number)
        wait_for(lambda: endpoint.running)
        stopped = self.beside(server.stop)
        time.sleep(1.5)   # it has received the others and gives them back
        endpoint.gate.set()
        wait_for(lambda: stopped)
        assert endpoint.seen == [0]
        second, _ = self.serve()
        second.gate.set()
        wait_for(lambda: len(second.seen) == 4)
        assert second.seen == [1, 2, 3, 4]

    def test_a_stopped_server_may_start_again(self):
        _, server = self.serve()
        server.stop()
        with pytest.raises(rpc.Timeout):
            self.call('echo', timeout=0.2, value=1)
        server.start()
        assert self.call('echo', value=2) == 2

    def test_wait_returns_when_the_server_has_stopped(self):
        _, server = self.serve()
        waited = self.beside(server.wait)
        time.sleep(0.1)
        assert waited == []
        server.stop()
        wait_for(lambda: waited == [None])

    def test_a_message_delivered_twice_runs_once(self):
        endpoint, _ = self.serve()
        message = self.client._message(self.ctx, 'wait', 'h1', {'value': 'x'})
        message.queue = broker.topic_queue(self.topic, 'h1')
        for _ in range(2):
            process.current().publisher.publish(message, 5)
        wait_for(lambda: endpoint.running)
        endpoint.gate.set()
        process.current().publisher.publish(message, 5)
        self.client.cast(self.ctx, 'record', host='h1', value='end')
        wait_for(lambda: 'end' in endpoint.seen)
        time.sleep(0.1)
        assert endpoint.seen == ['x', 'end']

    @pytest.mark.parametrize('body', [b'', b'\xc1', b'{"method": "echo"}', b'\x81\xa6method\xa4echo'])
    def test_garbage_is_dropped(self, body):
        self.serve()
        queue = broker.topic_queue(self.topic)
        process.current().publisher.publish(publisher.Outgoing(body, 'i', self.topic, '?', queue=queue), 5)
        assert self.call('echo', value=1) == 1

    def test_shutting_down_fails_the_calls_that_wait(self):
        endpoint, _ = self.serve()
        results = self.beside(self.call, 'wait')
        wait_for(lambda: endpoint.running)
        self.conf.set('rpc_stop_timeout', 0.1)
        rpc.shutdown()
        wait_for(lambda: results)
        assert isinstance(results[0], rpc.MessagingError) and 'shutting' in str(results[0])

    def test_each_hop_is_a_span_of_the_request(self, tmp_path, monkeypatch):
        monkeypatch.setattr(trace, '_file', None)
        self.conf.set('directory', str(tmp_path / 'trace'), 'trace')
        self.serve()
        token = context.bind(self.ctx)
        try:
            self.call('echo', value=1)
        finally:
            context.unbind(token)
        spans = {span['name']: span for span in trace_files.find(self.ctx.request_id, str(tmp_path / 'trace'))}
        sent, handled = spans[f'rpc.call {self.topic}.echo'], spans[f'rpc {self.topic}.echo']
        assert handled['parent'] == sent['id']

    def test_statistics_count(self):
        self.serve()
        before = rpc.stats()
        self.call('echo', value=1)
        self.client.cast(self.ctx, 'record', host='away', value=1)
        with pytest.raises(rpc.UnknownMethod):
            self.call('nonsense')
        after = rpc.stats()
        assert [after[name] - before[name] for name in ('calls', 'casts', 'errors', 'handled', 'failed')] == \
            [2, 1, 1, 1, 1]
        assert after['queues'] == {f'essex.{self.topic}': 0, f'essex.{self.topic}.h1': 0}
