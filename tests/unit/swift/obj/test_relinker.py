"""The part power is increased, or not after all: objects can be read and written at each step, by everybody."""
import fcntl
import glob
import itertools
import json
import os

import pytest

from swift import backend, cluster, recon_cache
from swift.cmd import object_relinker
from swift.erasure import Code
from swift.obj import increase, layout
from swift.obj.relinker import DONE, FAILED, NOTHING, Relinker
from swift.obj.replicator import ObjectReplicator
from swift.proxy.server import Application
from swift.ring.builder import RingBuilder
from swift.timestamp import Timestamp
from tests.fixtures.object_nodes import Nodes
from tests.fixtures.rings import make_ring
from tests.unit.swift.obj.node import DEVICES, Node
from tests.unit.swift.proxy.conftest import Client

POWER = 4


class Changing(Node):
    """A node of which the ring changes; `old` and `new` partitions of a name are both asked for."""

    def __init__(self, directory, **conf):
        super().__init__(directory, **conf)
        self.builder = make_ring(self._path, [{'device': name, 'port': 6200, 'zone': number, 'region': 1}
                                              for number, name in enumerate(DEVICES)], POWER)
        for known in (self.cluster, self.server.cluster):
            known.ring('object', 0).reload_time = known.ring('object', 0)._next_look = 0

    @property
    def _path(self):
        return f'{self.swift_dir}/object.ring.gz'

    def step(self, name):
        assert getattr(self.builder, f'{name}_increase_partition_power' if name != 'increase'
                       else 'increase_partition_power')()
        self.builder.save_ring(self._path)

    def places(self, name):
        """{part power: directory} of an object."""
        digest = self.cluster.hash_path('a', 'c', name)
        return {power: f'{self.devices}/sda/objects/{increase.partition_of(digest, power)}/{digest[-3:]}/{digest}'
                for power in (POWER, POWER + 1)}

    def ask(self, method, name, power, **more):
        """A request of a proxy whose ring has that part power."""
        part = increase.partition_of(self.cluster.hash_path('a', 'c', name), power)
        return self.request(method, path=f'/sda/{part}/a/c/{name}', **more)

    def is_well(self, expected):
        for (name, body), power in itertools.product(expected.items(), (POWER, POWER + 1)):
            answer = self.ask('GET', name, power)
            assert (answer.status_int, answer.body) == ((404, answer.body) if body is None else (200, body)), name

    def misplaced(self):
        found = []
        for path in glob.glob(f'{self.devices}/*/objects*/*/*/*'):
            part, name = path.split('/')[-3], path.split('/')[-1]
            if increase.partition_of(name, self.builder.part_power) != int(part):
                found.append(path)
        return found

    @property
    def relinker(self):
        return Relinker(self.conf, cluster.Cluster(self.swift_dir))


@pytest.fixture
def node(tmp_path):
    cluster.load.cache_clear()
    yield Changing(tmp_path)
    cluster.load.cache_clear()


def change(node, expected, step):
    """Whoever asks, with whichever ring: new, replaced, changed, deleted."""
    for power in (POWER, POWER + 1):
        for kind in ('new', 'replaced'):
            name = f'{kind} {step} {power}' if kind == 'new' else f'replaced {power}'
            body = f'{step} {power}'.encode()
            assert node.ask('PUT', name, power, body=body, headers={'Content-Type': 'text/x'}).status_int == 201
            expected[name] = body
        assert node.ask('POST', 'posted', power, headers={'X-Object-Meta-Step': f'{step} {power}'}).status_int == 202
        assert node.ask('DELETE', f'deleted {step} {power}', power).status_int == 204
        expected[f'deleted {step} {power}'] = None
    node.is_well(expected)
    for power in (POWER, POWER + 1):
        assert node.ask('HEAD', 'posted', power).headers['X-Object-Meta-Step'] == f'{step} {POWER + 1}'


