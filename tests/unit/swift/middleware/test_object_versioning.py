"""Versions by X-Versions-Enabled."""
import json

import pytest
import webob

from swift.middleware import copy, slo, symlink, versioned_writes
from swift.middleware.object_versioning import hidden as names
from swift.timestamp import Timestamp
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    app = symlink.filter_factory({})(store)
    app = versioned_writes.filter_factory({}, allow_versioned_writes='true', allow_object_versioning='true')(app)
    app = slo.filter_factory({}, rate_limit_segments_per_sec='0')(app)
    made = Client(copy.filter_factory({'max_file_size': '100'})(app))
    made.put('/c', X_Versions_Enabled='true')
    return made


def versions(client, query=''):
    return json.loads(client.get(f'/c?versions&format=json{query}').body)


def put(client, body, path='/c/o', **headers):
    answer = client.put(path, body, **headers)
    assert answer.status_int == 201, answer.text
    return answer.headers['X-Object-Version-Id']


def test_it_is_told_and_can_be_switched_off(client):
    assert client.head('/c').headers['X-Versions-Enabled'] == 'True'
    client.post('/c', X_Versions_Enabled='false')
    assert client.head('/c').headers['X-Versions-Enabled'] == 'False'


def test_every_put_is_a_version(client):
    first = put(client, b'one', X_Object_Meta_A='b', Content_Type='text/x')
    second = put(client, b'two!')
    got = client.get('/c/o')
    assert (got.body, got.headers['X-Object-Version-Id']) == (b'two!', second)
    old = client.get(f'/c/o?version-id={first}')
    assert (old.body, old.headers['X-Object-Meta-A'], old.content_type) == (b'one', 'b', 'text/x')
    assert client.get(f'/c/o?version-id={first}', Range='bytes=1-1').body == b'n'
    assert [(item['name'], item['version_id'], item['is_latest'], item['bytes']) for item in versions(client)] == [
        ('o', second, True, 4), ('o', first, False, 3)]


def test_the_plain_listing_shows_what_is_current(client):
    put(client, b'four', Content_Type='text/x')
    item, = json.loads(client.get('/c?format=json').body)
    assert (item['name'], item['bytes'], item['content_type']) == ('o', 4, 'text/x')
    head = client.head('/c/o').headers
    assert (item['hash'], item['symlink_path']) == (head['Etag'], head['Content-Location'])
    assert client.head('/c').headers['X-Container-Bytes-Used'] == '4'


def test_a_deletion_is_a_version_too(client):
    first = put(client, b'1')
    gone = client.delete('/c/o').headers['X-Object-Version-Id']
    assert client.get('/c/o').status_int == 404
    assert client.get(f'/c/o?version-id={gone}').status_int == 404
    assert client.get(f'/c/o?version-id={first}').body == b'1'
    assert [(item['version_id'], item['is_latest']) for item in versions(client)] == [(gone, True), (first, False)]
    assert versions(client)[0]['content_type'].startswith('application/x-deleted')


def test_a_version_can_be_deleted(client):
    first, second = put(client, b'1'), put(client, b'2')
    answer = client.delete(f'/c/o?version-id={first}')
    assert (answer.status_int, answer.headers['X-Object-Current-Version-Id']) == (204, second)
    assert client.get('/c/o').body == b'2'
    answer = client.delete(f'/c/o?version-id={second}')
    assert answer.status_int == 204 and 'X-Object-Current-Version-Id' not in answer.headers
    assert client.get('/c/o').status_int == 404 and versions(client) == []


def test_a_version_can_be_made_current_again(client):
    first, second = put(client, b'1'), put(client, b'2')
    answer = client.put(f'/c/o?version-id={first}')
    assert (answer.status_int, answer.headers['X-Object-Current-Version-Id']) == (201, first)
    assert client.get('/c/o').body == b'1'
    assert [(item['version_id'], item['is_latest']) for item in versions(client)] == [(second, False), (first, True)]
    assert client.put(f'/c/o?version-id={first}', b'body').status_int == 400
    assert client.put('/c/o?version-id=null').status_int == 400
    assert client.put('/c/o?version-id=1234.00000').status_int == 404
    assert client.post(f'/c/o?version-id={first}').status_int == 400


def test_what_was_there_before_is_the_null_version_until_it_is_overwritten(client):
    client.post('/c', X_Versions_Enabled='false')
    client.put('/c/o', b'before')
    assert client.get('/c/o').headers['X-Object-Version-Id'] == 'null'
    assert client.get('/c/o?version-id=null').body == b'before'
    assert [(item['version_id'], item['is_latest']) for item in versions(client)] == [('null', True)]
    client.post('/c', X_Versions_Enabled='true')
    put(client, b'after')
    assert client.get('/c/o?version-id=null').status_int == 404
    assert [item['bytes'] for item in versions(client)] == [5, 6]


