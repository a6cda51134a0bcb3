"""Symbolic links."""
import json

import pytest
import webob

from swift.middleware import copy, symlink
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(copy.filter_factory({'max_file_size': '100'})(symlink.filter_factory({})(store)))
    made.put('/c')
    made.put('/t')
    made.put('/t/é'.replace('é', '%C3%A9'), b'target', X_Object_Meta_A='of the target')
    return made


def link(client, path='/c/link', target='t/%C3%A9', **headers):
    return client.put(path, X_Symlink_Target=target, **headers)


def test_a_link_reads_as_its_target(client):
    assert link(client).status_int == 201
    got = client.get('/c/link')
    assert (got.status_int, got.body, got.headers['X-Object-Meta-A']) == (200, b'target', 'of the target')
    assert got.headers['Content-Location'] == '/v1/AUTH_a/t/%C3%A9'
    assert client.head('/c/link').content_length == 6
    assert client.get('/c/link', Range='bytes=1-2').body == b'ar'
    assert client.get('/c/link', If_None_Match=got.headers['Etag']).status_int == 304


def test_the_link_itself(client):
    link(client, X_Object_Meta_A='of the link')
    got = client.get('/c/link?symlink=get')
    assert (got.body, got.headers['X-Symlink-Target'], got.content_type) == (b'', 't/%C3%A9', 'application/symlink')
    assert got.headers['X-Object-Meta-A'] == 'of the link'


def test_static_links_are_of_one_etag(client):
    etag = client.head('/t/%C3%A9').headers['Etag']
    assert link(client, X_Symlink_Target_Etag=f'"{etag}"').status_int == 201
    assert client.get('/c/link').body == b'target'
    assert client.get('/c/link?symlink=get').headers['X-Symlink-Target-Etag'] == etag
    client.put('/t/%C3%A9', b'changed')
    assert client.get('/c/link').status_int == 409


def test_a_static_link_to_a_link_is_bound_to_it_when_that_is_dynamic_and_to_what_it_leads_to_else(client):
    etag = client.head('/t/%C3%A9').headers['Etag']
    link(client)
    for name, target, bound, status in (('dynamic', 'c/link', symlink.EMPTY, 201), ('other', 'c/link', etag, 409),
                                        ('static', 't/%C3%A9', etag, 201), ('chain', 'c/static', etag, 201),
                                        ('empty', 'c/static', symlink.EMPTY, 409)):
        assert client.put(f'/c/{name}', X_Symlink_Target=target, X_Symlink_Target_Etag=bound).status_int == status
    client.put('/t/%C3%A9', b'changed')
    assert client.get('/c/dynamic').body == b'changed'
    assert client.get('/c/chain').status_int == client.get('/c/static').status_int == 409


def test_a_static_link_to_another_etag_or_nothing_is_409(client):
    assert link(client, X_Symlink_Target_Etag='0' * 32).status_int == 409
    assert link(client, target='t/nope', X_Symlink_Target_Etag='0' * 32).status_int == 409
    assert client.get('/c/link?symlink=get').status_int == 404


def test_a_dynamic_link_may_dangle(client):
    assert link(client, target='nope/o').status_int == 201
    assert client.get('/c/link').status_int == 404


def test_links_to_links_and_loops(client):
    link(client, '/c/1')
    link(client, '/c/2', 'c/1')
    link(client, '/c/3', 'c/2')
    assert client.get('/c/2').body == b'target'
    assert client.get('/c/3').status_int == 409
    link(client, '/c/a', 'c/b')
    link(client, '/c/b', 'c/a')
    assert client.get('/c/a').status_int == 409


def test_to_another_account(client, store):
    other = Client(store, 'AUTH_b')
    other.put('/x')
    other.put('/x/o', b'theirs')
    link(client, target='x/o', X_Symlink_Target_Account='AUTH_b')
    assert client.get('/c/link').body == b'theirs'


def test_the_targets_acl_counts(client):
    client.post('/c', X_Container_Read='friend')
    link(client)
    friend = Client(client.app, **{'swift.authorize': lambda req: (
        None if req.acl == 'friend' else webob.Response(status=403))})
    assert friend.get('/c/link').status_int == 403
    client.post('/t', X_Container_Read='friend')
    assert friend.get('/c/link').body == b'target'


def test_post_is_for_the_link_and_tells_of_the_target(client):
    link(client)
    answer = client.post('/c/link', X_Object_Meta_B='new')
    assert (answer.status_int, answer.headers['Location']) == (307, '/v1/AUTH_a/t/%C3%A9')
    assert client.get('/c/link?symlink=get').headers['X-Object-Meta-B'] == 'new'
    assert client.post('/t/%C3%A9', X_Object_Meta_B='new').status_int == 202


def test_delete_is_for_the_link(client):
    link(client)
    assert client.delete('/c/link').status_int == 204
    assert client.get('/t/%C3%A9').status_int == 200


@pytest.mark.parametrize('target', ['c', '/c', 'c/', '/', '%FF/o', 'c%00/o'])
def test_a_bad_target_is_412(client, target):
    assert link(client, target=target).status_int == 412


def test_what_else_is_refused(client):
    assert link(client, target='c/link').status_int == 400
    assert client.put('/c/l', b'body', X_Symlink_Target='t/o').status_int == 400
    assert client.put('/c/l', X_Symlink_Target_Etag='x').status_int == 400
    assert link(client, X_Symlink_Target_Etag='a b;c').status_int == 400
    assert link(client, X_Symlink_Target_Account='a/b').status_int == 412


def test_listings_tell_where_links_lead(client):
    link(client, X_Symlink_Target_Etag=client.head('/t/%C3%A9').headers['Etag'])
    item, = json.loads(client.get('/c?format=json').body)
    assert (item['symlink_path'], item['symlink_bytes'], item['bytes']) == ('/v1/AUTH_a/t/%C3%A9', 6, 0)
    assert item['hash'] == symlink.EMPTY


def test_copies_are_of_the_target_or_of_the_link(client):
    link(client)
    client.request('COPY', '/c/link', headers={'Destination': 'c/bytes'})
    client.request('COPY', '/c/link?symlink=get', headers={'Destination': 'c/again'})
    assert client.get('/c/bytes?symlink=get').body == b'target'
    assert client.get('/c/again?symlink=get').headers['X-Symlink-Target'] == 't/%C3%A9'


@pytest.mark.parametrize('size', ['zz', '-1', '\xb2', '1e3'])
def test_a_link_that_is_synchronised_says_its_size_or_is_refused(store, size):
    request = webob.Request.blank('/v1/AUTH_a/c/link', method='PUT', headers={
        'X-Symlink-Target': 't/x', 'X-Symlink-Target-Etag': 'abc', 'X-Symlink-Target-Bytes': size})
    request.environ['swift.symlink_override'] = True
    assert request.get_response(symlink.filter_factory({})(store)).status_int == 400