def fill(node):
    expected = {f'o{number}': b'%d' % number for number in range(30)}
    expected |= {f'deleted {step} {power}': b'x' for step in ('prepared', 'relinked', 'increased', 'cleaned')
                 for power in (POWER, POWER + 1)}
    expected['posted'] = b'posted'
    for name, body in expected.items():
        assert node.put(name, body).status_int == 201
    assert node.request('DELETE', 'o3').status_int == 204
    expected['o3'] = None
    return expected


def test_the_part_power_goes_up_while_all_goes_on(node):
    expected = fill(node)
    assert node.relinker.relink() == node.relinker.cleanup() == NOTHING
    node.step('prepare')
    change(node, expected, 'prepared')
    assert ObjectReplicator(node.conf).collect() == []
    assert node.relinker.cleanup() == NOTHING and node.relinker.relink() == DONE
    for name in expected:
        first, second = (sorted(layout.listed(path)) for path in node.places(name).values())
        assert first == second, name
    change(node, expected, 'relinked')
    node.step('increase')
    change(node, expected, 'increased')
    assert node.misplaced()
    assert node.relinker.relink() == NOTHING and node.relinker.cleanup() == DONE
    assert node.misplaced() == []
    change(node, expected, 'cleaned')
    assert node.relinker.cleanup() == DONE      # again: nothing to do
    node.step('finish')
    assert node.misplaced() == []
    for name, body in expected.items():
        answer = node.ask('GET', name, POWER + 1)
        assert answer.status_int == (404 if body is None else 200)
    assert node.builder.part_power == POWER + 1 and node.relinker.cleanup() == NOTHING


def test_what_nobody_linked_is_linked_before_its_place_is_removed(node):
    expected = fill(node)
    node.step('prepare')
    node.step('increase')
    assert node.relinker.cleanup() == DONE
    assert node.misplaced() == []
    node.is_well(expected)


def test_an_increase_that_is_cancelled_leaves_nothing(node):
    expected = fill(node)
    before = sorted(glob.glob(f'{node.devices}/*/objects/*/*/*/*'))
    node.step('prepare')
    assert node.relinker.relink() == DONE and len(glob.glob(f'{node.devices}/*/objects/*/*/*/*')) > len(before)
    node.step('cancel')
    node.is_well(expected)
    assert node.relinker.relink() == NOTHING and node.relinker.cleanup() == DONE
    node.step('finish')
    assert sorted(glob.glob(f'{node.devices}/*/objects/*/*/*/*')) == before
    for name, body in expected.items():
        assert node.ask('GET', name, POWER).status_int == (404 if body is None else 200)


def test_it_goes_on_where_it_was_and_only_where_it_shall(node):
    fill(node)
    node.step('prepare')
    parts = sorted(int(name) for name in layout.listed(f'{node.devices}/sda/objects'))
    assert node.relinker.relink(devices=['sdz']) == node.relinker.relink(policies=[7]) == NOTHING
    assert node.relinker.relink(devices=['sda'], partitions=parts[:1]) == DONE
    with open(f'{node.devices}/sda/relink.objects.json') as file:
        assert json.load(file) == {'part_power': POWER, 'next_part_power': POWER + 1, 'state': {str(parts[0]): True}}
    assert node.relinker.relink() == DONE
    with open(f'{node.devices}/sda/relink.objects.json') as file:
        assert all(json.load(file)['state'].values())
    figures = recon_cache.read(node.conf['recon_cache_path'], 'relinker')['devices']['sda']
    assert figures['policies']['0']['step'] == 'relink' and figures['policies']['0']['errors'] == 0


def test_a_place_that_cannot_be_made_is_an_error_and_removes_nothing(node):
    expected = fill(node)
    node.step('prepare')
    old, new = node.places('o1').values()
    if old == new:
        pytest.fail('choose a name that moves')
    os.makedirs(os.path.dirname(new), exist_ok=True)
    with open(new, 'w'):
        pass
    node.step('increase')
    assert node.relinker.cleanup() == FAILED
    assert os.path.exists(old)
    os.unlink(new)
    assert node.relinker.cleanup() == DONE
    node.is_well(expected)


