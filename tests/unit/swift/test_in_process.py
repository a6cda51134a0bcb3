"""Requests to a server of the same process are those of a connection, without one."""
import pytest

from essex import concurrency
from swift import backend, in_process
from swift.exceptions import BackendError, BackendTimeout

NODE = {'ip': '127.0.0.1', 'port': 1, 'device': 'd1'}      # nobody listens there


@pytest.fixture
def serve():
    def serve(application):
        in_process.serve(NODE['ip'], NODE['port'], application)
    yield serve
    in_process.forget()


def test_an_application_sees_the_request_and_its_answer_comes_back(serve):
    seen = {}

    def application(environ, start_response):
        seen.update(environ, body=environ['wsgi.input'].read())
        start_response('201 Created', [('ETag', 'x'), ('X-Backend-Thing', 'caf\xe9')])
        return [b'o', b'k']

    serve(application)
    answer = backend.request(NODE, 'PUT', backend.path('d1', 7, 'a', 'c', 'o\u20ac %/'),
                             {'X-Size': 3, 'Content-Type': 'text/plain', 'X-None': None, 'X-Blank': ' b '},
                             b'abc', 'q=1')
    assert (answer.status, answer.reason, answer.body, answer.node) == (201, 'Created', b'ok', NODE)
    assert answer.headers['etag'] == 'x' and answer.headers.get('X-Backend-Thing') == 'caf\xe9'
    assert seen['REQUEST_METHOD'] == 'PUT' and seen['PATH_INFO'].encode('latin-1').decode() == '/d1/7/a/c/o\u20ac %/'
    assert (seen['HTTP_X_SIZE'], seen['CONTENT_TYPE'], seen['CONTENT_LENGTH']) == ('3', 'text/plain', '3')
    assert seen['body'] == b'abc' and seen['QUERY_STRING'] == 'q=1' and seen['HTTP_X_BLANK'] == 'b'
    assert 'HTTP_X_NONE' not in seen


def test_the_body_of_an_answer_is_closed(serve):
    class Body(list):
        closed = False

        def close(self):
            Body.closed = True

    def application(environ, start_response):
        start_response('200 OK', [])
        return Body([b'x'])

    serve(application)
    assert backend.request(NODE, 'GET', '/').body == b'x' and Body.closed


def test_what_takes_too_long_is_a_timeout_and_goes_on(serve):
    finished = []

    def application(environ, start_response):
        concurrency.Event().wait(0.05)
        finished.append(True)
        start_response('200 OK', [])
        return []

    serve(application)
    with pytest.raises(BackendTimeout):
        backend.request(NODE, 'GET', '/', timeout=0.01)
    concurrency.Event().wait(0.1)
    assert finished


def test_an_application_that_fails_is_a_backend_that_fails(serve):
    def application(environ, start_response):
        raise RuntimeError('boom')

    serve(application)
    with pytest.raises(BackendError, match='boom'):
        backend.request(NODE, 'GET', '/')


@pytest.mark.parametrize('value', ['a\r\nX-Other: b', 'a\nb', 'a\0b'])
def test_line_breaks_are_refused(serve, value):
    serve(lambda environ, start_response: pytest.fail('it was asked'))
    with pytest.raises(ValueError, match='line break'):
        backend.request(NODE, 'GET', '/', {'X-Thing': value})


def test_other_addresses_are_connected_to(serve):
    serve(lambda environ, start_response: pytest.fail('it was asked'))
    with pytest.raises(BackendError, match='connecting'):
        backend.request({**NODE, 'port': 2}, 'GET', '/')
