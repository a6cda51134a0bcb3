"""Making static large objects."""
import base64
import hashlib
import json

import defusedxml.ElementTree
import pytest
import webob

from swift.middleware import slo
from tests.fixtures.memory_swift import Client, MemorySwift

ONE = {'path': '/s/1'}


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(slo.filter_factory({}, max_manifest_segments='4', max_manifest_size='2000',
                                     rate_limit_segments_per_sec='0')(store))
    made.put('/c')
    made.put('/s')
    for name, body in (('1', b'aaaa'), ('2', b'bb'), ('empty', b'')):
        made.put(f'/s/{name}', body)
    return made


def md5(data):
    return hashlib.md5(data).hexdigest()


def put(client, entries, path='/c/large', query='', **headers):
    body = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return client.put(f'{path}?multipart-manifest=put{query}', body, **headers)


def test_the_etag_is_that_of_the_segments_etags(client):
    answer = put(client, [ONE, {'path': 's/2', 'etag': md5(b'bb'), 'size_bytes': 2}])
    etag = md5((md5(b'aaaa') + md5(b'bb')).encode())
    assert (answer.status_int, answer.headers['Etag']) == (201, f'"{etag}"')


def test_the_etag_of_ranges_and_inline_data(client):
    data = base64.b64encode(b'inline').decode()
    answer = put(client, [{'path': '/s/1', 'range': '1-2'}, {'data': data}, {'path': '/s/2', 'range': '0-1'}])
    text = f'{md5(b"aaaa")}:1-2;{md5(b"inline")}{md5(b"bb")}'
    assert answer.headers['Etag'] == f'"{md5(text.encode())}"'


def test_what_is_stored(client, store):
    put(client, [ONE, {'path': '/s/2', 'range': '-1'}], Content_Type='video/x', X_Object_Meta_A='b')
    kept = store.containers['AUTH_a', 'c']['objects']['large']
    assert kept['headers']['x-static-large-object'] == 'True'
    assert kept['headers']['content-type'] == 'video/x;swift_bytes=5'
    assert kept['headers']['x-object-meta-a'] == 'b'
    assert kept['headers']['x-object-sysmeta-slo-size'] == '5'
    first, second = json.loads(kept['body'])
    assert (first['name'], first['bytes'], first['hash']) == ('/s/1', 4, md5(b'aaaa'))
    assert second['range'] == '1-1'


def test_the_listing_counts_what_it_stands_for(client):
    etag = put(client, [ONE, {'path': '/s/2'}]).headers['Etag']
    item, = json.loads(client.get('/c?format=json').body)
    assert (item['bytes'], item['slo_etag']) == (6, etag)
    assert len(item['hash']) == 32


def test_the_type_is_guessed_from_the_name(client):
    put(client, [ONE], '/c/film.mp4')
    assert client.get('/c/film.mp4').content_type == 'video/mp4'


def test_an_etag_given_is_checked(client):
    assert put(client, [ONE], Etag='"no"').status_int == 422
    assert put(client, [ONE], Etag=md5(md5(b'aaaa').encode())).status_int == 201


@pytest.mark.parametrize('body', [
    b'', b'{', b'\xff', b'{}', b'1', b'"text"', b'null', b'[]', b'[' * 1900, [1], [None], [[]], [{}], [{'path': 1}],
    [{'path': ''}], [{'path': '/'}], [{'path': 's'}], [{'path': '/s/'}], [{'path': '/s/\0'}], [{'path': '/s/\ud800'}],
    [{'path': '/s/1', 'extra': 1}], [{'path': '/s/1', 'etag': 1}], [{'path': '/s/1', 'size_bytes': 'x'}],
    [{'path': '/s/1', 'size_bytes': -1}], [{'path': '/s/1', 'size_bytes': 0}], [{'path': '/s/1', 'size_bytes': 1.5}],
    [{'path': '/s/1', 'size_bytes': True}], [{'path': '/s/1', 'size_bytes': '9' * 500}],
    [{'path': '/s/1', 'range': '2-1'}], [{'path': '/s/1', 'range': 'x'}], [{'path': '/s/1', 'range': '0-1,2-3'}],
    [{'path': '/s/1', 'range': 1}], [{'path': '/s/1', 'range': '-'}], [{'path': '/c/large'}],
    [{'data': 'YQ=='}], [ONE, {'data': 'no base64!'}], [ONE, {'data': ''}], [ONE, {'data': 1}],
    [ONE, {'data': 'YQ==', 'path': '/s/1'}]], ids=repr)
