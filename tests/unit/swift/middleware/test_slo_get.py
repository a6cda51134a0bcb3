"""Reading and deleting static large objects."""
import base64
import email
import json

import pytest
import webob
from hypothesis import given, settings
from hypothesis import strategies as st

from swift.middleware import slo
from swift.middleware.segments import SegmentError
from tests.fixtures.memory_swift import Client, MemorySwift

WHOLE = b'aaaabbcccccc'


@pytest.fixture
def store():
    return MemorySwift()


def build(store, **options):
    made = Client(slo.filter_factory({}, rate_limit_segments_per_sec='0', **options)(store))
    made.put('/c')
    made.put('/s')
    return made


@pytest.fixture
def client(store):
    made = build(store)
    for name, body in (('1', b'aaaa'), ('2', b'bb'), ('3', b'cccccc')):
        made.put(f'/s/{name}', body)
    manifest(made, '/c/large', [{'path': f'/s/{each}'} for each in '123'], Content_Type='video/x')
    return made


def manifest(client, path, entries, **headers):
    answer = client.put(f'{path}?multipart-manifest=put', json.dumps(entries).encode(), **headers)
    assert answer.status_int == 201, answer.text
    return answer


def test_get_and_head(client):
    etag = client.head('/c/large').headers['Etag']
    got = client.get('/c/large')
    assert (got.status_int, got.body, got.content_length, got.content_type) == (200, WHOLE, 12, 'video/x')
    assert (got.headers['Etag'], got.headers['X-Static-Large-Object']) == (etag, 'True')
    head = client.head('/c/large')
    assert (head.content_length, head.headers['X-Manifest-Etag']) == (12, got.headers['X-Manifest-Etag'])


def test_ranges(client):
    got = client.get('/c/large', Range='bytes=3-6')
    assert (got.status_int, got.body, got.headers['Content-Range']) == (206, b'abbc', 'bytes 3-6/12')
    assert client.get('/c/large', Range='bytes=12-').status_int == 416
    assert client.get('/c/large', Range='nonsense').body == WHOLE


def test_conditions(client):
    etag = client.head('/c/large').headers['Etag']
    assert client.get('/c/large', If_Match=etag).body == WHOLE
    assert client.get('/c/large', If_Match='"x"').status_int == 412
    assert client.get('/c/large', If_None_Match=etag).status_int == 304
    assert client.head('/c/large', If_None_Match=etag).status_int == 304


def test_the_manifest_itself_and_as_it_was_sent(client):
    got = client.get('/c/large?multipart-manifest=get')
    assert got.content_type == 'application/json' and json.loads(got.body)[0]['name'] == '/s/1'
    raw = client.get('/c/large?multipart-manifest=get&format=raw')
    assert [sorted(entry) for entry in json.loads(raw.body)] == [['etag', 'path', 'size_bytes']] * 3
    again = client.put('/c/again?multipart-manifest=put', raw.body)
    assert again.headers['Etag'] == client.head('/c/large').headers['Etag']


def test_parts(client):
    got = client.get('/c/large?part-number=2')
    assert (got.status_int, got.body, got.headers['X-Parts-Count'], got.headers['Content-Range']) == (
        206, b'bb', '3', 'bytes 4-5/12')
    head = client.head('/c/large?part-number=3')
    assert (head.status_int, head.content_length) == (206, 6)
    assert client.get('/c/large?part-number=4').status_int == 416
    for bad in ('0', '-1', 'x', '', '1.5'):
        assert client.get(f'/c/large?part-number={bad}').status_int == 400
    assert client.get('/c/large?part-number=1', Range='bytes=0-1').status_int == 400


def test_nested_manifests_and_their_ranges(client):
    manifest(client, '/c/outer', [{'path': '/c/large', 'range': '2-7'}, {'path': '/s/2'}, {'path': '/c/large'}])
    assert client.get('/c/outer').body == WHOLE[2:8] + b'bb' + WHOLE
    assert client.get('/c/outer', Range='bytes=5-8').body == (WHOLE[2:8] + b'bb' + WHOLE)[5:9]


def test_ten_levels_and_no_more(client):
    manifest(client, '/c/n0', [{'path': '/s/1'}])
    for level in range(1, 12):
        manifest(client, f'/c/n{level}', [{'path': f'/c/n{level - 1}'}])
    assert client.get('/c/n10').body == b'aaaa'
    assert client.get('/c/n11').status_int == 409


def test_a_segment_that_changed_is_409_before_the_body(client):
    client.put('/s/1', b'AAAA')
    assert client.get('/c/large').status_int == 409
    assert client.get('/c/large', Range='bytes=4-5').body == b'bb'


def test_a_later_one_breaks_off(client):
    client.delete('/s/3')
    with pytest.raises(SegmentError):
        client.get('/c/large')


