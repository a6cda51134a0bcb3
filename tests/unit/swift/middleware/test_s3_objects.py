"""Objects by the S3 API: bodies and their checks, metadata, ranges, conditions, copies, deletions."""
import base64
import hashlib
import zlib

import pytest

from tests.unit.swift.middleware.s3_kit import Client, code, md5, texts

DATA = b'hello world'


@pytest.fixture
def client():
    made = Client()
    made('PUT', '/bucket')
    return made


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, 'big')).decode()


def b64(data):
    return base64.b64encode(data).decode()


def stored(client, key='key'):
    return client.store.containers['AUTH_test', 'bucket']['objects'].get(key)


@pytest.mark.parametrize('key', ['key', 'a/b/c', 'é ☃/+&=%25', '~_.-', ' ', '/leading', 'trailing/'])
@pytest.mark.parametrize('v2', [False, True])
def test_there_and_back(client, key, v2):
    client = Client(client.store, v2=v2)
    made = client('PUT', f'/bucket/{key}', DATA, Content_Type='text/x', x_amz_meta_colour='blue',
                  Content_Encoding='gzip, aws-chunked', Cache_Control='no-cache')
    assert (made.status_int, made.headers['ETag']) == (200, md5(DATA))
    found = client('GET', f'/bucket/{key}')
    assert found.body == DATA and stored(client, key)['body'] == DATA
    assert found.headers['x-amz-meta-colour'] == 'blue' and found.headers['Content-Type'] == 'text/x'
    assert found.headers['Content-Encoding'] == 'gzip' and found.headers['ETag'] == md5(DATA)
    head = client('HEAD', f'/bucket/{key}')
    assert head.headers['Content-Length'] == '11' and head.body == b''
    assert not [name for name in found.headers if name.lower().startswith(('x-object', 'x-timestamp', 'x-backend'))]
    assert client('DELETE', f'/bucket/{key}').status_int == 204
    assert code(client('GET', f'/bucket/{key}')) == 'NoSuchKey'
    assert client('DELETE', f'/bucket/{key}').status_int == 204


def test_no_bytes_and_no_type(client):
    assert client('PUT', '/bucket/key', b'').headers['ETag'] == md5(b'')
    assert client('GET', '/bucket/key').headers['Content-Type'] == 'binary/octet-stream'
    assert code(client('PUT', '/none/key', b'x')) == 'NoSuchBucket'
    assert code(client('GET', '/none/key')) == 'NoSuchBucket'
    assert client('HEAD', '/bucket/none').status_int == 404
    assert code(client('GET', '/bucket/' + 'k' * 1025)) == 'KeyTooLongError'


@pytest.mark.parametrize('headers, expected', [
    ({'Content_MD5': b64(hashlib.md5(DATA).digest())}, None), ({'Content_MD5': b64(b'x' * 16)}, 'BadDigest'),
    ({'Content_MD5': 'x'}, 'InvalidDigest'), ({'x_amz_checksum_crc32': crc32(DATA)}, None),
    ({'x_amz_checksum_crc32': crc32(b'x')}, 'BadDigest'), ({'x_amz_checksum_crc32': 'x'}, 'InvalidRequest'),
    ({'x_amz_checksum_sha256': b64(hashlib.sha256(DATA).digest())}, None),
    ({'x_amz_checksum_sha1': b64(hashlib.sha1(DATA).digest())}, None),
    ({'x_amz_checksum_sha1': b64(b'x' * 20)}, 'BadDigest'),
    ({'x_amz_checksum_crc32c': 'yZRlqg=='}, None), ({'x_amz_checksum_crc32c': 'yZRlqQ=='}, 'BadDigest'),
    ({'x_amz_checksum_crc64nvme': b64(b'x' * 8)}, 'BadDigest'),
    ({'x_amz_checksum_crc32': crc32(DATA), 'x_amz_checksum_sha1': b64(b'x' * 20)}, 'InvalidRequest'),
    ({'x_amz_storage_class': 'STANDARD'}, None), ({'x_amz_storage_class': 'GLACIER'}, 'InvalidStorageClass'),
    ({'x_amz_server_side_encryption': 'AES256'}, 'NotImplemented'), ({'x_amz_tagging': 'a=b'}, 'NotImplemented'),
    ({'x_amz_meta_a': 'x' * 2049}, 'MetadataTooLarge'), ({'If_None_Match': '*'}, None),
    ({'If_Match': '"x"'}, 'NotImplemented'), ({'If_None_Match': '"x"'}, 'NotImplemented')])
def test_what_is_said_of_a_body(client, headers, expected):
    response = client('PUT', '/bucket/key', DATA, **headers)
    if expected:
        assert code(response) == expected and stored(client) is None
    else:
        assert response.status_int == 200 and stored(client)['body'] == DATA


