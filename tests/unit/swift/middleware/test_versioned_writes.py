"""Versions by X-Versions-Location and X-History-Location."""
import json

import pytest
import webob

from swift.middleware import versioned_writes
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(versioned_writes.filter_factory({}, allow_versioned_writes='true')(store))
    made.put('/c', X_Versions_Location='v')
    made.put('/h', X_History_Location='v')
    made.put('/v')
    return made


def listed(client, container='/v'):
    return [item['name'] for item in json.loads(client.get(f'{container}?format=json').body)]


def test_the_location_is_told(client):
    assert client.head('/c').headers['X-Versions-Location'] == 'v'
    assert client.head('/h').headers['X-History-Location'] == 'v'
    client.post('/c', X_Remove_Versions_Location='x')
    assert 'X-Versions-Location' not in client.head('/c').headers


def test_what_is_overwritten_is_kept_with_its_metadata(client):
    client.put('/c/o', b'1', X_Object_Meta_A='b', Content_Type='text/x')
    when = client.head('/c/o').headers['X-Timestamp']
    client.put('/c/o', b'2')
    assert listed(client) == [f'001o/{when}']
    kept = client.get(f'/v/001o/{when}')
    assert (kept.body, kept.headers['X-Object-Meta-A'], kept.content_type) == (b'1', 'b', 'text/x')


def test_a_deletion_takes_the_last_version_back(client):
    for body in (b'1', b'2', b'3'):
        client.put('/c/o', body)
    for body in (b'2', b'1'):
        assert client.delete('/c/o').status_int == 204
        assert client.get('/c/o').body == body
    assert client.delete('/c/o').status_int == 204
    assert client.get('/c/o').status_int == 404 and listed(client) == []


def test_a_history_also_keeps_deletions(client):
    client.put('/h/o', b'1')
    assert client.delete('/h/o').status_int == 204
    assert client.get('/h/o').status_int == 404
    first, marker = json.loads(client.get('/v?format=json').body)
    assert first['bytes'] == 1 and marker['content_type'].startswith('application/x-deleted')


def test_a_deletion_in_a_history_is_undone_by_one_in_the_stack(client):
    client.put('/h/o', b'1')
    client.delete('/h/o')
    client.post('/h', X_Versions_Location='v')
    assert client.delete('/h/o').status_int == 204
    assert client.get('/h/o').body == b'1'


def test_names_do_not_run_into_each_other(client):
    for name in ('a', 'a/b'):
        client.put(f'/c/{name}', b'1')
        client.put(f'/c/{name}', b'2')
    client.delete('/c/a')
    assert [name.split('/1')[0] for name in listed(client)] == ['003a/b']


def test_a_dynamic_large_object_is_not_kept(client):
    client.put('/c/o', X_Object_Manifest='s/p')
    client.put('/c/o', b'2')
    assert listed(client) == []


def test_stored_manifests_stay_manifests(client, store):
    client.put('/c/o', b'[]', X_Static_Large_Object='True', X_Object_Sysmeta_Slo_Etag='x')
    client.put('/c/o', b'2')
    kept, = store.containers['AUTH_a', 'v']['objects'].values()
    assert kept['headers']['x-static-large-object'] == 'True' and kept['headers']['x-object-sysmeta-slo-etag'] == 'x'


def test_nothing_is_overwritten_that_cannot_be_kept(client, store):
    client.put('/c/o', b'1')
    del store.containers['AUTH_a', 'v']
    assert client.put('/c/o', b'2').status_int == 412
    store.containers['AUTH_a', 'v'] = {'headers': {}, 'objects': {}}
    store.broken.add('/v1/AUTH_a/v/001o/' + client.head('/c/o').headers['X-Timestamp'])
    assert client.put('/c/o', b'2').status_int == 503
    assert client.get('/c/o').body == b'1'


def test_nothing_is_kept_for_who_may_not_write(client, store):
    client.put('/c/o', b'1')
    stranger = Client(client.app, **{'swift.authorize': lambda req: webob.Response(status=403)})
    assert stranger.put('/c/o', b'2').status_int == 403
    assert stranger.delete('/c/o').status_int == 403
    assert listed(client) == []


def test_bad_locations(client):
    assert client.put('/n', X_Versions_Location='a', X_History_Location='b').status_int == 400
    assert client.put('/n', X_Versions_Location='a/b').status_int == 412
    assert client.put('/n', X_Versions_Location='%FF').status_int == 412


def test_it_must_be_allowed(store):
    client = Client(versioned_writes.filter_factory({})(store))
    assert client.put('/c', X_Versions_Location='v').status_int == 412
