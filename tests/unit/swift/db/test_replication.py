"""Replicas on servers of their own, and the replicators between them."""
import os

import pytest

from swift import backend
from swift.container import misplaced
from tests.fixtures.swift_db import Nodes

pytestmark = pytest.mark.servers


def at(second):
    return f'{second:010d}.00000'


@pytest.fixture
def nodes(tmp_path):
    with Nodes(tmp_path, 'container', count=4, replicas=3) as made:
        yield made


def fill(broker, names, second=2, **named):
    broker.append_all([broker.record(name, at(second), 1, 't', 'e', **named) for name in names])
    broker.commit_pending()


def state(broker):
    info = broker.get_replication_info()
    return info['hash'], info['count'], info['put_timestamp'], info['delete_timestamp'], broker.metadata


def replicas(nodes, *names, create='0000000001.00000'):
    _, primaries = nodes.primaries(*names)
    return [nodes.broker(device, *names, create=create) for device in primaries]


def test_replicas_with_different_rows_are_equal_after_one_pass_each(nodes):
    brokers = replicas(nodes, 'a', 'c')
    for number, broker in enumerate(brokers):
        fill(broker, [f'{number}-{each}' for each in range(20)])
        broker.update_metadata({f'X-Container-Meta-{number}': ('1', at(2))})
    brokers[1].delete_object('1-3', at(5))
    nodes.replicate()
    assert len({str(state(broker)) for broker in brokers}) == 1
    assert state(brokers[0])[1] == 59 and len(brokers[0].metadata) == 3


def test_a_replica_that_is_missing_gets_the_file(nodes):
    first, second, third = replicas(nodes, 'a', 'c', create=None)
    first.initialize(at(1), 0)
    fill(first, [str(number) for number in range(50)])
    nodes.replicate()
    assert state(first) == state(second) == state(third)
    assert len({broker.get_info()['id'] for broker in (first, second, third)}) == 3
    assert second.get_info()['reported_put_timestamp'] == '0'
    assert not [file for each in nodes.names for _, _, files in os.walk(os.path.join(nodes.device(each), 'tmp'))
                for file in files]


def test_a_replica_with_less_than_half_gets_the_file_and_keeps_its_own_rows(tmp_path):
    with Nodes(tmp_path, 'container', count=2, replicas=2, per_diff='10') as nodes:
        first, second = replicas(nodes, 'a', 'c')
        fill(first, [f'x{number}' for number in range(100)])
        fill(second, ['own'])
        second.put_object('waits', at(2), 1, 't', 'e')
        second.update_metadata({'X-Container-Meta-Own': ('1', at(2))})
        before = second.get_info()['id']
        replicator = nodes.replicator(first.device_path().rsplit('/', 1)[1])
        replicator.run_once()
        assert replicator.stats['remote_merge'] == 1
        info = second.get_info()
        assert info['object_count'] == 102 and info['id'] != before
        assert second.metadata['X-Container-Meta-Own'] == ['1', at(2)]
        nodes.replicate()
        assert state(first) == state(second)


def test_a_pass_sends_no_more_than_max_diffs_and_the_next_goes_on(tmp_path):
    with Nodes(tmp_path, 'container', count=2, replicas=2, per_diff='10', max_diffs='2') as nodes:
        first, second = replicas(nodes, 'a', 'c')
        for broker in (first, second):
            fill(broker, [f'both{number}' for number in range(60)])
        fill(first, [f'x{number}' for number in range(95)], 3)
        name = first.device_path().rsplit('/', 1)[1]
        counts = []
        for _ in range(10):
            nodes.replicator(name).run_once()
            counts.append(second.get_info()['object_count'])
        assert counts[-1] == 155 and max(b - a for a, b in zip(counts, counts[1:])) <= 20


def test_equal_replicas_exchange_nothing(nodes):
    for broker in replicas(nodes, 'a', 'c'):
        fill(broker, ['x', 'y'])
    nodes.replicate()
    _, primaries = nodes.primaries('a', 'c')
    replicator = nodes.replicator(primaries[0])
    replicator.run_once()
    assert (replicator.stats['no_change'], replicator.stats['diff'], replicator.stats['rsync']) == (2, 0, 0)


def handoff_of(nodes, *names):
    return next(name for name in nodes.names if name not in nodes.primaries(*names)[1])


def test_a_handoff_is_removed_when_every_primary_has_it(nodes):
    handoff = nodes.broker(handoff_of(nodes, 'a', 'c'), 'a', 'c')
    fill(handoff, ['x'])
    nodes.replicate(handoff_of(nodes, 'a', 'c'))
    assert not os.path.exists(handoff.directory)
    assert [broker.get_info()['object_count'] for broker in replicas(nodes, 'a', 'c', create=None)] == [1, 1, 1]


def test_a_handoff_stays_while_a_primary_is_down(nodes):
    handoff = nodes.broker(handoff_of(nodes, 'a', 'c'), 'a', 'c')
    nodes.stop(nodes.primaries('a', 'c')[1][0])
    replicator = nodes.replicator(handoff_of(nodes, 'a', 'c'))
    replicator.run_once()
    assert handoff.exists() and replicator.stats['failure'] == 1


def test_a_handoff_that_got_a_row_meanwhile_stays(nodes):
    name = handoff_of(nodes, 'a', 'c')
    handoff = nodes.broker(name, 'a', 'c')
    replicator = nodes.replicator(name)
    replicator.after = lambda broker, *_: broker.put_object('late', at(3), 1, 't', 'e')
    replicator.run_once()
    assert handoff.get_info()['object_count'] == 1
    nodes.replicate(name)
    assert not handoff.exists()


