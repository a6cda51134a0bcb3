"""Who gets in, over real servers: tempauth and its lists, signed links and forms, web sites, quotas."""
import hashlib
import hmac
import json
import urllib.parse

import pytest

from tests.fixtures.swift import SwiftCluster
from tests.unit.swift.middleware.test_formpost import BOUNDARY, body, fields

LATER = 4_000_000_000
FORM = {'Content-Type': f'multipart/form-data; boundary={BOUNDARY}'}


@pytest.fixture(scope='module')
def swift(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift'), devices=3) as cluster:
        yield cluster


class Person:
    """Somebody with a token, or without one."""

    def __init__(self, swift, url, token=None):
        self.swift, self.url, self.token = swift, url, token

    def call(self, method, path='', body=None, url=None, **headers):
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        return self.swift.request(method, (url or self.url) + path, self.token, headers, body)


@pytest.fixture
def owner(swift):
    return Person(swift, *swift.token())


@pytest.fixture
def other(swift, owner):
    """Another account's owner, who looks into the first one's."""
    return Person(swift, owner.url, swift.token('test2', 'tester2', 'testing2')[1])


@pytest.fixture
def helper(swift, owner):
    """A user of the same account who owns nothing."""
    return Person(swift, owner.url, swift.token('test', 'tester3', 'testing3')[1])


@pytest.fixture
def stranger(swift, owner):
    return Person(swift, owner.url)


@pytest.fixture
def reseller(swift, owner):
    return Person(swift, owner.url, swift.token('admin', 'admin', 'admin')[1])


@pytest.fixture
def container(owner, request):
    """A fresh container's path."""
    path = '/' + request.node.name.partition('[')[0]
    assert owner.call('PUT', path).status in (201, 202)
    assert owner.call('POST', path, X_Container_Read='', X_Container_Write='').status == 204
    assert owner.call('PUT', path + '/o', b'content', Content_Type='text/plain').status == 201
    return path


def signed(swift, method, path, key='key', expires=LATER, **more):
    """The URL of a signed link to a path /v1/..."""
    message = f'{method}\n{expires}\n{path}'
    signature = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    query = urllib.parse.urlencode({'temp_url_sig': signature, 'temp_url_expires': expires, **more})
    return f'{swift.url}{path.removeprefix("prefix:")}?{query}'


class TestLists:
    def test_nobody_else_gets_anything(self, owner, other, helper, stranger, container):
        for method in ('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'COPY'):
            for path in ('', container, container + '/o', container + '/new'):
                headers = {'Destination': 'x/y'} if method == 'COPY' else {}
                for person, status in ((other, 403), (helper, 403), (stranger, 401)):
                    answer = person.call(method, path, b'' if method == 'PUT' else None, **headers)
                    allowed = {status, 404, 405} if method == 'COPY' or path == '' else {status}
                    assert answer.status in allowed, (method, path, answer)
        assert owner.call('GET', container + '/o').body == b'content'

    def test_readers_and_writers(self, owner, other, stranger, container):
        owner.call('POST', container, X_Container_Read='test2', X_Container_Write='test2:tester2')
        assert other.call('GET', container + '/o').body == b'content'
        assert other.call('GET', container).status == 200
        assert other.call('PUT', container + '/theirs', b'x').status == 201
        assert other.call('DELETE', container).status == 403
        seen = other.call('HEAD', container).headers
        assert 'x-container-read' not in seen
        assert owner.call('HEAD', container).headers['x-container-read'] == 'test2'
        assert stranger.call('GET', container + '/o').status == 401

    def test_referrers(self, owner, stranger, container):
        owner.call('POST', container, X_Container_Read='.r:*.friend.example')
        assert stranger.call('GET', container + '/o').status == 401
        assert stranger.call('GET', container + '/o', Referer='http://a.friend.example/').status == 200
        assert stranger.call('GET', container, Referer='http://a.friend.example/').status == 401
        assert owner.call('POST', container, X_Container_Write='.r:*').status == 400
        assert owner.call('POST', container, X_Container_Read='.what:x').status == 400

    def test_a_writer_cannot_open_the_container(self, owner, helper, container):
        owner.call('POST', container, X_Container_Write='test:tester3')
        assert helper.call('POST', container, X_Container_Read='.r:*').status == 403
        assert helper.call('PUT', container, X_Container_Read='.r:*').status == 403

    def test_an_accounts_list(self, owner, other, container):
        lists = json.dumps({'read-write': ['test2:tester2']})
        try:
            assert owner.call('POST', X_Account_Access_Control=lists).status == 204
            assert json.loads(owner.call('HEAD').headers['x-account-access-control']) == json.loads(lists)
            assert other.call('PUT', container + '/theirs', b'x').status == 201
            assert 'x-account-access-control' not in other.call('HEAD').headers
            assert other.call('POST', X_Account_Meta_X='1').status == 403
            other.call('POST', container, X_Container_Read='.r:*')
            assert 'x-container-read' not in owner.call('HEAD', container).headers
        finally:
            assert owner.call('POST', X_Account_Access_Control='').status == 204
        assert other.call('GET', container).status == 403
        assert owner.call('POST', X_Account_Access_Control='{').status == 400

    @pytest.mark.parametrize('name', ['X-Account-Sysmeta-Core-Access-Control', 'X-Backend-Storage-Policy-Index',
                                      'X-Container-Sysmeta-X', 'X-Roles', 'X-Identity-Status', 'Remote-User'])
    def test_forged_headers_mean_nothing(self, owner, stranger, name, container):
        assert stranger.call('GET', container, **{name: '{"admin": ["test"]}'}).status == 401
        assert owner.call('POST', **{name: '{"read-only": ["test2"]}'}).status == 204
        assert name.lower() not in owner.call('HEAD').headers

    @pytest.mark.parametrize('path', ['/../AUTH_test2', '/%2e%2e/AUTH_test2', '/c/../../AUTH_test2', '/c%00', '/%ff',
                                      '/c/o%00', '/%2f', '//o', '/.', '/..', '/c/%2e%2e/%2e%2e/%2e%2e/etc/passwd'])
    def test_tricks_with_the_path(self, owner, stranger, path):
        for method in ('GET', 'PUT'):
            assert stranger.call(method, path).status in (401, 404, 412)
            assert owner.call(method, path).status in (200, 201, 202, 204, 400, 404, 412)


class TestSigned:
    @pytest.fixture(autouse=True)
    def keys(self, owner):
        assert owner.call('POST', X_Account_Meta_Temp_URL_Key='key').status == 204

    def test_links(self, swift, stranger, owner, container):
        path = '/v1/AUTH_test' + container + '/o'
        answer = stranger.call('GET', url=signed(swift, 'GET', path))
        assert (answer.status, answer.body) == (200, b'content')
        assert answer.headers['content-disposition'].startswith('attachment; filename="o"')
        assert stranger.call('HEAD', url=signed(swift, 'GET', path)).status == 200
        assert stranger.call('PUT', url=signed(swift, 'GET', path), body=b'x').status == 401
        assert stranger.call('GET', url=signed(swift, 'GET', path, key='wrong')).status == 401
        assert stranger.call('GET', url=signed(swift, 'GET', path, expires=1)).status == 401
        new = path + '2'
        assert stranger.call('PUT', url=signed(swift, 'PUT', new), body=b'by link').status == 201
        assert owner.call('GET', container + '/o2').body == b'by link'
        assert stranger.call('POST', url=signed(swift, 'POST', new), X_Object_Meta_A='b').status == 202
        assert stranger.call('DELETE', url=signed(swift, 'DELETE', new)).status == 204
        assert owner.call('GET', container + '/o2').status == 404

    def test_a_links_key_is_for_owners_eyes(self, owner, other, container):
        owner.call('POST', container, X_Container_Read='test2', X_Container_Meta_Temp_URL_Key='secret')
        assert 'x-container-meta-temp-url-key' not in other.call('HEAD', container).headers
        assert owner.call('HEAD', container).headers['x-container-meta-temp-url-key'] == 'secret'

    @pytest.mark.parametrize('kind', ['dynamic', 'static', 'link'])
    def test_a_containers_link_reads_nothing_of_another(self, swift, owner, stranger, container, kind):
        """What lies in another container: the account's key opens it, the container's does not."""
        other = container + '_segments'
        owner.call('PUT', other)
        owner.call('PUT', other + '/1', b'secret')
        owner.call('POST', container, X_Container_Meta_Temp_URL_Key='ckey')
        manifest = json.dumps([{'path': other + '/1'}]).encode()
        query, headers, content = {'dynamic': ('', {'X-Object-Manifest': other[1:] + '/1'}, b''),
                                   'static': ('?multipart-manifest=put', {}, manifest),
                                   'link': ('', {'X-Symlink-Target': other[1:] + '/1'}, b'')}[kind]
        assert owner.call('PUT', f'{container}/{kind}{query}', content, **headers).status == 201
        path = f'/v1/AUTH_test{container}/{kind}'
        assert stranger.call('GET', url=signed(swift, 'GET', path)).body == b'secret'
        answer = stranger.call('GET', url=signed(swift, 'GET', path, 'ckey'))
        assert b'secret' not in answer.body
        assert answer.status in (401, 403, 409)

    @pytest.mark.parametrize('header', ['X-Object-Manifest', 'X-Symlink-Target', 'X-Copy-From'])
    def test_a_writers_link_makes_no_pointers(self, swift, stranger, header, container):
        there = signed(swift, 'PUT', f'/v1/AUTH_test{container}/p')
        assert stranger.call('PUT', url=there, body=b'', **{header: 'c/o'}).status == 400

    def test_forms(self, swift, owner, stranger, container):
        path = f'/v1/AUTH_test{container}/up-'
        large = b'0123456789' * 100000
        form = body(fields(path, size=2000000), ('a.txt', b'one', 'Content-Type: text/x'), ('é', large))
        answer = stranger.call('POST', url=swift.url + path, body=form, **FORM)
        assert answer.status == 201, answer
        assert owner.call('GET', container + '/up-a.txt').body == b'one'
        assert owner.call('GET', container + '/up-%C3%A9').body == large
        assert stranger.call('POST', url=swift.url + path + 'x', body=form, **FORM).status == 401

    def test_a_form_that_is_too_large_or_ends_early_leaves_nothing(self, swift, owner, stranger, container):
        path = f'/v1/AUTH_test{container}/up-'
        for form, status in ((body(fields(path, size=5), ('large', b'x' * 300000)), 413),
                             (body(fields(path, size=10 ** 6), ('cut', b'x' * 300000))[:200000], 400)):
            answer = stranger.call('POST', url=swift.url + path, body=form, **FORM)
            assert answer.status == status, answer
        assert owner.call('GET', container).body == b'o\n'


class TestWeb:
    def test_a_site(self, owner, stranger, container):
        owner.call('POST', container, X_Container_Read='.r:*,.rlistings', X_Container_Meta_Web_Listings='true',
                   X_Container_Meta_Web_Index='index.html', X_Container_Meta_Web_Error='.html')
        owner.call('PUT', container + '/dir/%3Cb%3E', b'x')
        owner.call('PUT', container + '/404.html', b'lost?', Content_Type='text/html')
        page = stranger.call('GET', container + '/')
        assert page.status == 200
        assert page.headers['content-type'].startswith('text/html')
        assert b'href="./dir/"' in page.body
        assert b'7 B' in page.body
        assert b'&lt;b&gt;' in stranger.call('GET', container + '/dir/').body
        moved = stranger.call('GET', container + '/dir')
        assert (moved.status, moved.headers['location']) == (301, stranger.url + container + '/dir/')
        lost = stranger.call('GET', container + '/missing')
        assert (lost.status, lost.body) == (404, b'lost?')
        owner.call('PUT', container + '/index.html', b'welcome', Content_Type='text/html')
        assert stranger.call('GET', container + '/').body == b'welcome'
        assert owner.call('GET', container).headers['content-type'].startswith('text/plain')
        assert owner.call('GET', container + '/', X_Web_Mode='true').body == b'welcome'


class TestQuotas:
    def test_of_a_container(self, owner, container):
        assert owner.call('POST', container, X_Container_Meta_Quota_Bytes='x').status == 400
        assert owner.call('POST', container, X_Container_Meta_Quota_Bytes='10').status == 204
        refused = owner.call('PUT', container + '/p', b'x' * 11)
        assert (refused.status, refused.body) == (413, b'Upload exceeds quota.')
        large = iter([b'b\r\n' + b'x' * 11 + b'\r\n0\r\n\r\n'])
        assert owner.call('PUT', container + '/p', large, Transfer_Encoding='chunked').status == 413
        assert owner.call('GET', container + '/p').status == 404
        assert owner.call('COPY', container + '/o', Destination=container[1:] + '/copy').status == 413

    def test_of_an_account(self, owner, reseller, container):
        assert owner.call('POST', X_Account_Meta_Quota_Bytes='1').status == 403
        try:
            assert reseller.call('POST', X_Account_Quota_Bytes='1').status == 204
            assert owner.call('HEAD').headers['x-account-quota-bytes'] == '1'
            assert owner.call('PUT', container + '/p', b'x' * 11).status == 413
        finally:
            assert reseller.call('POST', X_Remove_Account_Quota_Bytes='x').status == 204
        assert owner.call('PUT', container + '/p', b'x' * 11).status == 201


def test_info_names_them(swift):
    shown = json.loads(swift.request('GET', swift.url + '/info').body)
    assert shown['tempurl']['methods'] == ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']
    assert {'tempauth', 'formpost', 'staticweb', 'ratelimit', 'account_quotas', 'container_quotas'} <= set(shown)


def test_crossdomain(swift):
    assert b'cross-domain-policy' in swift.request('GET', swift.url + '/crossdomain.xml').body
