"""object-replicator over SSYNC between real servers: nodes that differ in every way agree after one pass each."""
import os
import time

import pytest

from swift import backend, recon_cache
from swift.exceptions import ConfigurationError
from swift.obj.replicator import ObjectReplicator
from tests.fixtures.object_nodes import Nodes
from tests.unit.swift.obj.replication_kit import Kit, etag

pytestmark = pytest.mark.servers

NOW = round(time.time()) - 1000.0


@pytest.fixture(scope='module')
def kit(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('ssync')) as nodes:
        nodes.start()
        yield Kit(nodes)
    backend.forget()


def _pass(kit, number, **conf):
    daemon = ObjectReplicator(kit.nodes.conf(number, **conf))
    daemon.run_once()
    return daemon


def _pass_everywhere(kit):
    for number in range(kit.nodes.count):
        _pass(kit, number)


def test_what_is_missing_is_brought(kit):
    _, (first, *others), _ = kit.place('missing')
    body = os.urandom(200_000)
    assert kit.send(first, 'PUT', 'missing', NOW, body, ETag=etag(body), X_Object_Meta_Colour='bl\xc3\xbcau',
                    X_Object_Sysmeta_Deep='kept', X_Object_Manifest='c/prefix').status == 201
    _pass(kit, first)
    for number in others:
        assert kit.read(number, 'missing') == kit.read(first, 'missing')
    metadata = kit.read(others[0], 'missing')[1]
    assert metadata['X-Object-Meta-Colour'] == 'bl\xc3\xbcau'
    assert metadata['X-Object-Sysmeta-Deep'] == 'kept'
    assert metadata['X-Object-Manifest'] == 'c/prefix'


def test_the_newest_data_wins_in_both_directions(kit):
    _, (first, second, third), _ = kit.place('ages')
    for number, age in ((first, 1), (second, 3), (third, 2)):
        assert kit.send(number, 'PUT', 'ages', NOW + age, b'version %d' % age).status == 201
    _pass_everywhere(kit)
    kit.agree('ages', [first, second, third])
    assert kit.read(first, 'ages')[0] == b'version 3'


def test_a_deletion_wins_over_older_data_and_loses_to_newer(kit):
    for name, deleted, kept in (('gone', NOW + 5, False), ('back', NOW - 5, True)):
        _, (first, second, third), _ = kit.place(name)
        kit.send(first, 'PUT', name, NOW, b'data')
        kit.send(second, 'PUT', name, NOW - 10, b'old')
        kit.send(second, 'DELETE', name, deleted)
        _pass_everywhere(kit)
        files = kit.agree(name, [first, second, third])
        assert files[0].endswith('.data' if kept else '.ts')


def test_newer_metadata_travels_without_its_data(kit):
    _, (first, second, third), _ = kit.place('meta')
    for number in (first, second, third):
        kit.send(number, 'PUT', 'meta', NOW, b'same', X_Object_Meta_A='1')
    kit.send(second, 'POST', 'meta', NOW + 7, X_Object_Meta_B='2')
    _pass_everywhere(kit)
    assert len(kit.agree('meta', [first, second, third])) == 2
    metadata = kit.read(third, 'meta')[1]
    assert metadata['X-Object-Meta-B'] == '2'
    assert 'X-Object-Meta-A' not in metadata


def test_a_content_type_of_one_post_and_metadata_of_another_meet(kit):
    _, (first, second, third), _ = kit.place('type')
    for number in (first, second, third):
        kit.send(number, 'PUT', 'type', NOW, b'same')
    kit.send(first, 'POST', 'type', NOW + 1, Content_Type='image/png', X_Object_Meta_Old='x')
    kit.send(second, 'POST', 'type', NOW + 2, X_Object_Meta_New='y')
    _pass_everywhere(kit)
    _pass_everywhere(kit)
    for number in (first, second, third):
        metadata = kit.read(number, 'type')[1]
        assert metadata['Content-Type'] == 'image/png'
        assert metadata['X-Object-Meta-New'] == 'y'
        assert 'X-Object-Meta-Old' not in metadata