def test_a_nested_manifest_that_changed_is_409(client):
    manifest(client, '/c/outer', [{'path': '/c/large'}])
    manifest(client, '/c/large', [{'path': '/s/3'}, {'path': '/s/2'}, {'path': '/s/1'}])
    assert client.get('/c/outer').status_int == 409


def test_segments_are_read_with_the_acl_of_their_container(client):
    friend = Client(client.app, **{'swift.authorize':
                                   lambda req: None if req.acl == 'friend' else webob.Response(status=403)})
    client.post('/c', X_Container_Read='friend')
    assert friend.head('/c/large').status_int == 200
    assert friend.get('/c/large').status_int == 409
    client.post('/s', X_Container_Read='friend')
    assert friend.get('/c/large').body == WHOLE


def test_delete_takes_the_segments_along(client):
    manifest(client, '/c/outer', [{'path': '/c/large'}, {'data': base64.b64encode(b'x').decode()}])
    answer = client.delete('/c/outer?multipart-manifest=delete', Accept='application/json')
    told = json.loads(answer.body)
    assert (told['Number Deleted'], told['Errors']) == (5, [])
    assert client.get('/s/1').status_int == client.get('/c/large').status_int == 404


def test_delete_without_the_query_leaves_the_segments(client):
    assert client.delete('/c/large').status_int == 204
    assert client.get('/s/1').status_int == 200


def test_delete_of_what_is_no_manifest(client):
    told = json.loads(client.delete('/s/1?multipart-manifest=delete', Accept='application/json').body)
    assert told['Errors'] == [['/s/1', '400 Not an SLO manifest']]
    told = json.loads(client.delete('/s/nope?multipart-manifest=delete', Accept='application/json').body)
    assert (told['Number Not Found'], told['Errors']) == (1, [])
    assert client.get('/s/1').status_int == 200


def test_later_deletion_wants_one_container_and_no_nesting(client):
    client.put('/d')
    client.put('/d/1', b'x')
    manifest(client, '/c/two', [{'path': '/s/1'}, {'path': '/d/1'}])
    manifest(client, '/c/outer', [{'path': '/c/large'}])
    for path in ('/c/two', '/c/outer'):
        assert client.delete(f'{path}?multipart-manifest=delete&async=yes').status_int == 400
    assert client.delete('/c/nope?multipart-manifest=delete&async=yes').status_int == 404
    stranger = Client(client.app, **{'swift.authorize': lambda req: (
        webob.Response(status=403) if req.method == 'DELETE' else None)})
    assert stranger.delete('/c/large?multipart-manifest=delete&async=yes').status_int == 403


def test_closing_early_leaves_nothing_open(client):
    response = webob.Request.blank('/v1/AUTH_a/c/large').get_response(client.app)
    assert next(iter(response.app_iter)) == b'aaaa'
    response.app_iter.close()
    with pytest.raises(StopIteration):
        next(iter(response.app_iter))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_ranges_of_any_layout_are_the_slices_of_the_concatenation(data):
    client = build(MemorySwift())
    entries, whole = [], b''
    for index in range(data.draw(st.integers(1, 5))):
        body = data.draw(st.binary(min_size=1, max_size=30))
        if index and data.draw(st.booleans()):
            entries.append({'data': base64.b64encode(body).decode()})
            whole += body
            continue
        client.put(f'/s/{index}', body)
        start = data.draw(st.integers(0, len(body) - 1))
        stop = data.draw(st.integers(start, len(body) - 1))
        entries.append({'path': f'/s/{index}', 'range': f'{start}-{stop}'})
        whole += body[start:stop + 1]
    manifest(client, '/c/inner', entries)
    manifest(client, '/c/o', [{'path': '/c/inner'}, *entries] if data.draw(st.booleans()) else entries)
    whole = client.get('/c/o').body
    assert whole.endswith(client.get('/c/inner').body)
    wanted = []
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole) - 1))
        wanted.append((start, data.draw(st.integers(start, len(whole)))))
    got = client.get('/c/o', Range='bytes=' + ','.join(f'{start}-{stop}' for start, stop in wanted))
    slices = [whole[start:stop + 1] for start, stop in wanted]
    assert got.status_int == 206 and got.content_length == len(got.body)
    assert parts_of(got) == slices


def parts_of(response):
    if not response.content_type.startswith('multipart'):
        return [response.body]
    message = email.message_from_bytes(b'Content-Type: ' + response.headers['Content-Type'].encode() + b'\r\n\r\n'
                                       + response.body.replace(b'Content-Type', b'Content-Transfer-Encoding: binary'
                                                               b'\r\nContent-Type'))
    boundary = ('--' + message.get_boundary()).encode()
    pieces = response.body.split(boundary)[1:-1]
    return [piece.split(b'\r\n\r\n', 1)[1][:-2] for piece in pieces]
