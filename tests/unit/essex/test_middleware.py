"""Paste filters."""
import io
import re

import pytest
import webob
import webob.dec

from essex import config, context, trace, trace_files
from essex.middleware import access_log, auth_token, cors, healthcheck, http_proxy_to_wsgi, request_id, size_limit


@webob.dec.wsgify
def echo(req):
    return webob.Response(json={'read': len(req.body_file.read()), 'scheme': req.scheme, 'host': req.host,
                                'roles': req.headers.get('X-Roles'), 'status': req.headers.get('X-Identity-Status')})


def get(app, path='/', method='GET', body=b'', **headers):
    request = webob.Request.blank(path, method=method, body=body)
    request.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return request.get_response(app)


class TestRequestId:
    def test_every_answer_carries_one(self, conf):
        response = get(request_id.RequestId(echo, ('X-Compute-Request-Id',)))
        assert re.fullmatch(r'req-[0-9a-f-]{36}', response.headers['X-Openstack-Request-Id'])
        assert response.headers['X-Compute-Request-Id'] == response.headers['X-Openstack-Request-Id']

    def test_the_callers_own_becomes_the_global_one(self, conf):
        sent = 'req-11111111-2222-3333-4444-555555555555'
        seen = []

        def app(environ, start_response):
            seen.append(context.current())
            return echo(environ, start_response)
        response = get(request_id.RequestId(app), X_Openstack_Request_Id=sent)
        assert response.headers['X-Openstack-Request-Id'] != sent
        assert seen[0].global_request_id == sent
        assert context.current() is None

    def test_a_forged_one_is_ignored(self, conf):
        seen = []

        def app(environ, start_response):
            seen.append(context.current().global_request_id)
            return echo(environ, start_response)
        get(request_id.RequestId(app), X_Openstack_Request_Id='req-x" injected')
        assert seen == [None]

    def test_a_failure_outside_the_application_is_a_plain_500_with_the_id(self, conf):
        def app(environ, start_response):
            raise ZeroDivisionError
        response = get(request_id.RequestId(app))
        assert response.status_int == 500
        assert 'X-Openstack-Request-Id' in response.headers

    def test_spans_are_written_and_found_by_either_id(self, conf, tmp_path):
        conf.set('directory', str(tmp_path), 'trace')
        sent = 'req-11111111-2222-3333-4444-555555555556'
        response = get(request_id.RequestId(echo), '/servers', X_Openstack_Request_Id=sent)
        for identity in (sent, response.headers['X-Openstack-Request-Id']):
            spans = trace_files.find(identity, str(tmp_path))
            assert [(span['name'], span['status']) for span in spans] == [('GET /servers', 200)]

    def test_an_error_tells_no_token(self, conf, tmp_path):
        conf.set('directory', str(tmp_path), 'trace')

        @webob.dec.wsgify
        def fail(req):
            with trace.span('GET identity'):
                raise OSError('cannot reach http://identity/v2.0/tokens/abc123: refused')
        answer = get(request_id.RequestId(fail))
        [error] = [span['error'] for span in trace_files.find(answer.headers['X-Openstack-Request-Id'], str(tmp_path))
                   if 'error' in span]
        assert error == 'OSError: cannot reach http://identity/v2.0/tokens/*** refused'



@pytest.mark.parametrize('path, query, shown', [
    ('/v2.0/tokens/abc/endpoints', '', '/v2.0/tokens/***/endpoints'), ('/tokens//abc', '', '/tokens//***'),
    ('/vnc', 'token=abc&x=1', '/vnc?token=***&x=1'),
    ('/v1/a/c/o', 'temp_url_sig=abc&temp_url_expires=1', '/v1/a/c/o?temp_url_sig=***&temp_url_expires=1'),
])
def test_logs_hold_no_secret(path, query, shown):
    assert request_id.hide_secrets(path, query) == shown


def test_the_access_log_has_one_line_a_request(conf, caplog):
    with caplog.at_level('INFO', logger='essex.access'):
        get(access_log.AccessLog(echo), '/a?token=secret')
    assert len(caplog.messages) == 1
    assert ' GET /a?token=*** 200 ' in caplog.messages[0]


class TestSizeLimit:
    def test_a_declared_length_is_refused_at_once(self, conf):
        assert get(size_limit.SizeLimit(echo, 10), method='POST', body=b'x' * 11).status_int == 413

    def test_what_fits_passes(self, conf):
        assert get(size_limit.SizeLimit(echo, 10), method='POST', body=b'x' * 10).json['read'] == 10

    def test_a_body_without_a_length_is_counted(self, conf):
        limited = size_limit._Limited(io.BytesIO(b'x' * 100), 10)
        with pytest.raises(Exception, match='larger than the 10 bytes'):
            limited.read()