def test_data_and_its_metadata_arrive_together(kit):
    _, (first, second, third), _ = kit.place('both')
    kit.send(first, 'PUT', 'both', NOW, b'data')
    kit.send(first, 'POST', 'both', NOW + 1, X_Object_Meta_B='2')
    _pass(kit, first)
    kit.agree('both', [first, second, third])
    assert kit.read(second, 'both')[1]['X-Object-Meta-B'] == '2'


def test_a_handoff_is_given_to_all_primaries_and_removed(kit):
    part, primaries, (handoff, *_) = kit.place('handoff')
    kit.send(handoff, 'PUT', 'handoff', NOW, b'only here')
    assert kit.holds(handoff, 'handoff')
    daemon = _pass(kit, handoff)
    assert daemon.stats['remove'] >= 1
    kit.agree('handoff', primaries)
    assert kit.read(primaries[0], 'handoff')[0] == b'only here'
    assert not os.path.exists(f'{kit.nodes.device(handoff)}/objects/{part}')


def test_metadata_larger_than_attributes_hold_travels_and_leaves_a_handoff(kit):
    many = {f'X_Object_Meta_{number}': 'v' * 200 for number in range(60)}
    _, primaries, (handoff, *_) = kit.place('large')
    kit.send(handoff, 'PUT', 'large', NOW, b'x', **many)
    kit.send(handoff, 'POST', 'large', NOW + 1, **many)
    _pass(kit, handoff)
    assert kit.holds(handoff, 'large') == ()
    for number in primaries:
        metadata = kit.read(number, 'large')[1]
        assert {name for name in metadata if name.startswith('X-Object-Meta-')} == {
            name.replace('_', '-') for name in many}


def test_an_expired_object_is_replicated_as_well(kit):
    _, (first, second, _), _ = kit.place('expired')
    # Accepted as a peer's: it was written when its time was still to come.
    kit.send(first, 'PUT', 'expired', NOW, b'x', X_Delete_At=str(int(NOW) + 1), X_Backend_Replication='true')
    _pass(kit, first)
    assert kit.read(second, 'expired')[1]['X-Delete-At'] == str(int(NOW) + 1)


def test_a_broken_hashes_file_is_made_again(kit):
    part, (first, second, third), _ = kit.place('hashes')
    kit.send(first, 'PUT', 'hashes', NOW, b'x')
    for number in (first, second):
        directory = f'{kit.nodes.device(number)}/objects/{part}'
        os.makedirs(directory, exist_ok=True)
        with open(f'{directory}/hashes.pkl', 'wb') as file:
            file.write(b'cos\nsystem\n(S"false"\ntR.')
    _pass(kit, first)
    kit.agree('hashes', [first, second, third])


def test_after_all_that_every_partition_is_equal_and_nothing_moves(kit):
    _pass_everywhere(kit)
    _pass_everywhere(kit)
    for number in range(kit.nodes.count):
        stats = _pass(kit, number).stats
        assert stats['rsync'] == 0, stats
        assert stats['failure'] == 0, stats


def test_a_bad_file_is_quarantined_not_spread(kit):
    part, (first, second, _), _ = kit.place('rotten')
    kit.send(first, 'PUT', 'rotten', NOW, b'good bytes')
    name, = kit.holds(first, 'rotten')
    name_hash = kit.cluster.hash_path('AUTH_test', 'box', 'rotten')
    path = f'{kit.nodes.device(first)}/objects/{part}/{name_hash[-3:]}/{name_hash}/{name}'
    with open(path, 'r+b') as file:
        file.write(b'BAD!')
    _pass(kit, first)
    assert kit.holds(second, 'rotten') == ()
    assert kit.holds(first, 'rotten') == ()
    assert os.listdir(f'{kit.nodes.device(first)}/quarantined/objects') == [name_hash]


