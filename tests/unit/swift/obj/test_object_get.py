import os
import time

import pytest

from tests.unit.swift.obj.node import Node

BODY = b'0123456789'


@pytest.fixture
def kept(node):
    node.put(body=BODY, X_Timestamp='1700000000.50000')
    return node


def test_the_times_of_an_object_are_told(kept):
    headers = kept.head().headers
    assert headers['X-Timestamp'] == headers['X-Backend-Timestamp'] == '1700000000.50000'
    assert headers['X-Backend-Data-Timestamp'] == headers['X-Backend-Durable-Timestamp'] == '1700000000.50000'
    assert headers['Last-Modified'] == 'Tue, 14 Nov 2023 22:13:21 GMT'


def test_head_is_get_without_the_body(kept):
    got, head = kept.get(), kept.head()
    assert dict(got.headers) == dict(head.headers)
    assert head.headers['Content-Length'] == '10'
    assert head.body == b''


def test_nothing_is_404(node):
    assert node.get().status_int == 404
    assert 'X-Backend-Timestamp' not in node.get().headers


def test_a_deleted_object_is_404_with_the_time_of_its_deletion(kept):
    kept.delete(X_Timestamp='1700000001.00000')
    for answer in (kept.get(), kept.head()):
        assert (answer.status_int, answer.headers['X-Backend-Timestamp']) == (404, '1700000001.00000')


def test_an_expired_object_is_404_but_for_those_who_may_see_it(node):
    node.put(X_Delete_At=int(time.time()) - 50)
    answer = node.get()
    assert answer.status_int == 404
    assert answer.headers['X-Backend-Timestamp']
    assert node.get(X_Backend_Replication='true').status_int == 200
    assert node.get(X_Backend_Open_Expired='true').status_int == 200
    assert node.get(X_Timestamp=f'{time.time() - 100:.5f}').status_int == 200


@pytest.mark.parametrize(('asked', 'status', 'content_range', 'body'), [
    ('bytes=0-3', 206, 'bytes 0-3/10', b'0123'), ('bytes=8-', 206, 'bytes 8-9/10', b'89'),
    ('bytes=-3', 206, 'bytes 7-9/10', b'789'), ('bytes=-99', 206, 'bytes 0-9/10', BODY),
    ('bytes=5-99', 206, 'bytes 5-9/10', b'56789'), ('bytes=10-', 416, 'bytes */10', None),
    ('bytes=-0', 416, 'bytes */10', None), ('bytes=5-2', 200, None, BODY), ('lines=1-2', 200, None, BODY),
    ('bytes=', 200, None, BODY), ('bytes=a-b', 200, None, BODY), ('bytes=-', 200, None, BODY),
    ('bytes=1-2,99-', 206, 'bytes 1-2/10', b'12'), ('bytes=99-,98-', 416, 'bytes */10', None),
    ('bytes=' + ','.join(['0-1'] * 60), 200, None, BODY), ('bytes=0-5,1-6,2-7,3-8', 200, None, BODY),
])
def test_ranges(kept, asked, status, content_range, body):
    answer = kept.get(Range=asked)
    assert (answer.status_int, answer.headers.get('Content-Range')) == (status, content_range)
    assert body is None or answer.body == body
    assert answer.headers['Content-Type'].startswith('text/plain')   # a 416 keeps the object's, as in the original


def test_several_ranges_come_in_parts(kept):
    answer = kept.get(Range='bytes=0-1,5-6')
    assert answer.status_int == 206
    boundary = answer.headers['Content-Type'].removeprefix('multipart/byteranges;boundary=')
    assert answer.headers['Content-Length'] == str(len(answer.body))
    assert answer.body.decode().replace(boundary, 'B').split('\r\n') == [
        '--B', 'Content-Type: text/plain', 'Content-Range: bytes 0-1/10', '', '01',
        '--B', 'Content-Type: text/plain', 'Content-Range: bytes 5-6/10', '', '56', '--B--']


def test_ranges_of_a_large_object(node):
    body = bytes(range(256)) * 8000
    node.put(body=body)
    assert node.get(Range='bytes=1000000-1999999').body == body[1000000:2000000]
    assert node.get().body == body


ETAG = '"781e5e245d69b566979b86e28d23f2c7"'
BEFORE, AFTER = 'Tue, 14 Nov 2023 22:13:20 GMT', 'Tue, 14 Nov 2023 22:13:22 GMT'


