import itertools

import pytest

from swift.db import policies
from swift.timestamp import Timestamp, decode, encode


def at(second):
    return f'{second:010d}.00000'


def rows(broker):
    return {(row['name'], row['storage_policy_index']): row for row in broker.get_items_since(-1, 1000)}


def test_a_post_changes_the_times_and_not_the_data(make):
    broker = make()
    broker.put_object('o', at(2), 5, 'text/plain', 'etag')
    broker.put_object('o', at(2), 5, 'text/html', 'etag', 0, 0, at(3), at(4))
    row = rows(broker)['o', 0]
    assert decode(row['created_at']) == (Timestamp(2), Timestamp(3), Timestamp(4))
    assert (row['size'], row['content_type'], broker.get_info()['bytes_used']) == (5, 'text/html', 5)


def test_an_offset_is_written_short(make):
    broker = make()
    broker.put_object('o', '1795890562.96398_0000000000000001', 5, 'text/plain', 'etag')
    broker.delete_object('p', '1795890562.96398_000000000000001f')
    # As the original does: rows of one time are the same text, and so in the sums that replicas compare.
    assert [row['created_at'] for row in rows(broker).values()] == ['1795890562.96398_1', '1795890562.96398_1f']


def test_data_content_type_and_metadata_each_keep_their_newest(make):
    broker = make()
    broker.put_object('o', at(2), 1, 'text/old', 'old', 0, 0, at(5), at(9))
    broker.put_object('o', at(4), 2, 'text/new', 'new', 0, 0, at(4), at(4))
    row = rows(broker)['o', 0]
    assert row['created_at'] == encode(Timestamp(4), Timestamp(5), Timestamp(9))
    assert (row['size'], row['content_type'], row['etag']) == (2, 'text/old', 'new')


def test_a_late_post_does_not_bring_a_deleted_object_back(make):
    broker = make()
    broker.put_object('o', at(2), 1, 't', 'e')
    broker.delete_object('o', at(4))
    broker.put_object('o', at(2), 1, 't', 'e', 0, 0, at(5), at(5))
    assert broker.empty() and rows(broker)['o', 0]['deleted'] == 1


def test_rows_end_the_same_in_whatever_order_they_come(make):
    events = [('PUT', 2, None, None), ('DELETE', 3, None, None), ('PUT', 4, None, None), ('PUT', 4, 6, 6),
              ('PUT', 2, 5, 7)]
    broker, orders = make(), list(itertools.permutations(events))
    for turn in range(len(events)):
        for number, order in enumerate(orders):
            kind, data, ctype, meta = order[turn]
            broker.append(broker.deletion(f'o{number}', at(data)) if kind == 'DELETE' else broker.record(
                f'o{number}', at(data), data, f't/{ctype or data}', f'e{data}', 0, 0, ctype and at(ctype),
                meta and at(meta)))
        broker.commit_pending()
    assert {tuple(row.values())[2:] for row in rows(broker).values()} == {
        (encode(Timestamp(4), Timestamp(6), Timestamp(7)), 4, 't/6', 'e4', 0, 0)}
    assert broker.get_info()['bytes_used'] == 4 * len(orders)


def test_the_same_name_in_two_policies_is_two_rows(make):
    broker = make(policy=1)
    broker.put_object('o', at(2), 5, 't', 'e', 0, 1)
    broker.put_object('o', at(3), 7, 't', 'e', 0, 0)
    assert broker.get_policy_stats() == {1: {'object_count': 1, 'bytes_used': 5}, 0: {'object_count': 1,
                                                                                       'bytes_used': 7}}
    assert broker.get_info()['bytes_used'] == 5
    assert broker.has_multiple_policies() and not broker.empty()
    assert [row['storage_policy_index'] for row in broker.get_misplaced_since(-1, 9)] == [0]


def test_a_container_gets_another_policy_with_its_counts(make):
    broker = make(policy=1)
    broker.put_object('o', at(3), 7, 't', 'e', 0, 2)
    broker.set_storage_policy_index(2, at(4))
    info = broker.get_info()
    assert (info['storage_policy_index'], info['object_count'], info['status_changed_at']) == (2, 1, at(4))
    assert not broker.has_multiple_policies()


def test_the_reconciler_and_container_sync_keep_their_points(make):
    broker = make()
    broker.update_reconciler_sync(5)
    broker.set_x_container_sync_points(3, 4)
    broker.set_x_container_sync_points(None, 9)
    info = broker.get_info()
    assert broker.get_reconciler_sync() == 5
    assert (info['x_container_sync_point1'], info['x_container_sync_point2']) == (3, 9)


def test_what_was_reported_is_noted(make):
    broker = make()
    broker.reported(at(1), at(0), 3, 4)
    info = broker.get_info()
    assert (info['reported_put_timestamp'], info['reported_delete_timestamp'], info['reported_object_count'],
            info['reported_bytes_used']) == (at(1), at(0), 3, 4)


def info(policy, put, delete=0, changed=None, count=0):
    return {'storage_policy_index': policy, 'put_timestamp': at(put), 'delete_timestamp': at(delete) if delete else '0',
            'status_changed_at': at(changed or put), 'count': count}


@pytest.mark.parametrize('ours, theirs, replaced', [
    (info(0, 1), info(0, 2), False),
    (info(0, 2), info(1, 1), True),                         # theirs was first
    (info(0, 1), info(1, 2), False),
    (info(0, 1, 5), info(1, 2), True),                      # ours is deleted
    (info(0, 2), info(1, 1, 5), False),
    (info(0, 1), info(1, 9, 5, 9), True),                   # theirs came back from a deletion we did not hear of
    (info(0, 9, 5, 9), info(1, 1), False),
    (info(0, 9, 5, 9), info(1, 12, 10, 12), True),          # the later return knows of the earlier
    (info(0, 1, 5, 5), info(1, 2, 6, 6), True),
    (info(0, 1, 5, count=1), info(1, 2), False),            # deleted, but not empty: it lives
])
def test_which_policy_replicas_agree_on(ours, theirs, replaced):
    assert policies.remote_is_better(ours, theirs) is replaced
    if ours['storage_policy_index'] != theirs['storage_policy_index']:
        assert policies.remote_is_better(theirs, ours) is not replaced
