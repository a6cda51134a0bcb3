"""The receiving side of container sync."""
import pytest
import webob

from swift.middleware import container_sync
from swift.proxy import registry
from swift.sync_realms import Realms, signature, target
from tests.fixtures.memory_swift import Client, MemorySwift

REALMS = '[us]\nkey = first\nkey2 = former\ncluster_east = https://east/v1/\ncluster_west = https://west/v1\n'


@pytest.fixture
def conf(tmp_path):
    (tmp_path / 'container-sync-realms.conf').write_text(REALMS)
    return {'swift_dir': str(tmp_path), 'allowed_sync_hosts': 'peer.example', 'current': '//us/east'}


@pytest.fixture
def client(conf):
    made = Client(container_sync.filter_factory(conf)(MemorySwift()), **{
        'swift.authorize': lambda req: (None if req.environ.get('swift.authorize_override') or 'X-Owner' in req.headers
                                        else webob.Response(status=403))})
    made.put('/c', X_Container_Sync_Key='user-key', X_Owner='1')
    return made


def signed(key='first', user_key='user-key', method='PUT', path='/v1/AUTH_a/c/o', timestamp='2000000000.00000'):
    return {'X-Timestamp': timestamp,
            'X-Container-Sync-Auth': f'US nonce {signature(method, path, timestamp, "nonce", key, user_key)}'}


@pytest.mark.parametrize('key', ['first', 'former'])
def test_what_is_signed_with_both_keys_comes_in_with_its_time(client, key):
    assert client.request('PUT', '/c/o', b'x', signed(key)).status_int == 201
    assert client.head('/c/o', X_Owner='1').headers['X-Timestamp'] == '2000000000.00000'


def test_the_time_may_have_been_put_aside(client):
    headers = signed()
    headers['X-Backend-Inbound-X-Timestamp'] = headers.pop('X-Timestamp')
    assert client.request('PUT', '/c/o', b'x', headers).status_int == 201


@pytest.mark.parametrize('headers', [
    signed('wrong'), signed(user_key='wrong'), signed(method='DELETE'), signed(path='/v1/AUTH_a/c/other'),
    {**signed(), 'X-Timestamp': '3000000000.00000'}, {'X-Container-Sync-Auth': 'US nonce'},
    {'X-Container-Sync-Auth': ''}, {**signed(), 'X-Container-Sync-Auth': 'EU nonce 0'},
    {**signed(), 'X-Container-Sync-Auth': 'US nonce \xff'}])
def test_anything_else_is_401(client, headers):
    assert client.request('PUT', '/c/o', b'x', headers).status_int == 401


def test_a_container_without_a_key_takes_nothing(client):
    client.put('/d', X_Owner='1')
    assert client.request('PUT', '/d/o', b'x', signed(path='/v1/AUTH_a/d/o', user_key='')).status_int == 401


def test_the_older_way_shows_the_key(client):
    older = {'X-Timestamp': '2000000000.00000', 'X-Container-Sync-Key': 'user-key'}
    assert client.request('PUT', '/c/o', b'x', older).status_int == 201
    assert client.request('PUT', '/c/o', b'x', {**older, 'X-Container-Sync-Key': 'wrong'}).status_int == 403


@pytest.mark.parametrize(('value', 'status'), [
    ('//us/east/AUTH_b/c', 204), ('//US/West/AUTH_b/c', 204), ('http://peer.example/v1/AUTH_b/c', 204),
    ('//us/south/AUTH_b/c', 400), ('//eu/east/AUTH_b/c', 400), ('//us/east/c', 400), ('//us/east/a/c/o', 400),
    ('http://other/v1/a/c', 400), ('http://169.254.169.254/v1/a/c', 400), ('file:///v1/a/c', 400),
    ('ftp://peer.example/v1/a/c', 400), ('http://peer.example/c', 400), ('http://peer.example/v1/../c', 400),
    ('http://u:p@peer.example/v1/a/c', 400), ('http://peer.example/v1/a/c?x', 400), ('http://[/v1/a/c', 400),
    ('http://peer.example:x/v1/a/c', 400), ('nonsense', 400)])
def test_where_to_is_for_the_operator_to_allow(client, value, status):
    assert client.post('/c', X_Container_Sync_To=value, X_Owner='1').status_int == status


def test_full_urls_can_be_switched_off(conf):
    app = container_sync.filter_factory(conf, allow_full_urls='false')(MemorySwift())
    client = Client(app)
    client.put('/c')
    assert client.post('/c', X_Container_Sync_To='http://peer.example/v1/a/c').status_int == 400


def test_info_tells_the_clusters(client):
    assert registry.info()['container_sync'] == {
        'realms': {'US': {'clusters': {'EAST': {'current': True}, 'WEST': {}}}}}


def test_a_realms_file_that_breaks_leaves_what_was_known(conf, tmp_path):
    realms = Realms(str(tmp_path / 'container-sync-realms.conf'))
    (tmp_path / 'container-sync-realms.conf').write_text('no section')
    realms._mtime = None
    realms._read()
    assert realms.keys('us') == ['first', 'former']
    assert target('//us/west/a/c', [], realms) == ('https://west/v1/a/c', 'US')
