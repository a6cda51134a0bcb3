"""Server-side copy."""
import pytest

from swift.middleware import copy
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    made = Client(copy.filter_factory({'max_file_size': '100'})(store))
    for container in ('/c', '/d'):
        made.put(container)
    made.put('/c/o', b'hello, world', Content_Type='text/x', X_Object_Meta_Color='red', X_Object_Meta_Size='big')
    return made


def test_copy_takes_the_bytes_the_type_and_the_metadata(client):
    answer = client.request('COPY', '/c/o', headers={'Destination': 'd/new', 'X-Object-Meta-Size': 'small'})
    assert answer.status_int == 201
    assert answer.headers['X-Copied-From'] == 'c/o'
    assert answer.headers['X-Copied-From-Account'] == 'AUTH_a'
    assert answer.headers['X-Copied-From-Last-Modified']
    got = client.get('/d/new')
    assert (got.body, got.content_type) == (b'hello, world', 'text/x')
    assert (got.headers['X-Object-Meta-Color'], got.headers['X-Object-Meta-Size']) == ('red', 'small')


def test_metadata_without_a_value_replaces_that_of_the_source_and_is_told(client):
    answer = client.request('COPY', '/c/o', headers={'Destination': 'd/new', 'X-Object-Meta-Size': '',
                                                     'X-Object-Meta-New': '', 'Content-Encoding': ''})
    assert (answer.headers['X-Object-Meta-Size'], answer.headers['X-Object-Meta-New']) == ('', '')
    got = client.get('/d/new')
    assert (got.headers['X-Object-Meta-Size'], got.headers['X-Object-Meta-New']) == ('', '')
    assert got.headers['X-Object-Meta-Color'] == 'red' and 'Content-Encoding' not in got.headers


def test_put_with_x_copy_from_does_the_same(client):
    assert client.put('/d/new', X_Copy_From='/c/o').status_int == 201
    assert client.get('/d/new').body == b'hello, world'


def test_names_are_url_encoded_in_the_headers(client):
    client.put('/c/a%20%C3%A9', b'x')
    assert client.put('/d/new', X_Copy_From='c/a%20%C3%A9').status_int == 201
    answer = client.request('COPY', '/c/a%20%C3%A9', headers={'Destination': 'd/%C3%A9%3F'})
    assert answer.status_int == 201
    assert answer.headers['X-Copied-From'] == 'c/a%20%C3%A9'
    assert client.get('/d/%C3%A9%3F').body == b'x'


def test_fresh_metadata_drops_that_of_the_source(client):
    client.put('/d/new', X_Copy_From='c/o', X_Fresh_Metadata='true', X_Object_Meta_New='1')
    got = client.get('/d/new')
    assert 'X-Object-Meta-Color' not in got.headers and got.headers['X-Object-Meta-New'] == '1'
    assert got.content_type == 'text/x'


def test_a_type_of_the_client_wins(client):
    client.put('/d/new', X_Copy_From='c/o', Content_Type='image/png')
    assert client.get('/d/new').content_type == 'image/png'


def test_a_range_of_the_source_can_be_copied(client):
    assert client.put('/d/new', X_Copy_From='c/o', Range='bytes=0-4').status_int == 201
    assert client.get('/d/new').body == b'hello'
    assert client.put('/d/new', X_Copy_From='c/o', Range='bytes=50-').status_int == 416


def test_conditions_are_about_the_source(client):
    assert client.put('/d/new', X_Copy_From='c/o', If_Match='"nope"').status_int == 412
    etag = client.head('/c/o').headers['Etag']
    assert client.put('/d/new', X_Copy_From='c/o', If_Match=etag).status_int == 201
    assert client.put('/d/new', X_Copy_From='c/o', If_None_Match=etag).status_int == 304


def test_if_none_match_star_is_about_the_target(client):
    assert client.put('/d/new', X_Copy_From='c/o', If_None_Match='*').status_int == 201
    assert client.put('/d/new', X_Copy_From='c/o', If_None_Match='*').status_int == 412


def test_from_and_to_other_accounts(client, store):
    other = Client(store, 'AUTH_b')
    other.put('/x')
    answer = client.request('COPY', '/c/o', headers={'Destination': 'x/o', 'Destination-Account': 'AUTH_b'})
    assert answer.status_int == 201 and other.get('/x/o').body == b'hello, world'
    answer = client.put('/d/back', X_Copy_From='x/o', X_Copy_From_Account='AUTH_b')
    assert (answer.status_int, answer.headers['X-Copied-From-Account']) == (201, 'AUTH_b')


@pytest.mark.parametrize('headers', [
    {}, {'Destination': ''}, {'Destination': 'c'}, {'Destination': '/c'}, {'Destination': '/c/'},
    {'Destination': 'c/%FF'}, {'Destination': 'c/o%00'}, {'Destination': 'd/n', 'Destination-Account': 'a/b'},
    {'Destination': 'd/n', 'Destination-Account': ''}])
def test_a_bad_destination_is_412(client, headers):
    assert client.request('COPY', '/c/o', headers=headers).status_int == 412


@pytest.mark.parametrize('source', ['', '/', 'c', '/c/', '%FF/o'])
def test_a_bad_source_is_412(client, source):
    assert client.put('/d/new', X_Copy_From=source).status_int == 412


def test_a_body_is_refused(client):
    assert client.put('/d/new', b'body', X_Copy_From='c/o').status_int == 400


def test_a_missing_source_is_404_and_nothing_is_written(client):
    assert client.put('/d/new', X_Copy_From='c/nope').status_int == 404
    assert client.get('/d/new').status_int == 404


def test_a_source_too_large_is_413(client):
    client.put('/c/large', b'x' * 101)
    assert client.put('/d/new', X_Copy_From='c/large').status_int == 413


def test_the_stored_bytes_meaning_is_not_copied_with_what_they_were_served_as(client):
    client.put('/c/slo', b'12', X_Static_Large_Object='True', X_Object_Sysmeta_Slo_Etag='x',
               X_Object_Sysmeta_Other='kept')
    client.put('/d/new', X_Copy_From='c/slo')
    got = client.get('/d/new').headers
    assert 'X-Static-Large-Object' not in got and 'X-Object-Sysmeta-Slo-Etag' not in got
    assert got['X-Object-Sysmeta-Other'] == 'kept'


def test_reading_and_writing_are_authorised_each_by_its_own_acl(store):
    import webob
    owner = Client(copy.filter_factory({'max_file_size': '100'})(store))
    owner.put('/c', X_Container_Read='friend')
    owner.put('/secret')
    owner.put('/c/o', b'x')
    owner.put('/secret/o', b'x')
    owner.put('/inbox', X_Container_Write='friend')

    def authorize(req):
        return None if req.acl == 'friend' else webob.Response(status=403)
    friend = Client(owner.app, **{'swift.authorize': authorize})
    assert friend.put('/inbox/o', X_Copy_From='c/o').status_int == 201
    assert friend.put('/inbox/s', X_Copy_From='secret/o').status_int == 403
    assert friend.put('/secret/new', X_Copy_From='c/o').status_int == 403