def test_the_null_version_can_be_deleted(client):
    kept = put(client, b'1')
    client.post('/c', X_Versions_Enabled='false')
    client.put('/c/o', b'2')
    assert client.delete('/c/o?version-id=null').status_int == 204
    assert [item['version_id'] for item in versions(client)] == [kept]
    assert client.delete('/c/o?version-id=null').status_int == 404


def test_posts_are_for_the_current_version(client):
    first = put(client, b'1')
    assert client.post('/c/o', X_Object_Meta_A='new').status_int == 202
    assert client.get(f'/c/o?version-id={first}').headers['X-Object-Meta-A'] == 'new'


def test_the_listing_goes_on_within_a_name(client):
    ids = {name: [put(client, b'1', f'/c/{name}') for _ in range(3)][::-1] for name in ('a', 'b')}
    whole = [(item['name'], item['version_id'], item['is_latest']) for item in versions(client)]
    assert [entry[:2] for entry in whole] == [(name, each) for name in 'ab' for each in ids[name]]
    seen, query = [], '&limit=2'
    while True:
        page = versions(client, query)
        if not page:
            break
        seen += [(item['name'], item['version_id'], item['is_latest']) for item in page]
        query = f'&limit=2&marker={page[-1]["name"]}&version_marker={page[-1]["version_id"]}'
    assert seen == whole
    assert {item['name'] for item in versions(client, '&marker=a')} == {'b'}
    assert {item['name'] for item in versions(client, '&prefix=a')} == {'a'}


def test_listings_of_nonsense_are_refused(client):
    for query in ('version_marker=x&marker=a', 'version_marker=1', 'reverse=1'):
        assert client.get(f'/c?versions&{query}').status_int == 400
    assert client.get('/c?versions&limit=10001').status_int == 412
    assert client.get('/c/o?version-id=nonsense').status_int == 400
    client.put('/plain')
    assert client.get('/plain/o?version-id=1234.00000').status_int == 400


def test_the_container_goes_when_no_version_is_left(client, store):
    only = put(client, b'1')
    client.delete('/c/o')
    assert client.delete('/c').status_int == 409
    for item in versions(client):
        client.delete(f'/c/o?version-id={item["version_id"]}')
    assert client.delete('/c').status_int == 204 and not store.containers
    assert only


def test_one_kind_of_versions_at_a_time(client):
    client.put('/legacy', X_Versions_Location='v')
    assert client.post('/legacy', X_Versions_Enabled='true').status_int == 400
    assert client.post('/c', X_Versions_Location='v').status_int == 400
    assert client.put('/n', X_Versions_Enabled='true', X_History_Location='v').status_int == 400
    assert client.put('/n', X_Versions_Enabled='perhaps').status_int == 400


def test_large_objects_have_versions(client):
    client.put('/s')
    client.put('/s/1', b'segment')
    answer = client.put('/c/large?multipart-manifest=put', json.dumps([{'path': '/s/1'}] * 2).encode())
    first = answer.headers['X-Object-Version-Id']
    assert client.get('/c/large').body == b'segmentsegment'
    put(client, b'small', '/c/large')
    assert client.get(f'/c/large?version-id={first}').body == b'segmentsegment'
    assert [item['bytes'] for item in versions(client)] == [5, 14]


def test_links_have_versions(client):
    client.put('/t')
    client.put('/t/o', b'target')
    put(client, b'', X_Symlink_Target='t/o')
    assert client.get('/c/o').body == b'target'


def test_a_version_can_be_copied(client):
    first, _ = put(client, b'1'), put(client, b'2')
    client.put('/t')
    client.request('COPY', f'/c/o?version-id={first}', headers={'Destination': 't/o'})
    assert client.get('/t/o').body == b'1'


def test_conditions_on_a_put_are_about_the_object(client):
    put(client, b'1', If_None_Match='*')
    assert client.put('/c/o', b'2', If_None_Match='*').status_int == 412


def test_versions_are_only_for_those_who_may_have_the_object(client):
    first = put(client, b'1')
    friend = Client(client.app, **{'swift.authorize': lambda req: (
        None if req.acl == 'friend' else webob.Response(status=403))})
    for ask in (friend.get, friend.put, friend.delete):
        assert ask(f'/c/o?version-id={first}').status_int == 403
    assert friend.put('/c/o', b'2').status_int == friend.delete('/c/o').status_int == 403
    assert friend.get('/c?versions').status_int == friend.post('/c', X_Versions_Enabled='false').status_int == 403
    client.post('/c', X_Container_Read='friend')
    assert friend.get('/c/o').body == friend.get(f'/c/o?version-id={first}').body == b'1'
    assert len(versions(client)) == 1


def test_hidden_names():
    hidden = names.object_of('a\0b', '1500000000.12345')
    assert names.parse(hidden) == ('a\0b', '1500000000.12345')
    assert names.object_of('a', '2') < names.object_of('a', '1') < names.behind('a')
    assert names.inverted(Timestamp(0)) == '9999999999.99999'
