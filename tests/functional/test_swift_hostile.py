"""Those who mean harm: strangers at every door, garbage at the storage nodes, secrets looked for in the logs."""
import hashlib
import hmac
import json
import os
import pathlib
import pickle
import random
import time

import pytest

from tests.fixtures import swift_wire
from tests.fixtures.swift import SwiftCluster

BASE = '/v1/AUTH_test'
NOW = '1600000000.00000'
SECRETS = {'sync': 'container-sync-secret-0123456789', 'link': 'temp-url-secret-0123456789',
           'user': 'tempauth-secret-0123456789'}
CONF = {'proxy': {'filter:tempauth': {'user_secret_user': f'{SECRETS["user"]} .admin'},
                  'app:proxy-server': {'client_timeout': 1}},
        'object': {'DEFAULT': {'client_timeout': 1}}}


@pytest.fixture(scope='module')
def swift(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift'), devices=3, conf=CONF) as cluster:
        yield cluster
        swift_wire.is_sane(cluster)


@pytest.fixture(scope='module')
def owner(swift):
    url, token = swift.token()
    assert swift.request('PUT', f'{url}/c', token).status == 201
    assert swift.request('PUT', f'{url}/c/o', token, body=b'mine').status == 201
    return token


class TestStrangers:
    """Nobody but the owner and the reseller gets anything, or learns what there is."""

    CAST = {'owner': ('test', 'tester', 'testing'), 'reseller': ('admin', 'admin', 'admin'),
            'helper': ('test', 'tester3', 'testing3'), 'stranger': ('test2', 'tester2', 'testing2'), 'nobody': None}

    @pytest.fixture(params=CAST)
    def who(self, request, swift):
        known = self.CAST[request.param]
        return request.param, swift.token(*known)[1] if known else None

    @pytest.mark.parametrize('path', ['', '/c', '/c/o', '/nothing', '/c/nothing', '/c/o?multipart-manifest=delete'])
    @pytest.mark.parametrize('method', ['HEAD', 'GET', 'POST', 'PUT', 'COPY', 'DELETE'])
    def test_every_method_on_everything(self, swift, owner, who, method, path):
        name, token = who
        if name in ('owner', 'reseller'):
            # What they may is tested elsewhere; here, that they are not refused what others are.
            allowed = method in ('HEAD', 'GET')
            status = swift.request(method, swift.url + BASE + path, token).status if allowed else 200
            assert status in (200, 204, 404)
            return
        body = b'x' if method == 'PUT' else b''
        answer = swift.request(method, swift.url + BASE + path, token, {'Destination': 'c/copy'}, body)
        if 'multipart' in path and method == 'DELETE':
            assert b'Number Deleted: 0' in answer.body
        else:
            assert answer.status in (401, 403, 405)
        assert b'mine' not in answer.body and 'x-object-meta-mtime' not in answer.headers
        assert swift.request('GET', f'{swift.url}{BASE}/c/o', owner).body == b'mine'

    @pytest.mark.parametrize('name', ['helper', 'stranger'])
    def test_nobody_copies_out_or_in_or_deletes_in_bulk(self, swift, owner, name):
        own = 'AUTH_test2' if name == 'stranger' else 'AUTH_test'
        token = swift.token(*self.CAST[name])[1]
        swift.request('PUT', f'{swift.url}/v1/{own}/loot', token)
        for method, path, headers in (
                ('PUT', f'/v1/{own}/loot/o', {'X-Copy-From': 'c/o', 'X-Copy-From-Account': 'AUTH_test'}),
                ('COPY', f'{BASE}/c/o', {'Destination': 'loot/o', 'Destination-Account': own})):
            assert swift.request(method, swift.url + path, token, headers, b'').status in (401, 403)
        for target in ('c/o', '/c/o', 'c'):
            answer = swift.request('POST', f'{swift.url}{BASE}?bulk-delete', token, {}, target.encode())
            assert b'Number Deleted: 0' in answer.body
        assert swift.request('GET', f'{swift.url}{BASE}/c/o', owner).body == b'mine'


class Touch:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path(self._path),)


START = b':MISSING_CHECK: START\r\n:MISSING_CHECK: END\r\n:UPDATES: START\r\n'


