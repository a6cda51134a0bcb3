"""Uploads in parts by the S3 API: what comes of them, also when they are cut short anywhere."""
import hashlib

import pytest

from tests.unit.swift.middleware.s3_kit import Client, Swift, code, md5, texts, tree

PARTS = {1: b'first', 2: b'second', 10: b'x'}


class Died(Exception):
    pass


class Dying(Swift):
    """Object storage in front of which its proxy dies: `calls_left` changes are made, then no more."""

    calls_left = None

    def __call__(self, environ, start_response):
        if self.calls_left is not None and environ['REQUEST_METHOD'] in ('PUT', 'DELETE'):
            if not self.calls_left:
                raise Died
            self.calls_left -= 1
        return super().__call__(environ, start_response)


@pytest.fixture
def client():
    made = Client(Dying())
    made('PUT', '/bucket')
    return made


def begin(client, key='a/key', **headers):
    return texts(client('POST', f'/bucket/{key}', query={'uploads': ''}, **headers), 'UploadId')[0]


def send(client, made, parts=PARTS, key='a/key'):
    """{number: ETag}."""
    return {count: client('PUT', f'/bucket/{key}', data, query={'uploadId': made, 'partNumber': str(count)}
                          ).headers['ETag'] for count, data in parts.items()}


def complete(client, made, tags, key='a/key', **headers):
    xml = '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' + ''.join(
        f'<Part><ETag>{tag.replace(chr(34), "&quot;")}</ETag><PartNumber>{count}</PartNumber></Part>'
        for count, tag in tags) + '</CompleteMultipartUpload>'
    return client('POST', f'/bucket/{key}', xml.encode(), query={'uploadId': made}, **headers)


def tag_of(parts):
    whole = b''.join(hashlib.md5(data).digest() for data in parts)
    return f'"{hashlib.md5(whole).hexdigest()}-{len(parts)}"'


def left(client):
    """The names of what uploads have left."""
    return sorted(client.store.containers.get(('AUTH_test', 'bucket+segments'), {'objects': {}})['objects'])


DATA, TAG = b''.join(PARTS.values()), tag_of(PARTS.values())


def test_an_object_of_parts(client):
    made = begin(client, x_amz_meta_colour='blue', Content_Type='text/x', Content_Disposition='none')
    tags = send(client, made, {**PARTS, 7: b'unused'})
    listed = client('GET', '/bucket/a/key', query={'uploadId': made})
    assert texts(listed, 'Part/PartNumber') == ['1', '2', '7', '10'] and texts(listed, 'Part/Size')[0] == '5'
    del tags[7]
    done = complete(client, made, tags.items())
    assert (done.status_int, texts(done, 'ETag')) == (200, [TAG])
    assert texts(done, 'Location') == ['http://storage.example/bucket/a/key']
    found = client('GET', '/bucket/a/key')
    assert (found.body, found.headers['ETag'], found.headers['Content-Type']) == (DATA, TAG, 'text/x')
    assert found.headers['x-amz-meta-colour'] == 'blue' and found.headers['Content-Disposition'] == 'none'
    assert client('HEAD', '/bucket/a/key').headers['ETag'] == TAG
    listed = client('GET', '/bucket')
    assert texts(listed, 'Contents/ETag') == [TAG] and texts(listed, 'Contents/Size') == ['12']
    # What no object is made of has gone, and so has the upload.
    assert left(client) == [f'a/key/{made}/{count}' for count in (1, 10, 2)]
    assert code(client('GET', '/bucket/a/key', query={'uploadId': made})) == 'NoSuchUpload'
    part = client('GET', '/bucket/a/key', query={'partNumber': '2'})
    assert (part.status_int, part.body, part.headers['x-amz-mp-parts-count']) == (206, b'second', '3')
    assert client('GET', '/bucket/a/key', query={'partNumber': '4'}).status_int == 416
    assert client('GET', '/bucket/a/key', Range='bytes=3-6').body == b'stse'
    for headers, status in (({'If_Match': TAG}, 200), ({'If_None_Match': TAG}, 304), ({'If_Match': '"x"'}, 412)):
        assert client('GET', '/bucket/a/key', **headers).status_int == status
        assert client('HEAD', '/bucket/a/key', **headers).status_int == status
    copied = client('PUT', '/bucket/copy', x_amz_copy_source='bucket/a/key', x_amz_copy_source_if_match=TAG)
    assert texts(copied, 'ETag') == [md5(DATA)] and client('HEAD', '/bucket/copy').headers['ETag'] == md5(DATA)
    assert client('DELETE', '/bucket/a/key').status_int == 204 and left(client) == []
    assert client('GET', '/bucket/a/key').status_int == 404


