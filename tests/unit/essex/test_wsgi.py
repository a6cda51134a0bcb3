"""Applications: routing, bodies, versions, faults."""
import orjson
import pytest
import webob

from essex import context, wsgi
from essex.exception import BadRequest, Conflict, NotFound

SCHEMA = {'type': 'object', 'properties': {'thing': {
    'type': 'object', 'properties': {'name': {'type': 'string', 'maxLength': 5}, 'size': {'type': 'integer'}},
    'required': ['name'], 'additionalProperties': False}}, 'required': ['thing'], 'additionalProperties': False}


class Things(wsgi.Controller):
    @wsgi.route('GET', '/things', no_auth=True)
    def index(self, req):
        limit, marker = wsgi.limit_and_marker(req, 10)
        return {'limit': limit, 'marker': marker}

    @wsgi.route('POST', '/things', status=201, schema=SCHEMA, no_auth=True)
    def create(self, req, body):
        return body

    @wsgi.route('GET', '/things/<thing_id>', no_auth=True)
    def show(self, req, thing_id):
        raise NotFound(f'no thing {thing_id}')

    @wsgi.route('DELETE', '/things/<thing_id>', status=204, no_auth=True)
    def delete(self, req, thing_id):
        return None

    @wsgi.route('GET', '/mine')
    def mine(self, req):
        return {'user': req.context.user_id}

    @wsgi.route('GET', '/broken', no_auth=True)
    def broken(self, req):
        raise ZeroDivisionError('the secret is 42')

    @wsgi.route('GET', '/busy', no_auth=True)
    def busy(self, req):
        raise Conflict()

    @wsgi.route('GET', '/old', versions=(None, '2.5'), no_auth=True)
    def old(self, req):
        return {'form': 'old'}

    @wsgi.route('GET', '/old', versions=('2.6', None), no_auth=True)
    def new(self, req):
        return {'form': 'new'}


def fault(status, title, message, error, req):
    return wsgi.json_response({'error': {'code': status, 'message': message}}, status)


@pytest.fixture
def app():
    return wsgi.Application([Things()], fault, microversions=wsgi.Microversions('thing', '2.1', '2.9', 'X-Thing'))


def call(app, method, path, body=None, **headers):
    request = webob.Request.blank(path, method=method)
    if body is not None:
        request.body = body if isinstance(body, bytes) else orjson.dumps(body)
        request.content_type = headers.pop('content_type', 'application/json')
    request.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return request.get_response(app)


@pytest.mark.parametrize('body, status', [
    ({'thing': {'name': 'a'}}, 201), ({'thing': {'name': 'a', 'more': 1}}, 400), ({'thing': {'name': 5}}, 400),
    ({'thing': {'name': 'toolong'}}, 400), ({}, 400), ([], 400), (b'{', 400), (b'', 400), (b'{"thing":NaN}', 400),
    ({'thing': {'name': 'a\0b'}}, 400), (b'[' * 5000, 400), (b'\xff\xfe', 400),
    (b'{"thing": {"name": "a", "size": 1e999}}', 400),
])
def test_a_body_is_checked(app, body, status):
    assert call(app, 'POST', '/things', body).status_int == status


def test_a_body_of_another_type_is_refused(app):
    assert call(app, 'POST', '/things', b'<a/>', content_type='application/xml').status_int == 415


@pytest.mark.parametrize('method, path, status', [
    ('GET', '/nope', 404), ('PATCH', '/things', 405), ('GET', '/things/x', 404), ('DELETE', '/things/x', 204),
    ('GET', '/things/', 200), ('HEAD', '/things', 200), ('GET', '/things?limit=-1', 400), ('GET', '/busy', 409),
    ('GET', '/things?limit=x', 400), ('GET', '/things?limit=%EF%BC%91', 400), ('GET', '/things?marker=%00', 400),
    ('GET', '/things?marker=%ff', 400), ('GET', '/th%00ings', 404), ('GET', '/%ff', 400), ('GET', '/mine', 401),
])
def test_requests_get_the_right_status(app, method, path, status):
    assert call(app, method, path).status_int == status


def test_a_method_that_is_not_there_names_those_that_are(app):
    assert call(app, 'PATCH', '/things').headers['Allow'] == 'GET, POST'


def test_an_unexpected_error_tells_nothing(app):
    response = call(app, 'GET', '/broken')
    assert response.status_int == 500
    assert '42' not in response.text


def test_the_limit_has_a_ceiling(app):
    assert call(app, 'GET', '/things?limit=99999999999999999999').json['limit'] == 10


@pytest.mark.parametrize('headers, status, form', [
    ({}, 200, 'old'), ({'OpenStack_API_Version': 'thing 2.6'}, 200, 'new'), ({'X_Thing': '2.5'}, 200, 'old'),
    ({'OpenStack_API_Version': 'other 9.9, thing latest'}, 200, 'new'),
    ({'OpenStack_API_Version': 'thing 2.10'}, 406, None), ({'X_Thing': '2.x'}, 400, None),
    ({'OpenStack_API_Version': 'thing 02.1'}, 400, None),
])
def test_microversions(app, headers, status, form):
    response = call(app, 'GET', '/old', **headers)
    assert response.status_int == status
    assert response.json.get('form') == form
    if status == 200:
        assert response.headers['OpenStack-API-Version'].startswith('thing 2.')
        assert 'X-Thing' in response.headers['Vary']


def test_the_older_face_drops_unknown_keys():
    app = wsgi.Application([Things()], fault, relaxed=lambda req: True)
    response = call(app, 'POST', '/things', {'thing': {'name': 'a', 'more': 1}, 'other': 2})
    assert response.json == {'thing': {'name': 'a'}}


def test_the_caller_is_the_context(app):
    request = webob.Request.blank('/mine')
    request.environ['essex.context'] = context.RequestContext(user_id='alice')
    assert request.get_response(app).json == {'user': 'alice'}


def test_validation_says_where_and_what(app):
    message = call(app, 'POST', '/things', {'thing': {'name': 5}}).json['error']['message']
    assert 'thing/name' in message and 'string' in message and '5' in message


def test_a_page_links_to_the_next():
    request = wsgi.Request.blank('/things?name=a%26b&limit=2&marker=x')
    assert wsgi.next_link(request, 'http://h/things', 'z', 2) == 'http://h/things?name=a%26b&limit=2&marker=z'


@pytest.mark.parametrize('error', [ValueError('a chunk without a proper length'), OSError('the client ended')])
def test_a_body_that_breaks_off_is_a_bad_request(error):
    class Broken:
        def read(self, *_args):
            raise error
    environ = webob.Request.blank('/things', method='POST').environ
    environ.update({'wsgi.input': Broken(), 'CONTENT_TYPE': 'application/json', 'HTTP_TRANSFER_ENCODING': 'chunked',
                    'wsgi.input_terminated': True})
    with pytest.raises(BadRequest, match='announced'):
        wsgi.Request(environ).json  # noqa: B018 - reading it is the test
