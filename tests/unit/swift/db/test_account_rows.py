import contextlib
import sqlite3

import pytest

from tests.fixtures.swift_db import Nodes


def at(second):
    return f'{second:010d}.00000'


def counts(broker):
    return {row['name']: (row['object_count'], row['bytes_used']) for row in broker.get_items_since(-1, 100)}


@pytest.mark.parametrize('first', [0, 1])
def test_counts_that_were_heard_last_win_on_every_replica_whichever_replicates_first(tmp_path, first):
    with Nodes(tmp_path, 'account', count=2, replicas=2) as nodes:
        knows, missed = (nodes.broker(name, 'a') for name in nodes.names)
        for broker in (knows, missed):
            broker.put_container('c', at(1), '0', 0, 0, 0, reported_at=at(2))
        knows.put_container('c', at(1), '0', 60, 600, 0, reported_at=at(9))
        nodes.replicate(nodes.names[first])
        nodes.replicate(nodes.names[1 - first])
        assert counts(knows) == counts(missed) == {'c': (60, 600)}
        assert knows.get_info()['hash'] == missed.get_info()['hash']


def test_the_same_report_again_is_no_new_row(make):
    broker = make('account')
    rows = []
    for second, count in ((2, 5), (3, 5), (4, 4)):
        broker.put_container('c', at(1), '0', count, count, 0, reported_at=at(second))
        rows.append(broker.get_max_row())
    assert rows == [1, 1, 2] and counts(broker) == {'c': (4, 4)}


def test_a_deletion_counts_even_when_it_was_heard_before(make):
    broker = make('account')
    broker.put_container('c', at(1), '0', 0, 0, 0, reported_at=at(5))
    broker.put_container('c', at(1), at(3), 0, 0, 0, reported_at=at(4))
    assert broker.get_info()['container_count'] == 0


def test_rows_of_the_original_which_does_not_tell_when_still_count(make):
    broker = make('account')
    broker.put_container('c', at(1), '0', 5, 5, 0, reported_at=at(5))
    broker.commit_pending()
    item = {'name': 'c', 'put_timestamp': at(1), 'delete_timestamp': '0', 'object_count': 6, 'bytes_used': 6,
            'deleted': 0, 'storage_policy_index': 0, 'ROWID': 7}
    broker.merge_items([broker.checked_item(item)], 'stock')
    assert counts(broker) == {'c': (6, 6)}


def test_a_database_of_the_original_gets_the_column(make):
    broker = make('account')
    broker.forget()
    with contextlib.closing(sqlite3.connect(broker.path)) as opened:
        opened.execute('ALTER TABLE container DROP COLUMN reported_at')
        opened.commit()
    assert broker.get_items_since(-1, 10) == []
    broker.put_container('c', at(1), '0', 5, 7, 1)
    assert counts(broker) == {'c': (5, 7)}
    assert broker.get_policy_stats()[1] == {'container_count': 1, 'object_count': 5, 'bytes_used': 7}
