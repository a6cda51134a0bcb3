"""The rules of the Swift store that need no object storage."""
import hashlib
import http.server
import threading

import pytest

from essex.client.object import CHUNK
from essex.exception import ConfigError
from glance.exception import DataNotFound, SizeMismatch, StoreFull, StoreUnavailable
from glance.store.base import without_secret
from glance.store.loader import Stores
from glance.store.swift import accounts as accounts_module
from glance.store.swift import location
from glance.store.swift.accounts import Account, Accounts
from glance.store.swift.feed import Feed, Part
from tests.contract.image_store import ids

OPTIONS = {'default_store': 'swift', 'swift_store_auth_version': '1', 'swift_store_auth_address': 'http://auth:1/v1.0',
           'swift_store_user': 'project:user', 'swift_store_key': 'key/1'}


@pytest.fixture
def options(conf, monkeypatch):
    """set(**options) of [glance_store]; gives the section."""
    monkeypatch.setattr(accounts_module, '_PATIENCE', 0)

    def change(**values):
        for name, value in values.items():
            conf.set(name, value, 'glance_store')
        return conf.glance_store
    change(**OPTIONS)
    return change


@pytest.fixture
def accounts(options):
    return Accounts('swift', options())


class Reused:
    """A source whose chunks hold until the next but one is taken, and are spoilt then."""

    def __init__(self, sizes):
        self.data, self._given, self._sizes = b'', [], iter(sizes)

    def __iter__(self):
        return self

    def __next__(self):
        size = next(self._sizes)
        chunk = bytearray((hashlib.sha256(self.data).digest() * (size // 32 + 1))[:size])
        self.data += chunk
        self._given.append(chunk)
        if len(self._given) > 2:
            self._given[-3][:] = bytes(len(self._given[-3]))
        return memoryview(chunk)


@pytest.mark.parametrize('sizes', [[], [0], [1], [10, 0, 0, 20], [100] * 9, [7, 300, 1, 1]])
@pytest.mark.parametrize('limit', [1, 64, 100, 1000])
def test_parts_of_a_source_are_what_it_gave(sizes, limit):
    source, parts = Reused(sizes), []
    feed = Feed(source)
    while feed.more():
        part = Part(feed, limit)
        parts.append(b''.join(bytes(piece) for piece in part))
        assert part.md5 == hashlib.md5(parts[-1]).hexdigest()
    assert b''.join(parts) == source.data and feed.ended and feed.size == len(source.data)
    assert all(len(part) == limit for part in parts[:-1])


def test_the_last_chunk_leaves_after_the_source_has_ended():
    def chunks():
        yield b'first'
        yield b'last'
        raise KeyError
    feed = Feed(chunks())
    taken = []
    with pytest.raises(KeyError):
        for piece in Part(feed, 100):
            taken.append(bytes(piece))
    assert taken == [b'first'] and isinstance(feed.error, KeyError) and not feed.ended


def test_an_address_names_an_account_of_the_configuration(accounts):
    url = location.of_reference('ref1', 'my box', 'id/1')
    assert url == 'swift+config://ref1/my%20box/id%2F1'
    assert location.parse(url, accounts) == (accounts.default, None, 'my box', 'id/1')


@pytest.mark.parametrize('url,address,user,key', [
    ('swift+https://a:b:c%2Fd@host/v1/glance/i', 'https://host/v1', 'a:b', 'c/d'),
    ('swift://a%3Ab:c@host:8/auth/v1.0/glance/i', 'https://host:8/auth/v1.0', 'a:b', 'c'),
    ('swift+http://u:c@host/glance/i', 'http://host', 'u', 'c')])
def test_an_address_with_an_account_in_it(accounts, url, address, user, key):
    found = location.parse(url, accounts)
    assert found[1:] == (None, 'glance', 'i')
    assert found.account == Account(address, '1', user, key)


def test_an_address_without_an_account(accounts):
    assert location.parse('swift+http://auth:1/v1.0/glance/i', accounts) == (accounts.default, None, 'glance', 'i')
    found = location.parse('swift+http://store/v1/AUTH_x/glance/i', accounts)
    assert found == (accounts.default, 'http://store/v1/AUTH_x', 'glance', 'i')


@pytest.mark.parametrize('url', ['', 'swift', 'swift:', 'swift://', 'swift://host', 'swift://host/c', 'swift://host//i',
                                 'swift+config://other/c/i', 'swift+config://ref1/x/c/i', 'swift+config://ref1/c/',
                                 'swift://nocolon@host/c/i', 'file:///c/i'])
def test_addresses_that_name_nothing(options, url):
    store = Stores().default
    for call in (store.read, store.size, store.delete):
        with pytest.raises(DataNotFound):
            call(url)


def test_secrets_are_not_shown(options, accounts):
    assert 'key/1' not in repr(accounts.default)
    shown = without_secret('swift+https://a:b:secret@host/c/i')
    assert shown == 'swift+https://host/c/i'
    with pytest.raises(DataNotFound) as error:
        Stores().default.read('swift+config://u:secret@none/c/i')
    assert 'secret' not in str(error.value)


@pytest.mark.parametrize('change,message', [
    ({'swift_store_key': None}, 'swift_store_key is not set'),
    ({'swift_store_auth_address': None}, 'swift_store_auth_address is not set'),
    ({'swift_store_auth_version': '3', 'swift_store_user': 'alone'}, 'alone must be given as project:user'),
    ({'swift_store_multi_tenant': True}, 'needs Keystone'),
    ({'swift_store_config_file': '/nowhere'}, '/nowhere cannot be read: No such file'),
])
def test_a_wrong_configuration_stops_the_start(options, change, message):
    options(**change)
    with pytest.raises(ConfigError, match=message):
        Stores().check()


def test_accounts_from_a_file(options, tmp_path):
    file = tmp_path / 'swift.conf'
    file.write_text('[ref1]\nuser = p:u\nkey = 100%\nauth_address = host/v1.0\n'
                    '[ref2]\nuser = p:u2\nkey = k\nauth_address = http://k/v3\nauth_version = 3\n'
                    'user_domain_name = Sales\n')
    accounts = Accounts('swift', options(swift_store_config_file=str(file), default_swift_reference='ref2'))
    assert accounts.default.user == 'p:u2' and accounts.default.auth_version == '3'
    assert accounts.get('ref1') == Account('https://host/v1.0', '1', 'p:u', '100%')
    assert accounts.get('ref3') is None
    options(default_swift_reference='ref3')
    with pytest.raises(ConfigError, match='ref1, ref2'):
        Stores().check()


class Storage(http.server.BaseHTTPRequestHandler):
    """An object storage that answers what `script` says: {method: [status or (status, headers, body)]}."""

    protocol_version = 'HTTP/1.1'
    script, seen = {}, []

    def _answer(self):
        size = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(size)
        self.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path == '/auth':
            url = f'http://127.0.0.1:{self.server.server_port}/v1/AUTH_x'
            return self._send(200, {'X-Storage-Url': url, 'X-Auth-Token': 'token'}, b'')
        found = self.script.get(self.command, 404)
        found = found.pop(0) if isinstance(found, list) else found
        if self.command == 'PUT' and found == 201:
            return self._send(201, {'ETag': hashlib.md5(body).hexdigest()}, b'')
        return self._send(*(found if isinstance(found, tuple) else (found, {}, b'')))

    def _send(self, status, headers, body):
        self.send_response(status)
        for name, value in {'Content-Length': len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        if int(headers.get('Content-Length', 0)) > len(body):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_DELETE = _answer   # noqa: N815 - names of http.server

    def log_message(self, *arguments):
        pass


@pytest.fixture
def scripted(options):
    """script(**answers) -> (store, the requests it gets)."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Storage)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    options(swift_store_auth_address=f'http://127.0.0.1:{server.server_port}/auth')

    def script(**answers):
        Storage.script, Storage.seen = answers, []
        return Stores().default, Storage.seen
    yield script
    server.shutdown()
    server.server_close()


def add(store, data=b'data', size=4):
    image_id, upload_id = ids()
    return image_id, store.add(image_id, upload_id, iter([data]), size)


@pytest.mark.parametrize('status,error', [(413, StoreFull), (507, StoreFull), (401, StoreUnavailable),
                                          (403, StoreUnavailable), (500, StoreUnavailable), (503, StoreUnavailable)])
def test_refusals(scripted, status, error):
    store, seen = scripted(PUT=[201, status], HEAD=[204, 404, 404, 404], DELETE=204, GET=(200, {}, b'[]'))
    with pytest.raises(error):
        add(store)
    deleted = [path for method, path, _, _ in seen if method == 'DELETE']
    assert len(deleted) == 1 and '.partial' in deleted[0]
    assert 'key/1' not in str(seen[1:])


def test_what_was_stored_must_be_what_was_sent(scripted):
    wrong = (201, {'ETag': 'd41d8cd98f00b204e9800998ecf8427e'}, b'')
    store, seen = scripted(PUT=[201, wrong], HEAD=[204, 404, 404, 404], DELETE=204, GET=(200, {}, b'[]'))
    with pytest.raises(StoreUnavailable, match='not what it was sent'):
        image_id, _ = add(store)
    assert sum(method == 'DELETE' for method, *_ in seen) == 2


def test_no_data_is_written_over(scripted):
    store, seen = scripted(PUT=201, HEAD=[204, 404], DELETE=204)
    add(store)
    assert next(headers for method, _, headers, body in seen if body == b'data')['If-None-Match'] == '*'


BROKEN_OFF = (200, {'Content-Length': CHUNK + 5, 'ETag': 'e'}, bytes(CHUNK) + b'56')


def test_a_download_that_breaks_off_is_taken_up_again(scripted):
    rest = (206, {'Content-Range': f'bytes {CHUNK}-{CHUNK + 4}/{CHUNK + 5}', 'ETag': 'e'}, b'56789')
    store, seen = scripted(GET=[BROKEN_OFF, 503, rest])
    assert b''.join(store.read('swift+config://ref1/glance/i')) == bytes(CHUNK) + b'56789'
    assert seen[-1][2]['Range'] == f'bytes={CHUNK}-{CHUNK + 4}'


@pytest.mark.parametrize('rest,problem', [
    ((206, {'Content-Range': f'bytes {CHUNK}-{CHUNK + 4}/{CHUNK + 5}', 'ETag': 'other'}, b'56789'), 'changed'),
    ((200, {'ETag': 'e'}, b'0123456789'), 'parts'), (503, '503')])
def test_a_download_goes_on_with_the_same_data_only(scripted, options, rest, problem):
    options(swift_store_retry_get_count=2)
    store, seen = scripted(GET=[BROKEN_OFF, rest, rest])
    with pytest.raises(StoreUnavailable, match=problem):
        b''.join(store.read('swift+config://ref1/glance/i'))


def test_a_part_that_reaches_beyond_the_end(scripted):
    store, seen = scripted(GET=[(206, {'Content-Range': 'bytes 5-9/10'}, b'56789')])
    assert b''.join(store.read('swift+config://ref1/glance/i', 5, 100)) == b'56789'


def test_a_manifest_that_lacks_segments_is_not_read(scripted):
    store, seen = scripted(GET=(200, {'X-Object-Meta-Image-Size': 20, 'ETag': 'e'}, b'0123456789'))
    with pytest.raises(StoreUnavailable, match='10 of 20'):
        store.read('swift+config://ref1/glance/i')


def test_the_inner_network(options, scripted):
    options(swift_enable_snet=True)
    store, seen = scripted(GET=200)
    with pytest.raises(StoreUnavailable, match='reached'):
        store.read('swift+config://ref1/glance/i')
    assert [path for _, path, _, _ in seen] == ['/auth']


def test_a_source_longer_than_its_size(scripted):
    store, seen = scripted(PUT=201, HEAD=[204, 404, (200, {}, b''), 404], DELETE=204, GET=(200, {}, b'[]'))
    with pytest.raises(SizeMismatch, match='more than 3'):
        add(store, b'data', 3)


def test_object_storage_that_is_away(options, conf):
    options(swift_store_auth_address='http://127.0.0.1:9/auth')
    store = Stores().default
    store.check()
    with pytest.raises(StoreUnavailable, match='reached'):
        store.size('swift+config://ref1/glance/i')
