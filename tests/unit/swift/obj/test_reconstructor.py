"""object-reconstructor between real servers: fragments that were lost, misplaced or never made durable are in order."""
import glob
import os
import shutil

import pytest

from swift import backend, cluster, recon_cache
from swift.erasure import Code
from swift.obj import layout
from swift.obj.reconstructor import ObjectReconstructor
from swift.proxy.server import Application
from tests.fixtures.object_nodes import Nodes
from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers

CODE = Code('liberasurecode_rs_vand', 2, 2, 4096)


class Kit:
    """Nodes, all but one of which have a fragment; `numbers` of those in the order of their places in the ring."""

    def __init__(self, nodes, policy=0):
        self.nodes, self.policy = nodes, policy
        cluster.load.cache_clear()
        self.cluster = cluster.load(nodes.root)
        self.code = self.cluster.policies.by_index(policy).code
        self.ring = self.cluster.ring('object', policy)
        self.box = f'a/c{policy or ""}'
        self.client = Client(Application({'swift_dir': nodes.root, 'account_autocreate': 'true',
                                          'error_suppression_interval': '0', 'node_timeout': '2'}))

    def put(self, name, body=None):
        """(bytes, numbers of the primaries by index, the number of the other node)."""
        body = os.urandom(30000) if body is None else body
        answer = self.client('PUT', f'{self.box}/{name}', body, content_type='text/x', x_object_meta_a='b')
        assert answer.status_int == 201
        numbers = self.place(name)
        return body, numbers, ({*range(self.nodes.count)} - {*numbers}).pop()

    def place(self, name):
        return [int(node['device'][1:]) for node in self.ring.get_nodes(*f'{self.box}/{name}'.split('/', 2))[1]]

    def directory(self, number, name):
        names = f'{self.box}/{name}'.split('/', 2)
        digest, part = self.cluster.hash_path(*names), self.ring.get_part(*names)
        return f'{self.nodes.device(number)}/objects{self._suffix}/{part}/{digest[-3:]}/{digest}'

    @property
    def _suffix(self):
        return f'-{self.policy}' if self.policy else ''

    def held(self, number, name):
        """{(index, durable)} of the archives on a node, or {'.ts'}."""
        chosen = layout.choose(layout.listed(self.directory(number, name)))
        found = {(each.index, each.durable) for files in chosen.fragments.values() for each in files}
        return found | ({'.ts'} if chosen.tombstone else set())

    def lose(self, number, name):
        shutil.rmtree(self.directory(number, name))

    def run(self, numbers=None, **conf):
        for number in range(self.nodes.count) if numbers is None else numbers:
            daemon = ObjectReconstructor(self.nodes.conf(number, **conf))
            daemon.run_once()
        return daemon

    def is_whole(self, name, body):
        numbers = self.place(name)
        for index, number in enumerate(numbers):
            assert self.held(number, name) == {(self.code.index_at(index), True)}
        for without in range(len(numbers)):
            hidden = self.directory(numbers[without], name)
            os.rename(hidden, f'{hidden}-hidden')
            try:
                answer = self.client('GET', f'{self.box}/{name}')
                assert (answer.body, answer.headers['X-Object-Meta-A']) == (body, 'b')
            finally:
                os.rename(f'{hidden}-hidden', hidden)
        digest = os.path.basename(self.directory(0, name))
        everywhere = glob.glob(f'{self.nodes.root}/n*/node/d*/objects{self._suffix}/*/*/{digest}')
        assert sorted(everywhere) == [self.directory(number, name) for number in sorted(numbers)]


@pytest.fixture(scope='module')
def kit(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('ec'), count=5, containers=True, codes={0: CODE}, policies=[0],
               more={'replication_concurrency': '0'}) as nodes:
        nodes.start()
        made = Kit(nodes)
        assert made.client('PUT', 'a/c').status_int == 201
        yield made
    backend.forget()
    cluster.load.cache_clear()


@pytest.mark.parametrize('lost', [(0,), (3,), (0, 1), (1, 3)])
@pytest.mark.parametrize('size', [0, 30000])
def test_lost_fragments_are_rebuilt(kit, lost, size):
    name = f'lost {lost} {size}'
    body, numbers, _ = kit.put(name, os.urandom(size))
    for index in lost:
        kit.lose(numbers[index], name)
    kit.run()
    kit.is_whole(name, body)


