"""What public conformance suites ask of the features around objects: large ones, versions, links, expiry, bulk, pages.

Signed links and forms, quotas, access lists and web sites: test_swift_access.py.
"""
import hashlib
import json
import time

import pytest

from tests.fixtures.processes import wait_for
from tests.fixtures.swift import SwiftCluster
from tests.functional.swift_conformance import User

SEGMENTS = {f'seg/p{number}': f'part{number}'.encode() * 100 for number in range(3)}
WHOLE = b''.join(SEGMENTS.values())


def md5(data):
    return hashlib.md5(data).hexdigest()


WHOLE_ETAG = f'"{md5("".join(md5(data) for data in SEGMENTS.values()).encode())}"'


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


@pytest.fixture(scope='module')
def user(cluster):
    made = User(cluster)
    made('PUT', 'seg', status=201)
    for name, data in SEGMENTS.items():
        made('PUT', name, data, 201)
    return made


@pytest.fixture
def container(user, request):
    """A fresh container's name."""
    name = request.node.name.partition('[')[0]
    user('PUT', name, status=(201, 202))
    return name


class TestLarge:
    @pytest.fixture
    def slo(self, user, container):
        made = [{'path': f'/{name}', 'etag': md5(data), 'size_bytes': len(data)} for name, data in SEGMENTS.items()]
        answer = user('PUT', f'{container}/large?multipart-manifest=put', json.dumps(made).encode(), 201,
                      Content_Type='t/p', X_Object_Meta_A='1')
        assert answer.headers['etag'] == WHOLE_ETAG
        return f'{container}/large'

    def test_static(self, user, container, slo):
        for method in ('GET', 'HEAD'):
            headers = user(method, slo, status=200).headers
            assert (headers['etag'], headers['content-length']) == (WHOLE_ETAG, str(len(WHOLE)))
            assert (headers['x-static-large-object'], headers['content-type']) == ('True', 't/p')
        assert user('GET', slo, status=200).body == WHOLE
        assert user('GET', slo, status=206, Range='bytes=450-1049').body == WHOLE[450:1050]
        user('GET', slo, status=304, If_None_Match=WHOLE_ETAG)
        part = user('GET', f'{slo}?part-number=2', status=206)
        assert (part.body, part.headers['x-parts-count']) == (SEGMENTS['seg/p1'], '3')
        row, = json.loads(user('GET', f'{container}?format=json', status=200).body)
        assert (row['bytes'], row['slo_etag'], row['content_type']) == (len(WHOLE), WHOLE_ETAG, 't/p')

    def test_its_manifest(self, user, container, slo):
        answer = user('GET', f'{slo}?multipart-manifest=get', status=200)
        assert answer.headers['content-type'] == 'application/json; charset=utf-8'
        rows = json.loads(answer.body)
        assert [row['name'] for row in rows] == [f'/{name}' for name in SEGMENTS]
        assert all(len(row['last_modified']) == len('2012-04-05T00:00:00.000000') for row in rows)
        user('COPY', f'{slo}?multipart-manifest=get', status=201, Destination=f'{container}/copy')
        copy = user('GET', f'{container}/copy', status=200)
        assert (copy.body, copy.headers['content-type'], copy.headers['x-object-meta-a']) == (WHOLE, 't/p', '1')
        assert 'x-static-large-object' in copy.headers

    def test_deleted_with_its_segments(self, user, container):
        user('PUT', f'{container}/s', b'x', 201)
        user('PUT', f'{container}/m?multipart-manifest=put', json.dumps([{'path': f'{container}/s'}]).encode(), 201)
        answer = user('DELETE', f'{container}/m?multipart-manifest=delete', status=200, Accept='application/json')
        assert json.loads(answer.body)['Number Deleted'] == 2
        assert user('GET', container, status=204).body == b''

    @pytest.mark.parametrize('manifest', ['', '{}', '[1]', '[{}]', '[{"path": "/seg/none"}]', '[{"path": "seg"}]',
                                          '[{"path": "/seg/p0", "etag": "x"}]',
                                          '[{"path": "/seg/p0", "size_bytes": 1}]'])
    def test_manifests_that_are_refused(self, user, container, manifest):
        user('PUT', f'{container}/bad?multipart-manifest=put', manifest.encode(), 400)

    def test_dynamic(self, user, container):
        user('PUT', f'{container}/dlo', b'', 201, X_Object_Manifest='seg/p')
        answer = user('GET', f'{container}/dlo', status=200)
        assert (answer.body, answer.headers['etag']) == (WHOLE, WHOLE_ETAG)
        assert answer.headers['x-object-manifest'] == 'seg/p'
        assert user('HEAD', f'{container}/dlo', status=200).headers['content-length'] == str(len(WHOLE))
        assert user('GET', f'{container}/dlo', status=206, Range='bytes=-5').body == WHOLE[-5:]
        assert user('GET', f'{container}/dlo?multipart-manifest=get', status=200).body == b''
        user('PUT', f'{container}/dlo', b'', 400, X_Object_Manifest='seg')