class TestNodes:
    """Storage servers, asked directly."""

    PATHS = ('/', '/d1', '/d1/0', '/d1/0/a', '/../0/a/c/o', '/%2e%2e/0/a/c/o', '/d1/../a/c/o', '/d1%2f..%2f../0/a/c/o',
             '/d1/-1/a/c/o', '/d1/' + '9' * 5000 + '/a/c/o', '/d1/%d9%a1/a/c/o', '/d1/0%00/a/c/o', '/d1%00/0/a/c/o',
             '/d1/0/%ff/%ff/%ff', '/%ff/0/a/c/o', '/nodevice/0/a/c/o', '/d1/0/' + 'f' * 32, '/d1/0/' + '..%2f' * 8,
             '/recon/%ff', '/recon/../../etc/passwd', '/d1/\xb2/a/c/o', '//d1/0/a/c/o')

    @pytest.mark.parametrize('kind', ['account', 'container', 'object'])
    def test_paths_that_lead_nowhere(self, swift, kind):
        port = swift.node(1).ports[kind]
        for path in self.PATHS:
            for method in ('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'REPLICATE', 'SSYNC', 'OPTIONS', 'NONE'):
                for stamp in (NOW, '1e305'):
                    answer = swift_wire.ask(port, method, path, [('X-Timestamp', stamp), ('Content-Type', 'a/b')])
                    assert answer.status < 500 or answer.status == 507, (method, path, answer)

    @pytest.mark.parametrize('kind', ['account', 'container'])
    def test_a_pickle_runs_nothing(self, swift, owner, kind, tmp_path):
        place = swift.primaries('AUTH_test', *(('c',) if kind == 'container' else ()))[0]
        mark = tmp_path / 'touched'
        for body in (pickle.dumps(Touch(mark)), json.dumps(['sync', pickle.dumps(Touch(mark), 0).decode()]).encode()):
            target = '/'.join(map(str, ('', *place[1:])))
            answer = swift_wire.ask(swift.node(1).ports[kind], 'REPLICATE', target, [], body)
            assert answer.status == 400
        assert not mark.exists()

    @pytest.mark.parametrize('text', [
        b'', b'garbage\r\n', b'x' * 70000, b':MISSING_CHECK: START\r\n../../x 1\r\n',
        b':MISSING_CHECK: START\r\n' + b'f' * 32 + b' 1e305\r\n',
        START + b'PUT ../../x\r\n\r\n',
        START + b'GET /a/c/o\r\n\r\n',
        START + b'PUT /a/c/%ff\r\nContent-Length: 1\r\n\r\nx',
        START + b'PUT /a/c/o\r\nContent-Length: '
        + b'9' * 5000 + b'\r\n\r\nx',
        START + b'DELETE /a/c/o\r\nContent-Length: 5\r\n\r\n'])
    def test_garbage_by_ssync(self, swift, text):
        chunks = b'%x\r\n%b\r\n0\r\n\r\n' % (len(text), text) if text else b'0\r\n\r\n'
        answer = swift_wire.ask(swift.node(1).ports['object'], 'SSYNC', '/d1/0', [('Transfer-Encoding', 'chunked')],
                                chunks)
        assert answer.status == 200 and b':ERROR:' in answer.body

    def test_very_many_devices_that_are_none_cost_nothing(self, swift):
        child = swift.running['storage', 1]
        before = len(os.listdir(f'/proc/{child.pid}/task'))
        for number in range(200):
            for kind in ('container', 'object'):
                path = f'/none{number}/0/a/c/o'
                answer = swift_wire.ask(swift.node(1).ports[kind], 'PUT', path, [
                    ('X-Timestamp', NOW), ('Content-Type', 'a/b'), ('X-Size', '1'), ('X-Etag', 'e'),
                    ('X-Content-Type', 'a')])
                assert answer.status == 507
        assert len(os.listdir(f'/proc/{child.pid}/task')) <= before + 8


def _pieces(rng):
    """A request made of parts that are sometimes right."""
    words = ('c', 'o', '..', '%2e%2e', '', '%00', '%ff', 'x' * 300, '%F0%9F%98%80', 'a%0ab', '%2F', '?', '&', '.', '%')
    path = BASE + ''.join('/' + rng.choice(words) for _ in range(rng.randint(0, 4)))
    pairs = [f'{rng.choice(QUERIES)}={rng.choice(VALUES)}' for _ in range(rng.randint(0, 3))]
    headers = [(rng.choice(HEADERS), rng.choice(VALUES)) for _ in range(rng.randint(0, 4))]
    body = rng.choice((b'', b'x', b'[{"path": "/c/o"}]', b'{}', b'c/nothing\n', rng.randbytes(100), b'[' * 500))
    method = rng.choice(('GET', 'GET', 'HEAD', 'PUT', 'PUT', 'POST', 'COPY', 'OPTIONS', 'DELETE', 'FOO'))
    return method, path + ('?' + '&'.join(pairs) if pairs else ''), headers, body


QUERIES = ('limit', 'marker', 'end_marker', 'prefix', 'delimiter', 'format', 'reverse', 'path', 'multipart-manifest',
           'symlink', 'version-id', 'versions', 'part-number', 'extract-archive', 'bulk-delete', 'temp_url_sig',
           'heartbeat',
           'temp_url_expires', 'temp_url_prefix', 'inline', 'filename', 'async', 'states', 'version_marker')
HEADERS = ('Range', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range', 'Accept',
           'Origin',
           'ETag', 'Content-Type', 'X-Object-Manifest', 'X-Copy-From', 'Destination', 'X-Symlink-Target', 'X-Newest',
           'X-Symlink-Target-Etag', 'X-Delete-At', 'X-Delete-After', 'X-Object-Meta-A', 'X-Container-Meta-A',
           'X-Trans-Id-Extra',
           'X-Container-Read', 'X-Container-Write', 'X-Container-Sync-To', 'X-Container-Sync-Key',
           'X-Versions-Location',
           'X-Versions-Enabled', 'X-Storage-Policy', 'X-Account-Access-Control', 'X-Backend-Storage-Policy-Index',
           'Referer',
           'X-Timestamp', 'X-Container-Sync-Auth', 'X-Web-Mode', 'Access-Control-Request-Method', 'X-Forwarded-For',
           'Host',
           'X-Container-Meta-Quota-Bytes', 'X-Container-Meta-Web-Index', 'X-Container-Meta-Access-Control-Allow-Origin',
           'Content-Disposition', 'X-Static-Large-Object', 'X-Detect-Content-Type', 'X-Open-Expired', 'X-Service-Token')
VALUES = ('', '0', '1', '-1', '9' * 25, '9' * 4400, 'true', 'c/o', '/c/o', 'c', '..', '%2e%2e/x', '%00', '%ff', '\xff',
          '\xc3\xa9', 'bytes=0-1', 'bytes=5-1,,', 'bytes=-', '*', '"', 'W/"a"', 'json', 'xml', 'tar', 'get', 'put',
          'delete', 'raw',
          'a/b', 'a/b;swift_bytes=1', 'text/html;q=x', '.r:*', '.r:', '1e305', 'nan', '1600000000.00000', '{}',
          '[' * 500, 'null',
          'Thu, 01 Jan 1970 00:00:00 GMT', 'Mon, 99 Foo 99999', '//realm/cluster/a/c', 'http://127.0.0.1/v1/a/c',
          'x' * 5000)


@pytest.mark.parametrize('seed', range(4))
def test_anything_at_all(swift, seed):
    rng = random.Random(seed)
    url, token = swift.token('secret', 'user', SECRETS['user'])
    base = url.removeprefix(swift.url)
    for _ in range(150):
        method, target, headers, body = _pieces(rng)
        if method == 'DELETE' and target.count('/') < 3:
            continue
        target = target.replace(BASE, base)
        answer = swift_wire.ask(swift.proxy_ports[0], method, target, [*headers, ('X-Auth-Token', token)], body)
        assert 200 <= answer.status < 500, (method, target, headers, body, answer)
    assert swift.request('PUT', f'{url}/c', token).status in (201, 202)
    assert swift.request('GET', f'{url}?format=json', token).status == 200


def test_no_secret_is_in_any_log(swift):
    url, token = swift.token('secret', 'user', SECRETS['user'])
    call = swift.request
    path, later = url.removeprefix(swift.url), int(time.time()) + 500
    call('PUT', f'{url}/s', token, {'X-Container-Sync-Key': SECRETS['sync'],
                                    'X-Container-Meta-Temp-URL-Key': SECRETS['link']})
    call('POST', url, token, {'X-Account-Meta-Temp-URL-Key': SECRETS['link']})
    signature = hmac.new(SECRETS['link'].encode(), f'PUT\n{later}\n{path}/s/o'.encode(), hashlib.sha256).hexdigest()
    query = f'temp_url_sig={signature}&temp_url_expires={later}'
    assert call('PUT', f'{url}/s/o?{query}', None, {'Referer': f'{url}/s/?{query}'}, b'x').status == 201
    call('PUT', f'{url}/s/o?{query.replace("_", "%5F")}', None, {}, b'x')
    call('PUT', f'{url}/s/o', None, {'X-Container-Sync-Key': SECRETS['sync'], 'X-Timestamp': NOW}, b'x')
    call('GET', f'{url}/s/o', token, {'X-Service-Token': token, 'X-Storage-Token': token, 'Cookie': token})
    call('GET', f'{swift.url}/auth/v1.0', None, {'X-Auth-User': 'secret:user', 'X-Auth-Key': SECRETS['user'] + 'x'})
    logs = ''.join(file.read_text(errors='replace') for file in swift.log.glob('*.log'))
    for secret in (*SECRETS.values(), token, signature):
        assert secret not in logs
