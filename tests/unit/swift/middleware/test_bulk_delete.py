"""Bulk delete."""
import json

import defusedxml.ElementTree
import pytest
import webob

from swift.middleware import bulk
from swift.middleware.bulk import work
from tests.fixtures.memory_swift import Client, MemorySwift

OPTIONS = {'max_file_size': '100', 'max_deletes_per_request': '4', 'max_failed_deletes': '2'}


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(bulk.filter_factory(OPTIONS)(store))
    made.put('/c')
    for name in ('a', 'b', '%C3%A9', 'a%20b'):
        made.put(f'/c/{name}', b'x')
    return made


def delete(client, lines, accept='application/json', method='POST'):
    answer = client.request(method, '?bulk-delete', '\n'.join(lines).encode(), {'Accept': accept})
    assert answer.status_int == 200
    return json.loads(answer.body) if 'json' in accept else answer


@pytest.mark.parametrize('method', ['POST', 'DELETE'])
def test_names_are_url_encoded_lines(client, method):
    told = delete(client, ['/c/a', 'c/%C3%A9', '/c/a%20b', '/c/nope'], method=method)
    assert (told['Number Deleted'], told['Number Not Found'], told['Errors']) == (3, 1, [])
    assert told['Response Status'] == '200 OK'
    assert client.get('/c/b').status_int == 200


def test_a_container_goes_when_it_is_empty(client):
    told = delete(client, ['/c'])
    assert told['Response Status'] == '400 Bad Request' and told['Errors'] == [['/c', '409 Conflict']]


def test_containers_go_after_what_is_listed_with_them(client):
    names = ['/c', '/c/a', '/c/b', '/c/%C3%A9']
    assert delete(client, names)['Errors'] == [['/c', '409 Conflict']]
    assert delete(client, ['/c', '/c/a%20b'])['Number Deleted'] == 2


def test_text_is_the_default(client):
    answer = client.request('POST', '?bulk-delete', b'/c/a\n/c')
    assert answer.content_type == 'text/plain'
    assert answer.text.splitlines()[:2] == ['Number Deleted: 1', 'Number Not Found: 0']
    assert answer.text.splitlines()[-2:] == ['Errors:', '/c, 409 Conflict']


def test_xml_is_well_formed_and_escaped(client):
    answer = delete(client, ['/c/a', '/c'], 'text/xml')
    root = defusedxml.ElementTree.fromstring(answer.body)
    assert (root.tag, root.findtext('number_deleted'), root.findtext('errors/object/name')) == ('delete', '1', '/c')


def test_an_unknown_accept_is_406(client):
    assert client.request('POST', '?bulk-delete', b'/c/a', {'Accept': 'image/png'}).status_int == 406


def test_too_many_are_413_in_the_body_and_none_is_deleted(client):
    told = delete(client, ['/c/a', '/c/b', *(f'/c/{each}' for each in range(3))])
    assert told['Response Status'].startswith('413') and told['Number Deleted'] == 0
    assert client.get('/c/a').status_int == 200


def test_too_many_failures_end_it(client, store):
    store.broken |= {'/v1/AUTH_a/c/a', '/v1/AUTH_a/c/b'}
    told = delete(client, ['/c/a', '/c/b', '/c'])
    assert told['Response Status'].startswith('400') and len(told['Errors']) == 2


def test_a_failing_cluster_is_502(client, store):
    store.broken.add('/v1/AUTH_a/c/a')
    told = delete(client, ['/c/a'])
    assert told['Response Status'] == '502 Bad Gateway'


@pytest.mark.parametrize('line', ['%FF', '/', '/c/a%00'])
def test_a_bad_name_is_told(client, line):
    told = delete(client, [line])
    assert told['Errors'][0][1] == '412 Precondition Failed'


def test_nothing_to_delete_is_400_in_the_body(client):
    assert delete(client, ['', ' '])['Response Body'] == 'Invalid bulk delete.'


def test_a_line_without_end_is_not_read_to_its_end(client):
    told = delete(client, ['x' * 200000])
    assert told['Response Body'] == 'Invalid File Name'


def test_no_length_is_411(client):
    req = webob.Request.blank('/v1/AUTH_a?bulk-delete', method='POST')
    req.content_length = None
    assert req.get_response(client.app).status_int == 411


def test_a_stranger_is_told_401_and_nothing_goes(client, store):
    stranger = Client(client.app, **{'swift.authorize': lambda req: webob.Response(status=401)})
    assert delete(stranger, ['/c/a', '/c/b'])['Response Status'] == '401 Unauthorized'
    assert client.get('/c/a').status_int == 200


def test_there_is_a_beat_while_nobody_answers():
    from essex import concurrency
    gate = concurrency.Event()
    found = work.results(lambda item: gate.wait() or item, [1], 1, 0.01)
    assert next(found) is None
    gate.send(None)
    assert list(found) == [1]


def test_other_requests_pass(client):
    assert client.get('/c/a?bulk-deletes').status_int == 200
    assert client.get('/c/a').body == b'x'
