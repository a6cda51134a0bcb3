"""Objects through the proxy, over real storage servers."""
import hashlib
import time

import pytest

from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers


def test_what_was_put_is_read(client, container):
    put = client('PUT', f'{container}/o', b'hello', content_type='text/plain', x_object_meta_color='blue')
    assert put.status_int == 201
    assert put.headers['Etag'] == hashlib.md5(b'hello').hexdigest()
    got = client('GET', f'{container}/o')
    assert (got.status_int, got.body, got.headers['Etag']) == (200, b'hello', put.headers['Etag'])
    assert got.headers['Content-Type'] == 'text/plain'
    assert got.headers['X-Object-Meta-Color'] == 'blue'
    assert got.headers['Last-Modified'] == put.headers['Last-Modified']
    head = client('HEAD', f'{container}/o')
    assert (head.status_int, head.body, head.headers['Content-Length']) == (200, b'', '5')
    assert got.headers.getall('Accept-Ranges') == head.headers.getall('Accept-Ranges') == ['bytes']
    assert client('DELETE', f'{container}/o').status_int == 204
    assert client('GET', f'{container}/o').status_int == 404
    assert client('DELETE', f'{container}/o').status_int == 404


@pytest.mark.parametrize('size', [0, 1, 65536, 65537, 1 << 20])
def test_every_size_comes_back(client, container, size):
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    assert client('PUT', f'{container}/o', data).status_int == 201
    assert client('GET', f'{container}/o').body == data


def test_a_chunked_body_needs_no_length(client, container):
    data = b'x' * 200000
    put = client('PUT', f'{container}/o', data, env={'HTTP_TRANSFER_ENCODING': 'chunked', 'CONTENT_LENGTH': ''})
    assert put.status_int == 201
    assert client('GET', f'{container}/o').body == data


def test_the_content_type_is_guessed_from_the_name(client, container):
    client('PUT', f'{container}/a.png', b'1')
    client('PUT', f'{container}/b', b'1')
    client('PUT', f'{container}/c.txt', b'1', content_type='image/png', x_detect_content_type='true')
    assert client('HEAD', f'{container}/a.png').headers['Content-Type'] == 'image/png'
    assert client('HEAD', f'{container}/b').headers['Content-Type'] == 'application/octet-stream'
    assert client('HEAD', f'{container}/c.txt').headers['Content-Type'] == 'text/plain'


def test_names_are_utf8(client, container):
    assert client('PUT', f'{container}/%C3%BC/%E2%82%AC', b'1').status_int == 201
    assert client('GET', f'{container}/%C3%BC/%E2%82%AC').body == b'1'
    assert client('PUT', f'{container}/%FF', b'1').status_int == 412
    assert client('PUT', f'{container}/a%00b', b'1').status_int == 412


@pytest.mark.parametrize('headers, status', [
    ({'etag': '0' * 32}, 422), ({'x_delete_at': '1'}, 400), ({'x_delete_at': 'soon'}, 400),
    ({'x_delete_after': '-1'}, 400), ({'x_delete_after': 'x'}, 400), ({'if_none_match': '"a"'}, 400),
    ({'x_object_meta_' + 'n' * 129: 'v'}, 400), ({'x_object_meta_n': 'v' * 257}, 400), ({'x_object_meta_': 'v'}, 400),
    ({f'x_object_meta_{number}': 'v' for number in range(91)}, 400),
    ({f'x_object_meta_{number}': 'v' * 250 for number in range(17)}, 400),
    ({'content_type': 'text/plain; swift_bytes=1'}, 400), ({'x_timestamp': 'never'}, 400)])
def test_bad_headers_are_refused(client, container, headers, status):
    response = client('PUT', f'{container}/o', b'x', **headers)
    assert response.status_int == status, response.text
    assert client('GET', f'{container}/o').status_int == 404


