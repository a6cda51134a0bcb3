import hashlib
import io
import os
import time

import pytest
import webob

from essex import concurrency
from tests.unit.swift.obj.node import Node

BODY = b'the bytes of an object'


def test_an_object_is_kept(node):
    answer = node.put(body=BODY, X_Object_Meta_Colour='blue')
    assert answer.status_int == 201
    assert answer.headers['ETag'] == f'"{hashlib.md5(BODY).hexdigest()}"'
    got = node.get()
    assert (got.status_int, got.body, got.headers['X-Object-Meta-Colour']) == (200, BODY, 'blue')


@pytest.mark.parametrize('size', [0, 1, 65535, 65536, 600000, 1200001])
def test_every_size_reads_back(node, size):
    body = (b'0123456789abcdef' * (size // 16 + 1))[:size]
    assert node.put(body=body).status_int == 201
    assert node.get().body == body


def test_a_chunked_body_is_kept(node):
    request = webob.Request.blank(f'/sda/{node.part()}/a/c/o', method='PUT', headers={
        'X-Timestamp': node.now, 'Content-Type': 'a/b', 'Transfer-Encoding': 'chunked'})
    request.environ['wsgi.input'] = io.BytesIO(BODY)
    request.environ.pop('CONTENT_LENGTH', None)
    assert request.get_response(node.server).status_int == 201
    assert node.get().body == BODY


def test_a_newer_one_replaces_it_and_an_older_one_is_a_conflict(node):
    older, first, newer = node.now, node.now, node.now
    assert node.put(body=b'1', X_Timestamp=first).status_int == 201
    for moment in (older, first):
        answer = node.put(body=b'2', X_Timestamp=moment)
        assert (answer.status_int, answer.headers['X-Backend-Timestamp']) == (409, first)
    assert node.get().body == b'1'
    assert node.put(body=b'3', X_Timestamp=newer).status_int == 201
    assert node.get().body == b'3'


def test_an_older_one_than_a_deletion_is_a_conflict(node):
    older, deleted = node.now, node.now
    node.delete(X_Timestamp=deleted)
    answer = node.put(X_Timestamp=older)
    assert (answer.status_int, answer.headers['X-Backend-Timestamp']) == (409, deleted)


def test_if_none_match_star_refuses_what_exists(node):
    assert node.put(If_None_Match='*').status_int == 201
    assert node.put(If_None_Match='*').status_int == 412
    node.delete()
    assert node.put(If_None_Match='*').status_int == 201


@pytest.mark.parametrize(('headers', 'status'), [
    ({'X-Timestamp': ''}, 400), ({'X-Timestamp': 'soon'}, 400), ({'X-Timestamp': 'nan'}, 400),
    ({'X-Timestamp': '-1'}, 400), ({'Content-Type': ''}, 400), ({'X-Delete-At': 'soon'}, 400),
    ({'X-Delete-At': '1'}, 400), ({'X-Delete-At': '-5'}, 400), ({'ETag': 'a' * 32}, 422),
    ({'Content-Length': 'x'}, 400), ({'Content-Length': '-1'}, 400), ({'Content-Length': '99'}, 499),
    ({'Content-Length': '99999'}, 499), ({'Content-Length': str(6 * 1024 ** 3)}, 413),
    ({'X-Backend-Storage-Policy-Index': '7'}, 503), ({'X-Backend-Storage-Policy-Index': 'x'}, 503),
    ({'X-Backend-Obj-Metadata-Footer': 'yes'}, 400),
])
def test_what_is_wrong_is_refused_and_leaves_nothing(node, headers, status):
    assert node.put(body=BODY, Content_Type=headers.pop('Content-Type', 'a/b'), headers=headers).status_int == status
    assert node.get().status_int in (404, 503)
    assert node.files() == []
    assert node.files(below='tmp') == []


@pytest.mark.parametrize('path', ['/sda/1/a/c', '/sda//a/c/o', '/sda/x/a/c/o', '/sda/../a/c/o', '/sda/-1/a/c/o', '/',
                                  '/sda/%31%00/a/c/o', '/sda/1/a/c/%ff', '/sda/1/%c3/c/o', '/sda/99999999999/a/c/o'])
def test_a_path_that_is_none_is_400(node, path):
    for method in ('PUT', 'GET', 'HEAD', 'POST', 'DELETE'):
        assert node.request(method, path=path, Content_Type='a/b').status_int == 400


@pytest.mark.parametrize('device', ['sdz', '..', '%2e%2e', '..%00'])
def test_a_device_that_is_not_there_is_507(node, device):
    for method in ('PUT', 'GET', 'HEAD', 'POST', 'DELETE'):
        assert node.request(method, body=b'', path=f'/{device}/1/a/c/o', Content_Type='a/b').status_int == 507


def test_a_device_that_is_not_mounted_is_507(tmp_path):
    node = Node(tmp_path, mount_check='true')
    assert node.put().status_int == 507
    assert node.get().status_int == 507


def test_no_length_is_411(node):
    request = webob.Request.blank(f'/sda/{node.part()}/a/c/o', method='PUT',
                                  headers={'X-Timestamp': node.now, 'Content-Type': 'a/b'})
    request.environ.pop('CONTENT_LENGTH', None)
    assert request.get_response(node.server).status_int == 411


def test_no_headers_but_the_allowed_ones_are_kept(node):
    node.put(X_Object_Meta_A='1', X_Object_Sysmeta_B='2', X_Object_Transient_Sysmeta_C='3', Content_Encoding='gzip',
             Content_Disposition='inline', Cache_Control='no-cache', X_Object_Manifest='c/p', X_Foreign='x',
             X_Backend_Thing='y', Cookie='z')
    kept = node.get().headers
    for name, value in (('X-Object-Meta-A', '1'), ('X-Object-Sysmeta-B', '2'), ('X-Object-Transient-Sysmeta-C', '3'),
                        ('Content-Encoding', 'gzip'), ('Content-Disposition', 'inline'), ('Cache-Control', 'no-cache'),
                        ('X-Object-Manifest', 'c/p')):
        assert kept[name] == value
    assert not {'X-Foreign', 'X-Backend-Thing', 'Cookie'} & set(kept)


def test_replication_brings_the_headers_it_names(node):
    node.put(X_Backend_Replication='true', X_Backend_Replication_Headers='x-special x-timestamp content-length',
             X_Special='kept')
    with node.file().open() as opened:
        assert opened.metadata['X-Special'] == 'kept'


def test_replication_brings_what_has_expired(node):
    answer = node.put(X_Backend_Replication='true', X_Delete_At=int(time.time()) - 100)
    assert answer.status_int == 201


class Body:
    """A body that comes in `pieces`; an exception among them is raised."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def read(self, size=None):
        piece = self.pieces.pop(0) if self.pieces else b''
        if isinstance(piece, BaseException):
            raise piece
        return piece


@pytest.mark.parametrize('length', [100, 100000])
@pytest.mark.parametrize(('problem', 'status'), [
    (b'', 499), (ConnectionResetError(), 499), (ValueError('bad chunk'), 499), (None, 408)])
def test_a_client_that_stalls_or_vanishes_leaves_nothing(node, length, problem, status):
    problem = concurrency.Timeout() if problem is None else problem
    node.server.client_timeout = 5
    request = webob.Request.blank(f'/sda/{node.part()}/a/c/o', method='PUT',
                                  headers={'X-Timestamp': node.now, 'Content-Type': 'a/b'})
    request.environ['wsgi.input'] = Body(b'some', problem)
    request.content_length = length
    assert request.get_response(node.server).status_int == status
    assert node.get().status_int == 404
    assert node.files() == []
    assert node.files(below='tmp') == []


def test_an_upload_has_its_time(tmp_path):
    node = Node(tmp_path, max_upload_time='0')
    assert node.put(body=b'x' * 100000).status_int == 408
    assert node.files() == []


def test_other_methods_are_405(node):
    assert node.request('COPY').status_int == 405


def test_a_server_for_replication_serves_nothing_else(tmp_path):
    node = Node(tmp_path / '1', replication_server='true')
    assert node.put().status_int == 405
    assert node.request('REPLICATE', path='/sda/1').status_int == 200
    node = Node(tmp_path / '2', replication_server='false')
    assert node.put().status_int == 201
    assert node.request('REPLICATE', path='/sda/1').status_int == 405


# Footers: metadata that follows the object in a multipart body

def parts(body, footers=b'{"X-Object-Sysmeta-A": "b", "Etag": "%s"}', etag=None, check=None, document='metadata'):
    footers = footers.replace(b'%s', (etag or md5(body)).encode())
    return (b'--mark\r\nX-Document: object body\r\n\r\n' + body + b'\r\n--mark\r\nX-Document: object '
            + document.encode() + b'\r\nContent-MD5: ' + (check or md5(footers)).encode() + b'\r\n\r\n' + footers
            + b'\r\n--mark--')


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize('length', [True, False])
@pytest.mark.parametrize('body', [b'', b'the object', os.urandom(700000), b'a\r\n--mar' * 9000])
def test_footers_count_like_headers(node, body, length):
    headers = {'X-Backend-Obj-Metadata-Footer': 'yes', 'X-Backend-Obj-Multipart-Mime-Boundary': 'mark',
               'X-Object-Meta-B': 'c'}
    if length:
        headers['X-Backend-Obj-Content-Length'] = str(len(body))
    answer = node.put(body=parts(body), headers=headers)
    assert (answer.status_int, answer.headers['ETag']) == (201, f'"{md5(body)}"')
    got = node.get()
    assert (got.body, got.headers['X-Object-Sysmeta-A'], got.headers['X-Object-Meta-B']) == (body, 'b', 'c')


@pytest.mark.parametrize(('body', 'length', 'status'), [
    (parts(b'data', etag=md5(b'other')), '4', 422), (parts(b'data', check=md5(b'other')), '4', 422),
    (parts(b'data', document='nonsense'), '4', 400), (parts(b'data', footers=b'[]'), '4', 400),
    (parts(b'data', footers=b'no JSON'), '4', 400), (parts(b'data'), '3', 400), (parts(b'data'), '400000', 499),
    (parts(b'data')[:30], '4', 499), (parts(b'data')[:-60], '4', 499), (parts(b'data')[:30], None, 499),
    (b'--mark\r\nX-Document: object metadata\r\n\r\n{}', '4', 400), (b'data', '4', 499), (b'', None, 499)])
def test_footers_that_are_none_leave_nothing(node, body, length, status):
    headers = {'X-Backend-Obj-Metadata-Footer': 'yes', 'X-Backend-Obj-Multipart-Mime-Boundary': 'mark'}
    if length:
        headers['X-Backend-Obj-Content-Length'] = length
    assert node.put(body=body, headers=headers).status_int == status
    assert node.get().status_int == 404 and not node.files()