def test_of_two_at_once_one_gives_up(node):
    fill(node)
    node.step('prepare')
    with open(f'{node.devices}/sda/relink.objects.lock', 'w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert node.relinker.relink(devices=['sda']) == FAILED
    assert node.relinker.relink(devices=['sda']) == DONE


def test_what_is_newer_at_the_next_place_stays(node):
    old = node.file('o')
    writer = old.create()
    writer.write(b'old')
    writer.commit({'X-Timestamp': Timestamp(5).internal, 'Content-Length': '3', 'ETag': writer.etag})
    node.step('prepare')
    twin = old.twin()
    assert twin is not None
    twin.delete(Timestamp(7))
    assert increase.link(old, twin) == 1
    assert layout.listed(twin.path) == [f'{Timestamp(7).internal}.ts']


def test_what_is_quarantined_is_so_at_both_places(node):
    fill(node)
    node.step('prepare')
    node.relinker.relink()
    old, new = node.places('o1').values()
    path, = glob.glob(f'{old}/*.data')
    os.truncate(path, 0)
    assert node.ask('GET', 'o1', POWER).status_int == 404
    assert not os.path.exists(old) and not os.path.exists(new)


def test_the_command(node, capsys):
    expected = fill(node)
    options = ['--swift-dir', node.swift_dir, '--devices', node.devices, '--skip-mount-check']
    assert object_relinker.main(['relink', *options]) == NOTHING
    node.step('prepare')
    cluster.load.cache_clear()
    assert object_relinker.main(['relink', *options, '--policy', 'nothing']) == FAILED
    assert 'no policy nothing' in capsys.readouterr().err
    assert object_relinker.main(['relink', *options, '--policy', '0', '--files-per-second', '100000']) == DONE
    node.step('increase')
    cluster.load.cache_clear()
    assert object_relinker.main(['cleanup', *options]) == DONE
    node.is_well(expected)


@pytest.mark.servers
def test_copies_and_fragments_are_read_at_each_step_through_a_proxy(tmp_path):
    codes = {1: Code('liberasurecode_rs_vand', 2, 1, 4096)}
    builders = {}
    with Nodes(tmp_path, count=4, containers=True, policies=[0, 1], codes=codes) as nodes:
        for name in ('object', 'object-1'):
            builders[name] = make_ring(f'{nodes.root}/{name}.ring.gz', [
                {'device': f'd{number}', 'zone': number, 'region': 1, 'port': nodes.ports[number]['object']}
                for number in range(4)], 2)

        def step(function):
            for name, builder in builders.items():
                if function:
                    assert function(builder)
                    builder.save_ring(f'{nodes.root}/{name}.ring.gz')
            if nodes.processes:
                nodes.stop()
            nodes.start()
            cluster.load.cache_clear()
            backend.forget()
            return Client(Application({'swift_dir': nodes.root, 'account_autocreate': 'true'}))

        def relinked():
            return [Relinker(nodes.conf(number), cluster.Cluster(nodes.root)) for number in range(4)]
        client = step(None)
        bodies = {}

        def put(client, when):
            for policy in (0, 1):
                for number in range(2):
                    bodies[f'c{policy}', f'{when} {number}'] = body = os.urandom(20000)
                    assert client('PUT', f'a/c{policy}/{when} {number}', body).status_int == 201
            for (container, name), body in bodies.items():
                assert client('GET', f'a/{container}/{name}').body == body, (container, name)
        for policy in (0, 1):
            assert client('PUT', f'a/c{policy}', x_storage_policy=f'policy-{policy}').status_int == 201
        put(client, 'before')
        stale = client
        put(client := step(RingBuilder.prepare_increase_partition_power), 'prepared')
        assert [each.relink() for each in relinked()] == [DONE] * 4
        put(client, 'relinked')
        put(stale, 'by a proxy that has not heard of it')
        client = step(RingBuilder.increase_partition_power)
        put(stale, 'by a proxy that is behind')
        put(client, 'increased')
        assert [each.cleanup() for each in relinked()] == [DONE] * 4
        put(client, 'cleaned')
        put(step(RingBuilder.finish_increase_partition_power), 'finished')
    cluster.load.cache_clear()
