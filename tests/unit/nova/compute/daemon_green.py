"""The daemon: its driver, a hypervisor that is away, its record. Run by test_compute_daemon on green threads."""
import pytest

from essex import rpc
from essex.exception import ConfigError
from nova.compute import daemon
from nova.db import compute_nodes, services
from nova.exception import HypervisorUnavailable
from nova.service import Heartbeat, last_heartbeat
from nova.virt.fake import FakeDriver
from tests.fixtures.processes import wait_for


@pytest.fixture
def host(nova_sqlite, conf):
    conf.set('host', 'a')
    conf.set('compute_driver', 'fake')
    yield conf
    rpc.shutdown()


def test_an_unknown_driver_is_a_sentence(host):
    host.set('compute_driver', 'magic')
    with pytest.raises(ConfigError, match='compute_driver = magic: there is no such driver in essex.nova.virt'):
        daemon.load_driver()


def test_it_reports_what_the_host_has_when_it_serves(host):
    made = daemon.ComputeDaemon()
    made.bind()
    assert services.list() == []
    made.start()
    try:
        assert made.state == 'up'
        node = compute_nodes.get('a')
        assert (node.vcpus, node.memory_mb, node.hypervisor_type, node.host_ip) == (64, 262144, 'fake', '127.0.0.1')
        [record] = services.list()
        assert (record.binary, record.topic, record.host) == ('nova-compute', 'compute', 'a')
        assert services.is_up(record)
        assert last_heartbeat('compute', 'a') == record.last_seen_up
        assert last_heartbeat('compute', 'b') is None
    finally:
        made.stop(1)


def test_a_hypervisor_that_is_away_is_waited_for(host):
    class Away(FakeDriver):
        attempts = 0

        def init_host(self, name):
            self.attempts += 1
            if self.attempts == 1:
                raise HypervisorUnavailable(host=name, reason='libvirtd does not answer')
            super().init_host(name)
    host.set('hypervisor_retry_interval', 1)
    made = daemon.ComputeDaemon(Away())
    made.bind()
    made.start()
    assert made.state == 'waiting for the hypervisor'
    assert services.list() == [], 'a host that cannot run servers is not up'
    wait_for(lambda: made.state == 'up', 10)
    assert len(services.list()) == 1
    made.stop(1)


def test_a_heartbeat_without_database_is_told_once(host, caplog, monkeypatch):

    beat = Heartbeat('nova-compute', 'compute')

    def away(*args):
        raise OSError('no route')
    with monkeypatch.context() as patched:
        patched.setattr(services, 'heartbeat', away)
        beat.run_once()
        beat.run_once()
    beat.run_once()
    assert caplog.text.count('cannot report to the database: no route') == 1
    assert [row.binary for row in services.list()] == ['nova-compute']