def test_the_other_api_sees_it_too(client):
    made = begin(client)
    complete(client, made, send(client, made).items())
    client('PUT', '/bucket', query={'acl': ''}, x_amz_acl='public-read')
    item, = client('GET', '/v1/AUTH_test/bucket', query={'format': 'json'}, sign=False).json
    assert item['s3_etag'] == TAG and item['slo_etag'].strip('"') != TAG.strip('"') and ';' not in item['hash']


@pytest.mark.parametrize('parts', [{1: b''}, {1: b'12345', 2: b''}])
def test_parts_without_a_byte(client, parts):
    made = begin(client)
    assert texts(complete(client, made, send(client, made, parts).items()), 'ETag') == [tag_of(parts.values())]
    found = client('GET', '/bucket/a/key')
    assert (found.body, found.headers['ETag']) == (b''.join(parts.values()), tag_of(parts.values()))
    assert texts(client('GET', '/bucket'), 'Contents/ETag') == [tag_of(parts.values())]
    assert left(client) == [f'a/key/{made}/1'][:len(found.body)]


@pytest.mark.parametrize('change, expected', [
    (lambda tags: [(1, '"x"')], 'InvalidPart'), (lambda tags: [(1, md5(b'other'))], 'InvalidPart'),
    (lambda tags: [(3, tags[1])], 'InvalidPart'), (lambda tags: [(2, tags[2]), (1, tags[1])], 'InvalidPartOrder'),
    (lambda tags: [(1, tags[1]), (1, tags[1])], 'InvalidPartOrder'), (lambda tags: [], 'MalformedXML'),
    (lambda tags: [('x', tags[1])], 'MalformedXML'), (lambda tags: [(1, '')], 'MalformedXML'),
    (lambda tags: [(10, tags[10]), (11, tags[10])], 'InvalidPart')])
def test_completions_that_are_wrong(client, change, expected):
    made = begin(client)
    tags = send(client, made)
    assert code(complete(client, made, change(tags))) == expected
    assert code(client('POST', '/bucket/a/key', query={'uploadId': made})) == 'MalformedXML'
    assert complete(client, made, tags.items()).status_int == 200


def test_what_is_wrong_with_parts(client):
    made = begin(client)
    for query, expected in (({'partNumber': '0'}, 'InvalidArgument'), ({'partNumber': '1001'}, 'InvalidArgument'),
                            ({'partNumber': 'x'}, 'InvalidArgument'), ({}, 'InvalidArgument')):
        assert code(client('PUT', '/bucket/a/key', b'x', query={'uploadId': made, **query})) == expected
    for wrong in ('x', 'a' * 48, '../x', 'a' * 2000):
        query = {'uploadId': wrong}
        assert code(client('PUT', '/bucket/a/key', b'x', query={**query, 'partNumber': '1'})) == 'NoSuchUpload'
        assert code(client('GET', '/bucket/a/key', query=query)) == 'NoSuchUpload'
        assert code(client('DELETE', '/bucket/a/key', query=query)) == 'NoSuchUpload'
        assert code(complete(client, wrong, [(1, 'x')])) == 'NoSuchUpload'
    assert code(client('POST', '/none/key', query={'uploads': ''})) == 'NoSuchBucket'
    tags = send(client, made, {1: b'tiny', 2: b'x'})
    assert code(complete(client, made, tags.items())) == 'EntityTooSmall'
    assert code(client('PUT', '/bucket/a/key', b'x', query={'uploadId': made, 'partNumber': '1'},
                       Content_MD5='eHh4eHh4eHh4eHh4eHh4eA==')) == 'BadDigest'
    off = Client(client.store, allow_multipart_uploads='false')
    assert code(off('POST', '/bucket/key', query={'uploads': ''})) == 'NotImplemented'


