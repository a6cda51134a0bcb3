"""Encryption at rest over a real proxy and real storage servers, in copies and in fragments."""
import base64
import hashlib
import itertools
import json
import os
import pathlib
import pickle
import sqlite3
from urllib.parse import quote

import pytest

from swift.middleware import copy, encryption, gatekeeper, memcache, versioned_writes
from swift.middleware.encryption import keys
from tests.fixtures.memory_swift import Client

pytestmark = pytest.mark.servers

SECRETS = {'encryption_root_secret': base64.b64encode(bytes(range(32))).decode(),
           'encryption_root_secret_2': base64.b64encode(bytes(range(32, 64))).decode()}
LARGE = os.urandom(300000)
_numbers = itertools.count()
POLICIES = {'copies': 0, 'fragments': 2}


def pipeline(app, storage_dir, disable='false', left=(), **secrets):
    app = encryption.filter_factory({'swift_dir': storage_dir}, disable_encryption=disable)(app)
    app = keys.filter_factory({}, **(secrets or SECRETS))(app)
    for module in (*left, memcache, gatekeeper):
        app = module.filter_factory({'swift_dir': storage_dir}, allow_versioned_writes='true')(app)
    return app


@pytest.fixture(params=list(POLICIES))
def make(make_app, storage_dir, request):
    """make(options of the pipeline): a Client; all of one test see the same account, whose /c is there."""
    account = f'AUTH_encryption{next(_numbers)}'
    app = make_app()
    plain = Client(app, account)
    policy = app.cluster.policies.by_index(POLICIES[request.param]).name
    assert plain.put('/c', X_Storage_Policy=policy).status_int == 201

    def made(**options):
        return Client(pipeline(app, storage_dir, **options), account)
    made.plain = plain
    return made


def rows(client, path='/c'):
    return {row['name']: row for row in json.loads(client.get(f'{path}?format=json').body)}


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize('body', [b'', b'a', b'sixteen bytes!! ' * 2, LARGE], ids=['none', 'one', 'blocks', 'large'])
def test_what_is_put_is_got(make, body):
    client = make()
    put = client.put('/c/o', body, Content_Type='text/x', X_Object_Meta_Color='bl\xc3\xbce', X_Object_Meta_None='',
                     Etag=f'"{md5(body)}"')
    assert (put.status_int, put.headers['Etag']) == (201, md5(body))
    for answer in (client.get('/c/o'), client.head('/c/o')):
        assert answer.status_int == 200 and answer.content_length == len(body)
        assert answer.headers['Etag'].strip('"') == md5(body) and answer.content_type == 'text/x'
        assert answer.headers['X-Object-Meta-Color'] == 'bl\xc3\xbce'
        assert not [name for name in answer.headers if 'crypto' in name.lower() or 'sysmeta' in name.lower()]
    assert client.get('/c/o').body == body
    assert (rows(client)['o']['hash'], rows(client)['o']['bytes']) == (md5(body), len(body))


def test_storage_servers_see_nothing_of_it(make):
    client = make()
    client.put('/c/o', LARGE, X_Object_Meta_Color='turquoise')
    raw = make.plain.get('/c/o')
    assert raw.body != LARGE and len(raw.body) == len(LARGE) and raw.headers['Etag'] == md5(raw.body)
    assert 'turquoise' not in str(raw.headers) and md5(LARGE) not in str(raw.headers)
    stored = rows(make.plain)['o']
    assert md5(LARGE) not in stored['hash'] and stored['bytes'] == len(LARGE)
    # Every time anew.
    client.put('/c/p', LARGE, X_Object_Meta_Color='turquoise')
    client.put('/c/o', LARGE, X_Object_Meta_Color='turquoise')
    again = make.plain.get('/c/o')
    assert len({raw.body, again.body, make.plain.get('/c/p').body}) == 3
    assert rows(make.plain)['o']['hash'] != stored['hash']


@pytest.mark.parametrize(('header', 'spans'), [
    ('0-0', [(0, 1)]), ('15-16', [(15, 17)]), ('100000-', [(100000, 300000)]), ('-5', [(299995, 300000)]),
    ('3-5,70000-70015,-1', [(3, 6), (70000, 70016), (299999, 300000)])])
