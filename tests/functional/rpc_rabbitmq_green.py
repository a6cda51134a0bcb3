"""The contract over a real RabbitMQ on green threads, and what happens when broker or peers go away.

Not collected by itself: test_rpc_rabbitmq.py runs it in a process that is patched like a daemon.
"""
import signal
import sys
import threading
import time

import amqp
import pytest

from essex import concurrency, rpc
from essex.rpc import broker, process
from tests.fixtures.processes import Process, free_port, wait_for
from tests.unit.essex.rpc.contract import RpcCase, RpcContract


class Rabbit(RpcCase):
    @pytest.fixture
    def url(self, rabbitmq):
        return rabbitmq.url

    @pytest.fixture
    def peer(self, rabbitmq, tmp_path):
        """peer(host) starts a daemon and returns it; `notes()` on it is what it wrote."""
        started = []

        def start(host='h1'):
            path = tmp_path / f'{host}.notes'
            before = path.read_text().count('ready') if path.exists() else 0
            command = [sys.executable, '-m', 'tests.fixtures.rpc_peer', rabbitmq.url, self.topic, host, path]
            daemon = Process(command, tmp_path / f'{host}.log', name=f'peer {host}')
            daemon.notes = lambda: path.read_text().splitlines() if path.exists() else []
            daemon.start(lambda: daemon.notes().count('ready') > before)
            started.append(daemon)
            return daemon
        yield start
        for daemon in started:
            daemon.kill()

    def depth(self, name):
        """Messages in a queue; None when there is no such queue."""
        try:
            return process.current().publisher.depths([name])[name]
        except amqp.NotFound:
            return None


class TestGreen(Rabbit, RpcContract):
    def test_this_process_is_green(self):
        assert concurrency.patched()
        assert threading.current_thread.__module__.startswith('eventlet')

    def test_stopping_leaves_no_queue_of_this_life(self, url):
        _, server = self.serve()
        self.call('echo', value=1)
        replies = process.current().replies._queue.name
        fanout = server._own_queue.name
        assert (self.depth(replies), self.depth(fanout)) == (0, 0)
        rpc.shutdown()
        rpc.configure(url)
        assert (self.depth(replies), self.depth(fanout)) == (None, None)

    def test_a_queue_somebody_deleted_is_declared_again(self):
        self.client.cast(self.ctx, 'record', host='h1', value=1)
        queue = broker.topic_queue(self.topic, 'h1')
        with process.current().broker.connect() as connection:
            queue(connection.channel()).delete()
        self.client.cast(self.ctx, 'record', host='h1', value=2)
        endpoint, _ = self.serve()
        wait_for(lambda: endpoint.seen == [2])

    def test_a_server_whose_queue_somebody_deleted_comes_back(self):
        endpoint, _ = self.serve()
        with process.current().broker.connect() as connection:
            broker.topic_queue(self.topic, 'h1')(connection.channel()).delete()
        self.client.cast(self.ctx, 'record', host='h1', value=2)
        wait_for(lambda: endpoint.seen == [2])

    def test_over_tls(self, rabbitmq):
        self.conf.set('rpc_tls_ca_file', rabbitmq.ca_file)
        rpc.configure(rabbitmq.tls_url)
        endpoint, _ = self.serve()
        assert self.call('echo', value=1) == 1
        assert len(self.call('size', size=1 << 20)) == 1 << 20
        results = [self.beside(self.client.call, self.ctx, 'echo', value=number) for number in range(50)]
        wait_for(lambda: all(results))
        assert [result[0] for result in results] == list(range(50))

    def test_a_broker_nobody_vouches_for_is_refused(self, rabbitmq):
        rpc.configure(rabbitmq.tls_url)
        self.conf.set('rpc_cast_timeout', 1)
        with pytest.raises(rpc.BrokerUnavailable, match='(?i)certificate'):
            self.client.cast(self.ctx, 'echo', value=1)

    def test_an_idle_connection_lives_by_its_heartbeats(self):
        self.conf.set('rpc_heartbeat', 1)
        _, server = self.serve()
        self.call('echo', value=1)
        sessions = server._consumer._session, process.current().replies._consumer._session
        time.sleep(5)
        assert (server._consumer._session, process.current().replies._consumer._session) == sessions
        assert self.call('echo', value=2) == 2


