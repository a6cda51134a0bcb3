"""Buckets by the S3 API, their lists and what may be asked of them."""
import contextlib
import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swift.middleware.s3 import xml
from tests.unit.swift.middleware.s3_kit import Client, code, md5, texts, tree


@pytest.fixture
def client():
    made = Client()
    assert made('PUT', '/bucket').status_int == 200
    return made


def asked(client, method):
    return [path for each, path in client.store.log if each == method]


def test_what_is_not_signed_is_none_of_ours(client):
    assert client('GET', '/v1/AUTH_test/bucket', sign=False).status_int == 401
    client('PUT', '/bucket/key', b'hello')
    client('PUT', '/bucket', query={'acl': ''}, x_amz_acl='public-read')
    assert client('GET', '/v1/AUTH_test/bucket/key', sign=False).body == b'hello'


def test_buckets_come_and_go(client):
    again = client('PUT', '/bucket')
    assert (again.status_int, code(again)) == (409, 'BucketAlreadyOwnedByYou')
    client('PUT', '/another')
    client.store.containers['AUTH_test', 'bucket+segments'] = {'headers': {}, 'objects': {}}
    client.store.containers['AUTH_test', 'Not_For_S3'] = {'headers': {}, 'objects': {}}
    client.store.containers['AUTH_test2', 'theirs'] = {'headers': {}, 'objects': {}}
    listed = client('GET', '/')
    assert texts(listed, 'Buckets/Bucket/Name') == ['another', 'bucket']
    assert texts(listed, 'Owner/ID') == ['test:tester']
    assert texts(listed, 'Buckets/Bucket/CreationDate')[0] == '2026-01-02T03:04:06.000Z'
    assert client('HEAD', '/bucket').status_int == 200
    client('PUT', '/bucket/key', b'x')
    assert code(client('DELETE', '/bucket')) == 'BucketNotEmpty'
    client('DELETE', '/bucket/key')
    assert client('DELETE', '/bucket').status_int == 204
    assert ('AUTH_test', 'bucket+segments') not in client.store.containers
    head = client('HEAD', '/bucket')
    assert (head.status_int, head.body) == (404, b'')
    for method in ('GET', 'DELETE'):
        assert code(client(method, '/bucket')) == 'NoSuchBucket'
    assert client('PUT', '/', b'').status_int == 405


def test_others_are_kept_out(client):
    other = Client(client.store, keys=('test:other', 'secret'))
    for method, path in (('GET', '/'), ('GET', '/bucket'), ('PUT', '/mine'), ('PUT', '/bucket/key'),
                         ('DELETE', '/bucket')):
        response = other(method, path)
        assert (response.status_int, code(response)) == (403, 'AccessDenied'), path
    stranger = Client(client.store, keys=('test2:tester2', 'testing2'))
    assert code(stranger('GET', '/bucket')) == 'NoSuchBucket'
    assert code(Client(client.store, keys=('nobody', 'x'))('GET', '/')) == 'SignatureDoesNotMatch'
    assert code(Client(client.store, keys=('test:tester', 'x'))('GET', '/')) == 'SignatureDoesNotMatch'


@pytest.mark.parametrize('name, good', [
    ('abc', True), ('a.b-c.1', True), ('v1.0', True), ('ab', False), ('a' * 63, True), ('a' * 64, False),
    ('Abc', False), ('a_c', False), ('-abc', False), ('abc-', False), ('a..b', False), ('a.-b', False),
    ('192.168.5.4', False), ('bücket', False), ('bucket+segments', False)])
def test_names(name, good):
    client = Client()
    response = client('PUT', f'/{name}')
    assert (response.status_int == 200) is good
    assert good or code(response) == 'InvalidBucketName'
    old = Client(dns_compliant_bucket_names='false')('PUT', f'/{name}')
    assert (old.status_int == 200) is (len(name) >= 3 and not set(name) & set('ü+'))


def test_a_host_names_the_bucket(client):
    hosted = Client(client.store, storage_domain='s3.example, storage.example')
    client('PUT', '/bucket/a/b', b'hello')
    from tests.unit.swift.middleware import s3_kit
    known, s3_kit.HOST = s3_kit.HOST, 'bucket.storage.example'
    try:
        assert hosted('GET', '/a/b').body == b'hello'
        assert texts(hosted('GET', '/'), 'Contents/Key') == ['a/b']
    finally:
        s3_kit.HOST = known


LOCATION = '<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>'


@pytest.mark.parametrize('body, status', [
    (LOCATION.format('us-east-1'), 200), (LOCATION.format(''), 200), ('<CreateBucketConfiguration/>', 200),
    (LOCATION.format('mars'), 'InvalidLocationConstraint'), ('<x', 'MalformedXML'), ('<x/>', 'MalformedXML'),
    ('<!DOCTYPE x [<!ENTITY a "b">]><CreateBucketConfiguration>&a;</CreateBucketConfiguration>', 'MalformedXML'),
    ('<CreateBucketConfiguration>' + ' ' * 70000, 'MalformedXML')])