@pytest.mark.parametrize(('headers', 'status'), [
    ({'If-Match': ETAG}, 200), ({'If-Match': '"other"'}, 412), ({'If-Match': '*'}, 200),
    ({'If-None-Match': ETAG}, 304), ({'If-None-Match': '"other"'}, 200), ({'If-None-Match': '*'}, 304),
    ({'If-Modified-Since': BEFORE}, 200), ({'If-Modified-Since': AFTER}, 304), ({'If-Modified-Since': 'junk'}, 200),
    ({'If-Unmodified-Since': BEFORE}, 412), ({'If-Unmodified-Since': AFTER}, 200),
    ({'Range': 'bytes=0-1', 'If-Range': ETAG}, 206), ({'Range': 'bytes=0-1', 'If-Range': '"other"'}, 200),
    ({'Range': 'bytes=0-1', 'If-Range': AFTER}, 206), ({'Range': 'bytes=0-1', 'If-Range': BEFORE}, 200),
])
def test_conditions(kept, headers, status):
    assert kept.get(headers=headers).status_int == status


def test_if_match_star_of_nothing_is_412(node):
    assert node.get(If_Match='*').status_int == 412


def test_conditions_may_be_on_another_etag(node):
    node.put(body=BODY, X_Object_Sysmeta_Slo_Etag='big')
    named = {'X-Backend-Etag-Is-At': 'X-Object-Sysmeta-None, X-Object-Sysmeta-Slo-Etag'}
    assert node.get(headers={**named, 'If-None-Match': '"big"'}).status_int == 304
    assert node.get(headers={**named, 'If-Match': ETAG}).status_int == 412
    answer = node.get(headers=named)
    assert answer.headers['ETag'] == ETAG


def change(node, what):
    (name,) = [name for name in node.files() if name.endswith('.data')]
    with open(f'{node.devices}/sda/objects/{name}', 'r+b') as file:
        what(file)


def test_a_truncated_object_is_404_and_quarantined(kept):
    change(kept, lambda file: file.truncate(3))
    assert kept.get().status_int == 404
    assert kept.files(below='quarantined/objects')


def test_a_small_object_with_a_flipped_bit_is_404_and_quarantined(kept):
    change(kept, lambda file: file.write(b'X'))
    assert kept.get().status_int == 404
    assert kept.files(below='quarantined/objects')


def test_a_large_object_with_a_flipped_bit_breaks_off_and_is_quarantined(node):
    node.put(body=b'x' * 1000000)
    change(node, lambda file: file.write(b'Y'))
    answer = node.get()
    received = []
    with pytest.raises(Exception, match='is not the ETag'):
        for piece in answer.app_iter:
            received.append(piece)
    assert len(b''.join(received)) < 1000000
    assert node.get().status_int == 404


class Taker:
    """Takes at most 100,000 bytes of a file at a time."""

    def __init__(self):
        self.received = b''

    def __call__(self, file, count, cached):
        assert cached
        piece = os.read(file.fileno(), min(count, 100000))
        self.received += piece
        return len(piece)


@pytest.mark.parametrize(('asked', 'start', 'end'), [({}, 0, None), ({'Range': 'bytes=5-700004'}, 5, 700005),
                                                     ({'Range': 'bytes=5-5000004'}, 5, 5000005)])
def test_a_large_object_is_sent_from_its_file(node, asked, start, end):
    body = os.urandom(6000000)
    node.put(body=body)
    answer, taker = node.get(headers=asked), Taker()
    while len(taker.received) < answer.content_length:
        assert answer.app_iter.send_next(taker)
    assert taker.received == body[start:end]


def test_of_a_large_object_with_a_flipped_bit_the_end_is_not_sent(node):
    node.put(body=b'x' * 6000000)
    change(node, lambda file: file.write(b'Y'))
    answer, taker = node.get(), Taker()
    with pytest.raises(Exception, match='is not the ETag'):
        while True:
            answer.app_iter.send_next(taker)
    assert len(taker.received) < 6000000
    assert node.get().status_int == 404


def test_a_range_of_a_damaged_object_is_served(kept):
    change(kept, lambda file: file.write(b'X'))
    assert kept.get(Range='bytes=5-6').body == b'56'


def test_no_file_stays_open(kept):
    before = len(os.listdir('/proc/self/fd'))
    for headers in ({}, {'Range': 'bytes=1-2'}, {'Range': 'bytes=99-'}, {'If-None-Match': ETAG}, {'If-Match': '"x"'}):
        assert kept.get(headers=headers).body is not None
        kept.head(headers=headers)
    kept.delete()
    kept.put()
    kept.post()
    assert len(os.listdir('/proc/self/fd')) == before


def test_the_cache_is_for_what_is_public(tmp_path):
    node = Node(tmp_path, keep_cache_size='1000000')
    node.put(body=b'x' * 100000)
    assert node.get(X_Auth_Token='t').body == node.get().body


def test_so_many_whole_reads_are_checked_as_is_wished(node):
    node.put('o', b'12345')
    (name,) = node.files('sda')
    with open(f'{node.devices}/sda/objects/{name}', 'r+b') as file:
        file.write(b'X')
    node.server.etag_validate_pct = 0
    assert node.request('GET', 'o').body == b'X2345'
    node.server.etag_validate_pct = 100
    assert node.request('GET', 'o').status_int == 404
