"""Each of Nova's daemons a process of its own, over RabbitMQ and PostgreSQL: kill -9 of any, and of the broker."""
import sys
import time

import pytest

from essex import db
from nova.compute import deletion, states
from nova.db import instances, services
from tests.fixtures.processes import Process, wait_for
from tests.functional.nova_kit import ROOT, Forked, Nova, Zygote, wait

DAEMONS = (('scheduler', 'ctl'), ('network', 'ctl'), ('compute', 'host-a'), ('compute', 'host-b'))


class Split(Nova):
    """Daemons by (name, host)."""

    def __init__(self, directory, zygote, rabbitmq, database):
        super().__init__(directory, zygote, database=database, transport_url=rabbitmq.url, rpc_retry_interval_max=1,
                         control_exchange=f'essex-{time.time_ns()}',
                         service_down_time=8)
        self.running = {}

    def start_one(self, name, host, failpoints=''):
        """Start a daemon; returns when it reports."""
        self.start_these([(name, host)], {name: failpoints})

    def start_these(self, daemons, failpoints=None, launchers=False):
        """Start daemons, each with the failpoints of its name; returns when all report.

        With `launchers` they are processes of bin/, else forked from one that has imported what they need.
        """
        began = db.utcnow()
        for name, host in daemons:
            self._processes.append(self._begin(name, host, (failpoints or {}).get(name, ''), launchers))
            self.running[name, host] = self._processes[-1]
        for key in daemons:
            process = self.running[key]
            wait(lambda process=process, key=key: not process.alive or self.reports(*key, began), 40, process.output)

    def _begin(self, name, host, failpoints, launchers):
        program, conf = f'nova-{name}', self.write_conf(f'{name}-{host}', host=host)
        argv, log = ['--config-file', conf], self.directory / f'{name}-{host}.log'
        if not launchers:
            return Forked(self.zygote, program, argv, log, failpoints)
        return Process([sys.executable, ROOT / 'bin' / program, *argv], log, {'ESSEX_FAILPOINTS': failpoints},
                       name=program).start()

    def start_all(self, launchers=False):
        """Start every daemon."""
        self.start_these(DAEMONS, launchers=launchers)

    @staticmethod
    def reports(name, host, since):
        return any(row.started_at and row.started_at >= since for row in services.list(host, f'nova-{name}'))


@pytest.fixture(scope='module')
def zygote(tmp_path_factory):
    made = Zygote(tmp_path_factory.mktemp('zygote'))
    yield made
    made.close()


@pytest.fixture
def nova(zygote, tmp_path, rabbitmq, postgresql):
    made = Split(tmp_path, zygote, rabbitmq, postgresql.create_database('nova_split'))
    made.prepare()
    yield made
    made.close()


def all_active(nova, servers, timeout=60):
    for own in servers:
        row = nova.wait_built(own, timeout)
        assert row.vm_state == states.ACTIVE, nova.fault(own)


def delete_all(nova, servers):
    hosts = {own: instances.get(own).host for own in servers}
    for own in servers:
        nova.delete(own)
    for own in servers:
        nova.wait_deleted(own, 60)
        nova.wait_quiet(own, 60)
        assert nova.left_of(own) == {}
        assert not [key for key in nova.guest_records(hosts[own]) if own in key]


def test_boot_and_delete(nova):
    nova.start_all(launchers=True)
    servers = [nova.boot() for _ in range(8)]
    all_active(nova, servers)
    assert {instances.get(own).host for own in servers} == {'host-a', 'host-b'}
    delete_all(nova, servers)


def test_the_broker_restarts_in_the_middle(nova, rabbitmq):
    """No daemon is restarted; nothing is lost, nothing sticks."""
    nova.start_all()
    pids = {key: process.pid for key, process in nova.running.items()}
    servers = [nova.boot() for _ in range(6)]
    rabbitmq.restart()
    servers += [nova.boot() for _ in range(6)]
    all_active(nova, servers)
    delete_all(nova, servers[:6])
    rabbitmq.kill()
    more = [nova.boot() for _ in range(4)]
    time.sleep(2)
    rabbitmq.start()
    all_active(nova, more)
    delete_all(nova, [*servers[6:], *more])
    assert all(process.alive and process.pid == pids[key] for key, process in nova.running.items())


@pytest.mark.parametrize('name, host, point', [
    ('scheduler', 'ctl', 'boot.schedule.before'), ('scheduler', 'ctl', 'boot.schedule.during'),
    ('network', 'ctl', 'network.allocate.after_database'), ('compute', 'host-a', 'boot.disk.before'),
    ('compute', 'host-a', 'boot.spawn.during'), ('compute', 'host-a', 'boot.network.during')])
def test_one_daemon_is_killed_in_a_boot(nova, name, host, point):
    nova.start_these(DAEMONS[:3], {name: f'{point}=kill'})
    own = nova.boot()
    nova.running[name, host].wait(60)
    nova.start_one(name, host)
    # A call that died with nova-network is not repeated by the broker, but by its caller.
    all_active(nova, [own])
    delete_all(nova, [own])


@pytest.mark.parametrize('point', ['delete.destroy.during', 'delete.network.during', 'delete.disk.before'])
def test_nova_compute_is_killed_in_a_delete(nova, point):
    nova.start_these(DAEMONS[:3], {'compute': f'{point}=kill'})
    own = nova.boot()
    all_active(nova, [own])
    nova.delete(own)
    nova.running['compute', 'host-a'].wait(60)
    nova.start_one('compute', 'host-a')
    nova.wait_deleted(own, 60)
    nova.wait_quiet(own, 60)
    assert nova.left_of(own) == {}


def test_a_host_that_stays_away_is_not_used(nova):
    nova.start_all()
    nova.running['compute', 'host-a'].kill()
    wait_for(lambda: not deletion.host_is_up('host-a'), 60)
    servers = [nova.boot() for _ in range(4)]
    all_active(nova, servers)
    assert {instances.get(own).host for own in servers} == {'host-b'}