def test_parts_that_are_copied(client):
    client('PUT', '/bucket/source', b'0123456789', x_amz_meta_colour='blue')
    made = begin(client)

    def copy(count, **headers):
        return client('PUT', '/bucket/a/key', query={'uploadId': made, 'partNumber': str(count)},
                      **{'x_amz_copy_source': 'bucket/source', **headers})
    tags = [(count, texts(copy(count, **headers), 'ETag')[0]) for count, headers in (
        (1, {}), (2, {'x_amz_copy_source_range': 'bytes=3-7'}))]
    for wrong, expected in (('bytes=3-', 'InvalidArgument'), ('bytes=5-3', 'InvalidArgument'),
                            ('bytes=3-10', 'InvalidRange'), ('bytes=30-40', 'InvalidRange')):
        assert code(copy(3, x_amz_copy_source_range=wrong)) == expected
    assert code(copy(3, x_amz_copy_source='bucket/none')) == 'NoSuchKey'
    assert complete(client, made, tags).status_int == 200
    found = client('GET', '/bucket/a/key')
    assert found.body == b'012345678934567' and 'x-amz-meta-colour' not in found.headers


class TestCutShort:
    def test_completing_again(self, client):
        made = begin(client)
        tags = send(client, made)
        first, again = (complete(client, made, tags.items()) for _ in range(2))
        assert first.body == again.body and client('GET', '/bucket/a/key').body == DATA
        assert code(client('DELETE', '/bucket/a/key', query={'uploadId': made})) == 'NoSuchUpload'
        assert client('GET', '/bucket/a/key').body == DATA
        client('PUT', '/bucket/a/key', b'other')
        assert code(complete(client, made, tags.items())) == 'NoSuchUpload'

    @pytest.mark.parametrize('versions', [False, True])
    @pytest.mark.parametrize('then', ['complete', 'abort', 'overwrite and abort'])
    @pytest.mark.parametrize('calls', range(8))
    def test_wherever_it_dies(self, client, calls, then, versions):
        if versions:
            client('PUT', '/bucket', b'<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
                   query={'versioning': ''})
        made = begin(client)
        tags = send(client, made, {**PARTS, 7: b'unused'})
        tags.pop(7)
        client.store.calls_left = calls
        try:
            done = complete(client, made, tags.items()).status_int == 200
        except Died:
            done = False
        client.store.calls_left = None
        there = client('GET', '/bucket/a/key')
        assert there.status_int == 404 and not done or there.body == DATA
        version = there.headers.get('x-amz-version-id')
        if then == 'complete':
            assert complete(client, made, tags.items()).status_int == 200
            assert client('GET', '/bucket/a/key').body == DATA
            assert left(client) == [f'a/key/{made}/{count}' for count in (1, 10, 2)]
            return
        if then.startswith('overwrite'):
            client('PUT', '/bucket/a/key', b'other')
        aborted = client('DELETE', '/bucket/a/key', query={'uploadId': made})
        assert aborted.status_int == 204 or code(aborted) == 'NoSuchUpload'
        assert f'a/key/{made}' not in left(client)
        if then == 'abort':
            assert client('GET', '/bucket/a/key').body == there.body or there.status_int == 404
        if version:
            # No version has lost what it is made of.
            assert client('GET', '/bucket/a/key', query={'versionId': version}).body == DATA
        listed = client('GET', '/bucket', query={'versions': ''})
        if there.status_int == 404 and TAG not in texts(listed, 'Version/ETag'):
            assert left(client) == []
        assert texts(client('GET', '/bucket', query={'uploads': ''}), 'Upload') == []

    def test_aborting_where_it_died(self, client):
        made = begin(client)
        send(client, made)
        for calls in (0, 1, 2):
            client.store.calls_left = calls
            with pytest.raises(Died):
                client('DELETE', '/bucket/a/key', query={'uploadId': made})
        client.store.calls_left = None
        assert client('DELETE', '/bucket/a/key', query={'uploadId': made}).status_int == 204 and left(client) == []


