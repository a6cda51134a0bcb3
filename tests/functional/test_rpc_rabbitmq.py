"""Messaging over a real RabbitMQ: the contract in native threads here, and everything in a green process."""
import os

import pytest

from essex import concurrency, rpc
from tests.fixtures import green
from tests.unit.essex.rpc.contract import RpcContract


class TestNative(RpcContract):
    """As in a process that is not patched: keystone under gunicorn, a management command."""

    @pytest.fixture
    def url(self, rabbitmq):
        return rabbitmq.url

    def test_this_process_is_not_green(self):
        assert not concurrency.patched()

    def test_a_forked_child_uses_connections_of_its_own(self):
        self.serve()
        assert self.call('echo', value=1) == 1
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if self.call('echo', value='child') == 'child' else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert self.call('echo', value=2) == 2
        assert rpc.stats()['waiting'] == 0


@pytest.mark.timeout(620)
def test_green_processes_peers_that_die_and_a_broker_that_restarts():
    green.run('tests/functional/rpc_rabbitmq_green.py', '--durations=10', timeout=600)