class TestPeers(Rabbit):
    def test_a_peer_in_another_process(self, peer):
        peer()
        assert self.call('echo', host='h1', value=[1]) == [1]

    def test_a_peer_that_is_stopped_finishes_its_work(self, peer):
        daemon = peer()
        self.client.cast(self.ctx, 'work', value='x', seconds=1)
        wait_for(lambda: 'begin x' in daemon.notes())
        assert daemon.terminate() == 0
        assert daemon.notes() == ['ready', 'begin x', 'end x']

    def test_a_killed_peer_means_a_timeout_for_its_caller(self, peer):
        daemon = peer()
        results = self.beside(self.client.call, self.ctx, 'work', host='h1', timeout=2, value='x', seconds=30)
        wait_for(lambda: 'begin x' in daemon.notes())
        daemon.kill()
        wait_for(lambda: results)
        assert isinstance(results[0], rpc.Timeout) and 'on h1 in 2 s' in str(results[0])
        again = peer()
        self.call('echo', value=1)
        assert again.notes().count('begin x') == 1

    def test_a_cast_survives_the_killing_of_its_server(self, peer):
        daemon = peer()
        self.client.cast(self.ctx, 'work', host='h1', value='x', seconds=2)
        wait_for(lambda: 'begin x' in daemon.notes())
        daemon.kill()
        again = peer()
        wait_for(lambda: 'end x' in again.notes())
        assert again.notes() == ['ready', 'begin x', 'ready', 'begin x', 'end x'] or \
            again.notes() == ['ready', 'begin x', 'begin x', 'ready', 'end x']

    def test_a_cast_goes_to_another_server_of_the_topic_when_its_own_is_killed(self, peer):
        peers = [peer('h1'), peer('h2')]
        self.client.cast(self.ctx, 'work', value='x', seconds=2)
        wait_for(lambda: any('begin x' in each.notes() for each in peers))
        peers.sort(key=lambda each: 'begin x' in each.notes())
        other, its_own = peers
        its_own.kill()
        wait_for(lambda: 'end x' in other.notes())

    def test_an_acknowledged_cast_is_not_repeated(self, peer):
        daemon = peer()
        self.client.cast(self.ctx, 'work', host='h1', value='x', seconds=30, acknowledge=True)
        wait_for(lambda: 'begin x' in daemon.notes())
        wait_for(lambda: self.depth(f'essex.{self.topic}.h1') == 0)
        time.sleep(0.3)
        daemon.kill()
        again = peer()
        self.call('echo', host='h1', value=1)
        assert again.notes().count('begin x') == 1

    def test_a_long_cast_is_acknowledged_after_a_while(self):
        self.conf.set('rpc_ack_deadline', 1)
        endpoint, server = self.serve()
        self.client.cast(self.ctx, 'wait', value='x')
        wait_for(lambda: endpoint.running)
        job = next(iter(server._jobs._jobs.values()))
        assert not job.acknowledged
        wait_for(lambda: job.acknowledged, 5)
        assert endpoint.running


