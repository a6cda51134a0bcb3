"""The access log and the figures for StatsD."""
import logging
import socket
from urllib.parse import unquote

import pytest
import webob

from swift.exceptions import ConfigurationError
from swift.middleware import proxy_logging


def app(environ, start_response):
    environ['wsgi.input'].read()
    start_response('201 Created', [('Content-Length', '5'), ('X-Backend-Storage-Policy-Index', '1')])
    return iter([b'ab', b'cde'])


def line_of(caplog, conf=None, read=True, inner=app, **environ):
    request = webob.Request.blank('/v1/a/c/some%20thing?temp_url_sig=0123456789abcdef0123&x=y', method='PUT',
                                  body=b'body', environ=environ)
    with caplog.at_level(logging.INFO, 'swift.access'):
        response = request.get_response(proxy_logging.filter_factory({}, **(conf or {}))(inner))
        if read:
            b''.join(response.app_iter)
        if hasattr(response.app_iter, 'close'):
            response.app_iter.close()
    assert len(caplog.messages) == 1
    return caplog.messages[0].split(' ')


def test_a_line_has_the_fields_of_the_original(caplog):
    fields = line_of(caplog, HTTP_X_AUTH_TOKEN='AUTH_tk0123456789abcdef', REMOTE_ADDR='10.0.0.1',
                     HTTP_USER_AGENT='my agent', **{'swift.trans_id': 'tx1', 'swift.source': 'TU'})
    assert len(fields) == 22
    assert fields[:2] == ['10.0.0.1', '10.0.0.1']
    assert fields[3:11] == ['PUT', '/v1/a/c/some%20thing?temp_url_sig=0123456789abcdef...&x=y', 'HTTP/1.0', '201', '-',
                            'my%20agent', 'AUTH_tk012345678...', '4']
    assert fields[11:15] == ['5', '-', 'tx1', '-']
    assert float(fields[15]) >= 0
    assert fields[16:18] == ['TU', '-']
    assert float(fields[19]) >= float(fields[18])
    assert fields[20:] == ['1', '-']


def test_a_client_that_went_away_is_499(caplog):
    assert line_of(caplog, read=False)[6] == '499'


def test_two_filters_in_a_pipeline_log_once(caplog):
    inside = proxy_logging.filter_factory({})(app)
    line_of(caplog, inner=inside)


def test_a_template_of_ones_own(caplog):
    assert line_of(caplog, {'log_msg_template': '{method} {status_int} {end_time.s}'})[:2] == ['PUT', '201']
    with pytest.raises(ConfigurationError, match='nonsense'):
        proxy_logging.filter_factory({}, log_msg_template='{nonsense}')(app)


def test_headers_are_logged_when_asked_for_and_tokens_hidden(caplog):
    fields = line_of(caplog, {'log_headers': 'yes'}, HTTP_X_AUTH_TOKEN='AUTH_tk0123456789abcdef')
    assert 'X-Auth-Token: AUTH_tk012345678...' in unquote(fields[14])


def test_figures_go_to_statsd(caplog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))
        server.settimeout(5)
        line_of(caplog, {'log_statsd_host': '127.0.0.1', 'log_statsd_port': str(server.getsockname()[1]),
                         'access_log_statsd_metric_prefix': 'me'})
        assert server.recv(1000).startswith(b'me.proxy-server.object.PUT.201.timing:')
        assert server.recv(1000) == b'me.proxy-server.object.PUT.201.xfer:9|c'


def test_no_secret_is_logged_however_it_is_spelled(caplog):
    secret = 'SECRET' * 8
    fields = line_of(
        caplog, {'log_headers': 'true'}, QUERY_STRING=f'temp%5Furl_sig={secret}&TEMP_URL_SIG={secret}&a=b',
        HTTP_REFERER=f'http://x/v1/a/c/?temp_url_sig={secret}&temp_url_expires=5', HTTP_X_AUTH_TOKEN=secret,
        HTTP_X_ACCOUNT_META_TEMP_URL_KEY='short', HTTP_X_CONTAINER_SYNC_KEY='short', HTTP_X_STORAGE_PASS='short',
        HTTP_X_AUTH_KEY='short', HTTP_COOKIE='short', HTTP_X_CONTAINER_SYNC_AUTH='short', HTTP_X_SERVICE_TOKEN=secret)
    line = unquote(' '.join(fields))
    assert 'SECRET' * 3 not in line and 'short' not in line
    assert 'a=b' in line and 'temp_url_expires=5' in line
