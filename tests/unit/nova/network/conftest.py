"""A database, a broker in memory, and what compute and network hosts were told."""
import pytest

from essex import rpc
from nova.compute.rpcapi import ComputeAPI
from nova.network.rpcapi import NetworkAPI


class Told:
    """What was sent to other daemons."""

    def __init__(self):
        self.filters, self.nat, self.networks = [], [], 0

    def take_filters(self):
        """{host: sorted uuids} since the last look."""
        told, self.filters = {host: sorted(uuids) for host, uuids in self.filters}, []
        return told


@pytest.fixture
def told(monkeypatch, database, conf):
    database('nova')
    conf.set('host', 'node1')
    rpc.configure('memory://')
    told = Told()
    monkeypatch.setattr(ComputeAPI, 'refresh_security',
                        lambda self, context, host, uuids: told.filters.append((host, uuids)))
    monkeypatch.setattr(NetworkAPI, 'apply_nat', lambda self, context, host: told.nat.append(host))
    monkeypatch.setattr(NetworkAPI, 'network_changed',
                        lambda self, context: setattr(told, 'networks', told.networks + 1))
    yield told
    rpc.shutdown()