def test_a_body_that_is_not_the_one_that_was_signed(client):
    for length in (None, 11):
        request = client.signed('PUT', '/bucket/key', DATA)
        request.body = DATA[:-1] + b'X'
        response = client.send(request)
        assert code(response) == 'XAmzContentSHA256Mismatch' and stored(client) is None, length
    request = client.signed('PUT', '/bucket/key', DATA)
    request.environ['CONTENT_LENGTH'] = '20'
    assert code(client.send(request)) == 'IncompleteBody'
    assert code(client('PUT', '/bucket/key', DATA, X_Amz_Content_SHA256='nonsense')) == 'InvalidArgument'
    assert code(client('PUT', '/bucket/key', DATA, X_Amz_Content_SHA256='STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD',
                       x_amz_decoded_content_length='11')) == 'NotImplemented'
    assert code(client('PUT', '/bucket/key', DATA, X_Amz_Content_SHA256='STREAMING-UNSIGNED-PAYLOAD-TRAILER')
                ) == 'MissingContentLength'
    assert client('PUT', '/bucket/key', DATA, X_Amz_Content_SHA256='UNSIGNED-PAYLOAD').status_int == 200


@pytest.mark.parametrize('trailer, body, expected', [
    ('x-amz-checksum-crc32', f'b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:{crc32(DATA)}\r\n\r\n', None),
    ('x-amz-checksum-crc32', f'6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:{crc32(DATA)}\r\n\r\n', None),
    ('x-amz-checksum-crc32', f'b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:{crc32(b"x")}\r\n\r\n', 'BadDigest'),
    ('x-amz-checksum-crc32', 'b\r\nhello world\r\n0\r\n\r\n', 'MalformedXML'),
    ('x-amz-checksum-crc32', 'b\r\nhello world\r\n', 'IncompleteBody'),
    ('x-amz-checksum-crc32', 'c\r\nhello worldX\r\n0\r\n\r\n', 'IncompleteBody'),
    ('x-amz-colour', 'b\r\nhello world\r\n0\r\n\r\n', 'InvalidRequest'), ('', 'b\r\nhello world\r\n0\r\n\r\n', None)])
def test_chunks_without_signatures(client, trailer, body, expected):
    headers = {'x-amz-trailer': trailer} if trailer else {}
    request = client.signed('PUT', '/bucket/key', b'', {
        **headers, 'X-Amz-Content-SHA256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'Content-Encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '11'})
    request.body = body.encode()
    response = client.send(request)
    if expected:
        assert code(response) == expected and stored(client) is None
    else:
        assert response.status_int == 200 and stored(client)['body'] == DATA
        assert 'Content-Encoding' not in client('HEAD', '/bucket/key').headers


@pytest.mark.parametrize('headers, query, status, body', [
    ({'Range': 'bytes=1-3'}, {}, 206, b'ell'), ({'Range': 'bytes=-5'}, {}, 206, b'world'),
    ({'Range': 'bytes=99-'}, {}, 416, None), ({'Range': 'nonsense'}, {}, 200, DATA),
    ({'If_Match': md5(DATA)}, {}, 200, DATA), ({'If_Match': '"x"'}, {}, 412, None),
    ({'If_None_Match': md5(DATA)}, {}, 304, b''), ({'If_None_Match': '"x"'}, {}, 200, DATA),
    ({'If_Modified_Since': 'Sat, 01 Jan 2000 00:00:00 GMT'}, {}, 200, DATA),
    ({'If_Modified_Since': 'Sat, 01 Jan 2090 00:00:00 GMT'}, {}, 304, b''),
    ({'If_Unmodified_Since': 'Sat, 01 Jan 2000 00:00:00 GMT'}, {}, 412, None),
    ({}, {'partNumber': '0'}, 400, None), ({}, {'partNumber': 'x'}, 400, None),
    ({}, {'versionId': 'null'}, 200, DATA), ({}, {'versionId': 'x'}, 400, None)])
def test_reading(client, headers, query, status, body):
    client('PUT', '/bucket/key', DATA)
    response = client('GET', '/bucket/key', query=query, **headers)
    assert response.status_int == status
    assert response.body == body if body is not None else code(response)


def test_answers_may_be_told_what_to_say(client):
    client('PUT', '/bucket/key', DATA)
    found = client('GET', '/bucket/key', query={'response-content-type': 'x/y', 'response-cache-control': 'é'})
    assert found.headers['Content-Type'] == 'x/y'
    evil = client('GET', '/bucket/key', query={'response-content-type': 'x\r\nSet-Cookie: a'})
    assert code(evil) == 'InvalidArgument'