class TestVersions:
    @pytest.mark.parametrize('mode', ['X-Versions-Location', 'X-History-Location'])
    def test_in_another_container(self, user, container, mode):
        user('PUT', f'{container}-old', status=(201, 202))
        user('POST', container, status=204, **{mode: f'{container}-old'})
        assert user('HEAD', container, status=204).headers[mode.lower()] == f'{container}-old'
        for data in (b'1', b'2'):
            user('PUT', f'{container}/o', data, 201)
        user('DELETE', f'{container}/o', status=204)
        answer = user('GET', f'{container}/o', status=200 if mode == 'X-Versions-Location' else 404)
        assert mode != 'X-Versions-Location' or answer.body == b'1'
        user('POST', container, status=204, **{mode.replace('X-', 'X-Remove-', 1): 'x'})
        assert mode.lower() not in user('HEAD', container, status=204).headers
        user('POST', container, status=412, **{mode: 'a/b'})

    def test_with_ids(self, user, container):
        user('POST', container, status=204, X_Versions_Enabled='true')
        ids = [user('PUT', f'{container}/o', data, 201).headers['x-object-version-id'] for data in (b'1', b'two')]
        headers = user('GET', f'{container}/o', status=200).headers
        assert headers['content-location'] == f'/v1/AUTH_test/{container}/o?version-id={ids[1]}'
        assert user('GET', f'{container}/o?version-id={ids[0]}', status=200).body == b'1'
        answer = user('GET', f'{container}?versions', status=200)
        assert answer.headers['x-versions-enabled'] == 'True' and answer.headers['x-container-bytes-used'] == '4'
        assert [(row['version_id'], row['is_latest']) for row in json.loads(answer.body)] == [
            (ids[1], True), (ids[0], False)]
        user('GET', f'{container}?versions&format=xml', status=406)
        user('DELETE', container, status=409)
        user('PUT', f'{container}/o?version-id={ids[0]}', b'', 201)
        assert user('GET', f'{container}/o', status=200).body == b'1'
        user('DELETE', f'{container}/o?version-id={ids[1]}', status=204)
        # The bytes that are told are those of now, not of before.
        assert user('HEAD', container, status=204).headers['x-container-bytes-used'] == '1'
        user('GET', f'{container}/o?version-id=x', status=400)


class TestLinks:
    def test_followed_and_shown(self, user, container):
        user('PUT', f'{container}/t', b'target', 201)
        user('PUT', f'{container}/l', b'', 201, X_Symlink_Target=f'{container}/t')
        answer = user('GET', f'{container}/l', status=200)
        assert (answer.body, answer.headers['content-location']) == (b'target', f'/v1/AUTH_test/{container}/t')
        shown = user('HEAD', f'{container}/l?symlink=get', status=200).headers
        assert (shown['x-symlink-target'], shown['content-length']) == (f'{container}/t', '0')
        assert user('POST', f'{container}/l', status=307).headers['location'] == f'/v1/AUTH_test/{container}/t'
        user('POST', f'{container}/t', status=400, X_Symlink_Target=f'{container}/x')
        user('PUT', f'{container}/s', b'', 409, X_Symlink_Target=f'{container}/t', X_Symlink_Target_Etag='x')
        user('PUT', f'{container}/l', b'body', 400, X_Symlink_Target=f'{container}/t')
        user('DELETE', f'{container}/l', status=204)
        user('GET', f'{container}/t', status=200)


