import pytest

from swift.db import files
from tests.fixtures.swift_db import Nodes


def names(response):
    return [item.get('name') or item['subdir'] for item in response.json]


def test_a_container_is_put_once_and_then_again(client):
    assert client('PUT', '/a/c', 1).status_int == 201
    assert client('PUT', '/a/c', 2).status_int == 202


def test_its_head_tells_of_it(client):
    client('PUT', '/a/c', 1, X_Container_Meta_Color='r\xc3\xa9d', X_Container_Read='.r:*')
    client.put('o', size=7)
    answer = client('HEAD', '/a/c')
    assert answer.status_int == 204
    found = {name: answer.headers[name] for name in (
        'X-Container-Object-Count', 'X-Container-Bytes-Used', 'X-PUT-Timestamp', 'X-Container-Meta-Color',
        'X-Container-Read', 'X-Backend-Storage-Policy-Index', 'Last-Modified', 'Content-Length')}
    assert found == {'X-Container-Object-Count': '1', 'X-Container-Bytes-Used': '7',
                     'X-PUT-Timestamp': '0000000001.00000', 'X-Container-Meta-Color': 'r\xc3\xa9d',
                     'X-Container-Read': '.r:*', 'X-Backend-Storage-Policy-Index': '0',
                     'Last-Modified': 'Thu, 01 Jan 1970 00:00:01 GMT', 'Content-Length': '0'}


def test_a_row_in_a_container_that_is_not_there_is_404(client):
    assert client.put('o').status_int == 404
    assert client('GET', '/a/c').status_int == client('DELETE', '/a/c', 1).status_int == 404


def test_containers_of_hidden_accounts_come_by_themselves(client):
    answer = client('PUT', '/.expiring_objects/c/o', 2, X_Size=0, X_Content_Type='t', X_Etag='e',
                    X_Backend_Storage_Policy_Index=1)
    assert answer.status_int == 201
    assert client('HEAD', '/.expiring_objects/c').headers['X-Backend-Storage-Policy-Index'] == '1'


def test_a_listing_shows_what_objects_are(client):
    client('PUT', '/a/c', 1)
    client.put('dir/o', second=1500000000, size=7)
    client.put('manifest', content_type='text/plain; charset=utf-8;swift_bytes=99', etag='abc; slo_etag=def')
    item, manifest = client('GET', '/a/c').json
    assert item == {'name': 'dir/o', 'bytes': 7, 'hash': 'e' * 32, 'content_type': 'text/plain',
                    'last_modified': '2017-07-14T02:40:00.000000'}
    assert (manifest['bytes'], manifest['content_type'], manifest['hash']) == (
        99, 'text/plain; charset=utf-8', 'abc; slo_etag=def')
    assert client('GET', '/a/c?delimiter=/').json[0] == {'subdir': 'dir/'}


def test_a_post_of_an_object_shows_in_last_modified_and_content_type(client):
    client('PUT', '/a/c', 1)
    client.put('o')
    client.put('o', content_type='text/html', X_Content_Type_Timestamp='0000000003.00000',
               X_Meta_Timestamp='0000000004.50000')
    (item,) = client('GET', '/a/c').json
    assert (item['content_type'], item['last_modified']) == ('text/html', '1970-01-01T00:00:04.500000')


@pytest.mark.parametrize('query, found', [
    ('?limit=1', ['a']), ('?marker=a', ['b/x', '\xe9']), ('?prefix=b', ['b/x']), ('?reverse=on&limit=1', ['\xe9']),
    ('?delimiter=/', ['a', 'b/', '\xe9']), ('?end_marker=b', ['a']), ('?path=b', ['b/x']), ('?limit=x', None),
    ('?marker=%C3%A8', ['\xe9'])])
def test_queries_of_listings(client, query, found):
    client('PUT', '/a/c', 1)
    for name in ('a', 'b/x', '%C3%A9'):
        client.put(name)
    assert names(client('GET', f'/a/c{query}')) == (found or ['a', 'b/x', '\xe9'])


@pytest.mark.parametrize('query', ['?limit=10001', '?marker=%ff', '?prefix=%c3', '?delimiter=%ff', '?path=%ff'])
def test_bad_queries_are_412(client, query):
    client('PUT', '/a/c', 1)
    assert client('GET', f'/a/c{query}').status_int == 412


def test_reserved_names_show_to_those_who_may(client):
    client('PUT', '/a/c', 1)
    client.put('%00v')
    assert names(client('GET', '/a/c')) == []
    assert names(client('GET', '/a/c', X_Backend_Allow_Reserved_Names='true')) == ['\0v']