@pytest.mark.parametrize('environ, status', [
    ({'CONTENT_LENGTH': ''}, 411), ({'CONTENT_LENGTH': str(5 * 1024 ** 3 + 3)}, 413), ({'CONTENT_LENGTH': '-1'}, 400),
    ({'CONTENT_LENGTH': '10'}, 499), ({'CONTENT_LENGTH': 'ten'}, 400), ({'CONTENT_LENGTH': '100000'}, 499),
    ({'HTTP_TRANSFER_ENCODING': 'gzip'}, 400)])
def test_lies_about_the_length_are_refused(client, container, environ, status):
    assert client('PUT', f'{container}/o', b'x', env=environ).status_int == status
    assert client('GET', f'{container}/o').status_int == 404


def test_a_name_may_be_so_long_and_no_longer(client, container):
    assert client('PUT', f'{container}/{"n" * 1024}', b'').status_int == 201
    assert client('PUT', f'{container}/{"n" * 1025}', b'').status_int == 400


def test_without_the_container_nothing_is_stored(client):
    assert client('PUT', 'AUTH_test/missing/o', b'x').status_int == 404
    assert client('POST', 'AUTH_test/missing/o').status_int == 404
    assert client('DELETE', 'AUTH_test/missing/o').status_int == 404
    assert client('GET', 'AUTH_test/missing/o').status_int == 404


def test_post_replaces_metadata(client, container):
    client('PUT', f'{container}/o', b'x', content_type='text/plain', x_object_meta_a='1')
    assert client('POST', f'{container}/o', x_object_meta_b='2').status_int == 202
    head = client('HEAD', f'{container}/o').headers
    assert ('X-Object-Meta-A' in head, head['X-Object-Meta-B'], head['Content-Type']) == (False, '2', 'text/plain')
    assert client('POST', f'{container}/o', content_type='image/gif').status_int == 202
    assert client('HEAD', f'{container}/o').headers['Content-Type'] == 'image/gif'
    assert client('POST', f'{container}/none', x_object_meta_b='2').status_int == 404


def test_conditions(client, container):
    etag = client('PUT', f'{container}/o', b'x').headers['Etag']
    assert client('GET', f'{container}/o', if_none_match=f'"{etag}"').status_int == 304
    assert client('GET', f'{container}/o', if_match='"other"').status_int == 412
    assert client('GET', f'{container}/o', if_match='*').status_int == 200
    assert client('PUT', f'{container}/o', b'y', if_none_match='*').status_int == 412
    assert client('PUT', f'{container}/p', b'y', if_none_match='*').status_int == 201
    assert client('GET', f'{container}/o').body == b'x'


def test_ranges(client, container):
    data = bytes(range(256)) * 400
    client('PUT', f'{container}/o', data, content_type='a/b')
    one = client('GET', f'{container}/o', range='bytes=10-19')
    assert (one.status_int, one.body, one.headers['Content-Range']) == (206, data[10:20], 'bytes 10-19/102400')
    assert client('GET', f'{container}/o', range='bytes=-5').body == data[-5:]
    beyond = client('GET', f'{container}/o', range='bytes=200000-')
    assert (beyond.status_int, beyond.headers['Content-Range']) == (416, 'bytes */102400')
    whole = client('HEAD', f'{container}/o')
    assert beyond.headers.getall('Content-Type') == whole.headers.getall('Content-Type')
    many = client('GET', f'{container}/o', range='bytes=0-9,100000-100009,-1')
    assert many.status_int == 206
    assert int(many.headers['Content-Length']) == len(many.body)
    boundary = many.headers['Content-Type'].partition('boundary=')[2].encode()
    parts = many.body.split(b'--' + boundary)
    assert [part.partition(b'\r\n\r\n')[2][:-2] for part in parts[1:-1]] == [data[:10], data[100000:100010], data[-1:]]
    assert parts[-1] == b'--'


