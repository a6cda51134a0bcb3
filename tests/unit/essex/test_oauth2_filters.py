"""Tokens named as OAuth 2.0 does, and tokens that are good with their client's certificate alone."""
import base64
import urllib.parse

import pytest
import webob
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from paste import deploy

from essex.middleware import oauth2_mtls_token, oauth2_token
from essex.middleware.http_proxy_to_wsgi import ProxyHeaders
from tests.fixtures import certificates
from tests.fixtures.recorded_keystone import token
from tests.unit.essex.test_auth_token import GROUP, call, headers_of, keystone, service  # noqa: F401 - a fixture

PROXY = '192.0.2.10'


@pytest.fixture(scope='module')
def pems(tmp_path_factory):
    """Two certificates as PEM."""
    found = []
    for number in range(2):
        directory = tmp_path_factory.mktemp(f'certificate{number}')
        certificates.make(directory)
        found.append((directory / 'server.pem').read_text(encoding='ascii'))
    return found


def der(pem):
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


@pytest.fixture
def bound(keystone, pems):  # noqa: F811
    """The filter before a service, with a token bound to the first certificate, and one that is not."""
    print_ = oauth2_mtls_token.thumbprint(der(pems[0]))
    keystone.tokens |= {'bound': token(oauth2_credential={'x5t#S256': print_}), 'free': token(),
                        'rfc': token(cnf={'x5t#S256': print_ + '='}), 'odd': token(cnf={'x5t#S256': 5})}
    return oauth2_mtls_token.BoundToken(service)


def ask(app, bearer='bound', environ=None, **headers):
    request = webob.Request.blank('/v2/images', environ=environ)
    request.headers.update({'Authorization': f'Bearer {bearer}', **headers})
    return request.get_response(app)


def test_a_bearers_token(keystone):  # noqa: F811
    keystone.tokens['good'] = token()
    app = oauth2_token.BearerToken(service)
    for said in ('Bearer good', 'bearer good', 'BEARER  good '):
        answer = call(app, Authorization=said)
        assert headers_of(answer)['HTTP_X_USER_ID'] == 'alice-id' and answer.json['plugin']['token'] == 'good'
    for headers in ({}, {'Authorization': 'Bearer'}, {'Authorization': 'Bearer bad'}, {'Authorization': 'Basic good'},
                    {'X_Auth_Token': 'good'}, {'X_Storage_Token': 'good'},
                    {'Authorization': 'Bearer bad', 'X_Auth_Token': 'good'}, {'Authorization': 'Bearer naïve'}):
        assert call(app, **headers).status_int == 401, headers
    assert 'Keystone uri=' in call(app).headers['WWW-Authenticate']


def test_with_the_certificate_it_is_bound_to_alone(bound, pems):
    for bearer in ('bound', 'rfc'):
        answer = ask(bound, bearer, {'SSL_CLIENT_CERT': pems[0]})
        assert headers_of(answer)['HTTP_X_PROJECT_ID'] == 'work-id'
    chain = pems[0] + pems[1]
    assert ask(bound, environ={'SSL_CLIENT_CERT': chain}).status_int == 200
    for environ in (None, {'SSL_CLIENT_CERT': pems[1]}, {'SSL_CLIENT_CERT': ''}, {'SSL_CLIENT_CERT': 'nonsense'},
                    {'SSL_CLIENT_CERT': pems[1] + pems[0]}, {'SSL_CLIENT_CERT': pems[0][:-40]},
                    {'SSL_CLIENT_CERT': '::'}, {'SSL_CLIENT_CERT': 'é' * 10}):
        assert ask(bound, environ=environ).status_int == 401, environ
    for bearer in ('free', 'odd', 'unknown'):
        assert ask(bound, bearer, {'SSL_CLIENT_CERT': pems[0]}).status_int == 401
    # No header of a client's is a certificate.
    for name in ('SSL_CLIENT_CERT', 'Ssl-Client-Cert', 'X-SSL-Client-Cert'):
        assert ask(bound, **{name: urllib.parse.quote(pems[0])}).status_int == 401


def test_by_a_proxy_that_is_trusted(bound, pems, conf):
    conf.set('client_certificate_header', 'X-SSL-Client-Cert', GROUP)
    conf.set('trusted_proxies', ['10.0.0.0/8', PROXY], GROUP)
    forms = (urllib.parse.quote(pems[0]), pems[0].strip().replace('\n', ' '),
             f':{base64.b64encode(der(pems[0])).decode()}:')
    for text in forms:
        header = {'X-SSL-Client-Cert': text}
        assert ask(bound, environ={'REMOTE_ADDR': PROXY}, **header).status_int == 200
        assert ask(bound, environ={'REMOTE_ADDR': '192.0.2.11'}, **header).status_int == 401
        assert ask(bound, environ={'REMOTE_ADDR': 'odd'}, **header).status_int == 401
        # Who says that he is the proxy is not.
        conf.set('enable_proxy_headers_parsing', True, 'oslo_middleware')
        assert ask(ProxyHeaders(bound), environ={'REMOTE_ADDR': '192.0.2.11'}, **header,
                   **{'X-Forwarded-For': PROXY}).status_int == 401
    assert ask(bound, environ={'REMOTE_ADDR': PROXY}).status_int == 401
    other = {'X-SSL-Client-Cert': urllib.parse.quote(pems[1])}
    assert ask(bound, environ={'REMOTE_ADDR': PROXY}, **other).status_int == 401


def test_in_a_paste_file(keystone, pems, tmp_path):  # noqa: F811
    (tmp_path / 'paste.ini').write_text(f'''[pipeline:main]
pipeline = token service
[filter:token]
paste.filter_factory = essex.middleware.oauth2_mtls_token:filter_factory
auth_url = {keystone.url}
client_certificate_header = Client-Cert
trusted_proxies = {PROXY}
[app:service]
paste.app_factory = tests.unit.essex.test_auth_token:service_factory
''', encoding='utf-8')
    keystone.tokens['bound'] = token(oauth2_credential={'x5t#S256': oauth2_mtls_token.thumbprint(der(pems[0]))})
    app = deploy.loadapp(f'config:{tmp_path}/paste.ini')
    header = {'Client-Cert': f':{base64.b64encode(der(pems[0])).decode()}:'}
    assert ask(app, environ={'REMOTE_ADDR': PROXY}, **header).status_int == 200
    with pytest.raises(ValueError, match='network'):
        oauth2_mtls_token.filter_factory({}, trusted_proxies='nowhere')