def test_a_container_with_objects_is_not_deleted(client):
    client('PUT', '/a/c', 1)
    client.put('o', 2)
    assert client('DELETE', '/a/c', 3).status_int == 409
    assert client('DELETE', '/a/c/o', 4).status_int == 204
    assert client('DELETE', '/a/c', 5).status_int == 204
    assert client('DELETE', '/a/c', 6).status_int == 404
    gone = client('HEAD', '/a/c')
    assert gone.status_int == 404 and gone.headers['X-Backend-DELETE-Timestamp'] == '0000000006.00000'


def test_objects_of_another_policy_also_keep_it(client):
    client('PUT', '/a/c', 1)
    client.put('o', X_Backend_Storage_Policy_Index=1)
    assert client('DELETE', '/a/c', 3).status_int == 409


def test_a_deletion_older_than_the_put_is_409(client):
    client('PUT', '/a/c', 5)
    assert client('DELETE', '/a/c', 4).status_int == 409
    assert client('HEAD', '/a/c').status_int == 204


def test_an_old_put_does_not_bring_it_back_and_a_new_one_does(client):
    client('PUT', '/a/c', 1, X_Container_Meta_A='1')
    client('DELETE', '/a/c', 5)
    assert client('PUT', '/a/c', 4).status_int == 409
    assert client('PUT', '/a/c', 6).status_int == 201
    answer = client('HEAD', '/a/c')
    assert 'X-Container-Meta-A' not in answer.headers
    assert answer.headers['X-Backend-Status-Changed-At'] == '0000000006.00000'


def test_a_row_brings_a_deleted_container_back(client):
    client('PUT', '/a/c', 1)
    client('DELETE', '/a/c', 3)
    client.put('o', 2)
    assert names(client('GET', '/a/c')) == ['o']


def test_the_policy_is_given_at_birth(client):
    answer = client('PUT', '/a/c', 1, X_Backend_Storage_Policy_Default=1)
    assert answer.headers['X-Backend-Storage-Policy-Index'] == '1'
    assert client('PUT', '/a/c', 2).status_int == 202
    refused = client('PUT', '/a/c', 3, X_Backend_Storage_Policy_Index=0)
    assert (refused.status_int, refused.headers['X-Backend-Storage-Policy-Index']) == (409, '1')


def test_and_again_after_its_deletion(client):
    client('PUT', '/a/c', 1, X_Backend_Storage_Policy_Index=1)
    client('DELETE', '/a/c', 2)
    answer = client('PUT', '/a/c', 3, X_Backend_Storage_Policy_Index=0)
    assert (answer.status_int, answer.headers['X-Backend-Storage-Policy-Index']) == (201, '0')


def test_metadata_is_merged_and_an_empty_value_deletes(client):
    client('PUT', '/a/c', 1, X_Container_Meta_A='1', X_Container_Sysmeta_B='2')
    assert client('POST', '/a/c', 2, X_Container_Meta_A='', X_Container_Meta_C='3').status_int == 204
    found = client('HEAD', '/a/c').headers
    assert 'X-Container-Meta-A' not in found
    assert (found['X-Container-Sysmeta-B'], found['X-Container-Meta-C']) == ('2', '3')
    assert client('POST', '/a/nope', 2).status_int == 404


def test_too_much_metadata_is_400_and_changes_nothing(client):
    client('PUT', '/a/c', 1)
    many = {f'X_Container_Meta_{number}': '1' for number in range(91)}
    assert client('POST', '/a/c', 2, **many).status_int == 400
    large = {f'X_Container_Meta_{number}': 'x' * 256 for number in range(17)}
    assert client('POST', '/a/c', 2, **large).status_int == 400
    assert 'X-Container-Meta-1' not in client('HEAD', '/a/c').headers


def test_another_sync_target_starts_from_the_beginning(client):
    client('PUT', '/a/c', 1, X_Container_Sync_To='//realm/there/a/c')
    path = files.database_path(f'{client.directory}/devices/sda', 'container', 1,
                               client.app.cluster.hash_path('a', 'c'))
    from swift.db.container import ContainerBroker
    broker = ContainerBroker(path)
    broker.set_x_container_sync_points(4, 5)
    client('POST', '/a/c', 2, X_Container_Sync_To='//realm/there/a/c')
    assert broker.get_info()['x_container_sync_point1'] == 4
    client('POST', '/a/c', 3, X_Container_Sync_To='//realm/other/a/c')
    info = broker.get_info()
    assert (info['x_container_sync_point1'], info['x_container_sync_point2']) == (-1, -1)


