"""What public conformance suites ask of accounts, containers and objects: statuses, headers, forms of listings."""
import hashlib
import json
import os
import urllib.parse

import defusedxml.ElementTree
import pytest

from tests.fixtures.swift import SwiftCluster
from tests.functional.swift_conformance import User

NAMES = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'dir/', 'dir/f', 'é/x', '☃']


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


@pytest.fixture(scope='module')
def user(cluster):
    return User(cluster)


@pytest.fixture
def container(user, request):
    """A fresh container's name."""
    name = request.node.name.partition('[')[0]
    user('PUT', name, status=(201, 202))
    return name


def names(answer):
    return [row.get('name') or row['subdir'] for row in json.loads(answer.body)]


class TestAccount:
    def test_one_that_nothing_was_put_into_looks_empty(self, cluster):
        admin = User(cluster, 'admin', 'admin', 'admin')
        admin.url = f'{cluster.url}/v1/AUTH_never'
        assert admin('HEAD', status=204).headers['x-account-container-count'] == '0'
        assert admin('GET', status=204).headers['content-type'] == 'text/plain; charset=utf-8'
        assert admin('GET', '?format=json', status=200).body == b'[]'
        assert b'<account name="AUTH_never">' in admin('GET', '?format=xml', status=200).body
        admin.url = f'{cluster.url}/v1/AUTH_{"long" * 70}'
        for method in ('GET', 'HEAD', 'POST'):
            admin(method, status=400)

    def test_it_lists_its_containers(self, user):
        for name in ('acc-1', 'acc-2', 'acc-3', 'acc.4'):
            user('PUT', name, status=201)
        rows = json.loads(user('GET', '?format=json&prefix=acc', status=200).body)
        assert [set(row) for row in rows] == [{'name', 'count', 'bytes', 'last_modified', 'storage_policy'}] * 4
        assert user('GET', '?prefix=acc', status=200).body == b'acc-1\nacc-2\nacc-3\nacc.4\n'
        tree = defusedxml.ElementTree.fromstring(user('GET', '?format=xml&prefix=acc-&limit=2', status=200).body)
        assert (tree.tag, [each.findtext('name') for each in tree]) == ('account', ['acc-1', 'acc-2'])
        assert {each.tag for each in tree[0]} >= {'name', 'count', 'bytes'}
        for query, wanted in (('marker=acc-1&end_marker=acc-3', ['acc-2']), ('prefix=acc&delimiter=.', [
                'acc-1', 'acc-2', 'acc-3', 'acc.']), ('prefix=acc&reverse=true&limit=1', ['acc.4'])):
            assert names(user('GET', f'?format=json&{query}', status=200)) == wanted
        for name in ('acc-1', 'acc-2', 'acc-3', 'acc.4'):
            user('DELETE', name, status=204)

    def test_metadata_is_added_changed_and_removed(self, user):
        user('POST', status=204, X_Account_Meta_One='1', X_Account_Meta_Two='2')
        user('POST', status=204, X_Account_Meta_Two='', X_Remove_Account_Meta_None='x')
        headers = user('HEAD', status=204).headers
        assert headers['x-account-meta-one'] == '1' and 'x-account-meta-two' not in headers
        user('POST', status=204, X_Remove_Account_Meta_One='x')
        assert 'x-account-meta-one' not in user('GET', status=(200, 204)).headers

    def test_the_access_list_is_told_once(self, cluster, user):
        lists = '{"read-only":["test2"]}'
        user('POST', status=204, X_Account_Access_Control=lists)
        assert user('HEAD', status=204).headers['x-account-access-control'] == lists
        user('POST', status=204, X_Account_Access_Control='{}')
        assert 'x-account-access-control' not in user('HEAD', status=204).headers

    def test_no_token_a_wrong_one_and_anothers(self, cluster, user):
        other = User(cluster, 'test2', 'tester2', 'testing2').token
        for token, status in (('', 401), ('AUTH_tk0', 401), (other, 403)):
            for method in ('GET', 'HEAD', 'POST'):
                answer = user(method, status=status, token=token)
                assert status != 401 or answer.headers['www-authenticate'].startswith('Swift realm=')


