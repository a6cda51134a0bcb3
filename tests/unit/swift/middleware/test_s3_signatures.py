"""Signatures of the S3 API: the examples that AWS publishes, and all that may be wrong with one."""
import io
import time

import pytest
import webob
from hypothesis import given, settings
from hypothesis import strategies as st

from swift.middleware.s3 import body, signatures
from swift.middleware.s3.errors import S3Error
from tests.unit.swift.middleware.s3_kit import Client, code

# "Authenticating Requests (AWS Signature Version 4)" and "Signing and Authenticating REST Requests" of the reference.
ACCESS, SECRET = 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
SCOPE = '20130524/us-east-1/s3/aws4_request'
EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
ALWAYS = 10 ** 10


def environ(method, path, host='examplebucket.s3.amazonaws.com', **headers):
    request = webob.Request.blank(path, method=method)
    request.environ.pop('CONTENT_TYPE', None)
    request.environ['HTTP_HOST'] = host
    for name, value in headers.items():
        request.headers[name.replace('_', '-')] = value
    return request.environ


def v4(names, signature):
    return f'AWS4-HMAC-SHA256 Credential={ACCESS}/{SCOPE},SignedHeaders={names},Signature={signature}'


@pytest.mark.parametrize('method, path, headers, names, signature', [
    ('GET', '/test.txt', {'Range': 'bytes=0-9', 'x_amz_content_sha256': EMPTY},
     'host;range;x-amz-content-sha256;x-amz-date', 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'),
    ('PUT', '/test%24file.text', {
        'Date': 'Fri, 24 May 2013 00:00:00 GMT', 'x_amz_storage_class': 'REDUCED_REDUNDANCY',
        'x_amz_content_sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'},
     'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
     '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd'),
    ('GET', '/?lifecycle', {'x_amz_content_sha256': EMPTY}, 'host;x-amz-content-sha256;x-amz-date',
     'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
    ('GET', '/?max-keys=2&prefix=J', {'x_amz_content_sha256': EMPTY}, 'host;x-amz-content-sha256;x-amz-date',
     '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')])
def test_version_4_in_the_header(method, path, headers, names, signature):
    made = environ(method, path, x_amz_date='20130524T000000Z', Authorization=v4(names, signature), **headers)
    signed, scope = signatures.read(made, signatures.kind_of(made), 'us-east-1', ALWAYS)
    assert signed.matches(SECRET) and not signed.matches(SECRET + 'x')
    assert signed.access == ACCESS and (scope.date, scope.seed) == ('20130524T000000Z', signature)


def test_version_4_in_the_query(monkeypatch):
    made = environ('GET', '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524'
                   '%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders'
                   '=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404')
    with pytest.raises(S3Error, match='expired'):
        signatures.read(made, 'v4-query', 'us-east-1', 900)
    monkeypatch.setattr(time, 'time', lambda: 1369353600 + 3600)
    assert signatures.read(made, signatures.kind_of(made), 'us-east-1', 900)[0].matches(SECRET)


@pytest.mark.parametrize('method, path, headers, signature', [
    ('GET', '/photos/puppy.jpg', {'Date': 'Tue, 27 Mar 2007 19:36:42 +0000'}, 'bWq2s1WEIj+Ydj0vQ697zp+IXMU='),
    ('PUT', '/photos/puppy.jpg', {'Date': 'Tue, 27 Mar 2007 21:15:45 +0000', 'Content_Type': 'image/jpeg'},
     'MyyxeRY7whkBe+bq8fHCL/2kKUg='),
    ('GET', '/?prefix=photos&max-keys=50&marker=puppy', {'Date': 'Tue, 27 Mar 2007 19:42:41 +0000'},
     'htDYFYduRNen8P9ZfE/s9SuKy0U='),
    ('GET', '/?acl', {'Date': 'Tue, 27 Mar 2007 19:44:46 +0000'}, 'c2WLPFtWHVgbEmeEG93a4cG37dM=')])
def test_version_2(method, path, headers, signature):
    made = environ(method, path, Authorization=f'AWS {ACCESS}:{signature}', **headers)
    signed, scope = signatures.read(made, signatures.kind_of(made), 'us-east-1', ALWAYS, 'johnsmith')
    assert signed.matches(SECRET) and not signed.matches('x') and scope is None and SECRET not in repr(signed)


class Once(io.BytesIO):
    """At most ten bytes at a time."""

    def read(self, size=-1):
        return super().read(min(size, 10) if size > 0 else size)


CHUNKS = (('10000', 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648', 65536),
          ('400', '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497', 1024),
          ('0', 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9', 0))
SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
TRAILED = (('10000', 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2', 65536),
           ('400', '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7', 1024),
           ('0', '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992', 0))
TRAILED_SEED = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
TRAILER = ('x-amz-checksum-crc32c:sOO8/Q==\r\n'
           'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n')


def chunked(chunks, end='\r\n'):
    parts = [f'{size};chunk-signature={signature}\r\n{"a" * count}' + ('\r\n' if count else '')
             for size, signature, count in chunks]
    return (''.join(parts) + end).encode()


def chunks_of(data, seed, trailers=False, kind=io.BytesIO):
    return body.Chunks(kind(data), signatures.Scope('20130524T000000Z', SCOPE, seed),
                       signatures.derived_key(SECRET, SCOPE), trailers)


@pytest.mark.parametrize('kind', [io.BytesIO, Once])
@pytest.mark.parametrize('chunks, seed, end', [(CHUNKS, SEED, '\r\n'), (TRAILED, TRAILED_SEED, TRAILER)],
                         ids=['plain', 'with trailers'])
def test_chunks(chunks, seed, end, kind):
    made = chunks_of(chunked(chunks, end), seed, end == TRAILER, kind)
    read = body.Body(made, 66560)
    assert read.read() == b'a' * 66560 and read.read(5) == b''


@pytest.mark.parametrize('old, new', [(b'aaaa\r\n4', b'aaab\r\n4'), (b';chunk-signature=0', b';chunk-signature=1'),
                                      (b';chunk-signature=b6', b';chunk-signature=b7'), (b'\r\n0;', b'\r\n1;'),
                                      (b'\r\n400;', b'\r\n401;'), (b'10000;', b'10001;'), (b'10000;', b'zz;'),
                                      (b'10000;chunk-signature', b'10000;chunksignature')])
def test_chunks_that_are_not_as_signed(old, new):
    data = chunked(CHUNKS)
    assert data.count(old) == 1
    read = body.Body(chunks_of(data.replace(old, new), SEED), 66560)
    with pytest.raises(body.BodyError):
        read.read()
    assert read.problem.status in (400, 403)
    with pytest.raises(body.BodyError):
        read.read()


@pytest.mark.parametrize('end', [TRAILER.replace('d81f', 'd82f'), TRAILER.replace('sOO8', 'sOO9'), '\r\n', '',
                                 TRAILER.partition('\r\n')[0] + '\r\n\r\n', 'x' * 10000, 'x:y\r\n' * 3000])
def test_trailers_that_are_not_as_signed(end):
    read = body.Body(chunks_of(chunked(TRAILED, end), TRAILED_SEED, True), 66560)
    with pytest.raises(body.BodyError):
        read.read()


PIECES = st.one_of(st.binary(max_size=30), st.sampled_from(
    [b'0\r\n', b'5\r\nhello\r\n', b'\r\n', b'5;chunk-signature=' + b'a' * 64 + b'\r\n',
     b'x-amz-checksum-crc32:AAAA\r\n', b'x-amz-checksum-crc32:NhCmhg==\r\n']))


@settings(deadline=None, max_examples=300)
@given(data=st.lists(PIECES, max_size=8).map(b''.join), length=st.integers(0, 20), trailers=st.booleans())
def test_any_bytes_in_chunks(data, length, trailers):
    read = body.Body(body.Chunks(io.BytesIO(data), trailers=trailers), length, trailer='crc32' if trailers else None)
    try:
        assert len(read.read()) == length
    except body.BodyError:
        assert 400 <= read.problem.status < 500


GOOD = v4('host;x-amz-content-sha256;x-amz-date', 'a' * 64)


@pytest.mark.parametrize('headers, query, expected', [
    ({'Authorization': 'AWS4-HMAC-SHA256 nonsense'}, '', 'AuthorizationHeaderMalformed'),
    ({'Authorization': GOOD}, '', 'AccessDenied'),
    ({'Authorization': GOOD, 'X_Amz_Date': '20130524T000000Z'}, '', 'RequestTimeTooSkewed'),
    ({'Authorization': GOOD, 'X_Amz_Date': 'now'}, '', 'AccessDenied'),
    ({'Authorization': GOOD, 'X_Amz_Date': 'NOW'}, '', 'InvalidRequest'),
    ({'Authorization': GOOD, 'X_Amz_Date': 'NOW', 'x_amz_content_sha256': EMPTY}, '', 'AuthorizationHeaderMalformed'),
    ({'Authorization': GOOD.replace('20130524', 'TODAY').replace('us-east-1', 'mars'), 'X_Amz_Date': 'NOW',
      'x_amz_content_sha256': EMPTY}, '', 'AuthorizationHeaderMalformed'),
    ({'Authorization': GOOD.replace('20130524', 'TODAY').replace('/s3/', '/ec2/'), 'X_Amz_Date': 'NOW',
      'x_amz_content_sha256': EMPTY}, '', 'AuthorizationHeaderMalformed'),
    ({'Authorization': GOOD.replace('20130524', 'TODAY').replace('host;', ''), 'X_Amz_Date': 'NOW',
      'x_amz_content_sha256': EMPTY}, '', 'AccessDenied'),
    ({'Authorization': GOOD.replace('20130524', 'TODAY'), 'X_Amz_Date': 'NOW', 'x_amz_acl': 'private',
      'x_amz_content_sha256': EMPTY}, '', 'AccessDenied'),
    ({'Authorization': GOOD.replace('20130524', 'TODAY'), 'X_Amz_Date': 'NOW', 'x_amz_content_sha256': EMPTY}, '',
     'SignatureDoesNotMatch'),
    ({'Authorization': 'AWS '}, '', 'InvalidArgument'), ({'Authorization': 'AWS a:b'}, '', 'AccessDenied'),
    ({'Authorization': 'AWS a:b', 'Date': 'soon'}, '', 'AccessDenied'),
    ({'Authorization': 'AWS a:b', 'Date': 'Tue, 27 Mar 2007 19:36:42 +0000'}, '', 'RequestTimeTooSkewed'),
    ({}, 'AWSAccessKeyId=a&Signature=b', 'AccessDenied'),
    ({}, 'AWSAccessKeyId=a&Signature=b&Expires=1', 'AccessDenied'),
    ({}, 'AWSAccessKeyId=a&Signature=b&Expires=99999999999', 'SignatureDoesNotMatch'),
    ({}, 'X-Amz-Algorithm=x', 'AuthorizationQueryParametersError'),
    ({}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=NOW&X-Amz-Expires=604801&'
         'X-Amz-SignedHeaders=host&X-Amz-Signature=x', 'AuthorizationQueryParametersError'),
    ({}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=x&X-Amz-Expires=60&'
         'X-Amz-SignedHeaders=host&X-Amz-Signature=x', 'AuthorizationQueryParametersError'),
    ({}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=NOW&X-Amz-Expires=60&'
         'X-Amz-SignedHeaders=host&X-Amz-Signature=x', 'AuthorizationQueryParametersError'),
    ({}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/TODAY/us-east-1/s3/aws4_request&X-Amz-Date=NOW&'
         'X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=%C3%A9', 'SignatureDoesNotMatch')])
def test_what_is_refused(headers, query, expected):
    client, now = Client(), time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
    fill = lambda value: value.replace('NOW', now).replace('TODAY', now[:8])  # noqa: E731
    response = client.send(client.blank('GET', '/bucket?' + fill(query), headers={
        name: fill(value) for name, value in headers.items()}))
    assert code(response) == expected and response.status_int in (400, 403)
    assert response.headers['x-amz-request-id'] == 'tx1'
    # Nobody has asked object storage for anything.
    assert client.store.log == []


@settings(deadline=None, max_examples=200)
@given(authorization=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
       query=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
       path=st.binary(max_size=20), kind=st.sampled_from(['AWS ', 'AWS4-HMAC-SHA256 ', '']), date=st.booleans())
def test_any_signature_is_an_answer(authorization, query, path, kind, date):
    request = Client.blank('GET', '/')
    request.environ.update({'HTTP_AUTHORIZATION': kind + authorization, 'QUERY_STRING': query,
                            'PATH_INFO': '/' + path.decode('latin-1')})
    if date:
        request.environ['HTTP_X_AMZ_DATE'] = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
    if signatures.kind_of(request.environ):
        assert 400 <= CLIENT.send(request).status_int < 500


CLIENT = Client()
