"""TempURL: what a signed link opens, and what it does not."""
import base64
import hashlib
import hmac
import time
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swift.exceptions import ConfigurationError
from swift.middleware import signatures, tempauth, tempurl
from swift.proxy import registry
from tests.unit.swift.middleware.kit import Store, call

# Fixed: it is part of the names of tests, which every worker must see alike.
LATER = 4_000_000_000
PATH = '/v1/AUTH_test/c/o'


def sign(method='GET', path=PATH, key='key', expires=LATER, digest='sha256', ip=None):
    message = f'{f"ip={ip}" + chr(10) if ip else ""}{method}\n{expires}\n{path}'
    return hmac.new(key.encode(), message.encode(), digest).hexdigest()


def url(signature, path=PATH, expires=LATER, **more):
    query = {'temp_url_sig': signature, 'temp_url_expires': expires, **more}
    return f'{urllib.parse.quote(path)}?{urllib.parse.urlencode(query)}'


class Service:
    def __init__(self, **conf):
        self.store = Store('c', 'd', X_Account_Meta_Temp_URL_Key='key', X_Account_Meta_Temp_URL_Key_2='second')
        self.store.add_container('c', X_Container_Meta_Temp_URL_Key='ckey')
        self.store.add_object('c/o', b'content', X_Object_Meta_Secret='s', X_Object_Meta_Public_Title='t')
        inner = tempauth.filter_factory({}, user_a_b='k')(self.store)
        self.app = tempurl.filter_factory({}, **conf)(inner)

    def call(self, *args, **kwargs):
        return call(self.app, *args, **kwargs)


@pytest.fixture
def service():
    return Service()


class TestValid:
    @pytest.mark.parametrize('key', ['key', 'second', 'ckey'])
    @pytest.mark.parametrize('digest', ['sha256', 'sha512'])
    def test_each_key_and_digest_opens_the_object(self, service, key, digest):
        response = service.call(url(sign(key=key, digest=digest)))
        assert (response.status_int, response.body) == (200, b'content')
        assert service.store.last('GET')['swift_owner'] is False

    @pytest.mark.parametrize('encode', [base64.b64encode, base64.urlsafe_b64encode])
    def test_a_signature_in_base64(self, service, encode):
        text = 'sha512:' + encode(bytes.fromhex(sign(digest='sha512'))).decode()
        assert service.call(url(text)).status_int == 200
        assert service.call(url(text.rstrip('='))).status_int == 200

    def test_an_expiry_in_iso_8601(self, service):
        iso = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(LATER))
        assert service.call(url(sign(), expires=iso)).status_int == 200

    @pytest.mark.parametrize('method, status', [('PUT', 201), ('POST', 202), ('DELETE', 204), ('HEAD', 200)])
    def test_each_method_by_its_own_signature(self, service, method, status):
        assert service.call(url(sign(method)), method).status_int == status

    @pytest.mark.parametrize('method', ['GET', 'PUT', 'POST'])
    def test_head_by_that_of_another(self, service, method):
        assert service.call(url(sign(method)), 'HEAD').status_int == 200

    def test_a_prefix(self, service):
        service.store.add_object('c/photos/a', b'x')
        signature = sign(path='prefix:/v1/AUTH_test/c/photos/')
        assert service.call(url(signature, '/v1/AUTH_test/c/photos/a', temp_url_prefix='photos/')).status_int == 200
        assert service.call(url(signature, PATH, temp_url_prefix='photos/')).status_int == 401
        assert service.call(url(signature, PATH, temp_url_prefix='')).status_int == 401
        assert service.call(url(signature, '/v1/AUTH_test/c/photos/a')).status_int == 401

    def test_a_name_beyond_ascii(self, service):
        path = '/v1/AUTH_test/c/é ü'
        service.store.add_object('c/é ü'.encode().decode('latin-1'), b'x')
        assert service.call(url(sign(path=path), path)).status_int == 200

    @pytest.mark.parametrize('address, ip_range, status', [
        ('127.0.0.1', '127.0.0.1', 200), ('10.1.2.3', '10.0.0.0/8', 200), ('11.1.2.3', '10.0.0.0/8', 401),
        ('127.0.0.1', 'nonsense', 401), ('', '127.0.0.1', 401), ('fd00::5', 'fd00::/64', 200),
        ('127.0.0.1', '127.0.0.1/8', 401)])
    def test_a_range_of_addresses(self, service, address, ip_range, status):
        there = url(sign(ip=ip_range), temp_url_ip_range=ip_range)
        assert service.call(there, environ={'REMOTE_ADDR': address}).status_int == status

    def test_the_range_cannot_be_left_out_or_widened(self, service):
        environ = {'REMOTE_ADDR': '10.0.0.1'}
        assert service.call(url(sign(ip='10.0.0.1')), environ=dict(environ)).status_int == 401
        assert service.call(url(sign(ip='127.0.0.1'), temp_url_ip_range='0.0.0.0/0'), environ=environ).status_int == 401