def test_ranges(make, header, spans):
    client = make()
    client.put('/c/o', LARGE)
    answer = client.get('/c/o', Range=f'bytes={header}')
    assert answer.status_int == 206 and answer.content_length == len(answer.body)
    if len(spans) == 1:
        (start, stop), = spans
        assert answer.body == LARGE[start:stop]
        assert answer.headers['Content-Range'] == f'bytes {start}-{stop - 1}/300000'
        return
    mark = answer.headers['Content-Type'].partition('boundary=')[2].encode()
    parts = answer.body.split(b'--' + mark)[1:-1]
    assert [part.partition(b'\r\n\r\n')[2][:-2] for part in parts] == [LARGE[start:stop] for start, stop in spans]


def test_conditions_hold_of_what_the_client_knows(make):
    client, other = make(), md5(b'other')
    make.plain.put('/c/plain', LARGE)
    client.put('/c/o', LARGE)
    stored = make.plain.get('/c/o').headers['Etag']
    for name in ('/c/o', '/c/plain'):
        for headers, status in [({'If_Match': f'"{md5(LARGE)}"'}, 200), ({'If_Match': f'"{other}"'}, 412),
                                ({'If_Match': f'"{other}", "{md5(LARGE)}"'}, 200), ({'If_Match': '*'}, 200),
                                ({'If_None_Match': md5(LARGE)}, 304), ({'If_None_Match': f'"{other}"'}, 200),
                                ({'If_None_Match': '*'}, 304),
                                ({'If_Range': f'"{md5(LARGE)}"', 'Range': 'bytes=1-9'}, 206),
                                ({'If_Range': f'"{other}"', 'Range': 'bytes=1-9'}, 200),
                                ({'If_Range': 'Fri, 01 Jan 2027 00:00:00 GMT', 'Range': 'bytes=1-9'}, 206),
                                ({'Range': 'bytes=400000-'}, 416)]:
            answer = client.get(name, **headers)
            assert answer.status_int == status, (name, headers)
            assert answer.headers['Etag'].strip('"') == md5(LARGE), (name, headers)
            assert status != 206 or answer.body == LARGE[1:10]
    assert client.get('/c/o', If_Match=stored).status_int == 412


def test_a_body_that_is_not_what_was_announced_is_not_kept(make):
    client = make()
    for body in (b'small', LARGE):
        assert client.put('/c/o', body, Etag=md5(b'other')).status_int == 422
        assert client.get('/c/o').status_int == 404


def test_metadata_is_replaced_by_post(make):
    client = make()
    client.put('/c/o', LARGE, X_Object_Meta_A='first', X_Object_Meta_B='second')
    assert client.post('/c/o', X_Object_Meta_C='third', Content_Type='text/new').status_int == 202
    got = client.get('/c/o')
    assert {name: value for name, value in got.headers.items() if 'Meta' in name} == {'X-Object-Meta-C': 'third'}
    assert got.body == LARGE and 'third' not in str(make.plain.get('/c/o').headers)
    assert (rows(client)['o']['content_type'], rows(client)['o']['hash']) == ('text/new', md5(LARGE))
    assert client.post('/c/o').status_int == 202
    assert not [name for name in client.get('/c/o').headers if 'Meta' in name]


@pytest.mark.parametrize('headers', [{'X_Object_Meta_' + 'A' * 129: 'b'}, {'X_Object_Meta_A': 'b' * 257},
                                     {'X_Object_Meta_A': '\xff'}, {f'X_Object_Meta_{n}': 'b' for n in range(91)}])
def test_limits_are_those_of_what_is_sent(make, headers):
    client = make()
    client.put('/c/o', b'')
    assert client.put('/c/o', b'a', **headers).status_int == client.post('/c/o', **headers).status_int == 400
    assert client.put('/c/o', b'a', X_Object_Meta_A='b' * 256).status_int == 201
    assert client.head('/c/o').headers['X-Object-Meta-A'] == 'b' * 256