class TestBroker(Rabbit):
    """The broker goes away and comes back; nobody starts a daemon again."""

    @pytest.fixture(autouse=True)
    def running(self, rabbitmq):
        yield
        rabbitmq.start()

    def test_a_restart_between_messages(self, rabbitmq, peer):
        endpoint, _ = self.serve('h1')
        peer('h2')
        assert self.call('echo', host='h2', value=1) == 1
        rabbitmq.restart()
        self.client.cast(self.ctx, 'record', host='h1', value='after')
        assert self.call('echo', host='h1', value=2) == 2
        assert self.call('echo', host='h2', value=3) == 3
        self.client.fanout(self.ctx, 'record', value='all')
        wait_for(lambda: sorted(endpoint.seen) == ['after', 'all'])

    def test_a_restart_while_handlers_run(self, rabbitmq):
        self.conf.set('rpc_response_timeout', 60)
        endpoint, _ = self.serve()
        results = self.beside(self.call, 'wait', value='call')
        self.client.cast(self.ctx, 'wait', value='cast')
        wait_for(lambda: endpoint.running == 2)
        rabbitmq.restart()
        assert self.call('echo', value=1) == 1
        time.sleep(1)   # the cast is delivered again
        endpoint.gate.set()
        wait_for(lambda: results == ['call'])
        assert self.call('echo', value=1) == 1
        time.sleep(0.5)
        assert sorted(endpoint.seen) == ['call', 'cast']
        assert self.depth(f'essex.{self.topic}') == 0

    def test_what_begins_while_the_broker_is_away_goes_on_with_it(self, rabbitmq):
        self.conf.set('rpc_cast_timeout', 60)
        first, _ = self.serve('h1')
        rabbitmq.stop()
        results = self.beside(self.client.cast, self.ctx, 'record', host='h1', value='patient')
        second, _ = self.serve('h2')
        time.sleep(1)
        assert results == []
        rabbitmq.start()
        wait_for(lambda: first.seen == ['patient'] and results == [None], 20)
        self.client.cast(self.ctx, 'record', host='h2', value=1)
        wait_for(lambda: second.seen == [1])

    def test_without_a_broker_a_cast_gives_up_in_the_end(self):
        self.conf.set('rpc_cast_timeout', 1)
        rpc.configure(self.nobody())
        began = time.monotonic()
        with pytest.raises(rpc.BrokerUnavailable) as caught:
            self.client.cast(self.ctx, 'record', host='h1', value=1)
        assert 1 <= time.monotonic() - began < 4
        text = str(caught.value)
        assert text.startswith(f'{self.topic}.record for h1 could not be sent: the message broker amqp://guest:***@')
        assert 'Connection refused' in text

    def test_without_a_broker_a_call_fails_at_its_timeout(self):
        rpc.configure(self.nobody())
        self.fail_in_time()

    def test_a_call_fails_and_a_server_stops_while_the_broker_is_away(self, rabbitmq):
        _, server = self.serve()
        assert self.call('echo', value=1) == 1
        rabbitmq.stop()
        self.fail_in_time()
        began = time.monotonic()
        assert server.stop() is True
        assert time.monotonic() - began < 8

    @staticmethod
    def nobody():
        """The URL of a broker that is not there."""
        return f'amqp://guest:guest@127.0.0.1:{free_port()}//'

    def fail_in_time(self):
        """A call ends at its timeout, and says with whom."""
        began = time.monotonic()
        with pytest.raises(rpc.BrokerUnavailable, match=r'amqp://guest:\*\*\*@127'):
            self.call('echo', timeout=2, value=1)
        assert 2 <= time.monotonic() - began < 4

    def test_a_broker_that_stands_still(self, rabbitmq):
        self.serve()
        assert self.call('echo', value=1) == 1
        rabbitmq._process.send(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(rpc.BrokerUnavailable):
                self.call('echo', timeout=2, value=1)
            assert 2 <= time.monotonic() - began < 4
        finally:
            rabbitmq._process.send(signal.SIGCONT)
        assert self.call('echo', value=2) == 2

    def test_what_was_cast_survives_a_killed_broker(self, rabbitmq):
        self.client.cast(self.ctx, 'record', host='h1', value='kept')
        rabbitmq.kill()
        rabbitmq.start()
        endpoint, _ = self.serve()
        wait_for(lambda: endpoint.seen == ['kept'])

    def test_the_second_of_two_brokers_is_used_when_the_first_is_away(self, rabbitmq):
        rpc.configure(f'{self.nobody()};{rabbitmq.url}')
        self.serve()
        assert self.call('echo', value=1) == 1

    def test_a_wrong_password_is_told_at_once_and_not_shown(self, rabbitmq, caplog):
        rpc.configure(rabbitmq.url.replace(':guest@', ':hunter2@'))
        began = time.monotonic()
        with pytest.raises(rpc.BrokerUnavailable) as caught:
            self.client.cast(self.ctx, 'record', value=1)
        assert time.monotonic() - began < 5
        assert 'ACCESS_REFUSED' in str(caught.value)
        assert 'hunter2' not in str(caught.value) + repr(process.current().broker) + caplog.text