def test_the_healthcheck_answers_and_can_be_taken_out(tmp_path):
    off = tmp_path / 'off'
    assert healthcheck.filter_factory({}, disable_path=str(off))(echo).disable_by_file == str(off)
    app = healthcheck.Healthcheck(echo, disable_by_file=str(off))
    assert get(app, '/healthcheck').status_int == 200
    off.touch()
    assert get(app, '/healthcheck').status_int == 503
    assert get(app, '/other').status_int == 200


def test_only_listed_origins_may_call(conf):
    conf.set('allowed_origin', ['https://good.example'], 'cors')
    app = cors.Cors(echo)
    assert get(app, Origin='https://good.example').headers['Access-Control-Allow-Origin'] == 'https://good.example'
    assert 'Access-Control-Allow-Origin' not in get(app, Origin='https://bad.example').headers
    preflight = get(app, method='OPTIONS', Origin='https://good.example', Access_Control_Request_Method='PUT')
    assert preflight.status_int == 204
    assert 'PUT' in preflight.headers['Access-Control-Allow-Methods']


def test_a_proxy_is_believed_only_where_there_is_one(conf):
    app = http_proxy_to_wsgi.ProxyHeaders(echo)
    headers = {'X_Forwarded_Proto': 'https', 'X_Forwarded_Host': 'cloud.example'}
    assert get(app, **headers).json['scheme'] == 'http'
    conf.set('enable_proxy_headers_parsing', True, 'oslo_middleware')
    assert get(app, **headers).json['host'] == 'cloud.example'


def test_the_address_is_the_one_the_proxy_saw(conf):
    seen = []

    def note(environ, start_response):
        seen.append(environ['REMOTE_ADDR'])
        return echo(environ, start_response)
    app = http_proxy_to_wsgi.ProxyHeaders(note)
    conf.set('enable_proxy_headers_parsing', True, 'oslo_middleware')
    # What stands before it the client said himself.
    get(app, X_Forwarded_For='192.0.2.66, 192.0.2.1')
    get(app, X_Forwarded_For='192.0.2.2')
    assert seen == ['192.0.2.1', '192.0.2.2']


class Tokens:
    """Stands where Keystone's client is, so that the filter's own rules show."""

    def __init__(self, known):
        self.known = known

    def validate(self, token, allow_expired=False):
        return token in self.known and auth_token.Validated({'token': self.known[token]})


TOKEN = {'user': {'id': 'u', 'name': 'alice', 'domain': {'id': 'default'}}, 'project': {'id': 'p', 'name': 'demo'},
         'roles': [{'name': 'member'}, {'name': 'Admin'}], 'expires_at': '2099-01-01T00:00:00.000000Z'}


class TestAuthTokenOfPaste:
    """Options in the filter's own section, as Swift's pipelines carry them."""

    def test_are_options_of_the_group(self, conf):
        auth_token.filter_factory({}, auth_url='http://keystone.example:5000', username='swift', password='secret',
                                  project_name='service', user_domain_name='Default', http_connect_timeout='7',
                                  www_authenticate_uri='https://public.example', delay_auth_decision='true')
        options = config.CONF.keystone_authtoken
        assert (options.auth_url, options.username, options.password, options.http_connect_timeout) == (
            'http://keystone.example:5000', 'swift', 'secret', 7)

    def test_a_versioned_address_stays_as_it_is(self, conf):
        auth_token.filter_factory({}, auth_url='http://keystone.example/identity/v3/')
        assert config.CONF.keystone_authtoken.auth_url == 'http://keystone.example/identity/v3/'

    def test_without_any_the_files_stand(self, conf):
        conf.set('auth_url', 'http://mine/v3', 'keystone_authtoken')
        auth_token.filter_factory({'auth_url': 'http://global', '__file__': 'x'}, delay_auth_decision='true')
        assert config.CONF.keystone_authtoken.auth_url == 'http://mine/v3'

    def test_what_means_nothing_here_is_told_without_its_value(self, conf, caplog):
        auth_token.filter_factory({}, auth_type='password', hash_algorithms='hush', set_log_level='x')
        assert 'hash_algorithms' in caplog.text
        assert 'hush' not in caplog.text

    def test_a_wrong_value_stops_the_start(self, conf):
        with pytest.raises(ValueError, match='http_connect_timeout'):
            auth_token.filter_factory({}, http_connect_timeout='soon')


class TestAuthToken:
    def app(self, delay=False):
        return auth_token.AuthToken(echo, delay, Tokens({'good': TOKEN}))

    def test_a_valid_token_identifies(self, conf):
        response = get(self.app(), X_Auth_Token='good')
        assert response.json['roles'] == 'member,Admin'
        assert response.json['status'] == 'Confirmed'

    def test_without_one_the_answer_is_401_and_says_where_to_get_one(self, conf):
        response = get(self.app())
        assert response.status_int == 401
        assert response.headers['WWW-Authenticate'].startswith('Keystone uri=')

    def test_headers_a_client_forged_are_stripped(self, conf):
        assert get(self.app(delay=True), X_Roles='admin', X_Identity_Status='Confirmed').json['roles'] is None