def test_nobody_sends_what_only_we_write(make):
    client = make()
    lies = {'X_Object_Transient_Sysmeta_Crypto_Meta': 'x', 'X_Object_Sysmeta_Crypto_Body_Meta': 'x',
            'X_Object_Sysmeta_Crypto_Etag': 'x', 'X_Object_Transient_Sysmeta_Crypto_Meta_A': 'x'}
    inner = Client(client.app.app, client.account)      # as another filter would, right of gatekeeper
    assert inner.put('/c/o', LARGE, **lies).status_int == 201 and client.get('/c/o').body == LARGE
    assert inner.post('/c/o', **lies).status_int == 202 and client.get('/c/o').body == LARGE
    assert Client(make(disable='true').app.app, client.account).put('/c/o', b'plain', **lies).status_int == 201
    assert client.get('/c/o').body == b'plain'


def test_it_can_be_switched_on_and_off(make):
    on, off = make(), make(disable='true')
    make.plain.put('/c/before', b'before', X_Object_Meta_A='b')
    on.put('/c/sealed', b'sealed', X_Object_Meta_A='b')
    off.put('/c/after', b'after', X_Object_Meta_A='b')
    for client in (on, off):
        for name in ('before', 'sealed', 'after'):
            got = client.get(f'/c/{name}')
            assert (got.body, got.headers['X-Object-Meta-A']) == (name.encode(), 'b')
            assert client.get(f'/c/{name}', If_None_Match=md5(name.encode())).status_int == 304
            assert rows(client)[name]['hash'] == md5(name.encode())
    assert make.plain.get('/c/after').body == b'after' and make.plain.get('/c/sealed').body != b'sealed'
    # Metadata of an object that was encrypted, by a POST after, is plain.
    off.post('/c/sealed', X_Object_Meta_A='c')
    assert make.plain.head('/c/sealed').headers['X-Object-Meta-A'] == 'c'
    assert on.get('/c/sealed').headers['X-Object-Meta-A'] == 'c' and on.get('/c/sealed').body == b'sealed'


def test_a_new_root_secret_takes_over(make):
    first, second = make(), make(**SECRETS, active_root_secret_id='2')
    first.put('/c/1', b'first', X_Object_Meta_A='1')
    second.put('/c/2', b'second', X_Object_Meta_A='2')
    second.post('/c/1', X_Object_Meta_A='3')        # data by one secret, metadata by another
    for client in (first, second):
        assert [client.get(f'/c/{name}').body for name in '12'] == [b'first', b'second']
        assert [client.head(f'/c/{name}').headers['X-Object-Meta-A'] for name in '12'] == ['3', '2']
        assert client.get('/c/1', If_None_Match=md5(b'first')).status_int == 304
    without = make(encryption_root_secret_2=SECRETS['encryption_root_secret_2'], active_root_secret_id='2')
    assert without.get('/c/2').body == b'second'
    for answer in (without.get('/c/1'), without.head('/c/1')):
        assert answer.status_int == 500
    assert 'the root secret without an id is not configured here' in without.get('/c/1').text
    assert [rows(without)[name]['hash'] for name in '12'] == ['<unknown>', md5(b'second')]
    assert without.delete('/c/1').status_int == 204


def test_copies_get_keys_of_their_own(make):
    client = make(left=(copy,))
    client.put('/c/o', LARGE, X_Object_Meta_A='b')
    answer = client.put('/c/copy', X_Copy_From='c/o')
    assert (answer.status_int, answer.headers['X-Object-Meta-A'], answer.headers['Etag']) == (201, 'b', md5(LARGE))
    got = client.get('/c/copy')
    assert (got.body, got.headers['X-Object-Meta-A']) == (LARGE, 'b')
    assert make.plain.get('/c/copy').body != make.plain.get('/c/o').body
    assert rows(client)['copy']['hash'] == md5(LARGE)


def test_versions_that_are_kept_in_another_container(make):
    client = make(left=(versioned_writes,))
    client.put('/old')
    client.post('/c', X_Versions_Location='old')
    client.put('/c/o', b'one', X_Object_Meta_A='1')
    client.put('/c/o', LARGE, X_Object_Meta_A='2')
    (name, row), = rows(client, '/old').items()
    kept = client.get(f'/old/{name}')
    assert (kept.body, kept.headers['X-Object-Meta-A'], row['hash']) == (b'one', '1', md5(b'one'))
    assert client.delete('/c/o').status_int == 204
    back = client.get('/c/o')
    assert (back.body, back.headers['X-Object-Meta-A']) == (b'one', '1') and rows(client)['o']['hash'] == md5(b'one')