def test_a_disk_that_is_gone_is_replaced_by_a_handoff(nodes):
    first, second, _ = replicas(nodes, 'a', 'c', create=None)
    first.initialize(at(1), 0)
    gone = second.device_path()
    os.rename(gone, f'{gone}.gone')
    nodes.replicate(first.device_path().rsplit('/', 1)[1])
    assert nodes.broker(handoff_of(nodes, 'a', 'c'), 'a', 'c', create=None).exists()


def test_a_quarantined_replica_comes_back(nodes):
    brokers = replicas(nodes, 'a', 'c')
    for broker in brokers:
        fill(broker, ['x'])
    brokers[1].forget()
    with open(brokers[1].path, 'r+b') as file:
        file.write(b'\xff' * 200)
    nodes.replicate()
    assert state(brokers[0]) == state(brokers[1])


def test_a_deleted_database_is_removed_when_its_account_knows_and_time_has_passed(nodes):
    brokers = replicas(nodes, 'a', 'c')
    for broker in brokers:
        broker.delete_db(at(2))
    nodes.replicate()
    assert all(broker.exists() for broker in brokers)
    for broker in brokers:
        broker.reported(at(1), at(2), 0, 0)
    nodes.replicate()
    assert not any(broker.exists() for broker in brokers)


def test_a_policy_all_agree_on_and_objects_that_wait_for_the_reconciler(tmp_path):
    with Nodes(tmp_path, 'container', count=3, replicas=3, policies=(0, 1)) as nodes:
        first, second, third = replicas(nodes, 'a', 'c', create=None)
        first.initialize(at(1), 0)
        second.initialize(at(5), 1)
        third.initialize(at(5), 1)
        fill(second, ['o'], 6, policy_index=1)
        nodes.replicate()
        nodes.replicate()
        assert [broker.storage_policy_index for broker in (first, second, third)] == [0, 0, 0]
        assert first.has_multiple_policies()
        queue = nodes.broker(nodes.names[0], misplaced.ACCOUNT, misplaced.container_of(at(6)), create=None)
        (row,) = queue.get_items_since(-1, 10)
        assert misplaced.parse_name(row['name']) == (1, 'a', 'c', 'o')
        assert (row['etag'], row['content_type']) == (at(6), 'application/x-put')
        assert second.get_reconciler_sync() >= 1


@pytest.mark.parametrize('path, body', [
    ('/d1/1/' + 'a' * 32, b'{}'), ('/d1/1/' + 'a' * 32, b'['), ('/d1/1/' + 'a' * 32, b'["nope"]'),
    ('/d1/1/' + 'a' * 32, b'[]'), ('/d1/1/' + 'a' * 32, b'["complete_rsync", "../../x"]'),
    ('/d1/x/' + 'a' * 32, b'["sync"]'), ('/d1/1/..', b'["sync"]'), ('/d1/1/' + 'a' * 32, b'["sync", 1]'),
    ('/d1/1/' + 'a' * 32, b'["complete_rsync"]')])
def test_a_malformed_call_is_refused(nodes, path, body):
    assert backend.request(nodes.node('d1'), 'REPLICATE', path, body=body, replication=True).status == 400


def test_a_call_with_rows_that_are_none_is_refused(nodes):
    (broker, *_), (_, (name, *_)) = replicas(nodes, 'a', 'c'), nodes.primaries('a', 'c')
    for items in (b'[{"name": 1}]', b'7', b'[{"name": "x", "created_at": "never", "size": 1, "content_type": "t", '
                  b'"etag": "e", "deleted": 0, "ROWID": 1}]'):
        target = f'/{name}/{broker.partition()}/{os.path.basename(broker.directory)}'
        answer = backend.request(nodes.node(name), 'REPLICATE', target, body=b'["merge_items", %s, "id"]' % items)
        assert answer.status == 400
    assert broker.max_row() == -1


def test_a_file_that_is_no_database_is_not_put_in_place(nodes):
    (broker, *_), (_, (name, *_)) = replicas(nodes, 'a', 'c', create=None), nodes.primaries('a', 'c')
    target, node = f'/{name}/{broker.partition()}/{os.path.basename(broker.directory)}', nodes.node(name)
    sent = '12345678-1234-1234-1234-123456789012'
    answer = backend.request(node, 'REPLICATE', target, {'X-Backend-Replicate-File': sent}, b'rubbish' * 1000)
    assert answer.status == 201
    call = b'["complete_rsync", "%s"]' % sent.encode()
    assert backend.request(node, 'REPLICATE', target, body=call).status == 400
    assert not broker.exists() and not os.listdir(os.path.join(nodes.device(name), 'tmp'))


def test_accounts_replicate_the_same_way(tmp_path):
    with Nodes(tmp_path, 'account', count=3, replicas=3) as nodes:
        brokers = replicas(nodes, 'a')
        for number, broker in enumerate(brokers):
            broker.put_container(f'c{number}', at(2), '0', number, number, 0)
        brokers[0].delete_db(at(9))
        nodes.replicate()
        nodes.replicate()
        assert len({str(state(broker)) for broker in brokers}) == 1
        assert all(broker.is_status_deleted() and broker.get_info()['container_count'] == 3 for broker in brokers)
