"""object-updater: what could not be told to container servers is told, once to each, the newest alone."""
import json
import time

import pytest

from swift import backend, cluster, recon_cache
from swift.obj import async_pending
from swift.obj.updater import ObjectUpdater
from swift.timestamp import Timestamp
from tests.fixtures.object_nodes import Nodes

pytestmark = pytest.mark.servers

NOW = round(time.time()) - 1000.0


@pytest.fixture
def nodes(tmp_path):
    with Nodes(tmp_path, count=3, containers=True) as made:
        yield made
    backend.forget()


class Box:
    """A container on all replicas, and pending updates for it on node 0."""

    def __init__(self, nodes):
        self.nodes, self.cluster = nodes, cluster.load(nodes.root)
        self.part, self.replicas = self.cluster.ring('container').get_nodes('a', 'c')
        self.policy = self.cluster.policies.default
        self.device = nodes.device(0)

    def make(self, replicas=None):
        for node in self.replicas if replicas is None else replicas:
            answer = backend.request(node, 'PUT', backend.path(node['device'], self.part, 'a', 'c'), {
                'X-Timestamp': Timestamp(NOW).internal, 'X-Backend-Storage-Policy-Index': '0'})
            assert answer.status == 201

    def pend(self, obj, when, op='PUT', size='3'):
        values = {'x-timestamp': Timestamp(when).internal, 'X-Backend-Storage-Policy-Index': '0'}
        if op == 'PUT':
            values.update({'x-size': size, 'x-content-type': 'text/plain', 'x-etag': 'd' * 32})
        async_pending.add(self.device, self.policy, self.cluster.hash_path('a', 'c', obj), Timestamp(when),
                          {'op': op, 'account': 'a', 'container': 'c', 'obj': obj, 'headers': values})

    def listing(self, node):
        answer = backend.request(node, 'GET', backend.path(node['device'], self.part, 'a', 'c'),
                                 query='format=json')
        return {row['name']: row['bytes'] for row in json.loads(answer.body)} if answer.status == 200 else None

    def left(self):
        return [record for _, record in async_pending.walk(self.device, self.policy)]

    def sweep(self):
        updater = ObjectUpdater(self.nodes.conf(0, objects_per_second='0'))
        updater.run_once()
        return updater


def test_after_one_pass_all_listings_agree_and_nothing_is_left(nodes):
    nodes.start()
    box = Box(nodes)
    box.make()
    for number in range(20):
        box.pend(f'o{number}', NOW + number)
    box.pend('w\u00fcst/deep', NOW)
    box.pend('gone', NOW)
    box.pend('gone', NOW + 1, 'DELETE')
    box.pend('twice', NOW, size='1')
    box.pend('twice', NOW + 1, size='2')
    updater = box.sweep()
    wanted = {**{f'o{number}': 3 for number in range(20)}, 'w\u00fcst/deep': 3, 'twice': 2}
    assert [box.listing(node) for node in box.replicas] == [wanted] * 3
    assert box.left() == []
    # Of two about one name only the newer was sent.
    assert updater.stats['successes'] == 23
    figures = recon_cache.read(nodes.conf(0)['recon_cache_path'], 'object')
    assert figures['object_updater_sweep'] >= 0
    assert figures['async_pending'] == 0


def test_only_those_who_have_not_heard_are_asked_again(nodes):
    box = Box(nodes)
    down = box.replicas[0]
    number = int(down['device'][1:])
    nodes.start([each for each in range(3) if each != number], 'up')
    box.make(box.replicas[1:])
    box.pend('o', NOW)
    box.sweep()
    record, = box.left()
    assert record['successes'] == sorted(node['id'] for node in box.replicas[1:])
    nodes.processes['up'].kill()
    nodes.start([number], 'down')
    backend.forget()
    box.make([down])
    box.sweep()
    assert box.listing(down) == {'o': 3}
    assert box.left() == []


def test_what_no_container_server_takes_stays(nodes):
    box = Box(nodes)
    box.pend('o', NOW)
    assert box.sweep().stats['failures'] == 1
    assert len(box.left()) == 1
