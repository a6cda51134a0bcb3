"""Tokens of another authorization server, which answers over real HTTP and remembers what it was asked."""
import base64
import http.server
import json
import threading
import time
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from paste import deploy

from essex.exception import ConfigError
from essex.middleware import external_oauth2_token, oauth2_mtls_token
from tests.unit.essex.test_auth_token import call, headers_of, service
from tests.unit.essex.test_oauth2_filters import ask, der, pems  # noqa: F401 - a fixture

GROUP = external_oauth2_token.GROUP
SECRET = 'a-secret-of-this-client-that-is-long-enough'
DOMAIN = {'id': 'd', 'name': 'D'}
TOLD = {'active': True, 'exp': time.time() + 3600, 'role_info': 'member, reader',
        'user': {'id': 'alice-id', 'name': 'alice', 'domain': DOMAIN},
        'project_info': {'id': 'work-id', 'name': 'work', 'domain': DOMAIN}}


class Server:
    """`tokens` is what it tells of each, `asked` the (headers, form) of every question."""

    def __init__(self):
        self.tokens, self.asked, self.status, server = {}, [], 200, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(parse_qsl(self.rfile.read(int(self.headers['Content-Length'])).decode()))
                server.asked.append((dict(self.headers), form))
                body = json.dumps(server.tokens.get(form.get('token'), {'active': False})).encode()
                self.send_response(server.status)
                self.send_header('Content-Length', str(len(body)))
                self.send_header('Location', 'http://127.0.0.1:1/')
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_address[1]}/introspect'
        threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.01}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(conf):
    made = Server()
    for name, value in {
            'introspect_endpoint': made.url, 'client_id': 'me', 'client_secret': SECRET, 'audience': 'https://as',
            'http_request_max_retries': 0, 'mapping_roles': 'role_info', 'mapping_system_scope': 'system', **{
                f'mapping_{kind}_{name}': f'{path}.{name.replace("_", ".")}' for kind, path in (
                    ('user', 'user'), ('project', 'project_info')) for name in ('id', 'name', 'domain_id',
                                                                               'domain_name')}}.items():
        conf.set(name, value, GROUP)
    yield made
    made.close()


@pytest.fixture
def app(server):
    server.tokens['good'] = TOLD
    return external_oauth2_token.ExternalToken(service)


def test_what_the_server_tells_is_what_the_application_sees(app, server):
    answer = call(app, Authorization='Bearer good', X_Roles='admin', X_Domain_Id='forged')
    told = headers_of(answer)
    assert {name.removeprefix('HTTP_X_'): value for name, value in told.items()} == {
        'IDENTITY_STATUS': 'Confirmed', 'USER_ID': 'alice-id', 'USER_NAME': 'alice', 'USER_DOMAIN_ID': 'd',
        'USER_DOMAIN_NAME': 'D', 'PROJECT_ID': 'work-id', 'PROJECT_NAME': 'work', 'PROJECT_DOMAIN_ID': 'd',
        'PROJECT_DOMAIN_NAME': 'D', 'ROLES': 'member,reader', 'IS_ADMIN_PROJECT': 'True', 'TENANT_ID': 'work-id',
        'TENANT_NAME': 'work', 'TENANT': 'work', 'USER': 'alice', 'ROLE': 'member,reader'}
    assert answer.json['plugin']['token'] == 'good' and answer.json['plugin']['user'] == 'alice-id'
    (headers, form), = server.asked
    assert form == {'token': 'good', 'token_type_hint': 'access_token'}
    assert base64.b64decode(headers['Authorization'].removeprefix('Basic ')).decode() == f'me:{SECRET}'
    # Once, good or bad.
    for _ in range(2):
        assert call(app, Authorization='Bearer good').status_int == 200
        refused = call(app, Authorization='Bearer bad')
        assert refused.status_int == 401 and refused.headers['WWW-Authenticate'] == 'Bearer'
    assert len(server.asked) == 2
    assert call(app, X_Auth_Token='good').status_int == 401


def test_other_scopes_and_roles(app, server):
    bare = {name: value for name, value in TOLD.items() if name != 'project_info'}
    server.tokens |= {'domain': {**bare, 'project_info': {'domain': DOMAIN}, 'role_info': ['a', 'b']},
                      'system': {**bare, 'system': 'all', 'exp': None}}
    told = headers_of(call(app, Authorization='Bearer domain'))
    assert (told['HTTP_X_DOMAIN_ID'], told['HTTP_X_ROLES']) == ('d', 'a,b') and 'HTTP_X_PROJECT_ID' not in told
    assert headers_of(call(app, Authorization='Bearer system'))['HTTP_OPENSTACK_SYSTEM_SCOPE'] == 'all'
    for number, odd in enumerate((bare, {**TOLD, 'role_info': None}, {**TOLD, 'role_info': []}, {**TOLD, 'user': 'x'},
                                  {**TOLD, 'role_info': ['a,admin']}, {**TOLD, 'role_info': [5]},
                                  {**TOLD, 'role_info': 'a,,b'}, {**TOLD, 'user': {'id': 5}},
                                  {**TOLD, 'exp': time.time() - 5, 'active': False})):
        server.tokens[f'odd{number}'] = odd
        assert call(app, Authorization=f'Bearer odd{number}').status_int == 401, odd


