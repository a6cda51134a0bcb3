"""catch_errors, gatekeeper, name_check and listing_formats."""
import json
import logging
import re

import pytest
import webob

from swift.middleware import catch_errors, gatekeeper, listing_formats, name_check


def ask(app, path='/v1/a/c/o', method='GET', **headers):
    request = webob.Request.blank(path, method=method)
    for name, value in headers.items():
        request.headers[name.replace('_', '-')] = value
    return request.get_response(app)


def made(module, app, **conf):
    return module.filter_factory({}, **conf)(app)


def test_every_answer_has_a_transaction_id():
    seen = {}

    def app(environ, start_response):
        seen['id'] = environ['swift.trans_id']
        start_response('200 OK', [])
        return [b'x']

    response = ask(made(catch_errors, app, trans_id_suffix='-here'), x_trans_id_extra='mine/..\n'[:6])
    assert re.fullmatch(r'tx[0-9a-f]{21}-[0-9a-f]{10}-here-mine\.?', response.headers['X-Trans-Id'])
    assert response.headers['X-Trans-Id'] == response.headers['X-Openstack-Request-Id'] == seen['id']


def test_what_fails_is_a_500_with_an_id(caplog):
    def app(environ, start_response):
        raise RuntimeError('broken')

    with caplog.at_level(logging.ERROR):
        response = ask(made(catch_errors, app))
    assert (response.status_int, response.body) == (500, b'An error occurred')
    assert response.headers['X-Trans-Id'] in caplog.text


@pytest.mark.parametrize('length, sent', [(3, b'abc'), (2, b'ab')])
def test_no_more_is_sent_than_was_told(length, sent):
    def app(environ, start_response):
        start_response('200 OK', [('Content-Length', str(length))])
        return iter([b'ab', b'c'])

    assert b''.join(ask(made(catch_errors, app)).app_iter) == sent


def test_less_than_was_told_breaks_the_connection():
    def app(environ, start_response):
        start_response('200 OK', [('Content-Length', '4')])
        return iter([b'ab', b'c'])

    with pytest.raises(catch_errors.ShortBody):
        b''.join(ask(made(catch_errors, app)).app_iter)


def test_internal_headers_stay_inside():
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response('200 OK', [('X-Object-Sysmeta-A', '1'), ('X-Backend-Foo', '1'), ('X-Object-Meta-A', '1'),
                                  ('X-Object-Transient-Sysmeta-B', '1'), ('X-Timestamp', '1')])
        return []

    response = ask(made(gatekeeper, app), x_account_sysmeta_a='1', x_container_sysmeta_a='1', x_object_sysmeta_a='1',
                   x_object_transient_sysmeta_a='1', x_backend_storage_policy_index='1', x_timestamp='123',
                   x_object_meta_a='1')
    assert {key for key in seen if key.startswith('HTTP_X_')} == {'HTTP_X_BACKEND_INBOUND_X_TIMESTAMP',
                                                                 'HTTP_X_OBJECT_META_A'}
    assert {name for name in response.headers if name.startswith('X-')} == {'X-Object-Meta-A', 'X-Timestamp'}


def test_forbidden_names():
    app = made(name_check, webob.Response(status=200))
    assert ask(app, '/v1/a/c/fine').status_int == 200
    for path in ('/v1/a/c/qu%22ote', '/v1/a/c/<b>', '/v1/a/c/../d', '/v1/a/./c', '/v1/a/' + 'n' * 255):
        assert ask(app, path).status_int == 400


ROWS = [{'name': 'a<b', 'hash': 'h', 'bytes': 1, 'content_type': 't/p', 'last_modified': '2020'}, {'subdir': 'é/'}]


def listing(rows):
    def app(environ, start_response):
        assert 'format=json' in environ['QUERY_STRING']
        body = json.dumps(rows).encode()
        start_response('200 OK', [('Content-Type', 'application/json; charset=utf-8'),
                                  ('X-Container-Object-Count', '2'), ('Content-Length', str(len(body)))])
        return [body]
    return made(listing_formats, app)


@pytest.mark.parametrize('query, accept, kind, body', [
    ('', None, 'text/plain', 'a<b\né/\n'), ('?format=plain', 'application/json', 'text/plain', 'a<b\né/\n'),
    ('?format=json', None, 'application/json', json.dumps(ROWS)),
    ('', 'application/json', 'application/json', json.dumps(ROWS)),
    ('?format=xml', None, 'application/xml', '''<?xml version="1.0" encoding="UTF-8"?>
<container name="c"><object><name>a&lt;b</name><hash>h</hash><bytes>1</bytes><content_type>t/p</content_type>\
<last_modified>2020</last_modified></object><subdir name="é/"><name>é/</name></subdir></container>'''),
    ('', 'text/xml', 'text/xml', None), ('?format=nonsense', '*/*', 'text/plain', None)])
def test_a_listing_comes_in_the_form_that_is_asked_for(query, accept, kind, body):
    response = ask(listing(ROWS), '/v1/a/c' + query, **({'accept': accept} if accept else {}))
    assert response.status_int == 200
    assert response.headers['Content-Type'] == f'{kind}; charset=utf-8'
    assert response.headers.get('Vary') == (None if query else 'Accept')
    if body:
        assert response.body.decode() == body
    assert int(response.headers['Content-Length']) == len(response.body)


def test_an_empty_listing():
    assert ask(listing([]), '/v1/a/c').status_int == 204
    assert ask(listing([]), '/v1/a/c?format=json').body == b'[]'
    assert ask(listing([]), '/v1/a?format=xml').body.endswith(b'<account name="a"></account>')


def test_versions_are_listed_with_their_ids():
    assert json.loads(ask(listing(ROWS), '/v1/a/c?versions').body) == ROWS
    assert ask(listing(ROWS), '/v1/a/c?versions&format=xml').status_int == 406


@pytest.mark.parametrize('method', ['GET', 'HEAD'])
def test_what_a_web_site_shows_instead_of_a_listing_stays_as_it_is(method):
    page = webob.Response(body=b'[]', content_type='text/x')
    response = ask(made(listing_formats, page), '/v1/a/c', method=method)
    assert (response.status_int, response.headers['Content-Type']) == (200, 'text/x; charset=UTF-8')
    assert response.body == (b'[]' if method == 'GET' else b'')


def test_what_nobody_can_make_is_not_acceptable():
    assert ask(listing(ROWS), '/v1/a/c', accept='image/png').status_int == 406
    assert ask(listing(ROWS), '/v1/a/c', accept='nonsense').status_int in (200, 406)


def test_the_head_of_a_listing_says_what_kind_it_would_be():
    def app(environ, start_response):
        start_response('204 No Content', [('X-Container-Object-Count', '1')])
        return []

    response = ask(made(listing_formats, app), '/v1/a/c', 'HEAD', accept='application/json')
    assert (response.status_int, response.headers['Content-Type']) == (204, 'application/json; charset=utf-8')


@pytest.mark.parametrize('error, status', [(TimeoutError(), 408), (ConnectionResetError(), 499), (ValueError(), 499)])
def test_a_client_that_goes_away_is_no_failure_of_ours(error, status, caplog):
    class Input:
        def read(self, size):
            raise error

    def app(environ, start_response):
        return [environ['wsgi.input'].read(5)]

    request = webob.Request.blank('/v1/a/c/o', method='PUT')
    request.environ['wsgi.input'] = Input()
    with caplog.at_level(logging.ERROR):
        assert request.get_response(made(catch_errors, app)).status_int == status
    assert not caplog.text
