"""How many statements the busy paths cost, and what reaches the disk."""
import os

import pytest

from swift.db import sqlite
from swift.db.listing import Query

AT = '0000000002.00000'


@pytest.fixture
def statements(monkeypatch):
    """The SQL of everything that is run on a connection opened from now on."""
    sqlite.forget()
    seen, opening = [], sqlite._open

    def traced(path):
        opened = opening(path)
        opened.set_trace_callback(seen.append)
        return opened
    monkeypatch.setattr(sqlite, '_open', traced)
    return seen


def test_a_row_costs_no_statement_and_one_fsync(make, statements, monkeypatch):
    broker, synced = make(), []
    fsync = os.fsync
    monkeypatch.setattr(os, 'fsync', lambda descriptor: synced.append(descriptor) or fsync(descriptor))
    broker.append_all([broker.record(f'o{number}', AT, 1, 't', 'e') for number in range(16)])
    assert statements == [] and len(synced) == 1


def test_a_head_costs_one_statement(make, statements):
    make().look()
    assert len(statements) == 1


def test_an_account_head_costs_two(make, statements):
    make('account').look()
    assert len(statements) == 2


def test_a_listing_costs_one(make, statements):
    make().list_objects(Query(), 0)
    assert len(statements) == 1


def test_merging_five_hundred_new_rows_looks_them_up_at_once(make, statements):
    broker = make()
    broker.append_all([broker.record(f'o{number}', AT, 1, 't', 'e') for number in range(500)])
    broker.commit_pending()
    # A statement is traced again for each of its triggers.
    begun = [sum(each.startswith(word) for each in set(statements)) for word in (
        'BEGIN', 'SELECT name', 'INSERT INTO object', 'DELETE FROM object', 'COMMIT')]
    assert begun == [1, 1, 500, 0, 1]


def test_a_connection_is_kept_for_the_next(make, monkeypatch):
    broker, opened = make(), []
    opening = sqlite._open
    monkeypatch.setattr(sqlite, '_open', lambda path: opened.append(path) or opening(path))
    for _ in range(5):
        broker.get_info()
    assert len(opened) == 1


def test_no_more_connections_are_kept_than_that(make, monkeypatch):
    monkeypatch.setattr(sqlite, '_KEPT', 2)
    for broker in [make() for _ in range(4)]:
        broker.get_info()
    assert len(sqlite._idle) == 2


def test_a_kept_connection_to_a_file_that_was_replaced_is_not_used(make):
    first, second = make(), make()
    first.put_object('o', AT, 1, 't', 'e')
    assert first.get_info()['object_count'] == 1
    os.replace(second.path, first.path)
    assert first.get_info()['object_count'] == 0