class TestInvalid:
    @pytest.mark.parametrize('there', [
        url(sign()[:-1] + ('0' if sign()[-1] != '0' else '1')), url(''), url('x'), url(sign()[:40]), url('0' * 64),
        url('sha256:'), url('sha256:!!!!'), url('md5:' + 'A' * 22), url('é'), url(sign(digest='sha1')),
        url(sign(expires=1), expires=1), url(sign(), expires=LATER + 1), url(sign(), expires='never'),
        url(sign(), expires=''), url(sign(), expires='9' * 30), url(sign(), expires='²'), url(sign(), expires=-1),
        f'{PATH}?temp_url_sig={sign()}', f'{PATH}?temp_url_expires={LATER}',
        url(sign(path='/v1/AUTH_test/c/other')), url(sign('PUT')), url(sign(key='wrong')), url(sign(key='')),
        url(sign(path='/v1/AUTH_test/c'), '/v1/AUTH_test/c'), url(sign(path='/v1/AUTH_test/c/'), '/v1/AUTH_test/c/'),
        url(sign(path='/v1/AUTH_test'), '/v1/AUTH_test'), url(sign(), '/v1/AUTH_test/d/../c/o'),
        url(sign(), '/v1/AUTH_test/c/o\0'), url(sign(), '/v1/AUTH_test//c/o'), url(sign(), '/v1/AUTH_test/c/o/'),
        url(sign(key='ckey', path='/v1/AUTH_test/d/o'), '/v1/AUTH_test/d/o'),
        url(sign(path='/v1/AUTH_test2/c/o'), '/v1/AUTH_test2/c/o')])
    def test_is_401_without_a_reason(self, service, there):
        response = service.call(there)
        assert response.status_int == 401
        assert response.text == '401 Unauthorized: Temp URL invalid\n'
        assert 'GET' not in [method for method, *_ in service.store.calls]

    @pytest.mark.parametrize('signed, method', [('GET', 'PUT'), ('GET', 'DELETE'), ('GET', 'POST'), ('HEAD', 'GET'),
                                                ('PUT', 'GET'), ('PUT', 'DELETE'), ('DELETE', 'HEAD'), ('GET', 'COPY')])
    def test_a_signature_is_for_its_method(self, service, signed, method):
        assert service.call(url(sign(signed)), method).status_int == 401

    def test_without_a_signature_it_is_an_ordinary_request(self, service):
        assert service.call(PATH + '?temp_url_prefix=x').status_int == 401
        assert 'Temp URL' not in service.call(PATH).text
        assert service.call(url(''), 'OPTIONS').status_int == 200

    def test_methods_may_be_turned_off(self):
        assert Service(methods='GET').call(url(sign('PUT')), 'PUT').status_int == 401

    def test_sha1_counts_where_it_is_allowed(self):
        assert Service(allowed_digests='sha1 sha256').call(url(sign(digest='sha1'))).status_int == 200

    @pytest.mark.parametrize('names', ['', 'md5', 'sha256 crc'])
    def test_a_digest_that_is_none_stops_the_start(self, names):
        with pytest.raises(ConfigurationError):
            Service(allowed_digests=names)

    @given(st.text(max_size=200))
    def test_no_signature_upsets_the_parser(self, text):
        signatures.parse(text, signatures.DIGESTS)
        signatures.expiry(text)


