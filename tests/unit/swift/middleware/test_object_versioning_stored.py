"""What versions look like where they are kept: as in the original, whose values here were recorded from a 2.38."""
import json

import pytest

from swift.middleware import gatekeeper, symlink, versioned_writes
from swift.middleware.object_versioning import hidden
from tests.fixtures.memory_swift import Client, MemorySwift

EMPTY = 'd41d8cd98f00b204e9800998ecf8427e'
ONE, TWO = 'f97c5d29941bfb1b2fdab0874906ab82', '9f5b6d9a034d175868bf593885b7dc4e'
HIDDEN, VISIBLE = ('AUTH_a', '\0versions\0c'), ('AUTH_a', 'c')
FIRST, SECOND, LINK = '1795890561.66859', '1795890561.81503', '1795890563.09672'


def stored(body, etag, timestamp, content_type='text/x', **sysmeta):
    return {'body': body, 'headers': {
        'etag': etag, 'x-timestamp': timestamp, 'content-type': content_type,
        **{'x-object-sysmeta-' + name.replace('_', '-'): value for name, value in sysmeta.items()}}}


def link(target, etag, size, timestamp):
    """The original's link to a current version."""
    return stored(b'', EMPTY, timestamp, allow_reserved_names='true', symloop_extend='true', versions_symlink='true',
                  symlink_target=target, symlink_target_etag=etag, symlink_target_bytes=str(size),
                  container_update_override_etag=f'{EMPTY}; symlink_target={target}; symlink_target_etag={etag}; '
                                                 f'symlink_target_bytes={size}')


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    app = symlink.filter_factory({})(store)
    app = versioned_writes.filter_factory({}, allow_versioned_writes='true', allow_object_versioning='true')(app)
    return Client(gatekeeper.filter_factory({})(app))


@pytest.fixture
def originals(store):
    """A container of the original: o in two versions, d deleted, ln a version that is a link itself."""
    store.containers[VISIBLE] = {
        'headers': {'x-container-sysmeta-versions-container': '%00versions%00c',
                    'x-container-sysmeta-versions-enabled': 'True'},
        'objects': {'o': link('%00versions%00c/%00o%008204109438.18496', TWO, 4, f'{SECOND}_0000000000000001'),
                    'ln': link('%00versions%00c/%00ln%008204109436.90327', EMPTY, 0, f'{LINK}_0000000000000001')}}
    store.containers[HIDDEN] = {'headers': {}, 'objects': {
        '\0o\x008204109438.18496': stored(b'two!', TWO, SECOND, 'text/y'),
        '\0o\x008204109438.33140': stored(b'one', ONE, FIRST),
        '\0d\x008204109437.16665': stored(b'', EMPTY, '1795890562.83334',
                                          'application/x-deleted;swift_versions_deleted=1'),
        '\0ln\x008204109436.90327': stored(b'', EMPTY, LINK, 'application/symlink', symlink_target='c/o',
                                           container_update_override_etag=f'{EMPTY}; symlink_target=c/o')}}
    return store


@pytest.fixture
def older(store):
    """A container as Essex wrote it before."""
    target = '%00versions%00c/%00o%008204109438.33140'
    store.containers[VISIBLE] = {
        'headers': {'x-container-sysmeta-versions-cont': '%00versions%00c',
                    'x-container-sysmeta-versions-enabled': 'true'},
        'objects': {'o': stored(b'', EMPTY, FIRST, allow_reserved_names='true', versions_id=FIRST,
                                symlink_target=target, symlink_target_etag=ONE, symlink_target_bytes='3',
                                container_update_override_etag=f'{ONE}; symlink_target={target}; '
                                f'symlink_target_etag={ONE}; symlink_target_bytes=3')}}
    store.containers[HIDDEN] = {'headers': {}, 'objects': {
        '\0o\x008204109438.33140': stored(b'one', ONE, FIRST, versions_id=FIRST)}}
    return store


def versions(client):
    return [(item['name'], item['version_id'], item['is_latest']) for item in
            json.loads(client.get('/c?versions&format=json').body)]


def sysmeta(headers):
    return {name.removeprefix('x-object-sysmeta-'): value for name, value in headers.items() if 'sysmeta' in name}


def test_what_the_original_wrote_is_read(client, originals):
    assert client.head('/c').headers['X-Versions-Enabled'] == 'True'
    got = client.get('/c/o')
    assert (got.body, got.headers['X-Object-Version-Id']) == (b'two!', SECOND)
    assert got.headers['Content-Location'] == f'/v1/AUTH_a/c/o?version-id={SECOND}'
    assert not [name for name in got.headers if 'Backend' in name]
    assert client.get(f'/c/o?version-id={FIRST}').body == b'one'
    assert versions(client) == [('d', '1795890562.83334', True), ('ln', LINK, True), ('o', SECOND, True),
                                ('o', FIRST, False)]
    _, listed = json.loads(client.get('/c?format=json').body)
    assert (listed['name'], listed['hash'], listed['bytes']) == ('o', TWO, 4)
    assert listed['symlink_path'] == f'/v1/AUTH_a/c/o?version-id={SECOND}' and listed['version_symlink'] is True


