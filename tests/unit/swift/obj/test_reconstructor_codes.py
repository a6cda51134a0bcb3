"""Fragments that several nodes have, and codes of which not every choice of fragments is enough."""
import os

import pytest

from swift import backend, cluster
from swift.erasure import Code
from tests.fixtures.object_nodes import Nodes
from tests.unit.swift.obj.test_reconstructor import Kit

pytestmark = pytest.mark.servers

TWICE, XOR = Code('liberasurecode_rs_vand', 2, 1, 4096, copies=2), Code('flat_xor_hd_3', 3, 3, 4096)


@pytest.fixture(scope='module')
def nodes(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('ec'), count=7, containers=True, codes={0: TWICE, 1: XOR}, policies=[0, 1],
               more={'replication_concurrency': '0'}) as made:
        made.start()
        yield made
    backend.forget()
    cluster.load.cache_clear()


@pytest.fixture(params=(0, 1), ids=('twice', 'xor'))
def kit(nodes, request):
    made = Kit(nodes, request.param)
    assert made.client('PUT', made.box, x_storage_policy=f'policy-{request.param}').status_int in (201, 202)
    return made


def test_primaries_have_the_fragment_of_their_place(kit):
    body, numbers, other = kit.put('placed')
    assert (len(numbers), kit.held(other, 'placed')) == (6, set())
    kit.is_whole('placed', body)
    asked = kit.client('GET', f'{kit.box}/placed', range='bytes=5000-9000')
    assert (asked.status_int, asked.body) == (206, body[5000:9001])


@pytest.mark.parametrize('lost', [(0, 1), (3, 5), (2, 3)])
def test_two_nodes_may_lose_what_they_have(kit, lost):
    name = f'lost {lost}'
    body, numbers, _ = kit.put(name)
    for place in lost:
        kit.lose(numbers[place], name)
    assert kit.client('GET', f'{kit.box}/{name}').body == body
    kit.run()
    kit.is_whole(name, body)


def test_as_long_as_enough_different_ones_are_left_it_is_read(kit):
    body, numbers, _ = kit.put('few')
    # Both copies of a fragment and one of each other; with XOR all three that were computed.
    gone = (0, 3, 1) if kit.policy == 0 else (3, 4, 5)
    for place in gone:
        kit.lose(numbers[place], 'few')
    assert kit.client('GET', f'{kit.box}/few').body == body
    assert kit.client('GET', f'{kit.box}/few', x_newest='true').body == body
    kit.lose(numbers[({*range(6)} - {*gone, 2}).pop()], 'few')
    kit.lose(numbers[2], 'few')
    assert kit.client('GET', f'{kit.box}/few').status_int == 503


def test_what_stands_in_goes_to_all_its_nodes(kit):
    name = 'stands in'
    device = kit.nodes.device(kit.place(name)[1])
    os.rename(device, f'{device}-away')
    try:
        body, numbers, other = kit.put(name)
        assert kit.held(other, name) == {(1, True)}
    finally:
        os.rename(f'{device}-away', device)
    if kit.policy == 0:
        kit.lose(numbers[4], name)
    kit.run([other])
    assert kit.held(other, name) == set()
    kit.is_whole(name, body)


def test_fragments_of_another_place_go_to_their_nodes(kit):
    name = 'exchanged'
    body, numbers, _ = kit.put(name)
    first, second = (kit.directory(number, name) for number in numbers[:2])
    os.rename(first, f'{first}-')
    os.rename(second, first)
    os.rename(f'{first}-', second)
    for directory in (first, second):
        hashes = os.path.join(os.path.dirname(os.path.dirname(directory)), 'hashes.pkl')
        if os.path.exists(hashes):
            os.unlink(hashes)
    kit.run()
    kit.run()
    kit.is_whole(name, body)


def test_without_a_quorum_nothing_is_kept(kit):
    # Five of six are needed where XOR is used, all six of fragments that are kept twice; one node can stand in.
    names = kit.place('refused')[:3]
    for number in names:
        os.rename(kit.nodes.device(number), f'{kit.nodes.device(number)}-away')
    try:
        assert kit.client('PUT', f'{kit.box}/refused', b'x' * 9000).status_int == 503
    finally:
        for number in names:
            os.rename(f'{kit.nodes.device(number)}-away', kit.nodes.device(number))
    assert kit.client('GET', f'{kit.box}/refused').status_int == 404