def test_locations(body, status):
    response = Client()('PUT', '/bucket', body.encode())
    assert response.status_int == status if status == 200 else code(response) == status
    assert tree(Client(location='here')('PUT', '/x' * 2)).tag == 'Error'


class TestLists:
    KEYS = ('a', 'b/1', 'b/2', 'c/1', 'd', 'é&<')

    @pytest.fixture
    def filled(self, client):
        for name in self.KEYS:
            client('PUT', f'/bucket/{name}', name.encode())
        client.store.log.clear()
        return client

    @pytest.mark.parametrize('query, keys, prefixes, after', [
        ({}, KEYS, [], None), ({'prefix': 'b/'}, ['b/1', 'b/2'], [], None),
        ({'delimiter': '/'}, ['a', 'd', 'é&<'], ['b/', 'c/'], None),
        ({'prefix': 'b/', 'delimiter': '/'}, ['b/1', 'b/2'], [], None),
        ({'max-keys': '2'}, ['a', 'b/1'], [], 'b/1'), ({'max-keys': '0'}, [], [], None),
        ({'max-keys': '5000'}, KEYS, [], None), ({'delimiter': '/', 'max-keys': '2'}, ['a'], ['b/'], 'b/'),
        ({'max-keys': '6'}, KEYS, [], None)])
    def test_pages(self, filled, query, keys, prefixes, after):
        first = filled('GET', '/bucket', query=query)
        second = filled('GET', '/bucket', query={**query, 'list-type': '2'})
        for each in (first, second):
            assert texts(each, 'Contents/Key') == list(keys)
            assert texts(each, 'CommonPrefixes/Prefix') == prefixes
            assert texts(each, 'IsTruncated') == [str(after is not None).lower()]
        assert texts(first, 'NextMarker') == ([after] if after and 'delimiter' in query else [])
        assert texts(second, 'KeyCount') == [str(len(keys) + len(prefixes))]
        # One listing each, however many there are.
        assert [method for method, _ in filled.store.log if method != 'HEAD'] == ['GET', 'GET']
        if after:
            token, = texts(second, 'NextContinuationToken')
            rest = filled('GET', '/bucket', query={**query, 'max-keys': '99', 'list-type': '2',
                                                   'continuation-token': token})
            assert texts(rest, 'Contents/Key') == [name for name in self.KEYS if name > after and not (
                'delimiter' in query and '/' in name)]
            marked = filled('GET', '/bucket', query={'marker': after})
            assert texts(marked, 'Contents/Key') == [name for name in self.KEYS if name > after]

    def test_what_is_told(self, filled):
        listed = filled('GET', '/bucket', query={'prefix': 'a', 'encoding-type': 'url'})
        assert texts(listed, 'Contents/ETag') == [md5(b'a')] and texts(listed, 'Contents/Size') == ['1']
        assert texts(listed, 'Contents/Owner/ID') == ['test:tester']
        datetime.datetime.fromisoformat(texts(listed, 'Contents/LastModified')[0])
        listed = filled('GET', '/bucket', query={'prefix': 'é', 'encoding-type': 'url', 'list-type': '2',
                                                 'start-after': 'd'})
        assert texts(listed, 'Contents/Key') == ['%C3%A9%26%3C'] and texts(listed, 'Contents/Owner') == []
        assert texts(filled('GET', '/bucket', query={'list-type': '2', 'fetch-owner': 'true', 'max-keys': '1'}),
                     'Contents/Owner/ID') == ['test:tester']

    @pytest.mark.parametrize('query', [{'max-keys': '-1'}, {'max-keys': 'x'}, {'max-keys': '9' * 30},
                                       {'encoding-type': 'x'}, {'list-type': '3'}, {'prefix': 'a\0'},
                                       {'list-type': '2', 'continuation-token': '***'},
                                       {'list-type': '2', 'continuation-token': ''}])
    def test_what_is_wrong(self, filled, query):
        assert code(filled('GET', '/bucket', query=query)) == 'InvalidArgument'

    def test_control_characters(self, client):
        client('PUT', '/bucket/a\x01b\r', b'')
        assert texts(client('GET', '/bucket'), 'Contents/Key') == ['a\ufffdb\r']
        assert texts(client('GET', '/bucket', query={'encoding-type': 'url'}), 'Contents/Key') == ['a%01b%0D']


def canned(*grants):
    return '<AccessControlPolicy><AccessControlList>' + ''.join(
        f'<Grant><Grantee>{who}</Grantee><Permission>{what}</Permission></Grant>' for who, what in grants
    ) + '</AccessControlList></AccessControlPolicy>'


ME, ALL = '<ID>test:tester</ID>', '<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>'