@pytest.mark.parametrize('method, path, headers, status', [
    ('PUT', '/a/c', {}, 400), ('PUT', '/a/c', {'X_Timestamp': 'soon'}, 400), ('PUT', '/a', {'X_Timestamp': 1}, 400),
    ('PUT', '/a/c', {'X_Timestamp': 1, 'X_Backend_Storage_Policy_Index': 9}, 400),
    ('PUT', '/a/c', {'X_Timestamp': 1, 'X_Backend_Storage_Policy_Index': 'x'}, 400),
    ('PUT', '/a/c/o', {'X_Timestamp': 1}, 400), ('GET', '/a/%ff', {}, 412), ('GET', '//c', {}, 400),
    ('PUT', '/a/c/o', {'X_Timestamp': 1, 'X_Size': 'x', 'X_Content_Type': 't', 'X_Etag': 'e'}, 400),
    ('BREW', '/a/c', {}, 405), ('PUT', '/a/c', {'X_Timestamp': 1, 'X_Account_Host': '1:2', 'X_Account_Device': 'a,b',
                                                'X_Account_Partition': '1'}, 400)])
def test_malformed_requests(client, method, path, headers, status):
    assert client(method, path, **headers).status_int == status


@pytest.mark.parametrize('device', ['/nope/1', '/../1', '/sda%2f../1'])
def test_a_device_that_is_not_there_is_507(client, device):
    assert client('HEAD', '/a/c', device=device).status_int in (400, 507)


def test_a_partition_must_be_a_number(client):
    assert client('HEAD', '/a/c', device='/sda/x').status_int == 400


def test_it_has_no_shards_and_takes_none(client):
    client('PUT', '/a/c', 1)
    client.put('o')
    answer = client('GET', '/a/c', X_Backend_Record_Type='shard')
    assert answer.json == [] and answer.headers['X-Backend-Record-Type'] == 'shard'
    assert len(client('GET', '/a/c', X_Backend_Record_Type='auto').json) == 1
    assert client('PUT', '/a/c', 2, X_Backend_Record_Type='shard').status_int == 501


def test_a_replication_server_does_nothing_else(tmp_path):
    from tests.unit.swift.container.conftest import Client
    client = Client(tmp_path, replication_server='true')
    assert client('PUT', '/a/c', 1).status_int == 405
    assert client('REPLICATE', '/' + 'a' * 32, body=b'["nope"]').status_int == 400


def test_the_account_is_told_of_the_container(client, tmp_path):
    with Nodes(tmp_path / 'accounts', 'account', count=1, replicas=1) as nodes:
        account = nodes.broker('d1', 'a')
        told = {'X_Account_Host': f'127.0.0.1:{nodes.port("d1")}', 'X_Account_Device': 'd1',
                'X_Account_Partition': account.partition()}
        assert client('PUT', '/a/c', 2, **told).status_int == 201
        assert account.get_info()['container_count'] == 1
        assert client('DELETE', '/a/c', 3, **told).status_int == 204
        assert account.get_info()['container_count'] == 0
        account.delete_db('0000000005.00000')
        assert client('PUT', '/a/c', 6, **told).status_int == 404
        told['X_Account_Override_Deleted'] = 'yes'
        assert client('PUT', '/a/c', 7, **told).status_int == 202


def test_an_account_server_that_is_down_is_no_failure(client):
    from tests.fixtures.processes import free_port
    answer = client('PUT', '/a/c', 1, X_Account_Host=f'127.0.0.1:{free_port()}', X_Account_Device='d1',
                    X_Account_Partition='1')
    assert answer.status_int == 201


@pytest.mark.parametrize('space', ['\u00a0', '\u2003', '\u0085'])
def test_only_we_say_how_large_a_large_object_is(client, space):
    client('PUT', '/a/c', 1)
    content_type = f'text/plain;{space}swift_bytes={"9" * 30}'
    client.put('o', content_type=content_type.encode().decode('latin-1'))
    (item,) = client('GET', '/a/c').json
    assert (item['bytes'], item['content_type']) == (5, content_type)


@pytest.mark.parametrize(('query', 'content_type'), [
    ('', 'text/plain'), ('?format=json', 'application/json'), ('?format=XML', 'application/xml'),
    ('?format=nonsense', 'text/plain')])
def test_a_head_has_the_type_of_the_listing(client, query, content_type):
    client('PUT', '/a/c', 1)
    answer = client('HEAD', '/a/c' + query)
    assert (answer.status_int, answer.headers['Content-Type']) == (204, f'{content_type}; charset=utf-8')
