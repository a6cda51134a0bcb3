"""The bell: rings who serves the queue, returns at once, and is no loss when nobody hears it."""
import threading

import pytest

from essex import rpc
from nova.compute import bell
from tests.fixtures.processes import wait_for


class Daemon:
    def __init__(self):
        self.heard = []

    @rpc.expose
    def work(self, context, operation_id):
        self.heard.append(operation_id)


@pytest.fixture
def messaging(conf):
    yield
    rpc.shutdown()
    bell._clients.clear()


def test_it_rings_at_the_queue(messaging):
    scheduler, compute, other = Daemon(), Daemon(), Daemon()
    servers = [rpc.Server('scheduler', 'x', [scheduler]), rpc.Server('compute', 'a.example', [compute]),
               rpc.Server('compute', 'b', [other])]
    for server in servers:
        server.start()
    bell.ring('scheduler', 1)
    bell.ring('compute.a.example', 2)
    wait_for(lambda: scheduler.heard and compute.heard)
    assert (scheduler.heard, compute.heard, other.heard) == ([1], [2], [])


def test_a_broker_that_is_away_delays_nobody(messaging, monkeypatch, caplog):
    go_on = threading.Event()

    def wait(self, *args, **kwargs):
        go_on.wait(5)
        raise OSError('no broker')
    monkeypatch.setattr(rpc.Client, 'cast', wait)
    for number in range(1000):
        bell.ring('scheduler', number)
    assert len(bell._waiting) == bell._MAX_WAITING
    go_on.set()
    wait_for(lambda: not bell._waiting)
    assert 'cannot announce it at scheduler: no broker' in caplog.text