def test_what_expires_is_gone_when_its_time_comes(client, container):
    at = int(time.time()) + 1000
    client('PUT', f'{container}/o', b'x', x_delete_at=str(at))
    assert client('HEAD', f'{container}/o').headers['X-Delete-At'] == str(at)
    client('POST', f'{container}/o', x_delete_after='500')
    assert abs(int(client('HEAD', f'{container}/o').headers['X-Delete-At']) - time.time() - 500) < 5
    queue = expirer_queue(client.app, at, f'{container}/o')
    rows = [row['name'] for row in client('GET', f'.expiring_objects/{queue}', query='format=json').json]
    assert f'{at}-{container}/o' in rows


def expirer_queue(app, at, path):
    spread = int(app.cluster.hash_path(*path.split('/', 2)), 16) % 100
    return f'{at // 86400 * 86400 - spread:010d}'


def test_the_newest_is_found_when_asked_for(client, container):
    client('PUT', f'{container}/o', b'old')
    client('PUT', f'{container}/o', b'new')
    assert client('GET', f'{container}/o', x_newest='true').body == b'new'


def test_an_older_put_is_taken_and_has_no_effect(client, container):
    client('PUT', f'{container}/o', b'new')
    assert client('PUT', f'{container}/o', b'old', x_timestamp='1000000000.00000').status_int == 202
    assert client('PUT', f'{container}/o', b'o' * 100000, x_timestamp='1000000000.00000').status_int == 202
    assert client('GET', f'{container}/o').body == b'new'


def test_unknown_methods_and_paths(client, container):
    refused = client('PATCH', f'{container}/o')
    assert (refused.status_int, refused.headers['Allow']) == (405, 'DELETE, GET, HEAD, OPTIONS, POST, PUT')
    assert client('GET', '/v2/AUTH_test/c/o').status_int == 400
    assert client('GET', '/v1//c/o').status_int == 404
    assert client('GET', '/v1').status_int == 412
    assert client('GET', '/').status_int == 404 and b'/info' in client('GET', '/').body


def test_another_policy_has_other_rings(client, request):
    path = f'AUTH_test/{request.node.name}'
    assert client('PUT', path, x_storage_policy='Policy-1').status_int == 201
    assert client('PUT', f'{path}/o', b'x').status_int == 201
    assert client('GET', f'{path}/o').headers['X-Backend-Storage-Policy-Index'] == '1'
    assert client('HEAD', path).headers['X-Storage-Policy'] == 'policy-1'


def test_names_of_ours_are_for_filters_alone(client):
    path, ours = 'AUTH_test/%00versions%00c', {'x_backend_allow_reserved_names': 'true'}
    assert client('PUT', path).status_int == 412
    assert client('PUT', path, **ours).status_int == 201
    assert client('PUT', f'{path}/%00o%001', b'x', **ours).status_int == 201
    assert client('GET', f'{path}/%00o%001', **ours).body == b'x'
    assert client('GET', f'{path}/%00o%001').status_int == 412
    assert [row['name'] for row in client('GET', path, **ours).json] == ['\0o\x001']
    assert '\0versions\0c' not in [row['name'] for row in client('GET', 'AUTH_test').json]
    assert '\0versions\0c' in [row['name'] for row in client('GET', 'AUTH_test', **ours).json]


def test_a_line_break_in_a_header_is_refused(client, container):
    for value in ('a\nX-Evil: b', 'a\rb', 'a\0b'):
        assert client('PUT', f'{container}/o', b'x', env={'HTTP_X_OBJECT_META_A': value}).status_int == 400


def test_owners_may_open_what_has_expired(make_app, container):
    client = Client(make_app(allow_open_expired='true'))
    client('PUT', f'{container}/o', b'x', x_delete_at='1000000000', x_backend_replication='true')
    assert client('GET', f'{container}/o').status_int == 404
    assert client('GET', f'{container}/o', x_open_expired='true').body == b'x'
    assert client('GET', f'{container}/o', x_open_expired='true', env={'swift_owner': False}).status_int == 404