def test_what_stands_in_goes_home(kit):
    name = 'stands in'
    device = kit.nodes.device(kit.place(name)[1])
    os.rename(device, f'{device}-away')
    try:
        body, numbers, other = kit.put(name)
        assert kit.held(other, name) == {(1, True)}
    finally:
        os.rename(f'{device}-away', device)
    kit.run([other])
    assert kit.held(other, name) == set() and not os.path.exists(os.path.dirname(kit.directory(other, name)))
    kit.is_whole(name, body)


def test_fragments_of_another_index_go_to_its_node(kit):
    name = 'exchanged'
    body, numbers, _ = kit.put(name)
    first, second = (kit.directory(number, name) for number in numbers[:2])
    os.rename(first, f'{first}-')
    os.rename(second, first)
    os.rename(f'{first}-', second)
    for number in numbers[:2]:
        ring_part = os.path.dirname(os.path.dirname(kit.directory(number, name)))
        os.unlink(f'{ring_part}/hashes.pkl') if os.path.exists(f'{ring_part}/hashes.pkl') else None
    kit.run()
    kit.run()
    kit.is_whole(name, body)


def test_one_that_was_made_durable_makes_all_so_and_none_makes_none(kit):
    body, numbers, _ = kit.put('one durable')
    kit.put('none durable')
    for name, kept in (('one durable', numbers[2]), ('none durable', None)):
        for number in kit.place(name):
            for path in glob.glob(f'{kit.directory(number, name)}/*') if number != kept else ():
                os.rename(path, path.replace('#d', ''))
    for number in range(5):
        for path in glob.glob(f'{kit.nodes.device(number)}/objects/*/hashes.pkl'):
            os.unlink(path)
    kit.run()
    kit.run()
    kit.is_whole('one durable', body)
    assert [kit.held(number, 'none durable') for number in kit.place('none durable')] == [
        {(index, False)} for index in range(4)]
    assert kit.client('GET', 'a/c/none durable').status_int == 404


def test_deletions_and_metadata_reach_those_that_were_away(kit):
    _, numbers, _ = kit.put('deleted')
    body, _, _ = kit.put('changed')
    device = kit.nodes.device(numbers[0])
    os.rename(device, f'{device}-away')
    try:
        assert kit.client('DELETE', 'a/c/deleted').status_int == 204
        assert kit.client('POST', 'a/c/changed', x_object_meta_a='b', x_object_meta_new='c').status_int == 202
    finally:
        os.rename(f'{device}-away', device)
    kit.run()
    assert [kit.held(number, 'deleted') for number in kit.place('deleted')] == [{'.ts'}] * 4
    assert {kit.client('HEAD', 'a/c/changed').headers['X-Object-Meta-New'] for _ in range(8)} == {'c'}
    kit.is_whole('changed', body)


def test_a_rotten_source_is_found_out_and_rebuilt_itself(kit):
    name = 'rotten'
    body, numbers, _ = kit.put(name)
    kit.lose(numbers[0], name)
    path, = glob.glob(f'{kit.directory(numbers[1], name)}/*.data')
    with open(path, 'r+b') as file:
        file.seek(5000)
        file.write(b'rotten')
    kit.run()
    kit.run()
    kit.is_whole(name, body)


def test_a_disk_that_is_gone_is_stood_in_for(kit):
    name = 'gone'
    body, numbers, other = kit.put(name)
    device = kit.nodes.device(numbers[2])
    os.rename(device, f'{device}-away')
    try:
        kit.run(numbers[:2])
        assert kit.held(other, name) == {(2, True)}
    finally:
        os.rename(f'{device}-away', device)
    kit.run([other])
    kit.is_whole(name, body)


def test_with_handoffs_only_nothing_is_rebuilt_and_figures_are_told(kit):
    name = 'handoffs only'
    body, numbers, _ = kit.put(name)
    kit.lose(numbers[0], name)
    kit.run(handoffs_only='true')
    assert kit.held(numbers[0], name) == set()
    daemon = kit.run()
    told = recon_cache.read(daemon.recon_path, 'object')
    assert told['object_reconstruction_last'] and told['object_reconstruction_time'] >= 0
    kit.is_whole(name, body)