def test_a_bad_manifest_is_400(client, body):
    assert put(client, body).status_int == 400
    assert client.get('/c/large').status_int == 404


def test_all_bad_entries_are_told_at_once(client):
    answer = put(client, [{'path': 1}, ONE, {'path': 's'}])
    assert [line.split(':')[0] for line in answer.text.splitlines()] == ['Index 0', 'Index 2']


@pytest.mark.parametrize(('entry', 'problem'), [
    ({'path': '/s/nope'}, '404 Not Found'), ({'path': '/s/1', 'size_bytes': 5}, 'Size Mismatch'),
    ({'path': '/s/1', 'etag': 'x'}, 'Etag Mismatch'), ({'path': '/s/1', 'range': '4-'}, 'Unsatisfiable Range'),
    ({'path': '/s/empty'}, 'Too Small; each segment must be at least 1 byte.')])
def test_segments_are_looked_at(client, entry, problem):
    answer = put(client, [entry], Accept='application/json')
    assert answer.status_int == 400
    assert json.loads(answer.body)['Errors'] == [[entry['path'], problem]]
    assert f'{entry["path"]}, {problem}' in put(client, [entry]).text
    xml = put(client, [entry], Accept='application/xml')
    assert defusedxml.ElementTree.fromstring(xml.body).findtext('errors/object/status') == problem


def test_too_many_segments_and_bytes_are_413(client):
    assert put(client, [ONE] * 5).status_int == 413
    assert put(client, b' ' * 2001).status_int == 413
    req = webob.Request.blank('/v1/AUTH_a/c/l?multipart-manifest=put', method='PUT')
    req.content_length = None
    assert req.get_response(client.app).status_int == 411


def test_a_segment_is_looked_at_once(client, store):
    del store.log[:]
    put(client, [ONE, ONE, {'path': '/s/1', 'range': '0-1'}])
    assert store.log.count(('HEAD', '/v1/AUTH_a/s/1')) == 1


def test_with_heartbeat_the_outcome_is_in_the_body(client):
    answer = put(client, [ONE], query='&heartbeat=on', Accept='application/json')
    told = json.loads(answer.body)
    assert (answer.status_int, told['Response Status'], told['Errors']) == (202, '201 Created', [])
    assert told['Etag'] == f'"{md5(md5(b"aaaa").encode())}"'
    answer = put(client, [{'path': '/s/nope'}], query='&heartbeat=on')
    assert 'Response Status: 400 Bad Request' in answer.text and '/s/nope, 404 Not Found' in answer.text


def test_the_header_alone_is_refused(client):
    assert client.put('/c/o', b'[]', X_Static_Large_Object='True').status_int == 400


def test_a_segment_nobody_may_read_is_told(client, store):
    def authorize(req):
        return None if '/c/' in req.path else webob.Response(status=403)
    friend = Client(client.app, **{'swift.authorize': authorize})
    assert '403 Forbidden' in put(friend, [ONE]).text


def test_a_type_that_claims_bytes_is_refused(client):
    assert put(client, [ONE], Content_Type='text/plain; swift_bytes=5').status_int == 400


def test_manifests_of_manifests_grow_no_larger_than_anybody_counts(client):
    entries, answers = [{'path': '/s/1'}] * 4, []
    for level in range(32):
        answers.append(put(client, entries, f'/c/{level}').status_int)
        entries = [{'path': f'/c/{level}'}] * 4
    first = answers.index(413)
    assert 4 ** (first + 1) < 2 ** 63 <= 4 ** (first + 2) and set(answers[:first]) == {201}
