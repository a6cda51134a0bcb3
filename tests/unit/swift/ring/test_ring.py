"""The ring as servers ask it."""
import os

import pytest

from swift import cluster
from swift.exceptions import ConfigurationError
from swift.ring import ring_file
from swift.ring.ring import Ring
from tests.fixtures.rings import make_ring, make_rings

DEVICES = [{'region': 1 + number // 8, 'zone': number % 4, 'ip': f'10.0.{number // 8}.{number % 4}', 'port': 6200,
            'device': f'd{number}'} for number in range(16)]


@pytest.fixture
def path(tmp_path):
    made = str(tmp_path / 'object.ring.gz')
    make_ring(made, DEVICES, part_power=6)
    return made


def ids(nodes):
    return [node['id'] for node in nodes]


def test_a_name_has_the_partition_of_its_first_bits(path):
    ring = Ring(path, hash_path=lambda *names: 'ff000000000000000000000000000000' if names[0] == 'a' else '0' * 32)
    assert ring.get_part('a', 'c', 'o') == 63
    assert ring.get_part('b', None, None) == 0
    part, nodes = ring.get_nodes('a')
    assert (part, nodes) == (63, ring.get_part_nodes(63))


def test_a_node_says_where_it_is(path):
    node = Ring(path).get_part_nodes(5)[1]
    assert {'id', 'region', 'zone', 'ip', 'port', 'replication_ip', 'replication_port', 'device', 'weight', 'meta',
            'index'} == set(node)
    assert node['index'] == 1


def test_what_a_caller_does_to_a_node_stays_with_the_caller(path):
    ring = Ring(path)
    ring.get_part_nodes(5)[0]['ip'] = 'changed'
    next(ring.get_more_nodes(5))['ip'] = 'changed'
    assert 'changed' not in {each['ip'] for each in ring.devs}


def test_stand_ins_are_all_other_devices_once_in_the_same_order(path):
    ring = Ring(path)
    for part in range(ring.partition_count):
        more = ids(ring.get_more_nodes(part))
        assert sorted(more + ids(ring.get_part_nodes(part))) == list(range(16))
        assert more == ids(ring.get_more_nodes(part))


def test_partitions_have_stand_ins_of_their_own(path):
    ring = Ring(path)
    assert len({tuple(ids(ring.get_more_nodes(part))) for part in range(64)}) > 50


def test_stand_ins_come_first_from_zones_not_used(path):
    ring = Ring(path)
    for part in range(64):
        used = {(node['region'], node['zone']) for node in ring.get_part_nodes(part)}
        more = list(ring.get_more_nodes(part))
        first = [(node['region'], node['zone']) for node in more[:8 - len(used)]]
        assert not used & set(first) and len(set(first)) == len(first)


def test_the_first_stand_in_is_in_another_region_when_the_ring_was_in_one(tmp_path):
    path = str(tmp_path / 'a.ring.gz')
    make_ring(path, [*({**each, 'region': 1} for each in DEVICES), {'region': 2, 'zone': 9, 'ip': '10.9.9.9',
                                                                  'port': 6200, 'device': 'far', 'weight': 0.001}], 4)
    ring = Ring(path)
    assert next(ring.get_more_nodes(3))['device'] == 'far'


def test_a_device_that_is_being_emptied_stands_in_for_none(tmp_path):
    path = str(tmp_path / 'a.ring.gz')
    make_ring(path, [{**each, 'weight': 0 if each['device'] == 'd3' else 1} for each in DEVICES])
    ring = Ring(path)
    assert all(3 not in ids(ring.get_more_nodes(part)) for part in range(16))


def test_heavier_devices_stand_in_more_often(tmp_path):
    path = str(tmp_path / 'a.ring.gz')
    make_ring(path, [{'zone': 1, 'ip': '10.0.0.1', 'port': 6200, 'device': f'd{number}', 'weight': 1 + 9 * (number < 3)}
                     for number in range(12)], part_power=10)
    ring = Ring(path)
    firsts = [next(ring.get_more_nodes(part))['id'] for part in range(1024)]
    assert sum(first < 3 for first in firsts) > 300


def test_a_changed_file_is_read_again(path, tmp_path):
    ring = Ring(path, reload_time=0)
    before = ring.md5
    assert not ring.has_changed()
    make_ring(path, DEVICES[:5], part_power=3)
    os.utime(path, (1, 1))
    assert ring.has_changed()
    assert ring.partition_count == 8 and ring.md5 != before


def test_looks_for_changes_only_now_and_then(path):
    ring = Ring(path, reload_time=1000)
    make_ring(path, DEVICES[:5], part_power=3)
    assert ring.partition_count == 64


def test_a_damaged_file_leaves_the_ring_before_in_use(path):
    ring = Ring(path, reload_time=0)
    with open(path, 'wb') as file:
        file.write(b'\x1f\x8bhalf')
    os.utime(path, (1, 1))
    assert ring.partition_count == 64
    os.unlink(path)
    assert ring.partition_count == 64


@pytest.mark.parametrize('content', [b'', b'junk', b'\x1f\x8b\x08'])
def test_no_ring_file_is_an_error_with_a_name(tmp_path, content):
    path = tmp_path / 'object.ring.gz'
    with pytest.raises(ConfigurationError, match='object.ring.gz'):
        Ring(str(path))
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match='object.ring.gz'):
        Ring(str(path))


@pytest.mark.parametrize('devs', [[None], [], [{'id': 0, 'ip': 'h', 'port': 1}]])
def test_a_ring_that_names_devices_it_does_not_describe_is_an_error(path, devs):
    data = ring_file.read(path)
    data.devs = devs
    ring_file.write(path, data)
    with pytest.raises(ConfigurationError, match='object.ring.gz'):
        Ring(path)


def test_fractional_replicas_give_some_partitions_one_more(tmp_path):
    path = str(tmp_path / 'a.ring.gz')
    make_ring(path, DEVICES, part_power=4, replicas=2.5)
    ring = Ring(path)
    assert ring.replica_count == 2.5
    assert sorted(len(ring.get_part_nodes(part)) for part in range(16)) == [2] * 8 + [3] * 8


def test_a_cluster_has_a_ring_per_kind_and_policy(tmp_path):
    make_rings(str(tmp_path), [{**each, 'ports': {'account': 1, 'container': 2, 'object': 3}} for each in DEVICES],
               policies=(0, 2))
    known = cluster.Cluster(str(tmp_path))
    assert {node['port'] for node in known.ring('account').get_nodes('a')[1]} == {1}
    assert {node['port'] for node in known.ring('container').get_nodes('a', 'c')[1]} == {2}
    assert {node['port'] for node in known.ring('object', 2).get_nodes('a', 'c', 'o')[1]} == {3}
    assert known.ring('object', 2).path.endswith('object-2.ring.gz')