def test_a_version_of_the_originals_that_is_a_link_is_followed_on(client, originals):
    got = client.get('/c/ln')
    assert (got.status_int, got.body, got.headers['X-Object-Version-Id']) == (200, b'two!', LINK)
    shown = client.get('/c/o?symlink=get').headers
    assert (shown['X-Symlink-Target'], shown['X-Object-Version-Id']) == (f'c/o?version-id={SECOND}', SECOND)


def test_what_the_original_wrote_is_gone_on_with(client, originals):
    third = client.put('/c/o', b'three').headers['X-Object-Version-Id']
    assert versions(client)[2:] == [('o', third, True), ('o', SECOND, False), ('o', FIRST, False)]
    assert client.put(f'/c/o?version-id={FIRST}').status_int == 201
    assert client.get('/c/o').body == b'one'
    assert client.delete(f'/c/o?version-id={FIRST}').status_int == 204
    assert client.get('/c/o').status_int == 404 and client.get(f'/c/o?version-id={SECOND}').body == b'two!'


def test_what_essex_wrote_before_is_read_and_gone_on_with(client, older):
    assert client.head('/c').headers['X-Versions-Enabled'] == 'True'
    assert client.get('/c/o').headers['X-Object-Version-Id'] == FIRST
    item, = json.loads(client.get('/c?format=json').body)
    assert (item['hash'], item['bytes']) == (ONE, 3)
    second = client.put('/c/o', b'two!').headers['X-Object-Version-Id']
    assert versions(client) == [('o', second, True), ('o', FIRST, False)]
    assert client.put(f'/c/o?version-id={FIRST}').status_int == 201 and client.get('/c/o').body == b'one'
    assert client.delete('/c').status_int == 409


def test_a_link_that_essex_wrote_before_is_no_level_either(client, older):
    target = '%00versions%00c/%00ln%008204109436.90327'
    older.containers[VISIBLE]['objects']['ln'] = stored(
        b'', EMPTY, LINK, allow_reserved_names='true', versions_id=LINK, symlink_target=target,
        container_update_override_etag=f'{EMPTY}; symlink_target={target}')
    older.containers[HIDDEN]['objects']['\0ln\x008204109436.90327'] = stored(
        b'', EMPTY, LINK, symlink_target='c/o', versions_id=LINK)
    got = client.get('/c/ln')
    assert (got.body, got.headers['X-Object-Version-Id']) == (b'one', LINK)


@pytest.mark.parametrize(('asked', 'enabled'), [('true', 'True'), ('false', 'False')])
def test_switching_gives_what_essex_wrote_before_the_names_of_the_original(client, older, asked, enabled):
    assert client.post('/c', X_Versions_Enabled=asked).status_int == 204
    headers = older.containers[VISIBLE]['headers']
    assert headers['x-container-sysmeta-versions-container'] == '%00versions%00c'
    assert headers['x-container-sysmeta-versions-enabled'] == enabled == client.head('/c').headers['X-Versions-Enabled']


def test_a_version_is_written_as_the_original_does(client, store):
    client.put('/c', X_Versions_Enabled='true')
    assert store.containers[VISIBLE]['headers'] == {'x-container-sysmeta-versions-container': '%00versions%00c',
                                                    'x-container-sysmeta-versions-enabled': 'True'}
    assert store.containers[HIDDEN]['headers'] == {}
    version = client.put('/c/o', b'one', Content_Type='text/x', X_Object_Meta_A='b').headers['X-Object-Version-Id']
    name = hidden.object_of('o', version)
    kept, current = store.containers[HIDDEN]['objects'][name], store.containers[VISIBLE]['objects']['o']
    assert (kept['body'], kept['headers']) == (b'one', {
        'etag': ONE, 'x-timestamp': version, 'content-type': 'text/x', 'x-object-meta-a': 'b'})
    target = '%00versions%00c/' + name.replace('\0', '%00')
    assert current == link(target, ONE, 3, f'{version}_0000000000000001')


def test_a_version_that_is_a_link_is_written_as_the_original_does(client, store):
    client.put('/c', X_Versions_Enabled='true')
    version = client.put('/c/ln', X_Symlink_Target='c/o').headers['X-Object-Version-Id']
    name = hidden.object_of('ln', version)
    kept, current = (store.containers[HIDDEN]['objects'][name]['headers'],
                     store.containers[VISIBLE]['objects']['ln']['headers'])
    assert kept['content-type'] == current['content-type'] == 'application/symlink'
    assert sysmeta(kept) == {'symlink-target': 'c/o',
                             'container-update-override-etag': f'{EMPTY}; symlink_target=c/o'}
    assert sysmeta(current) == sysmeta(link('%00versions%00c/' + name.replace('\0', '%00'), EMPTY, 0, '0')['headers'])


def test_a_users_link_from_before_is_kept(client, store):
    client.put('/c')
    client.put('/c/ln', X_Symlink_Target='c/o')
    client.post('/c', X_Versions_Enabled='true')
    now = client.put('/c/ln', b'one').headers['X-Object-Version-Id']
    assert [entry[1:] for entry in versions(client)][0] == (now, True) and len(versions(client)) == 2
    before = store.containers[HIDDEN]['objects'][hidden.object_of('ln', versions(client)[1][1])]
    assert before['headers']['x-object-sysmeta-symlink-target'] == 'c/o'
