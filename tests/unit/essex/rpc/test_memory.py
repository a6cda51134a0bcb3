"""The contract over memory://, and that it does not poll."""
import time

import pytest

from essex import rpc
from essex.rpc import memory
from tests.unit.essex.rpc.contract import RpcContract


class TestMemory(RpcContract):
    @pytest.fixture
    def url(self):
        return 'memory://'

    def test_an_idle_server_takes_no_processor_time(self):
        for host in ('h1', 'h2', 'h3'):
            self.serve(host)
        self.call('echo', value=1)
        time.sleep(0.3)
        began = time.process_time()
        time.sleep(1)
        assert time.process_time() - began < 0.01

    def test_a_call_takes_a_millisecond_or_so(self):
        self.serve()
        self.call('echo', value=0)
        times = []
        for _ in range(100):
            began = time.perf_counter()
            self.call('echo', value=1)
            times.append(time.perf_counter() - began)
        assert sorted(times)[50] < 0.02

    def test_shutting_down_leaves_no_queue(self):
        self.serve()
        self.call('echo', value=1)
        rpc.shutdown()
        assert memory.Channel.queues == {}

    def test_a_stopped_server_leaves_no_fanout_queue(self):
        _, server = self.serve()
        server.stop()
        self.client.fanout(self.ctx, 'record', value=1)
        assert not [name for name in memory.Channel.queues if 'fanout' in name]
