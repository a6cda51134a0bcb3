"""Calls of replication, and rows, that are not what they should be: refused, and nothing of them stays."""
import json

import pytest

from swift.db import sqlite
from tests.unit.swift.container.conftest import Client

_NOW, _ROW = '1500000000.00000', {'ROWID': 1, 'name': 'a', 'created_at': '1500000000.00000', 'size': 1,
                                  'content_type': 't', 'etag': 'e', 'deleted': 0}


@pytest.fixture(scope='module')
def client(tmp_path_factory):
    yield Client(tmp_path_factory.mktemp('calls'))
    sqlite.forget()


def _sync(**changed):
    values = {'max_row': 1, 'hash': 'h', 'id': 'i', 'created_at': _NOW, 'put_timestamp': _NOW, 'delete_timestamp': '0',
              'metadata': '', 'status_changed_at': _NOW, 'count': 1, 'storage_policy_index': 0, **changed}
    return ['sync', *values.values()]


@pytest.mark.parametrize('call', [
    None, 5, {}, [], [[1]], [{}], ['sync'], ['nothing'], ['sync', *range(7)], ['merge_items', 5, 'i'],
    ['merge_items', ['row'], 'i'], ['merge_items', [{'name': 1}], 'i'], ['merge_items', [_ROW], []],
    ['merge_items', [{**_ROW, 'ROWID': 10 ** 30}], 'i'], ['merge_items', [{**_ROW, 'size': 10 ** 30}], 'i'],
    ['merge_items', [{**_ROW, 'created_at': 'zzz'}], 'i'], ['merge_items', [{**_ROW, 'name': '\ud800'}], 'i'],
    ['merge_syncs', [{'remote_id': [], 'sync_point': 10 ** 30}]], ['merge_syncs', 7],
    ['complete_rsync', '../../x'], ['rsync_then_merge', {}], ['complete_rsync'],
    _sync(id=[1]), _sync(created_at='zzz'), _sync(put_timestamp=5), _sync(delete_timestamp='1e9'),
    _sync(metadata='{'), _sync(metadata='[]'), _sync(metadata='{"X-Container-Meta-A": [1, 2]}'),
    _sync(metadata='{"X-Container-Meta-A": ["a", "zzz"]}'), _sync(metadata=7), _sync(storage_policy_index='x'),
    _sync(count='x'), _sync(status_changed_at=None)])
def test_a_call_of_replication_that_is_none(client, call):
    client('PUT', '/a/c', 1)
    path = f'/{client.app.cluster.hash_path("a", "c")}'
    before = client('HEAD', '/a/c').headers
    assert client('REPLICATE', path, body=json.dumps(call).encode()).status_int == 400
    assert client('REPLICATE', path, body=b'[' * 100000).status_int == 400
    answer = client('HEAD', '/a/c')
    assert answer.status_int == 204 and answer.headers == before
    assert client('GET', '/a/c').body == b'[]'


def test_a_call_of_replication_as_it_should_be(client):
    client('PUT', '/a/c', 1)
    path = f'/{client.app.cluster.hash_path("a", "c")}'
    assert client('REPLICATE', path, body=json.dumps(_sync()).encode()).status_int == 200


@pytest.mark.parametrize('size', ['9' * 30, '9' * 5000, 'abc', '', '1e3'])
def test_a_size_no_table_holds_is_refused_before_it_spoils_the_rows_that_wait(client, size):
    client('PUT', '/a/c', 1)
    assert client.put('o', size=size).status_int == 400
    assert client('GET', '/a/c').body == b'[]'


@pytest.mark.parametrize('path', ['/%ff/%ff', '/%ff', '/a%0ab/c'])
@pytest.mark.parametrize('method', ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'REPLICATE', 'OPTIONS', 'NONE'])
def test_paths_that_are_no_utf8(client, method, path):
    assert client(method, path, 1).status_int < 500


@pytest.mark.parametrize('partition', ['9' * 11, '9' * 5000, '-1', '1e5', '..', '%c2%b2', '%d9%a1', ''])
def test_partitions_that_are_none(client, partition):
    for method in ('GET', 'PUT', 'DELETE', 'REPLICATE'):
        path = '/' + 'f' * 32 if method == 'REPLICATE' else '/a/c'
        assert client(method, path, 1, device=f'/sda/{partition}').status_int == 400
