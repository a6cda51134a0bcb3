"""Tokens of services beside those of users, from the adapter that sends them to the filter that believes them."""
import logging
import threading
import wsgiref.simple_server

import pytest

from essex.client import session
from essex.client.image import ImageClient
from essex.context import RequestContext
from essex.exception import ServiceUnavailable, Unauthorized
from essex.middleware.auth_token import AuthToken
from tests.fixtures.recorded_keystone import SERVICE, Keystone, token

AUTH, GROUP = 'keystone_authtoken', 'service_user'
IMAGE_ID = '11111111-2222-4333-8444-555555555555'


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def keystone(conf):
    made, rules = Keystone(), [{'id': '1', 'service': 'compute', 'method': 'POST', 'path': '/v2.1/servers'}]
    made.tokens |= {SERVICE: token('nova', 'service', ('service',)), 'good': token(), 'old': token(lives=-60),
                    'limited': token(application_credential={'id': 'c', 'name': 'c', 'restricted': True,
                                                            'access_rules': rules})}
    for name, value in (('auth_url', made.url + '/v3'), ('username', 'nova'), ('password', 'secret'),
                        ('service_type', 'image')):
        conf.set(name, value, AUTH)
    yield made
    made.close()


@pytest.fixture
def images(keystone):
    """The URL of an image service that answers whom it believes; `.seen` are the service's tokens it got."""
    seen = []

    def service(environ, start_response):
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [b'{"name": "%s"}' % environ.get('HTTP_X_SERVICE_USER_NAME', 'nobody').encode()]

    def remembering(environ, start_response):
        seen.append(environ.get('HTTP_X_SERVICE_TOKEN'))
        return believing(environ, start_response)
    believing = AuthToken(service)
    server = wsgiref.simple_server.make_server('127.0.0.1', 0, remembering, handler_class=Quiet)
    server.url, server.seen = f'http://127.0.0.1:{server.server_port}', seen
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


def show(images, text):
    """The name of the service on whose behalf the user's token `text` was believed."""
    return ImageClient.of_user(RequestContext(auth_token=text), images.url).show(IMAGE_ID)['name']


def test_none_is_sent_unless_it_is_wanted(images):
    assert show(images, 'good') == 'nobody' and images.seen == [None]
    for text in ('old', 'limited'):
        with pytest.raises(Unauthorized):
            show(images, text)


def test_users_tokens_that_expired_or_are_limited_pass_with_it(conf, images, keystone, caplog):
    caplog.set_level(logging.DEBUG)
    conf.set('send_service_user_token', True, GROUP)
    assert {show(images, text) for text in ('good', 'old', 'limited')} == {'nova'}
    with pytest.raises(Unauthorized):
        show(images, 'unknown')
    assert set(images.seen) == {SERVICE}
    # One log-in for this, and for what the filter asks Keystone; one more after the 401.
    assert len(keystone.logins) == 2
    assert SERVICE not in caplog.text and 'limited' not in caplog.text


def test_the_account_of_another_section(conf, images, keystone):
    conf.set('send_service_user_token', True, GROUP)
    for name, value in (('auth_type', 'v3password'), ('auth_url', keystone.url + '/v3'), ('username', 'caller'),
                        ('password', 'secret'), ('user_domain_id', 'default'), ('project_name', 'service'),
                        ('project_domain_id', 'default')):
        conf.set(name, value, GROUP)
    assert show(images, 'old') == 'nova'
    names = [body['auth']['identity']['password']['user']['name'] for _, body in keystone.logins]
    assert sorted(names) == ['caller', 'nova']
    conf.set('auth_section', AUTH, GROUP)
    session.reset()
    keystone.logins.clear()
    assert show(images, 'good') == 'nova'
    assert [body['auth']['identity']['password']['user']['name'] for _, body in keystone.logins] == ['nova']


@pytest.mark.parametrize('wrong', [{'auth_type': 'nonsense'}, {'auth_section': 'nowhere'}, {'auth_type': 'password'}])
def test_an_account_that_is_not_set_up(conf, images, wrong):
    conf.set('send_service_user_token', True, GROUP)
    for name, value in wrong.items():
        conf.set(name, value, GROUP)
    with pytest.raises(ServiceUnavailable, match='not set up'):
        show(images, 'good')


def test_without_keystone_the_call_fails_as_one(conf, images, keystone):
    conf.set('send_service_user_token', True, GROUP)
    conf.set('auth_type', 'v3password', GROUP)
    conf.set('auth_url', 'http://127.0.0.1:1/v3', GROUP)
    with pytest.raises(ServiceUnavailable, match='cannot be reached'):
        show(images, 'good')