def test_ways_to_authenticate(app, server, conf, tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / 'key.pem').write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    conf.set('jwt_key_file', str(tmp_path / 'key.pem'), GROUP)

    def form(method):
        conf.set('auth_method', method, GROUP)
        assert call(external_oauth2_token.ExternalToken(service), Authorization='Bearer good').status_int == 200
        headers, found = server.asked[-1]
        assert 'Authorization' not in headers and found['client_id'] == 'me'
        return found
    assert form('client_secret_post')['client_secret'] == SECRET
    for method, secret, algorithm in (('client_secret_jwt', SECRET, 'HS256'),
                                      ('private_key_jwt', key.public_key(), 'RS256')):
        found = form(method)
        claims = jwt.decode(found['client_assertion'], secret, [algorithm], audience='https://as')
        assert claims['iss'] == claims['sub'] == 'me' and claims['exp'] - claims['iat'] == 3600 and claims['jti']
        assert found['client_assertion_type'].endswith(':jwt-bearer') and 'client_secret' not in found


def test_without_the_server_known_tokens_pass_and_others_are_503(app, server, conf):
    assert call(app, Authorization='Bearer good').status_int == 200
    for status in (302, 401, 500):
        server.status = status
        assert call(app, Authorization=f'Bearer x{status}').status_int == 503
    server.status, server.tokens['list'], server.tokens['none'] = 200, [], {'exp': 5}
    assert call(app, Authorization='Bearer list').status_int == 503
    assert call(app, Authorization='Bearer none').status_int == 503
    server.close()
    assert call(app, Authorization='Bearer good').status_int == 200
    assert call(app, Authorization='Bearer other').status_int == 503


def test_bound_to_a_certificate(app, server, conf, pems):  # noqa: F811
    print_ = oauth2_mtls_token.thumbprint(der(pems[0]))
    server.tokens |= {'bound': {**TOLD, 'cnf': {'x5t#S256': print_}}, 'odd': {**TOLD, 'cnf': 'x'}}
    assert ask(app, 'bound').status_int == 200
    conf.set('thumbprint_verify', True, GROUP)
    assert ask(app, 'bound', {'SSL_CLIENT_CERT': pems[0]}).status_int == 200
    for bearer, environ in (('bound', {'SSL_CLIENT_CERT': pems[1]}), ('bound', None), ('odd', {
            'SSL_CLIENT_CERT': pems[0]}), ('good', {'SSL_CLIENT_CERT': pems[0]})):
        assert ask(app, bearer, environ).status_int == 401


@pytest.mark.parametrize('method,lacks', [
    ('client_secret_basic', 'client_secret'), ('client_secret_jwt', 'audience'), ('private_key_jwt', 'jwt_key_file'),
    ('tls_client_auth', 'certfile'), ('client_secret_post', 'introspect_endpoint'),
    ('client_secret_post', 'mapping_roles')])
def test_options_that_are_missing_are_named(server, conf, method, lacks):
    conf.set('auth_method', method, GROUP)
    conf.set(lacks, None, GROUP)
    with pytest.raises(ConfigError, match=lacks):
        external_oauth2_token.Introspection()


def test_no_secret_is_logged(app, server, caplog):
    server.status = 500
    for name in ('a-token-of-somebody', 'another-of-his'):
        call(app, Authorization=f'Bearer {name}')
        server.close()
        assert name not in caplog.text
    assert SECRET not in caplog.text and 'cannot be asked' in caplog.text


def test_in_a_paste_file(server, tmp_path):
    (tmp_path / 'paste.ini').write_text(f'''[pipeline:main]
pipeline = token service
[filter:token]
paste.filter_factory = essex.middleware.external_oauth2_token:filter_factory
introspect_endpoint = {server.url}
client_id = other
mapping_roles = role_info
token_cache_time = 5
[app:service]
paste.app_factory = tests.unit.essex.test_auth_token:service_factory
''', encoding='utf-8')
    server.tokens['good'] = TOLD
    assert call(deploy.loadapp(f'config:{tmp_path}/paste.ini'), Authorization='Bearer good').status_int == 200
    assert base64.b64decode(server.asked[0][0]['Authorization'].removeprefix('Basic ')).startswith(b'other:')
    with pytest.raises(ValueError, match='auth_method'):
        external_oauth2_token.filter_factory({}, auth_method='magic')