class TestAccess:
    @pytest.mark.parametrize('name, body', [
        ('private', canned((ME, 'FULL_CONTROL'))), ('public-read', canned((ME, 'FULL_CONTROL'), (ALL, 'READ'))),
        ('public-read-write', canned((ALL, 'READ'), (ALL, 'WRITE')))])
    def test_canned_lists(self, client, name, body):
        for ask in ({'x_amz_acl': name}, {'body': body.encode()}):
            assert client('PUT', '/bucket', query={'acl': ''}, **ask).status_int == 200
            kept = client.store.containers['AUTH_test', 'bucket']['headers']
            assert kept.get('x-container-read', '') == ('' if name == 'private' else '.r:*,.rlistings')
            assert kept.get('x-container-write', '') == ('*:*' if name.endswith('write') else '')
            permissions = texts(client('GET', '/bucket', query={'acl': ''}), 'AccessControlList/Grant/Permission')
            assert permissions == {'private': ['FULL_CONTROL'], 'public-read': ['FULL_CONTROL', 'READ'],
                                   'public-read-write': ['FULL_CONTROL', 'READ', 'WRITE']}[name]
        assert client('PUT', '/made', x_amz_acl=name).status_int == 200
        assert client.store.containers['AUTH_test', 'made']['headers'] == {
            key: value for key, value in kept.items() if key in ('x-container-read', 'x-container-write')}

    @pytest.mark.parametrize('ask, expected', [
        ({'x_amz_acl': 'nonsense'}, 'InvalidArgument'), ({'x_amz_acl': 'authenticated-read'}, 'NotImplemented'),
        ({'x_amz_grant_read': 'id=x'}, 'NotImplemented'), ({'body': b'<x/>'}, 'MalformedXML'),
        ({}, 'MissingRequestBodyError'), ({'body': b'<AccessControlPolicy/>'}, 'MalformedACLError'),
        ({'body': canned((ME, 'FULL_CONTROL')).encode(), 'x_amz_acl': 'private'}, 'InvalidRequest'),
        ({'body': canned((ME, 'READ')).encode()}, 'NotImplemented'),
        ({'body': canned((ALL, 'WRITE')).encode()}, 'NotImplemented'),
        ({'body': canned((ALL, 'NONSENSE')).encode()}, 'MalformedACLError')])
    def test_what_is_refused(self, client, ask, expected):
        assert code(client('PUT', '/bucket', query={'acl': ''}, **ask)) == expected

    def test_objects_have_none(self, client):
        client('PUT', '/bucket/key', b'x', x_amz_acl='private')
        assert client('PUT', '/bucket/key', query={'acl': ''}, x_amz_acl='private').status_int == 200
        assert code(client('PUT', '/bucket/key', query={'acl': ''}, x_amz_acl='public-read')) == 'NotImplemented'
        assert code(client('PUT', '/bucket/key', b'x', x_amz_acl='public-read')) == 'NotImplemented'
        assert texts(client('GET', '/bucket/key', query={'acl': ''}), 'Owner/ID') == ['test:tester']
        assert code(client('GET', '/bucket/none', query={'acl': ''})) == 'NoSuchKey'


@pytest.mark.parametrize('sub, expected', [
    ('location', ('LocationConstraint', None)), ('logging', ('BucketLoggingStatus', None)),
    ('tagging', ('Tagging', None)), ('versioning', ('VersioningConfiguration', None)),
    ('lifecycle', 'NoSuchLifecycleConfiguration'), ('object-lock', 'ObjectLockConfigurationNotFoundError'),
    *[(name, 'NotImplemented') for name in ('policy', 'website', 'cors', 'notification', 'requestPayment',
                                            'publicAccessBlock', 'encryption', 'replication', 'accelerate')]])
def test_other_things_of_a_bucket(client, sub, expected):
    response = client('GET', '/bucket', query={sub: ''})
    if isinstance(expected, tuple):
        assert (tree(response).tag, response.status_int) == (expected[0], 200)
        assert code(client('GET', '/none', query={sub: ''})) == 'NoSuchBucket'
    else:
        assert code(response) == expected and response.status_int == (501 if expected == 'NotImplemented' else 404)
    if sub not in ('versioning', 'location'):
        assert client('PUT', '/bucket', b'<x/>', query={sub: ''}).status_int == 501


@pytest.mark.parametrize('sub', ['torrent', 'restore', 'legal-hold', 'retention', 'attributes'])
def test_other_things_of_an_object(client, sub):
    assert client('GET', '/bucket/key', query={sub: ''}).status_int == 501
    assert client('POST', '/bucket/key').status_int == 501


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40).map(lambda text: f'<Delete>{text}</Delete>'.encode('utf-8', 'replace')) | st.binary(
    max_size=60))
def test_any_xml_is_read_or_refused(data):
    with contextlib.suppress(ValueError):
        assert xml.parse(data, 'Delete').tag == 'Delete'
