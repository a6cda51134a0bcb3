"""Dynamic large objects."""
import hashlib

import pytest
import webob

from swift.middleware import dlo
from swift.middleware.segments import SegmentError
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(dlo.filter_factory({}, rate_limit_segments_per_sec='0')(store))
    made.put('/c')
    made.put('/s')
    for name, body in (('seg/1', b'aaaa'), ('seg/2', b''), ('seg/3', b'bb'), ('seg/4', b'cccccc'), ('other', b'x')):
        made.put(f'/s/{name}', body)
    made.put('/c/large', b'manifest', X_Object_Manifest='s/seg/', Content_Type='video/x')
    return made


def etag_of(client, *names):
    return hashlib.md5(''.join(client.head(name).headers['Etag'] for name in names).encode()).hexdigest()


def test_get_is_the_concatenation(client):
    got = client.get('/c/large')
    assert (got.status_int, got.body, got.content_length) == (200, b'aaaabbcccccc', 12)
    etag = etag_of(client, '/s/seg/1', '/s/seg/2', '/s/seg/3', '/s/seg/4')
    assert got.headers['Etag'] == f'"{etag}"'
    assert (got.content_type, got.headers['X-Object-Manifest']) == ('video/x', 's/seg/')
    assert got.headers['Last-Modified'] == client.head('/s/seg/4').headers['Last-Modified']


def test_head_tells_the_same_without_a_body(client):
    head = client.head('/c/large')
    assert (head.status_int, head.content_length, head.body) == (200, 12, b'')


def test_ranges(client):
    got = client.get('/c/large', Range='bytes=3-6')
    assert (got.status_int, got.body, got.headers['Content-Range']) == (206, b'abbc', 'bytes 3-6/12')
    assert client.get('/c/large', Range='bytes=-2').body == b'cc'
    got = client.get('/c/large', Range='bytes=50-')
    assert (got.status_int, got.headers['Content-Range']) == (416, 'bytes */12')


def test_conditions_are_about_the_whole(client):
    etag = client.head('/c/large').headers['Etag']
    assert client.get('/c/large', If_Match=etag).status_int == 200
    assert client.get('/c/large', If_Match='"x"').status_int == 412
    assert client.get('/c/large', If_None_Match=etag).status_int == 304
    assert client.get('/c/large', Range='bytes=0-1', If_Range='"x"').status_int == 200


def test_the_manifest_itself(client):
    assert client.get('/c/large?multipart-manifest=get').body == b'manifest'


def test_no_segments_are_an_empty_object(client):
    client.put('/c/empty', X_Object_Manifest='s/nothing/')
    got = client.get('/c/empty')
    assert (got.status_int, got.body, got.content_length) == (200, b'', 0)


def test_a_missing_container_is_told(client):
    client.put('/c/lost', X_Object_Manifest='nope/x')
    assert client.get('/c/lost').status_int == 404


@pytest.mark.parametrize('value', ['c', '/c/p', 'c//p', 'c/', '/', 'c/p?x', 'c/p&x', '%FF/p', 'c%00/p'])
def test_a_bad_manifest_is_400(client, value):
    assert client.put('/c/bad', X_Object_Manifest=value).status_int == 400


def test_segments_are_read_with_the_acl_of_their_container(client, store):
    def authorize(req):
        return None if req.acl == 'friend' else webob.Response(status=403)
    client.post('/c', X_Container_Read='friend')
    friend = Client(client.app, **{'swift.authorize': authorize})
    assert friend.get('/c/large').status_int == 403
    client.post('/s', X_Container_Read='friend')
    assert friend.get('/c/large').body == b'aaaabbcccccc'


def test_a_first_segment_that_fails_is_409(client, store):
    store.broken.add('/v1/AUTH_a/s/seg/1')
    assert client.get('/c/large').status_int == 409


def test_a_later_one_breaks_off(client, store):
    store.broken.add('/v1/AUTH_a/s/seg/4')
    with pytest.raises(SegmentError):
        client.get('/c/large')


def test_more_segments_than_one_listing_are_streamed_without_a_length(client, monkeypatch):
    monkeypatch.setattr(dlo, '_PAGE', 2)
    got = client.get('/c/large', Range='bytes=0-1')
    assert (got.status_int, got.body) == (200, b'aaaabbcccccc')
    head = client.head('/c/large')
    assert 'Content-Length' not in head.headers and 'Etag' not in head.headers
