"""Every daemon a process of its own over RabbitMQ, PostgreSQL and MariaDB: servers boot, and nothing sticks when the
broker restarts or a daemon is killed."""
import threading

import pytest
from keystoneauth1.exceptions import ConnectFailure, RetriableConnectionFailure

from tests.fixtures.processes import wait_for
from tests.fixtures.split import DAEMONS, SplitCloud

pytestmark = pytest.mark.timeout(300)

# Long enough for a kill to hit in the middle.
PAUSES = 'boot.schedule.during=1,boot.disk.during=1,network.allocate.after_database=1'


@pytest.fixture(scope='module')
def split(tmp_path_factory, rabbitmq, postgresql, mariadb):
    directory = tmp_path_factory.mktemp('split')
    made = SplitCloud(directory, rabbitmq, {'keystone': postgresql.create_database('split_keystone'),
                                            'nova': postgresql.create_database('split_nova'),
                                            'glance': mariadb.create_database('split_glance')})
    try:
        made.configure()
        made.prepare()
        made.start_all(PAUSES)
        image = directory / 'disk.img'
        image.write_bytes(bytes(1 << 20))
        made.furnish(image)
        yield made
    finally:
        made.close()


class Compute:
    """Servers over HTTP."""

    def __init__(self, split):
        self.api = split.adapter(split.url('nova', '/v2.1'))
        images = split.adapter(split.url('glance', '/v2')).get('/images').json()['images']
        self.image = next(each['id'] for each in images if each['name'] == 'blank')
        flavors = self.api.get('/flavors').json()['flavors']
        self.flavor = next(each['id'] for each in flavors if each['name'] == 'small')

    def boot(self, name):
        body = {'name': name, 'imageRef': self.image, 'flavorRef': self.flavor}
        return self.api.post('/servers', json={'server': body}, connect_retries=0).json()['server']['id']

    def boot_many(self, name, count, made):
        """Add to `made` the ids of those whose request was answered: nova-api may be killed meanwhile."""
        for number in range(count):
            try:
                made.append(self.boot(f'{name}-{number}'))
            except (ConnectFailure, RetriableConnectionFailure):
                break

    def all(self):
        """{id: server}"""
        return {each['id']: each for each in self.api.get('/servers/detail').json()['servers']}

    def wait_settled(self, timeout=90):
        """Every server, once none is being worked on."""
        found = {}

        def settled():
            found.clear()
            found.update(self.all())
            return all(each['status'] in ('ACTIVE', 'ERROR') and each['OS-EXT-STS:task_state'] is None
                       for each in found.values())
        try:
            wait_for(settled, timeout, 0.2)
        except AssertionError as error:
            raise AssertionError(f'{error}: {[(each["name"], each["status"]) for each in found.values()]}') from error
        return found

    def delete_all(self, timeout=90):
        for server in self.all():
            self.api.delete(f'/servers/{server}')
        wait_for(lambda: not self.all(), timeout, 0.2)


@pytest.fixture(scope='module')
def compute(split):
    return Compute(split)


def assert_nothing_left(split):
    """No address is taken."""
    rows = split.manage('nova', 'fixed', 'list')
    assert 'split' not in rows, rows


def test_a_server_boots(split):
    split.openstack('server', 'create', '--flavor', 'small', '--image', 'blank', '--wait', 'split-1')
    shown = split.json('server', 'show', 'split-1')
    assert shown['status'] == 'ACTIVE'
    assert shown['addresses'] == {'private': ['10.20.0.2']}
    assert split.openstack('console', 'log', 'show', 'split-1')


def test_every_daemon_reports(split):
    rows = {row['Binary']: row['State'] for row in split.json('compute', 'service', 'list')}
    assert set(rows) >= {'nova-scheduler', 'nova-compute', 'nova-network', 'nova-consoleauth'}
    assert set(rows.values()) == {'up'}
    for name in DAEMONS:
        assert split.running[name].alive
        assert split.answers(name)


def test_the_broker_restarts(split, compute, rabbitmq):
    """No daemon is restarted; what was asked for in between is done."""
    pids = {name: process.pid for name, process in split.running.items()}
    rabbitmq.stop()
    servers = [compute.boot('between-1'), compute.boot('between-2')]
    rabbitmq.start()
    servers.append(compute.boot('after'))
    found = compute.wait_settled()
    assert {found[server]['status'] for server in servers} == {'ACTIVE'}
    split.openstack('server', 'delete', '--wait', 'split-1')
    compute.delete_all()
    assert all(process.alive and process.pid == pids[name] for name, process in split.running.items())


@pytest.mark.parametrize('name, task', [
    ('nova-scheduler', 'scheduling'), ('nova-compute', 'block_device_mapping'), ('nova-network', 'networking'),
    ('nova-api', 'scheduling')])
def test_a_daemon_is_killed_during_boots(split, compute, name, task):
    asked = []
    asking = threading.Thread(target=compute.boot_many, args=(name, 5, asked))
    asking.start()
    wait_for(lambda: task in {each['OS-EXT-STS:task_state'] for each in compute.all().values()}, 30, 0.02)
    split.kill(name)
    asking.join()
    split.start(name, PAUSES)
    split.wait_serving(name)
    found = compute.wait_settled()
    assert asked
    assert set(asked) <= set(found)
    # Steps are repeatable, and a call that died with nova-network is made again: one death costs nothing but time.
    assert {server['status'] for server in found.values()} == {'ACTIVE'}, found
    compute.delete_all()


def test_nothing_is_left(split, compute):
    assert compute.all() == {}
    assert_nothing_left(split)
    for name, process in split.running.items():
        assert process.terminate(40) == 0, f'{name}\n{process.output()}'
