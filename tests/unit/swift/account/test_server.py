import os

import pytest
import webob

from swift.account.server import app_factory
from swift.db import sqlite
from tests.fixtures.rings import make_rings


@pytest.fixture
def client(tmp_path):
    os.makedirs(tmp_path / 'devices' / 'sda')
    make_rings(str(tmp_path / 'etc'), [{'device': 'sda', 'port': 6202}], replicas=1, policies=(0, 1))
    app = app_factory({}, swift_dir=str(tmp_path / 'etc'), devices=str(tmp_path / 'devices'), mount_check='false')

    def ask(method, path, second=None, **headers):
        named = {name.replace('_', '-'): str(value) for name, value in headers.items()}
        if second is not None:
            named['X-Timestamp'] = f'{second:010d}.00000'
        return webob.Request.blank(f'/sda/1{path}', method=method, headers=named).get_response(app)
    yield ask
    sqlite.forget()


def row(client, name, put=2, delete=0, count=0, size=0, account='a', **headers):
    return client('PUT', f'/{account}/{name}', X_Put_Timestamp=put, X_Delete_Timestamp=delete, X_Object_Count=count,
                  X_Bytes_Used=size, **headers)


def test_an_account_is_put_once_and_then_again(client):
    assert client('PUT', '/a', 1).status_int == 201
    assert client('PUT', '/a', 2).status_int == 202
    assert client('HEAD', '/nope').status_int == 404


def test_its_head_tells_of_it_by_policy(client):
    client('PUT', '/a', 1, X_Account_Meta_Color='blue', X_Account_Sysmeta_X='y')
    row(client, 'c', count=3, size=7, X_Backend_Storage_Policy_Index=1)
    row(client, 'd', count=1, size=1)
    answer = client('HEAD', '/a')
    wanted = {'X-Account-Container-Count': '2', 'X-Account-Object-Count': '4', 'X-Account-Bytes-Used': '8',
              'X-Account-Storage-Policy-policy-1-Container-Count': '1',
              'X-Account-Storage-Policy-policy-1-Object-Count': '3',
              'X-Account-Storage-Policy-policy-0-Bytes-Used': '1',
              'X-Account-Meta-Color': 'blue', 'X-Account-Sysmeta-X': 'y', 'X-PUT-Timestamp': '0000000001.00000'}
    assert answer.status_int == 204
    assert {name: answer.headers[name] for name in wanted} == wanted


def test_it_lists_its_containers(client):
    client('PUT', '/a', 1)
    for name in ('x', 'y.1', 'y.2'):
        row(client, name, put=1500000000, count=3, size=7)
    assert client('GET', '/a?limit=1').json == [
        {'name': 'x', 'count': 3, 'bytes': 7, 'last_modified': '2017-07-14T02:40:00.000000',
         'storage_policy': 'policy-0'}]
    assert client('GET', '/a?delimiter=.&marker=x').json == [{'subdir': 'y.'}]
    assert client('GET', '/a?limit=10001').status_int == 412


def test_a_container_that_is_deleted_leaves_the_listing(client):
    client('PUT', '/a', 1)
    assert row(client, 'c').status_int == 201
    assert row(client, 'c', delete=3).status_int == 204
    assert client('GET', '/a').json == []
    assert row(client, 'c', put=4, delete=3).status_int == 201
    assert len(client('GET', '/a').json) == 1


def test_late_news_of_a_put_do_not_bring_a_container_back(client):
    client('PUT', '/a', 1)
    row(client, 'c', put=2, delete=3)
    row(client, 'c', put=2, delete=0)
    assert client('GET', '/a').json == []


def test_a_row_for_an_account_that_is_not_there_is_404_unless_it_is_hidden(client):
    assert row(client, 'c').status_int == 404
    assert row(client, 'c', account='.expiring_objects').status_int == 201


def test_a_deleted_account_is_not_put_again_soon(client):
    client('PUT', '/a', 1)
    row(client, 'c')
    gone = client('DELETE', '/a', 5)
    assert (gone.status_int, gone.headers['X-Account-Status']) == (204, 'Deleted')
    for method, path, status in (('PUT', '/a', 403), ('DELETE', '/a', 404), ('HEAD', '/a', 404), ('GET', '/a', 404),
                                 ('POST', '/a', 404)):
        answer = client(method, path, 6)
        assert (answer.status_int, answer.headers['X-Account-Status']) == (status, 'Deleted')
    assert row(client, 'c').status_int == 404
    assert row(client, 'c', X_Account_Override_Deleted='yes').status_int == 201


def test_metadata_is_merged(client):
    client('PUT', '/a', 1, X_Account_Meta_A='1')
    assert client('POST', '/a', 2, X_Account_Meta_A='', X_Account_Meta_B='2').status_int == 204
    found = client('HEAD', '/a').headers
    assert 'X-Account-Meta-A' not in found and found['X-Account-Meta-B'] == '2'


@pytest.mark.parametrize('method, path, headers, status', [
    ('PUT', '/a', {}, 400), ('PUT', '/a', {'X_Timestamp': 'x'}, 400), ('PUT', '/a/c', {}, 400),
    ('GET', '/%ff', {}, 412),
    ('PUT', '/a/c', {'X_Put_Timestamp': 1, 'X_Delete_Timestamp': 0, 'X_Object_Count': 'x', 'X_Bytes_Used': 0}, 400),
    ('BREW', '/a', {}, 405), ('GET', '/', {}, 400)])
def test_malformed_requests(client, method, path, headers, status):
    assert client(method, path, **headers).status_int == status


@pytest.mark.parametrize(('query', 'content_type'), [
    ('', 'text/plain'), ('?format=json', 'application/json'), ('?format=XML', 'application/xml'),
    ('?format=nonsense', 'text/plain')])
def test_a_head_has_the_type_of_the_listing(client, query, content_type):
    client('PUT', '/a', 1)
    answer = client('HEAD', '/a' + query)
    assert (answer.status_int, answer.headers['Content-Type']) == (204, f'{content_type}; charset=utf-8')