class TestLists:
    def test_uploads(self, client):
        assert texts(client('GET', '/bucket', query={'uploads': ''}), 'Upload') == []
        names = ('a', 'a!', 'b/1', 'b/2', 'c')
        made = {name: begin(client, name) for name in names}
        send(client, made['a'], key='a')

        def keys(**query):
            found = client('GET', '/bucket', query={'uploads': '', **{
                name.replace('_', '-'): value for name, value in query.items()}})
            return texts(found, 'Upload/Key') + texts(found, 'CommonPrefixes/Prefix'), tree(found)
        assert keys()[0] == list(names)
        assert keys(prefix='b/')[0] == ['b/1', 'b/2'] and keys(delimiter='/')[0] == ['a', 'a!', 'c', 'b/']
        assert keys(key_marker='a!')[0] == ['b/1', 'b/2', 'c'] and keys(max_uploads='0')[0] == []
        first, document = keys(max_uploads='2')
        assert first == ['a', 'a!'] and document.findtext('IsTruncated') == 'true'
        assert keys(key_marker=document.findtext('NextKeyMarker'),
                    upload_id_marker=document.findtext('NextUploadIdMarker'))[0] == ['b/1', 'b/2', 'c']
        page, document = keys(delimiter='/', max_uploads='3')
        assert page == ['a', 'a!', 'b/']
        assert keys(delimiter='/', key_marker=document.findtext('NextKeyMarker'))[0] == ['c']
        assert code(client('GET', '/none', query={'uploads': ''})) == 'NoSuchBucket'
        assert client('DELETE', '/bucket').status_int == 204 and left(client) == []

    def test_parts_page_by_page(self, client):
        made = begin(client)
        send(client, made)
        first = client('GET', '/bucket/a/key', query={'uploadId': made, 'max-parts': '2'})
        assert texts(first, 'Part/PartNumber') == ['1', '2'] and texts(first, 'IsTruncated') == ['true']
        rest = client('GET', '/bucket/a/key', query={'uploadId': made, 'part-number-marker': '2'})
        assert texts(rest, 'Part/PartNumber') == ['10'] and texts(rest, 'Part/ETag') == [md5(b'x')]
        for query in ({'max-parts': 'x'}, {'part-number-marker': '-1'}):
            assert code(client('GET', '/bucket/a/key', query={'uploadId': made, **query})) == 'InvalidArgument'