class TestContainer:
    def test_created_found_changed_and_deleted(self, user):
        for method in ('GET', 'HEAD', 'POST', 'DELETE'):
            user(method, 'life', status=404)
        user('PUT', 'life', status=201, X_Container_Meta_A='1')
        user('PUT', 'life', status=202, X_Container_Meta_B='2')
        headers = user('HEAD', 'life', status=204).headers
        assert (headers['x-container-meta-a'], headers['x-container-meta-b']) == ('1', '2')
        user('POST', 'life', status=204, X_Remove_Container_Meta_A='x', X_Container_Meta_B='3')
        headers = user('GET', 'life', status=204).headers
        assert 'x-container-meta-a' not in headers and headers['x-container-meta-b'] == '3'
        user('PUT', 'life/o', b'x', 201)
        user('DELETE', 'life', status=409)
        user('DELETE', 'life/o', status=204)
        user('DELETE', 'life', status=204)

    @pytest.mark.parametrize('query, wanted', [
        ('limit=2', ['a', 'a/1']), ('marker=a/2', ['a/b/3', 'b', 'dir/', 'dir/f', 'é/x', '☃']), ('end_marker=a/2', [
            'a', 'a/1']), ('prefix=a/', ['a/1', 'a/2', 'a/b/3']), ('delimiter=/', ['a', 'a/', 'b', 'dir/', 'é/', '☃']),
        ('prefix=a/&delimiter=/', ['a/1', 'a/2', 'a/b/']), ('path=a', ['a/1', 'a/2']), ('path=/', []),
        ('path=', ['a', 'b', 'dir/', '☃']), ('path=dir', ['dir/f']), ('reverse=on&limit=2', ['☃', 'é/x']),
        ('prefix=%C3%A9', ['é/x']),
        ('reverse=1&marker=a/1', ['a']), ('limit=abc&prefix=b', ['b']), ('limit=0', []), ('prefix=none', [])])
    def test_its_listing(self, user, query, wanted):
        if user('HEAD', 'listed').status == 404:
            user.make('listed', *NAMES)
        answer = user('GET', f'listed?{query}&format=json', status=200)
        assert names(answer) == wanted
        assert answer.headers['content-type'] == 'application/json; charset=utf-8' and 'vary' not in answer.headers
        plain = user('GET', f'listed?{query}', status=200 if wanted else 204)
        assert plain.body.decode() == ''.join(f'{name}\n' for name in wanted)
        assert plain.headers['content-type'] == 'text/plain; charset=utf-8' and plain.headers['vary'] == 'Accept'
        answer = user('GET', f'listed?{query}', status=200, Accept='text/xml')
        tree = defusedxml.ElementTree.fromstring(answer.body)
        assert [each.findtext('name') for each in tree] == wanted
        assert answer.headers['content-type'] == 'text/xml; charset=utf-8'

    def test_a_row_tells(self, user, container):
        put = user('PUT', f'{container}/o', b'x', 201, Content_Type='text/x')
        row, = json.loads(user('GET', f'{container}?format=json', status=200).body)
        assert {**row, 'last_modified': None} == {'name': 'o', 'bytes': 1, 'hash': put.headers['etag'],
                                                  'content_type': 'text/x', 'last_modified': None}
        assert len(row['last_modified']) == len('2012-04-05T00:00:00.000000')

    @pytest.mark.parametrize('query', ['limit=10001', 'delimiter=%ff&format=json', 'prefix=%ff',
                                       'marker=%ff&format=xml'])
    def test_parameters_that_are_refused(self, user, container, query):
        user('GET', f'{container}?{query}', status=412)

    def test_what_cannot_be_accepted(self, user, container):
        user('GET', container, status=406, Accept='image/png')

    @pytest.mark.parametrize('name, headers, status', [
        ('x' * 257, {}, 400), ('c', {'X-Container-Meta-' + 'n' * 129: 'x'}, 400),
        ('c', {'X-Storage-Policy': 'no'}, 400),
        ('c', {'X-Container-Meta-A': 'v' * 257}, 400), ('c', {'X-Container-Read': '.x:y'}, 400), ('%ff', {}, 412)])
    def test_what_is_refused(self, user, name, headers, status):
        user('PUT', name, status=status, **headers)