@pytest.mark.parametrize('name', ['/lead', 'a//b', 'über/ö', '%2F', 'a b+c&d="e"', '\u20ac' * 100])
def test_names(make, name):
    for version in '123':
        client = make(**SECRETS, meta_version_to_write=version)
        assert client.put(quote(f'/c/{name}'), LARGE, X_Object_Meta_A='b').status_int == 201
        for reader in (client, make()):
            got = reader.get(quote(f'/c/{name}'))
            assert (got.body, got.headers['X-Object-Meta-A']) == (LARGE, 'b')
            assert reader.get(quote(f'/c/{name}'), If_None_Match=md5(LARGE)).status_int == 304
            assert rows(reader)[name]['hash'] == md5(LARGE)


def test_filters_on_the_left_find_their_request_as_it_was(make):
    seen = {}

    class Left:
        def __init__(self, app):
            self.app = app

        def __call__(self, environ, start_response):
            before = {key: value for key, value in environ.items() if key.startswith('HTTP_') or key == 'wsgi.input'}
            answer = self.app(environ, start_response)
            seen[environ['REQUEST_METHOD']] = before == {
                key: value for key, value in environ.items() if key.startswith('HTTP_') or key == 'wsgi.input'}
            return answer
    client = make()
    client.app.app.app = Left(client.app.app.app)
    client.put('/c/o', LARGE, X_Object_Meta_A='b', Etag=md5(LARGE))
    client.post('/c/o', X_Object_Meta_A='c')
    client.get('/c/o', If_None_Match='x')
    assert seen == {'PUT': True, 'POST': True, 'GET': True}


def test_nothing_is_on_disk_in_the_clear(make, storage_dir):
    client, sign = make(), os.urandom(20).hex()
    client.put('/c/o', sign.encode() * 10000, X_Object_Meta_A=sign)
    client.put('/c/small', sign.encode(), X_Object_Meta_A=sign)
    etags = [md5(sign.encode() * 10000), md5(sign.encode())]
    assert sorted(row['hash'] for row in rows(client).values()) == sorted(etags)
    secrets = [sign, *etags, *SECRETS.values()]
    devices = pathlib.Path(storage_dir, 'devices')

    seen = 0
    for path in (each for each in devices.rglob('*') if each.is_file()):
        text = path.read_bytes() + b''.join(os.getxattr(path, name) for name in os.listxattr(path))
        if path.suffix == '.pending':
            text = b''.join(base64.b64decode(each) for each in text.split(b':'))
        seen += client.account.encode() in text
        assert not [each for each in secrets if each.encode() in text], path
    assert seen >= 6
    databases = [path for path in devices.glob('*/containers/*/*/*/*.db') if _account(path) == client.account]
    found = [_rows(path) for path in databases]
    assert any(len(each) == 2 for each in found) and not [each for each in secrets if each in str(found)]


def _account(path):
    with sqlite3.connect(path) as database:
        return database.execute('select account from container_info').fetchone()[0]


def _rows(path):
    with sqlite3.connect(path) as database:
        return database.execute('select * from object').fetchall()


def test_the_metadata_on_disk_is_in_the_published_form(make, storage_dir):
    client = make()
    client.put('/c/form', b'x', X_Object_Meta_A='b')
    for path in pathlib.Path(storage_dir, 'devices').glob('*/objects*/*/*/*/*.data'):
        found = pickle.loads(os.getxattr(path, 'user.swift.metadata'), encoding='utf-8')
        if found['name'] == f'/{client.account}/c/form':
            assert {name for name in found if 'Crypto' in name} == {
                'X-Object-Sysmeta-Crypto-Body-Meta', 'X-Object-Sysmeta-Crypto-Etag',
                'X-Object-Sysmeta-Crypto-Etag-Mac', 'X-Object-Transient-Sysmeta-Crypto-Meta',
                'X-Object-Transient-Sysmeta-Crypto-Meta-A'}
            assert 'X-Object-Meta-A' not in found
            return
    raise AssertionError('not there')