class TestExpiry:
    def test_after_its_time_it_is_gone(self, user, container):
        user('PUT', f'{container}/o', b'x', 201, X_Delete_After='1000')
        at = int(user('HEAD', f'{container}/o', status=200).headers['x-delete-at'])
        assert 990 < at - time.time() <= 1001
        user('POST', f'{container}/o', status=202, X_Delete_At=str(int(time.time()) + 1))
        wait_for(lambda: user('HEAD', f'{container}/o').status == 404, 5, 0.1)
        user('GET', f'{container}/o', status=404)
        user('POST', f'{container}/o', status=404)

    @pytest.mark.parametrize('header, value', [('X-Delete-At', '1'), ('X-Delete-At', 'soon'), ('X-Delete-After', '-1'),
                                               ('X-Delete-After', 'x')])
    def test_times_that_are_none(self, user, container, header, value):
        user('PUT', f'{container}/o', b'x', 400, **{header: value})


class TestAround:
    def test_many_at_once_with_their_container(self, user, container):
        """The container goes too, wherever in the list it is."""
        for number in range(4):
            user('PUT', f'{container}/{number}', b'x', 201)
        lines = [f'/{container}', *(f'/{container}/{number}' for number in range(4))]
        answer = user('POST', '?bulk-delete', '\n'.join(lines).encode(), 200, Accept='application/json',
                      Content_Type='text/plain')
        told = json.loads(answer.body)
        assert (told['Number Deleted'], told['Response Status'], told['Errors']) == (5, '200 OK', [])

    def test_pages_of_other_sites(self, user, container):
        user('PUT', f'{container}/o', b'x', 201)
        asked = {'Origin': 'http://o.example', 'Access-Control-Request-Method': 'COPY',
                 'Access-Control-Request-Headers': 'x-auth-token'}
        user('OPTIONS', f'{container}/o', status=401, token='', **asked)
        user('POST', container, status=204, X_Container_Meta_Access_Control_Allow_Origin='http://o.example')
        headers = user('OPTIONS', f'{container}/o', status=200, token='', **asked).headers
        assert headers['access-control-allow-origin'] == 'http://o.example' and 'COPY' in headers['allow']
        assert headers['access-control-allow-headers'] == 'x-auth-token'
        headers = user('GET', f'{container}/o', status=200, Origin='http://o.example').headers
        assert 'etag' in headers['access-control-expose-headers'] and 'Origin' in headers['vary']

    def test_of_a_web_site_no_listing_is_made(self, user, container):
        user('POST', container, status=204, X_Container_Meta_Web_Listings='true', X_Container_Read='.r:*,.rlistings')
        user('PUT', f'{container}/o', b'x', 201)
        answer = user.cluster.request('GET', f'{user.url}/{container}')
        assert answer.status == 301 and answer.headers['location'].endswith(f'/{container}/')
        answer = user.cluster.request('HEAD', f'{user.url}/{container}/')
        assert (answer.status, answer.headers['content-type']) == (200, 'text/html; charset=utf-8')

    def test_what_needs_no_token(self, cluster):
        for path, content in (('/healthcheck', b'OK'), ('/crossdomain.xml', b'<cross-domain-policy>')):
            answer = cluster.request('GET', cluster.url + path)
            assert answer.status == 200 and content in answer.body
        known = json.loads(cluster.request('GET', f'{cluster.url}/info').body)
        assert {'account_quotas', 'bulk_delete', 'bulk_upload', 'container_quotas', 'container_sync', 'crossdomain',
                'formpost', 'object_versioning', 'slo', 'staticweb', 'swift', 'symlink', 'tempauth', 'tempurl',
                'versioned_writes'} <= set(known)
        assert known['swift']['policies'][0]['default'] and known['swift']['max_file_size'] == 5 * 2 ** 30 + 2
