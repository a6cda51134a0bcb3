"""object-expirer: what is due goes, its entry after it; what is not, or has changed, stays."""
import json
import time

import pytest

from swift import backend, cluster, expiring, recon_cache
from swift.exceptions import ConfigurationError
from swift.obj import expirer
from swift.proxy.internal_client import InternalClient
from swift.timestamp import Timestamp
from tests.fixtures.object_nodes import Nodes

pytestmark = pytest.mark.servers


class Cloud:
    """Nodes, a client, and objects that expire at a chosen second."""

    def __init__(self, nodes):
        self.nodes, self.cluster = nodes, cluster.load(nodes.root)
        self.client = InternalClient({'swift_dir': nodes.root}, 'test', 1)

    def put(self, name, delete_at, written, queued=True, container='c'):
        """Write an object on all its nodes, as of `written`, and its entry of the queue."""
        self.client.create_container('a', container)
        part, nodes = self.cluster.ring('object', 0).get_nodes('a', container, name)
        for node in nodes:
            answer = backend.request(node, 'PUT', backend.path(node['device'], part, 'a', container, name), {
                'X-Timestamp': Timestamp(written).internal, 'Content-Type': 'text/plain',
                'X-Delete-At': str(delete_at), 'X-Backend-Replication': 'true'}, b'x')
            assert answer.status == 201
        if queued:
            self.queue(delete_at, 'a', container, name)

    def queue(self, delete_at, *names, content_type='text/plain', when=None):
        queue, entry = expiring.container(self.cluster, delete_at, *names), expiring.entry(delete_at, *names)
        self.client.create_container(expiring.ACCOUNT, queue)
        part, nodes = self.cluster.ring('container').get_nodes(expiring.ACCOUNT, queue)
        for node in nodes:
            answer = backend.request(
                node, 'PUT', backend.path(node['device'], part, expiring.ACCOUNT, queue, entry), {
                    'X-Timestamp': Timestamp(when or time.time()).internal, 'X-Size': '0',
                    'X-Content-Type': content_type, 'X-Etag': 'd' * 32, 'X-Backend-Storage-Policy-Index': '0'})
            assert answer.status == 201

    def queued(self):
        """Names of all entries on any replica."""
        found = set()
        for row in self.client.iter_containers(expiring.ACCOUNT):
            part, nodes = self.cluster.ring('container').get_nodes(expiring.ACCOUNT, row['name'])
            for node in nodes:
                answer = backend.request(node, 'GET', backend.path(node['device'], part, expiring.ACCOUNT,
                                                                   row['name']), query='format=json')
                if answer.status == 200:
                    found |= {each['name'].partition('-')[2] for each in json.loads(answer.body)}
        return found

    def files(self, name, container='c'):
        """How many nodes still have data."""
        part, nodes = self.cluster.ring('object', 0).get_nodes('a', container, name)
        return sum(backend.request(node, 'HEAD', backend.path(node['device'], part, 'a', container, name),
                                   {'X-Backend-Open-Expired': 'true'}).status == 200 for node in nodes)

    def run(self, **conf):
        made = expirer.ObjectExpirer(self.nodes.conf(0, tasks_per_second='0', **conf), self.client)
        made.run_once()
        return made


@pytest.fixture(scope='module')
def cloud(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('expirer'), count=3, containers=True) as nodes:
        nodes.start()
        yield Cloud(nodes)
    backend.forget()


def test_what_is_due_is_deleted_everywhere_and_its_entry_goes(cloud):
    now = int(time.time())
    for name in ('due', 'w\u00fcst/and deep'):
        cloud.put(name, now - 10, now - 100)
    cloud.put('later', now + 5000, now - 100)
    assert cloud.run().expired == 2
    assert cloud.files('due') == cloud.files('w\u00fcst/and deep') == 0
    assert cloud.files('later') == 3
    assert cloud.queued() == {'a/c/later'}
    assert recon_cache.read(cloud.nodes.conf(0)['recon_cache_path'], 'object')['expired_last_pass'] == 2


def test_an_object_whose_time_was_changed_stays(cloud):
    now = int(time.time())
    cloud.put('changed', now + 5000, now - 100, queued=False)
    cloud.queue(now - 10, 'a', 'c', 'changed')
    assert cloud.run().expired == 0
    assert cloud.files('changed') == 3


def test_an_object_written_anew_after_its_time_stays(cloud):
    now = int(time.time())
    cloud.put('anew', now - 10, now - 5)
    cloud.run()
    assert cloud.files('anew') == 3


def test_an_entry_without_its_object_goes_after_reclaim_age_alone(cloud):
    now = int(time.time())
    cloud.queue(now - 500, 'a', 'c', 'nothing')
    cloud.run()
    assert 'a/c/nothing' in cloud.queued()
    cloud.run(reclaim_age='400')
    assert 'a/c/nothing' not in cloud.queued()


def test_segments_marked_for_deletion_go_whatever_their_expiry(cloud):
    now = int(time.time())
    cloud.put('segment', now + 5000, now - 100, queued=False)
    cloud.queue(now - 10, 'a', 'c', 'segment', content_type=expiring.ASYNC_DELETE)
    assert cloud.run().expired == 1
    assert cloud.files('segment') == 0
    assert 'a/c/segment' not in cloud.queued()


def test_delays_of_accounts_and_containers(cloud):
    now = int(time.time())
    cloud.put('slow', now - 10, now - 100, container='kept')
    assert cloud.run(**{'delay_reaping_a/kept': '3600'}).expired == 0
    assert cloud.files('slow', 'kept') == 3
    assert cloud.run(**{'delay_reaping_a': '3600', 'delay_reaping_a/kept': '5'}).expired == 1


def test_processes_share_the_work(cloud):
    now = int(time.time())
    for number in range(6):
        cloud.put(f'shared{number}', now - 10, now - 100)
    shares = [cloud.run(processes='2', process=str(process)).expired for process in (0, 1)]
    assert sum(shares) == 6
    assert [cloud.files(f'shared{number}') for number in range(6)] == [0] * 6


def test_a_process_beyond_the_processes_stops_the_start(cloud):
    with pytest.raises(ConfigurationError):
        cloud.run(processes='2', process='2')


@pytest.mark.parametrize('name', ['1500000000', 'x-a/c/o', '1500000000-a/c', '1500000000-a//o', '-a/c/o'])
def test_what_is_no_entry_is_no_task(name):
    assert expirer.parse('1500000000', {'name': name, 'last_modified': '2026-01-01T00:00:00.00000'}) is None
