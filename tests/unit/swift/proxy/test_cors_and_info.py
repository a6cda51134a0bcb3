"""Cross-origin requests, /info, authorisation with the container's ACL."""
import hashlib
import hmac
import json
import time

import pytest
import webob

from swift.proxy import info, registry, subrequest
from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers


def preflight(client, path, origin='http://a.example', method='GET', **headers):
    return client('OPTIONS', path, origin=origin, access_control_request_method=method, **headers)


def test_a_page_may_ask_when_the_container_says_so(client, container):
    assert preflight(client, f'{container}/o').status_int == 401
    client('POST', container, x_container_meta_access_control_allow_origin='http://a.example http://b.example',
           x_container_meta_access_control_max_age='5')
    allowed = preflight(client, f'{container}/o', access_control_request_headers='X-Auth-Token, X-Foo')
    assert allowed.status_int == 200
    assert allowed.headers['Access-Control-Allow-Origin'] == 'http://a.example'
    assert allowed.headers['Access-Control-Allow-Methods'] == 'DELETE, GET, HEAD, OPTIONS, POST, PUT'
    assert allowed.headers['Access-Control-Allow-Headers'] == 'X-Auth-Token, X-Foo'
    assert allowed.headers['Access-Control-Max-Age'] == '5'
    assert allowed.headers['Vary'] == 'Origin, Access-Control-Request-Headers'
    assert preflight(client, f'{container}/o', 'http://c.example').status_int == 401
    assert preflight(client, f'{container}/o', method='PATCH').status_int == 401


def test_answers_tell_which_page_may_see_them(client, container):
    client('POST', container, x_container_meta_access_control_allow_origin='*',
           x_container_meta_access_control_expose_headers='X-Foo')
    client('PUT', f'{container}/o', b'x', x_object_meta_color='blue')
    got = client('GET', f'{container}/o', origin='http://a.example')
    assert got.headers['Access-Control-Allow-Origin'] == '*'
    exposed = got.headers['Access-Control-Expose-Headers'].split(', ')
    assert {'etag', 'x-object-meta-color', 'x-foo'} <= set(exposed)
    assert 'Access-Control-Allow-Origin' not in client('GET', f'{container}/o').headers


def test_without_strict_mode_every_origin_gets_an_answer(make_app, container):
    client = Client(make_app(strict_cors_mode='false'))
    got = client('GET', container, origin='http://a.example')
    assert got.headers['Access-Control-Allow-Origin'] == 'http://a.example'


def test_info_tells_limits_and_policies(make_app):
    known = Client(make_app())('GET', '/info').json['swift']
    assert (known['max_file_size'], known['account_autocreate']) == (5 * 1024 ** 3 + 2, True)
    assert [each['name'] for each in known['policies']] == ['policy-0', 'policy-1', 'policy-2']
    assert Client(make_app(disallowed_sections='swift.policies'))('GET', '/info').json['swift'].get('policies') is None
    assert Client(make_app(expose_info='false'))('GET', '/info').status_int == 403


def test_info_for_the_operator_is_signed(make_app):
    registry.register('secret', admin=True, value=1)
    client = Client(make_app(admin_key='k'))
    expires = int(time.time() + 60)
    signature = hmac.new(b'k', f'GET\n{expires}\n/info'.encode(), hashlib.sha256).hexdigest()
    signed = client('GET', '/info', query=f'swiftinfo_sig={signature}&swiftinfo_expires={expires}')
    assert signed.json['admin']['secret'] == {'value': 1}
    assert client('GET', '/info', query=f'swiftinfo_sig={signature}&swiftinfo_expires={expires + 1}').status_int == 401
    assert client('GET', '/info', query=f'swiftinfo_sig={signature}&swiftinfo_expires=1').status_int == 401
    assert 'admin' not in client('GET', '/info').json


def reader(acl):
    """Auth that lets in who the ACL names."""
    def authorize(request):
        if request.environ.get('swift.acl') == acl:
            return None
        return webob.Response(status=403)
    return authorize


def test_the_acl_is_asked_when_the_container_is_known(client, container):
    client('PUT', f'{container}/o', b'x')
    client('POST', container, x_container_read='friend', x_container_write='writer')
    friend, writer = {'swift.authorize': reader('friend')}, {'swift.authorize': reader('writer')}
    assert client('GET', f'{container}/o', env=friend).body == b'x'
    assert client('HEAD', container, env=friend).status_int == 204
    assert client('PUT', f'{container}/o', b'y', env=friend).status_int == 403
    assert client('PUT', f'{container}/o', b'y', env=writer).status_int == 201
    assert client('GET', f'{container}/o', env=writer).status_int == 403
    assert client('POST', container, env=friend).status_int == 403
    assert client('GET', 'AUTH_test', env=friend).status_int == 403
    assert client('GET', 'AUTH_test/none/o', env=friend).status_int == 403


def test_filters_ask_for_infos_and_they_are_cached(client, container):
    client('POST', container, x_container_meta_quota_bytes='5', x_container_read='r')
    client('PUT', f'{container}/%C3%BC', b'12', x_object_meta_a='b')
    env = webob.Request.blank(f'/v1/{container}/o', environ={'swift.authorize': reader('nobody')}).environ
    found = info.get_container_info(env, client.app)
    assert (found['status'], found['read_acl'], found['meta']['quota-bytes']) == (204, 'r', '5')
    assert info.get_container_info(env, None) is found
    assert info.get_account_info(env, client.app)['status'] == 204
    assert info.get_object_info(env, client.app, f'/v1/{container}/ü')['meta'] == {'a': 'b'}
    info.clear_info_cache(env, *container.split('/'))
    assert info.get_container_info(env, client.app) is not found


def test_a_subrequest_is_about_nothing_but_what_it_asks(client):
    env = webob.Request.blank('/v1/a/c/o?x=y', method='PUT', headers={
        'Range': 'bytes=0-1', 'If-Match': 'a', 'X-Object-Meta-A': '1', 'X-Auth-Token': 't'}, body=b'body').environ
    env['swift.trans_id'] = 'tx1'
    request = subrequest.make_subrequest(env, 'GET', '/v1/a/c/ü', source='SLO', headers={'X-Foo': 'bar'})
    assert (request.method, request.path, request.body) == ('GET', '/v1/a/c/%C3%BC', b'')
    assert set(request.headers) == {'Host', 'X-Auth-Token', 'User-Agent', 'X-Foo', 'Content-Length'}
    assert (request.environ['swift.trans_id'], request.environ['swift.source']) == ('tx1', 'SLO')
    assert request.environ['swift.infocache'] is env['swift.infocache']
    assert json.dumps(request.query_string) == '""'
