"""Which nodes are asked, in what order: affinity, timing, options of a policy, nodes that fail."""
import pytest

from swift.exceptions import ConfigurationError
from swift.proxy import affinity
from swift.proxy.container import told
from swift.proxy.nodes import ErrorLimits, NodeIter, NodeOrder, Timings
from swift.proxy.options import Options


def node(number, region=1, zone=1):
    return {'id': number, 'region': region, 'zone': zone, 'ip': f'10.0.0.{number}', 'port': 1, 'device': f'd{number}'}


def order(expiry=300):
    return NodeOrder(ErrorLimits(2, 60), Timings(expiry))


def test_read_affinity_orders_by_region_and_zone():
    nodes = [node(1, 2, 1), node(2, 1, 2), node(3, 1, 1), node(4, 3, 1)]
    placement = Options({'sorting_method': 'affinity', 'read_affinity': 'r1z1=100, r1=200, r2=300'}).placement(None)
    assert [each['id'] for each in order().for_reading(nodes, placement)] == [3, 2, 1, 4]


@pytest.mark.parametrize('text', ['r1', 'r1=x', 'z1=5', 'r1z=1', 'nonsense'])
def test_wrong_affinities_stop_the_start(text):
    with pytest.raises(ConfigurationError):
        affinity.reading(text)
    with pytest.raises(ConfigurationError):
        affinity.writing(text + '=')


def test_the_fastest_is_read_from_with_timing():
    nodes, made = [node(1), node(2), node(3)], order()
    placement = Options({'sorting_method': 'timing'}).placement(None)
    for each, seconds in zip(nodes, (0.5, 0.1, 0.3)):
        made.timings.took(each, seconds)
    assert [each['id'] for each in made.for_reading(nodes, placement)] == [2, 3, 1]


def test_write_affinity_takes_local_stand_ins_before_primaries_elsewhere():
    primaries, handoffs = [node(1, 1), node(2, 2), node(3, 2)], [node(4, 1), node(5, 2), node(6, 1)]
    placement = Options({'write_affinity': 'r1', 'write_affinity_node_count': '2'}).placement(None)
    first, others = order().for_writing(primaries, iter(handoffs), placement, 3)
    assert ([each['id'] for each in first], [each['id'] for each in others]) == ([1, 4], [2, 3, 5, 6])


def test_a_policy_has_options_of_its_own(tmp_path):
    path = tmp_path / 'proxy-server.conf'
    path.write_text('[app:proxy-server]\nsorting_method = timing\n[proxy-server:policy:1]\nsorting_method = affinity\n'
                    'read_affinity = r2=1\nconcurrent_gets = on\n')
    options = Options({'__file__': str(path), 'sorting_method': 'timing'})
    assert (options.placement(0).sorting, options.placement(1).sorting) == ('timing', 'affinity')
    assert (options.placement(0).concurrent_gets, options.placement(1).concurrent_gets) == (False, True)


def test_so_many_nodes_are_asked_and_no_more():
    made = order()
    nodes = NodeIter(made, [node(1), node(2)], iter([node(3), node(4), node(5)]), 3)
    made.limits.full(node(1))
    assert [each['id'] for each in nodes] == [2, 3, 4]
    assert Options({}).request_node_count(3) == 6
    assert Options({'request_node_count': '4'}).request_node_count(3) == 4
    with pytest.raises(ConfigurationError):
        Options({'request_node_count': 'many'})


def test_a_node_is_asked_again_after_the_interval(monkeypatch):
    limits = ErrorLimits(2, 60)
    for _ in range(3):
        assert not limits.skips(node(1))
        limits.failed(node(1), 'down')
    assert limits.skips(node(1))
    now = limits._failures[limits._key(node(1))][1]
    monkeypatch.setattr('swift.proxy.nodes.time.monotonic', lambda: now + 61)
    assert not limits.skips(node(1))


@pytest.mark.parametrize('replicas, containers, names', [
    (3, 3, ['1', '2', '3']), (2, 3, ['1,3', '2']), (3, 2, ['1', '2', '1']), (4, 2, ['1', '2', '1', '']),
    (1, 3, ['1,2,3'])])
def test_updates_of_containers_are_spread_over_the_objects_nodes(replicas, containers, names):
    nodes = [node(number + 1) for number in range(containers)]
    sets = told('X-Container', 7, nodes, replicas, min((replicas + 1) // 2 + 1, replicas))
    assert [each.get('X-Container-Device', '').replace('d', '') for each in sets] == names
    assert all(each['X-Container-Partition'] == '7' for each in sets if each)