class TestVersions:
    @pytest.fixture
    def versioned(self, client):
        self.switch(client, 'Enabled')
        return client

    @staticmethod
    def switch(client, status):
        xml = f'<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>'
        return client('PUT', '/bucket', xml.encode(), query={'versioning': ''})

    def test_there_and_back(self, versioned):
        client = versioned
        ids = [client('PUT', '/bucket/key', data).headers['x-amz-version-id'] for data in (b'one', b'two')]
        assert texts(client('GET', '/bucket', query={'versioning': ''}), 'Status') == ['Enabled']
        assert client('GET', '/bucket/key').body == b'two'
        old = client('GET', '/bucket/key', query={'versionId': ids[0]})
        assert (old.body, old.headers['x-amz-version-id']) == (b'one', ids[0])
        gone = client('DELETE', '/bucket/key')
        marker = gone.headers['x-amz-version-id']
        assert gone.headers['x-amz-delete-marker'] == 'true' and client('GET', '/bucket/key').status_int == 404
        listed = client('GET', '/bucket', query={'versions': ''})
        assert texts(listed, 'Version/VersionId') == ids[::-1] and texts(listed, 'DeleteMarker/VersionId') == [marker]
        assert texts(listed, 'Version/IsLatest') == ['false', 'false']
        assert texts(listed, 'DeleteMarker/IsLatest') == ['true'] and texts(listed, 'Version/ETag')[1] == md5(b'one')
        first = client('GET', '/bucket', query={'versions': '', 'max-keys': '2'})
        assert texts(first, 'IsTruncated') == ['true']
        rest = client('GET', '/bucket', query={'versions': '', 'key-marker': texts(first, 'NextKeyMarker')[0],
                                               'version-id-marker': texts(first, 'NextVersionIdMarker')[0]})
        assert texts(rest, 'Version/VersionId') == [ids[0]]
        assert code(client('GET', '/bucket', query={'versions': '', 'version-id-marker': 'x'})) == 'InvalidArgument'
        assert code(client('GET', '/bucket/key', query={'versionId': marker})) == 'MethodNotAllowed'
        assert code(client('GET', '/bucket/key', query={'versionId': '1.1'})) == 'NoSuchVersion'
        assert code(client('DELETE', '/bucket')) == 'BucketNotEmpty'
        copied = client('PUT', '/bucket/copy', x_amz_copy_source=f'bucket/key?versionId={ids[0]}')
        assert copied.headers['x-amz-version-id'] and client('GET', '/bucket/copy').body == b'one'
        for each in (marker, *ids):
            assert client('DELETE', '/bucket/key', query={'versionId': each}).headers['x-amz-version-id'] == each
        assert client('DELETE', '/bucket/key', query={'versionId': ids[0]}).status_int == 204
        self.switch(client, 'Suspended')
        assert texts(client('GET', '/bucket', query={'versioning': ''}), 'Status') == ['Suspended']

    def test_without_its_newest_version_an_object_is_the_one_before(self, versioned):
        client = versioned
        ids = [client('PUT', '/bucket/key', data).headers['x-amz-version-id'] for data in (b'one', b'two', b'three')]
        client('PUT', '/bucket/key2', b'other')
        client('DELETE', '/bucket/key', query={'versionId': ids[2]})
        assert client('GET', '/bucket/key').body == b'two'
        client('DELETE', '/bucket/key', query={'versionId': ids[0]})
        assert client('GET', '/bucket/key').headers['x-amz-version-id'] == ids[1]
        marker = client('DELETE', '/bucket/key').headers['x-amz-version-id']
        assert client('GET', '/bucket/key').status_int == 404
        # Without the marker it is there again; so it is when only the marker went before the proxy died.
        for _ in range(2):
            client('DELETE', '/bucket/key', query={'versionId': marker})
            assert client('GET', '/bucket/key').body == b'two'
        client('DELETE', '/bucket/key', query={'versionId': ids[1]})
        assert client('GET', '/bucket/key').status_int == 404 and client('GET', '/bucket/key2').body == b'other'

    def test_what_is_wrong(self, client):
        for status in ('', 'enabled', 'x'):
            assert code(self.switch(client, status)) == 'MalformedXML'
        assert code(client('PUT', '/bucket', b'', query={'versioning': ''})) == 'MissingRequestBodyError'

    def test_parts_belong_to_versions(self, versioned):
        client = versioned
        made = begin(client)
        done = complete(client, made, send(client, made).items())
        version = done.headers['x-amz-version-id']
        listed = client('GET', '/bucket', query={'versions': ''})
        assert texts(listed, 'Version/ETag') == [TAG] and texts(listed, 'Version/Size') == ['12']
        assert client('DELETE', '/bucket/a/key').headers['x-amz-delete-marker'] == 'true'
        assert client('GET', '/bucket/a/key', query={'versionId': version}).body == DATA and len(left(client)) == 3
        assert client('DELETE', '/bucket/a/key', query={'versionId': version}).status_int == 204
        assert left(client) == []