class TestCopies:
    @pytest.fixture(autouse=True)
    def source(self, client):
        client('PUT', '/bucket/é source', DATA, x_amz_meta_colour='blue', Content_Type='text/x')

    def test_with_its_metadata_and_without(self, client):
        source = '/bucket/%C3%A9%20source'
        made = client('PUT', '/bucket/copy', x_amz_copy_source=source, x_amz_meta_colour='ignored')
        assert texts(made, 'ETag') == [md5(DATA)] and texts(made, 'LastModified')
        found = client('GET', '/bucket/copy')
        assert (found.body, found.headers['x-amz-meta-colour'], found.headers['Content-Type']) == (
            DATA, 'blue', 'text/x')
        client('PUT', '/bucket/copy', x_amz_copy_source='bucket/copy', x_amz_metadata_directive='REPLACE',
               x_amz_meta_size='big')
        found = client('HEAD', '/bucket/copy')
        assert found.headers['x-amz-meta-size'] == 'big' and 'x-amz-meta-colour' not in found.headers

    @pytest.mark.parametrize('headers, expected', [
        ({'x_amz_copy_source': 'bucket/none'}, 'NoSuchKey'), ({'x_amz_copy_source': 'none/key'}, 'NoSuchBucket'),
        ({'x_amz_copy_source': 'nonsense'}, 'InvalidArgument'), ({'x_amz_copy_source': '%ff/x'}, 'InvalidArgument'),
        ({'x_amz_copy_source': 'bucket/copy'}, 'InvalidRequest'),
        ({'x_amz_copy_source': 'bucket/x', 'x_amz_metadata_directive': 'X'}, 'InvalidArgument'),
        ({'x_amz_copy_source_if_match': '"x"'}, 'PreconditionFailed'),
        ({'x_amz_copy_source_if_none_match': md5(DATA)}, 'PreconditionFailed'),
        ({'x_amz_copy_source_if_match': md5(DATA)}, None),
        ({'x_amz_copy_source_if_unmodified_since': 'Sat, 01 Jan 2000 00:00:00 GMT'}, 'PreconditionFailed')])
    def test_what_is_wrong_with_one(self, client, headers, expected):
        response = client('PUT', '/bucket/copy', **{'x_amz_copy_source': '/bucket/%C3%A9%20source', **headers})
        assert code(response) == expected if expected else response.status_int == 200
        assert code(client('PUT', '/none/copy', x_amz_copy_source='bucket/%C3%A9%20source')) == 'NoSuchBucket'


class TestMany:
    @staticmethod
    def ask(client, xml, **headers):
        headers = headers or {'x_amz_checksum_crc32': crc32(xml)}
        return client('POST', '/bucket', xml, query={'delete': ''}, **headers)

    def test_several_at_once(self, client):
        for name in ('a', 'b<', ' c '):
            client('PUT', f'/bucket/{name}', b'x')
        xml = ('<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' + ''.join(
            f'<Object><Key>{name}</Key></Object>' for name in ('a', 'b&lt;', ' c ', 'none')) + '</Delete>').encode()
        assert sorted(texts(self.ask(client, xml), 'Deleted/Key')) == [' c ', 'a', 'b<', 'none']
        assert client.store.containers['AUTH_test', 'bucket']['objects'] == {}
        client('PUT', '/bucket/a', b'x')
        client.store.broken.add('/v1/AUTH_test/bucket/a')
        quiet = self.ask(client, xml.replace(b'<Object>', b'<Quiet>true</Quiet><Object>', 1))
        assert texts(quiet, 'Deleted') == [] and texts(quiet, 'Error/Key') == ['a']
        assert texts(quiet, 'Error/Code') == ['ServiceUnavailable']

    @pytest.mark.parametrize('xml, headers, expected', [
        (b'<Delete><Object><Key>a</Key></Object></Delete>', {'x_amz_none': '1'}, 'InvalidRequest'),
        (b'<Delete><Object><Key>a</Key></Object></Delete>', {'Content_MD5': b64(b'x' * 16)}, 'BadDigest'),
        (b'<Delete/>', {}, 'MalformedXML'), (b'<Delete><Object/></Delete>', {}, 'MalformedXML'), (b'', {}, None),
        (b'<x', {}, 'MalformedXML'),
        (b'<Delete>' + b'<Object><Key>a</Key></Object>' * 1001 + b'</Delete>', {}, 'MalformedXML')])
    def test_what_is_wrong(self, client, xml, headers, expected):
        assert code(self.ask(client, xml, **headers)) == (expected or 'MissingRequestBodyError')