class TestObject:
    def test_written_read_and_deleted(self, user, container):
        data = os.urandom(3000)
        path = f'{container}/{urllib.parse.quote("é ☃")}'
        put = user('PUT', path, data, 201, X_Object_Meta_A='1')
        etag = hashlib.md5(data).hexdigest()
        assert put.headers['etag'] == etag and put.headers['last-modified'] and put.body == b''
        for method in ('GET', 'HEAD'):
            answer = user(method, path, status=200)
            assert answer.headers['etag'] == etag and answer.headers['content-length'] == '3000'
            assert answer.headers['last-modified'] == put.headers['last-modified']
            assert answer.headers['x-object-meta-a'] == '1'
            assert answer.body == (data if method == 'GET' else b'')
        user('DELETE', path, status=204)
        for method in ('GET', 'HEAD', 'POST', 'DELETE'):
            user(method, path, status=404)

    def test_checked_on_the_way(self, user, container):
        user('PUT', f'{container}/o', b'x', 422, ETag='0' * 32)
        user('PUT', f'{container}/o', b'x', 201, ETag=hashlib.md5(b'x').hexdigest())
        user('PUT', f'{container}/o', b'x', 412, If_None_Match='*')
        user('PUT', f'{container}/o', None, 413, Content_Length=str(5 * 2 ** 30 + 3))
        user('PUT', 'no-container/o', b'x', 404)

    def test_metadata_is_replaced(self, user, container):
        user('PUT', f'{container}/o.txt', b'x', 201, X_Object_Meta_A='1')
        user('POST', f'{container}/o.txt', status=202, X_Object_Meta_B='2')
        headers = user('HEAD', f'{container}/o.txt', status=200).headers
        assert 'x-object-meta-a' not in headers and headers['x-object-meta-b'] == '2'
        assert headers['content-type'] == 'text/plain'

    @pytest.mark.parametrize('headers, status', [
        ({'If-Match': '"{}"'}, 200), ({'If-Match': 'x, {}'}, 200), ({'If-Match': 'x'}, 412), ({'If-Match': '*'}, 200),
        ({'If-None-Match': '{}'}, 304), ({'If-None-Match': '*'}, 304), ({'If-None-Match': '"x"'}, 200),
        ({'If-Modified-Since': 'Thu, 05 Apr 2012 00:00:00 GMT'}, 200),
        ({'If-Modified-Since': 'Thu, 05 Apr 2035 00:00:00 GMT'}, 304),
        ({'If-Modified-Since': 'Thu, 05 Apr 10000 00:00:00 GMT'}, 200), ({'If-Modified-Since': 'soon'}, 200),
        ({'If-Unmodified-Since': 'Thu, 05 Apr 2012 00:00:00 GMT'}, 412),
        ({'If-Unmodified-Since': 'Thu, 05 Apr 2035 00:00:00 GMT'}, 200)])
    @pytest.mark.parametrize('method', ['GET', 'HEAD'])
    def test_conditions(self, user, method, headers, status):
        user.make('conditions', 'o')
        etag = hashlib.md5(b'o').hexdigest()
        headers = {name: value.format(etag) for name, value in headers.items()}
        answer = user(method, 'conditions/o', status=status, **headers)
        if status == 304:
            assert (answer.headers['etag'], answer.headers['content-type']) == (etag, 'application/octet-stream')

    @pytest.mark.parametrize('wanted, status, content', [
        ('bytes=0-2', 206, 'bytes 0-2/10'), ('bytes=7-', 206, 'bytes 7-9/10'), ('bytes=-2', 206, 'bytes 8-9/10'),
        ('bytes=8-99', 206, 'bytes 8-9/10'), ('bytes=10-', 416, 'bytes */10'), ('bytes=-0', 416, 'bytes */10'),
        ('bytes=4-2', 200, None), ('lines=1-2', 200, None), ('bytes=', 200, None)])
    def test_ranges(self, user, wanted, status, content):
        user('PUT', 'ranges', status=(201, 202))
        user('PUT', 'ranges/o', b'0123456789', 201)
        answer = user('GET', 'ranges/o', status=status, Range=wanted)
        assert answer.headers.get('content-range') == content
        if content and status == 206:
            first, last = content[6:9].split('-')
            assert answer.body == b'0123456789'[int(first):int(last) + 1]

    def test_several_ranges(self, user, container):
        user('PUT', f'{container}/o', b'0123456789', 201, Content_Type='t/p')
        answer = user('GET', f'{container}/o', status=206, Range='bytes=0-1,-1')
        kind, _, boundary = answer.headers['content-type'].partition(';boundary=')
        assert kind == 'multipart/byteranges'
        assert answer.body.split(b'\r\n') == [
            f'--{boundary}'.encode(), b'Content-Type: t/p', b'Content-Range: bytes 0-1/10', b'', b'01',
            f'--{boundary}'.encode(), b'Content-Type: t/p', b'Content-Range: bytes 9-9/10', b'', b'9',
            f'--{boundary}--'.encode()]

    def test_copies(self, cluster, user, container):
        user('PUT', f'{container}/o', b'copied', 201, X_Object_Meta_A='1', Content_Type='t/p', X_Delete_After='500')
        answer = user('COPY', f'{container}/o', status=201, Destination=f'{container}/p', X_Object_Meta_B='2')
        for name, value in (('x-copied-from', f'{container}/o'), ('x-copied-from-account', 'AUTH_test'),
                            ('etag', hashlib.md5(b'copied').hexdigest()), ('x-object-meta-b', '2')):
            assert answer.headers[name] == value
        assert {'last-modified', 'x-copied-from-last-modified', 'x-delete-at'} <= set(answer.headers)
        headers = user('HEAD', f'{container}/p', status=200).headers
        assert [headers[name] for name in ('x-object-meta-a', 'x-object-meta-b', 'content-type')] == ['1', '2', 't/p']
        user('PUT', f'{container}/q', b'', 201, X_Copy_From=f'/{container}/o', X_Fresh_Metadata='true')
        assert 'x-object-meta-a' not in user('GET', f'{container}/q', status=200).headers
        user('COPY', f'{container}/o', status=412)
        failed = user('COPY', f'{container}/o', status=404, Destination='no-container/o')
        assert not {'x-copied-from', 'x-object-meta-a'} & set(failed.headers)
        user('COPY', f'{container}/o', status=403, Destination='c/o', Destination_Account='AUTH_test2')

    def test_methods_there_are(self, user, container):
        user.make(container, 'o')
        usual = {'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'}
        for path, more in (('', set()), (container, set()), (f'{container}/o', {'COPY'})):
            answer = user('OPTIONS', path, status=200)
            assert set(answer.headers['allow'].split(', ')) == usual | more
            assert 'allow' in user('FETCH', path, status=405).headers
