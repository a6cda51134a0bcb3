"""The filters that compose objects, over a real proxy and real storage servers."""
import hashlib
import io
import json
import tarfile
import time

import pytest

from swift import cluster, expiring
from swift.middleware import (
    bulk,
    catch_errors,
    copy,
    dlo,
    encryption,
    gatekeeper,
    listing_formats,
    memcache,
    slo,
    symlink,
    versioned_writes,
)
from swift.middleware.encryption import keys
from tests.fixtures.memory_swift import Client

pytestmark = pytest.mark.servers

OPTIONS = {'rate_limit_segments_per_sec': '0', 'allow_versioned_writes': 'true', 'allow_object_versioning': 'true'}


@pytest.fixture(params=['plain', 'encrypted'])
def client(make_app, storage_dir, request):
    app = make_app()
    if request.param == 'encrypted':
        app = encryption.filter_factory({'swift_dir': storage_dir})(app)
        app = keys.filter_factory({}, encryption_root_secret='A' * 43 + '=')(app)
    for module in (symlink, versioned_writes, dlo, slo, copy, bulk, listing_formats, memcache, gatekeeper,
                   catch_errors):
        app = module.filter_factory({'swift_dir': storage_dir}, **OPTIONS)(app)
    made = Client(app, f'AUTH_{request.node.name[:60]}')
    for container in ('/c', '/s'):
        assert made.put(container).status_int == 201
    return made


def listing(client, path):
    return json.loads(client.get(path, Accept='application/json').body)


def test_static_large_objects(client):
    for name, body in (('1', b'a' * 100000), ('2', b'b' * 70000)):
        assert client.put(f'/s/{name}', body).status_int == 201
    answer = client.put('/c/large?multipart-manifest=put',
                        json.dumps([{'path': '/s/1'}, {'path': '/s/2', 'range': '0-9'}]).encode())
    assert answer.status_int == 201, answer.text
    etag = answer.headers['Etag']
    head = client.head('/c/large')
    assert (head.content_length, head.headers['Etag']) == (100010, etag)
    assert 'swift_bytes' not in head.headers['Content-Type']
    assert client.get('/c/large').body == b'a' * 100000 + b'b' * 10
    assert client.get('/c/large', Range='bytes=99999-100000').body == b'ab'
    assert client.get('/c/large', If_Match=etag).status_int == 200
    assert client.get('/c/large', If_None_Match=etag).status_int == 304
    assert client.get('/c/large', If_Match='"x"').status_int == 412
    multi = client.get('/c/large', Range='bytes=0-1,100000-100001')
    assert multi.status_int == 206 and b'aa' in multi.body and b'bb' in multi.body
    item, = listing(client, '/c')
    assert (item['bytes'], item['slo_etag'], item['content_type']) == (100010, etag, 'application/octet-stream')
    assert client.post('/c/large', X_Object_Meta_A='b').status_int == 202
    assert client.get('/c/large').headers['X-Object-Meta-A'] == 'b'
    answer = client.request('COPY', '/c/large?multipart-manifest=get', headers={'Destination': 'c/again'})
    assert answer.status_int == 201 and client.get('/c/again').content_length == 100010
    told = json.loads(client.delete('/c/large?multipart-manifest=delete', Accept='application/json').body)
    assert told['Number Deleted'] == 3 and client.get('/s/1').status_int == 404


def test_later_deletion_goes_into_the_expirers_queue(client, storage_dir):
    client.put('/s/1', b'x')
    client.put('/c/large?multipart-manifest=put', json.dumps([{'path': '/s/1'}]).encode())
    began = time.time()
    answer = client.delete('/c/large?multipart-manifest=delete&async=yes')
    assert answer.status_int == 204, answer.text
    assert client.get('/c/large').status_int == 404 and client.get('/s/1').status_int == 200
    queue = expiring.container(cluster.load(storage_dir), began, client.account, 's', '1')
    inside = Client(client.app, '.expiring_objects', HTTP_X_NEWEST='true')
    entries = listing(inside, f'/{queue}')
    assert [item['content_type'] for item in entries if item['name'].endswith(f'-{client.account}/s/1')] == [
        'application/async-deleted']


def test_dynamic_large_objects(client):
    for name in ('1', '2'):
        client.put(f'/s/seg/{name}', name.encode() * 3)
    assert client.put('/c/dynamic', X_Object_Manifest='s/seg/').status_int == 201
    assert client.get('/c/dynamic').body == b'111222'
    assert client.get('/c/dynamic', Range='bytes=2-3').body == b'12'
    etag = client.head('/c/dynamic').headers['Etag']
    assert client.get('/c/dynamic', If_Match=etag).status_int == 200
    assert client.get('/c/dynamic', If_None_Match=etag).status_int == 304
    answer = client.put('/c/flat', X_Copy_From='c/dynamic')
    assert answer.status_int == 201, answer.text
    flat = client.get('/c/flat')
    assert (flat.body, flat.headers['Etag']) == (b'111222', hashlib.md5(b'111222').hexdigest())