def test_partitions_of_another_part_power_are_left_alone(kit):
    stray = f'{kit.nodes.device(0)}/objects/4000'
    os.makedirs(f'{stray}/abc', exist_ok=True)
    _pass(kit, 0)
    assert os.path.isdir(f'{stray}/abc')
    os.removedirs(f'{stray}/abc')


def test_figures_are_left_for_recon(kit):
    _pass(kit, 0)
    figures = recon_cache.read(kit.nodes.conf(0)['recon_cache_path'], 'object')
    assert figures['object_replication_time'] >= 0
    assert figures['replication_last'] == figures['object_replication_last'] > NOW
    assert {'attempted', 'failure', 'success', 'failure_nodes'} <= figures['replication_stats'].keys()


def _without_disk(kit, number):
    """The disk of a node goes; returns a function that brings it back."""
    there, away = kit.nodes.device(number), kit.nodes.device(number) + '.away'
    os.rename(there, away)
    return lambda: os.rename(away, there)


def test_while_a_disk_is_gone_a_handoff_keeps_its_copy_until_it_is_back(kit):
    _, (first, second, third), (handoff, *_) = kit.place('nodisk')
    bring_back = _without_disk(kit, third)
    try:
        kit.send(first, 'PUT', 'nodisk', NOW, b'data')
        daemon = _pass(kit, first)
        assert daemon.stats['failure'] >= 1
        kit.agree('nodisk', [first, second, handoff])
    finally:
        bring_back()
    _pass(kit, handoff)
    kit.agree('nodisk', [first, second, third])
    assert kit.holds(handoff, 'nodisk') == ()


def test_a_handoff_stays_while_a_primary_cannot_take_it_unless_fewer_are_enough(kit):
    _, (first, second, third), (handoff, *_) = kit.place('patient')
    kit.send(handoff, 'PUT', 'patient', NOW, b'data')
    bring_back = _without_disk(kit, third)
    try:
        _pass(kit, handoff)
        kit.agree('patient', [first, second, handoff])
        _pass(kit, handoff, handoff_delete='2')
        assert kit.holds(handoff, 'patient') == ()
    finally:
        bring_back()
    _pass(kit, first)
    kit.agree('patient', [first, second, third])


def test_with_handoffs_first_the_rest_waits_until_they_are_gone(kit):
    _, (first, *_), (handoff, *_) = kit.place('urgent')
    own = next(name for name in (f'own{number}' for number in range(1000)) if handoff in kit.place(name)[1])
    kit.send(handoff, 'PUT', 'urgent', NOW, b'data')
    kit.send(handoff, 'PUT', own, NOW, b'data')
    other = next(number for number in kit.place(own)[1] if number != handoff)
    before = kit.holds(other, own)
    bring_back = _without_disk(kit, first)
    try:
        _pass(kit, handoff, handoffs_first='yes')
        if other != first:
            assert kit.holds(other, own) == before
    finally:
        bring_back()
    _pass(kit, handoff, handoffs_first='yes')
    kit.agree(own, kit.place(own)[1])


def test_a_node_whose_disk_is_gone_ends_its_pass_and_counts_it(kit):
    bring_back = _without_disk(kit, 2)
    try:
        assert _pass(kit, 2).stats['failure_nodes'] == {'127.0.0.1': {'d2': 1}}
    finally:
        bring_back()


def test_only_chosen_devices_and_partitions(kit):
    daemon = ObjectReplicator(kit.nodes.conf(0))
    everything = {job.part for job in daemon.collect()}
    assert len(everything) > 1
    assert {job.part for job in daemon.collect(partitions=[int(min(everything))])} == {min(everything)}
    assert daemon.collect(devices=['none']) == []


@pytest.mark.parametrize('conf', [{'sync_method': 'carrier pigeon'}, {'concurrency': '0'}, {'handoff_delete': 'x'}])
def test_wrong_options_stop_the_start(kit, conf):
    with pytest.raises(ConfigurationError):
        ObjectReplicator(kit.nodes.conf(0, **conf))
