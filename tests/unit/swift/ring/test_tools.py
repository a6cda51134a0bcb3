"""swift-get-nodes, the analyzer and the picture."""
import json
from xml.sax import ContentHandler, parseString

import pytest

from swift.cmd import get_nodes, ring_builder_analyzer
from swift.ring.builder import RingBuilder
from swift.ring.picture import draw
from tests.fixtures.rings import make_rings

DEVICES = [{'zone': number % 3, 'ip': f'10.0.0.{number}', 'port': 6200, 'device': f'sd{number}'} for number in range(6)]


@pytest.fixture
def swift_dir(tmp_path):
    make_rings(str(tmp_path), DEVICES, policies=(0, 1))
    return tmp_path


def nodes(swift_dir, capsys, *args):
    code = get_nodes.main(['-d', str(swift_dir), *map(str, args)])
    return code, capsys.readouterr()


def test_get_nodes_tells_place_and_ways_to_look(swift_dir, capsys):
    code, shown = nodes(swift_dir, capsys, swift_dir / 'object.ring.gz', 'AUTH_a', 'c', 'o b')
    lines = shown.out.splitlines()
    digest = next(line for line in lines if line.startswith('Hash')).split('\t')[1]
    part = int(digest[0], 16)
    assert code == 0
    assert lines[1:4] == ['Account  \tAUTH_a', 'Container\tc', 'Object   \to b']
    assert f'Partition\t{part}' in lines
    assert sum(line.startswith('Server:Port Device') for line in lines) == 6
    assert sum('[Handoff]' in line for line in lines) == 9
    assert any(line.startswith('curl -g -I -XHEAD "http://10.0.0.') and f'/{part}/AUTH_a/c/o%20b"' in line
               for line in lines)
    assert any(line.startswith('ssh 10.0.0.') and f'/objects/{part}/{digest[-3:]}/{digest}"' in line for line in lines)


def test_get_nodes_takes_a_policy_a_name_in_one_and_quoted(swift_dir, capsys):
    _, shown = nodes(swift_dir, capsys, '-P', 'policy-1', 'a/c/x/y')
    assert 'Object   \tx/y' in shown.out
    assert 'X-Backend-Storage-Policy-Index: 1' in shown.out and '/objects-1/' in shown.out
    _, shown = nodes(swift_dir, capsys, swift_dir / 'container.ring.gz', '-Q', 'a/%C3%A9')
    assert 'Container\té' in shown.out and '/containers/' in shown.out


def test_get_nodes_takes_a_partition(swift_dir, capsys):
    code, shown = nodes(swift_dir, capsys, swift_dir / 'object.ring.gz', '-p', '5', '-a')
    assert code == 0 and 'curl' not in shown.out and '/objects/5"' in shown.out


@pytest.mark.parametrize('args', [['-P', 'nope', 'a'], ['a'], ['-p', '99', '-P', 'policy-1'], ['-P', 'policy-1'],
                                  ['missing.ring.gz', 'a']])
def test_get_nodes_says_what_is_wrong(swift_dir, capsys, args):
    code, shown = nodes(swift_dir, capsys, *args)
    assert code == 1 and shown.err


def scenario(tmp_path, **changes):
    path = tmp_path / 'scenario.json'
    path.write_text(json.dumps({'part_power': 6, 'replicas': 3, 'overload': 0, 'random_seed': 1, 'rounds': [
        [['add', f'r1z{zone}-10.0.0.{zone}:6200/d', 100] for zone in range(1, 5)],
        [['remove', 0], ['set_overload', 0.1], ['set_weight', 1, 50], ['save', str(tmp_path / 'end.builder')]],
    ], **changes}))
    return str(path)


def test_a_scenario_is_played_until_nothing_moves(tmp_path, capsys):
    assert ring_builder_analyzer.main([scenario(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ['Round 1', '\tRebalance 1: moved 192 parts, balance is 0.000000, dispersion is 0.000000, '
                         '0 removed devs', '\tRebalance 2: moved 0 parts, balance is 0.000000, dispersion is 0.000000, '
                         '0 removed devs']
    assert lines[3] == 'Round 2' and '1 removed devs' in lines[4] and (tmp_path / 'end.builder').exists()


@pytest.mark.parametrize('changes', [{'rounds': [[['fly', 1]]]}, {'rounds': [['add']]}, {'rounds': 7}, {'rounds': [7]},
                                     {'rounds': [[['add', 'junk', 1]]]}, {'rounds': [[['remove', 'x']]]},
                                     {'replicas': 'x'}, {'part_power': 99}, {'overload': -1},
                                     {'rounds': [[['remove', 5]]]}])
def test_a_bad_scenario_is_refused(tmp_path, capsys, changes):
    assert ring_builder_analyzer.main([scenario(tmp_path, **changes)]) == 1
    assert capsys.readouterr().err


@pytest.mark.parametrize('power, devices, replicas', [(0, 1, 1), (4, 5, 2.5), (10, 100, 3)])
def test_a_picture_is_well_formed_and_of_bounded_size(power, devices, replicas):
    builder = RingBuilder(power, replicas, 1)
    for number in range(devices):
        builder.add_dev({'region': 1, 'zone': number % 7, 'ip': f'10.0.0.{number % 20}', 'port': 6200,
                         'device': f'<d&{number}>', 'weight': number % 3 + 1})
    builder.rebalance(1)
    drawn = draw(builder, '<name>&')
    parseString(drawn.encode(), ContentHandler())
    assert '<name>' not in drawn and len(drawn) < 250_000
    assert 'prefers-color-scheme: dark' in drawn