class TestScope:
    @pytest.mark.parametrize('name', ['X-Object-Manifest', 'X-Symlink-Target', 'X-Copy-From', 'x_symlink_target'])
    def test_a_writer_makes_no_pointers(self, service, name):
        assert service.call(url(sign('PUT')), 'PUT', **{name: 'd/secret'}).status_int == 400
        assert service.call(url(sign('POST')), 'POST', **{name: 'd/secret'}).status_int == 400

    def test_the_query_says_nothing_else(self, service):
        there = url(sign('PUT')) + '&multipart-manifest=put&symlink=get&version-id=1'
        assert service.call(there, 'PUT').status_int == 201
        query = service.store.last('PUT')['QUERY_STRING']
        assert set(urllib.parse.parse_qs(query)) == {'temp_url_sig', 'temp_url_expires'}

    def test_a_forged_time_is_dropped(self, service):
        service.call(url(sign('PUT')), 'PUT', X_Timestamp='9999999999', X_Open_Expired='true')
        assert 'HTTP_X_TIMESTAMP' not in service.store.last('PUT')
        assert 'HTTP_X_OPEN_EXPIRED' not in service.store.last('PUT')

    @pytest.mark.parametrize('key, status', [('key', None), ('ckey', 401)])
    def test_a_containers_key_reads_no_segments_elsewhere(self, service, key, status):
        seen = []

        class Composing(Store):
            def answer(self, request):
                if 'swift.authorize' in request.environ and request.method == 'GET':
                    other = request.copy()
                    other.environ['PATH_INFO'] = '/v1/AUTH_test/d/segment'
                    seen.append(request.environ['swift.authorize'](other))
                    other.environ['PATH_INFO'] = '/v1/AUTH_tes/c/o'
                    assert request.environ['swift.authorize'](other).status_int == 401
                return super().answer(request)
        service.store.__class__ = Composing
        assert service.call(url(sign(key=key))).status_int == 200
        assert [each and each.status_int for each in seen] == [status]


class TestAnswer:
    def test_names_the_file_and_hides_metadata(self, service):
        headers = service.call(url(sign())).headers
        assert headers['Content-Disposition'] == 'attachment; filename="o"; filename*=UTF-8\'\'o'
        assert headers['X-Object-Meta-Public-Title'] == 't'
        assert 'X-Object-Meta-Secret' not in headers
        assert headers['Expires'].endswith('GMT')

    @pytest.mark.parametrize('query, value', [
        ({'inline': ''}, 'inline'),
        ({'inline': '', 'filename': 'a.txt'}, 'inline; filename="a.txt"; filename*=UTF-8\'\'a.txt'),
        ({'filename': 'é"\r\nX: y'}, 'attachment; filename="%C3%A9%22%0D%0AX%3A y"; '
                                     'filename*=UTF-8\'\'%C3%A9%22%0D%0AX%3A%20y')])
    def test_the_link_may_name_it_otherwise(self, service, query, value):
        assert service.call(url(sign(), **query)).headers['Content-Disposition'] == value

    def test_a_stored_disposition_stays(self, service):
        service.store.objects[PATH]['Content-Disposition'] = 'inline; filename="mine"'
        assert service.call(url(sign())).headers['Content-Disposition'] == 'inline; filename="mine"'

    def test_failures_are_not_named(self, service):
        response = service.call(url(sign(path=PATH + 'x'), PATH + 'x'))
        assert response.status_int == 404
        assert 'Content-Disposition' not in response.headers

    def test_header_rules_are_options(self):
        service = Service(outgoing_remove_headers='x-object-meta-public-title', outgoing_allow_headers='',
                          incoming_remove_headers='x-*', incoming_allow_headers='x-keep-*')
        headers = service.call(url(sign()), X_Keep_Me='1', X_Other='1').headers
        assert 'X-Object-Meta-Secret' in headers
        assert 'X-Object-Meta-Public-Title' not in headers
        assert 'HTTP_X_KEEP_ME' in service.store.last('GET')
        assert 'HTTP_X_OTHER' not in service.store.last('GET')


def test_info_tells_what_is_on(service):
    shown = registry.info()['tempurl']
    assert shown['methods'] == ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']
    assert (shown['allowed_digests'], shown['deprecated_digests']) == (['sha256', 'sha512'], [])


def test_secrets_are_not_logged(service, caplog):
    with caplog.at_level('DEBUG'):
        service.call(url(sign()))
        service.call(url('0' * 64))
    assert sign() not in caplog.text


def test_the_length_of_a_digest_is_that_of_its_algorithm():
    assert signatures.parse('sha512:' + base64.b64encode(hashlib.sha256().digest()).decode(), ['sha512']) is None