def test_copies(client):
    client.put('/c/o', b'body', X_Object_Meta_A='b', Content_Type='text/x')
    answer = client.request('COPY', '/c/o', headers={'Destination': 's/new'})
    assert (answer.status_int, answer.headers['X-Copied-From']) == (201, 'c/o')
    got = client.get('/s/new')
    assert (got.body, got.headers['X-Object-Meta-A'], got.content_type) == (b'body', 'b', 'text/x')


def test_links(client):
    etag = client.put('/s/o', b'target').headers['Etag']
    assert client.put('/c/link', X_Symlink_Target='s/o').status_int == 201
    assert client.put('/c/static', X_Symlink_Target='s/o', X_Symlink_Target_Etag=etag).status_int == 201
    got = client.get('/c/link')
    assert (got.body, got.headers['Content-Location'].split('/', 3)[3]) == (b'target', 's/o')
    assert client.get('/c/link', If_None_Match=etag).status_int == 304
    assert client.get('/c/link', Range='bytes=0-0').body == b't'
    answer = client.post('/c/link', X_Object_Meta_A='b')
    assert answer.status_int == 307 and answer.headers['Location'].endswith('/s/o')
    dynamic, static = listing(client, '/c')
    assert dynamic['symlink_path'].endswith('/s/o') and static['symlink_bytes'] == 6
    client.put('/s/o', b'other')
    assert client.get('/c/static').status_int == 409


def test_versions(client):
    assert client.post('/c', X_Versions_Enabled='true').status_int == 204
    first = client.put('/c/a b', b'one').headers['X-Object-Version-Id']
    second = client.put('/c/a b', b'two!').headers['X-Object-Version-Id']
    assert client.get('/c/a%20b').body == b'two!'
    assert client.get(f'/c/a%20b?version-id={first}').body == b'one'
    item, = listing(client, '/c')
    assert (item['name'], item['bytes'], item['hash']) == ('a b', 4, hashlib.md5(b'two!').hexdigest())
    assert [(item['version_id'], item['is_latest']) for item in listing(client, '/c?versions')] == [
        (second, True), (first, False)]
    assert client.put(f'/c/a%20b?version-id={first}').status_int == 201
    assert client.get('/c/a%20b').body == b'one'
    gone = client.delete('/c/a%20b')
    assert gone.status_int == 204, gone.text
    assert client.get('/c/a%20b').status_int == 404
    assert len(listing(client, '/c?versions')) == 3
    assert client.delete('/c').status_int == 409
    for item in listing(client, '/c?versions'):
        assert client.delete(f'/c/a%20b?version-id={item["version_id"]}').status_int in (204, 404)
    assert client.delete('/c').status_int == 204


def test_the_older_versions(client):
    client.post('/c', X_Versions_Location='s')
    for body in (b'1', b'2'):
        assert client.put('/c/o', body).status_int == 201
    assert client.head('/c').headers['X-Versions-Location'] == 's'
    assert len(listing(client, '/s')) == 1
    assert client.delete('/c/o').status_int == 204
    assert client.get('/c/o').body == b'1' and listing(client, '/s') == []


def test_bulk(client):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as archive:
        for name in ('new/a', 'new/b'):
            info = tarfile.TarInfo(name)
            info.size = 100000
            archive.addfile(info, io.BytesIO(name.encode() * 20000))
    told = json.loads(client.put('?extract-archive=tar', out.getvalue(), Accept='application/json').body)
    assert (told['Number Files Created'], told['Errors']) == (2, [])
    assert client.get('/new/b').body == b'new/b' * 20000
    told = json.loads(client.post('?bulk-delete', b'/new/a\n/new/b\n/new', Accept='application/json').body)
    assert told['Number Deleted'] >= 2


def test_versions_of_large_objects(client):
    client.put('/s/1', b'segment')
    client.post('/c', X_Versions_Enabled='true')
    manifest = json.dumps([{'path': '/s/1'}] * 2).encode()
    answer = client.put('/c/large?multipart-manifest=put', manifest)
    assert answer.status_int == 201, answer.text
    first = answer.headers['X-Object-Version-Id']
    assert client.put('/c/large', b'small').status_int == 201
    assert client.get(f'/c/large?version-id={first}').body == b'segmentsegment'
    assert [item['bytes'] for item in listing(client, '/c?versions')] == [5, 14]
    answer = client.put(f'/c/large?version-id={first}')
    assert answer.status_int == 201 and client.get('/c/large').body == b'segmentsegment'
    item, = listing(client, '/c')
    assert (item['bytes'], 'slo_etag' in item) == (14, True)


def test_older_versions_of_large_objects(client):
    client.put('/s/1', b'segment')
    client.put('/versions')
    client.post('/c', X_History_Location='versions')
    client.put('/c/large?multipart-manifest=put', json.dumps([{'path': '/s/1'}] * 2).encode())
    assert client.delete('/c/large').status_int == 204
    kept, marker = listing(client, '/versions')
    assert kept['bytes'] == 14 and client.get(f'/versions/{kept["name"]}').body == b'segmentsegment'
    assert marker['bytes'] == 0
