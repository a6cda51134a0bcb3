"""container-sync: a daemon over a real database, the other cluster behind real HTTP."""
import os
import threading
import wsgiref.simple_server

import pytest

from swift import cluster
from swift.container.sync import ContainerSync
from swift.db.container import ContainerBroker
from swift.middleware import container_sync
from swift.proxy.internal_client import InternalClient
from swift.timestamp import Timestamp
from tests.fixtures.memory_swift import Client, MemorySwift
from tests.fixtures.rings import make_rings


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def remote(tmp_path):
    """A cluster that takes what is signed; `.url`, `.client`."""
    with wsgiref.simple_server.make_server('127.0.0.1', 0, None, handler_class=_Quiet) as server:
        (tmp_path / 'container-sync-realms.conf').write_text(
            f'[us]\nkey = realm-key\ncluster_west = http://127.0.0.1:{server.server_port}/v1/\n')
        store = MemorySwift()
        server.set_app(container_sync.filter_factory({'swift_dir': str(tmp_path)})(store))
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
        thread.start()
        client = Client(store, 'AUTH_b')
        client.put('/copy', X_Container_Sync_Key='user-key')
        client.store = store
        yield client
        server.shutdown()
        thread.join()


class Local:
    """A container here: objects in a dict, rows in a database for each replica's device."""

    def __init__(self, tmp_path, remote):
        make_rings(str(tmp_path), [{'device': f'd{number}', 'zone': number,
                                    'ports': {'account': 6202, 'container': 6201, 'object': 6200}}
                                   for number in range(3)])
        cluster.load.cache_clear()
        self.cluster = cluster.load(str(tmp_path))
        self.store = MemorySwift()
        self.client = Client(self.store, 'AUTH_a')
        self.client.put('/c')
        self.brokers = {}
        self.conf = {'swift_dir': str(tmp_path), 'devices': str(tmp_path / 'devices'), 'mount_check': 'false',
                     'bind_ip': '127.0.0.1', 'bind_port': '6201', 'recon_cache_path': str(tmp_path)}
        digest = self.cluster.hash_path('AUTH_a', 'c')
        for number in range(3):
            path = tmp_path / 'devices' / f'd{number}' / 'containers' / '1' / digest[-3:] / digest
            os.makedirs(path)
            broker = ContainerBroker(str(path / f'{digest}.db'), 'AUTH_a', 'c')
            broker.initialize(Timestamp(1).internal, 0)
            self.brokers[f'd{number}'] = broker
        self.set_target('//us/west/AUTH_b/copy')

    def set_target(self, value):
        now = Timestamp.now().internal
        for broker in self.brokers.values():
            broker.update_metadata({'X-Container-Sync-To': (value, now), 'X-Container-Sync-Key': ('user-key', now)})
            broker.set_x_container_sync_points(-1, -1)

    def put(self, name, body=b'x', **headers):
        self.client.put(f'/c/{name}', body, **headers)
        kept = self.store.containers['AUTH_a', 'c']['objects'][name]['headers']
        for broker in self.brokers.values():
            broker.put_object(name, kept['x-timestamp'], len(body), 'text/plain', kept['etag'])

    def delete(self, name):
        self.client.delete(f'/c/{name}')
        for broker in self.brokers.values():
            broker.delete_object(name, Timestamp.now().internal)

    def run(self, *devices):
        daemon = ContainerSync(self.conf, InternalClient(None, 'test', 1, app=self.store))
        daemon.run_once(devices or None)
        return daemon.stats

    def points(self, device):
        info = self.brokers[device].get_info()
        return info['x_container_sync_point1'], info['x_container_sync_point2']


@pytest.fixture
def local(tmp_path, remote):
    return Local(tmp_path, remote)


def names(remote):
    return sorted(remote.store.containers['AUTH_b', 'copy']['objects'])


def test_objects_come_over_with_time_type_and_metadata(local, remote):
    local.put('a b%', b'body', X_Object_Meta_Color='red', Content_Type='text/x')
    assert local.run()['failures'] == 0
    got = remote.get('/copy/a%20b%25')
    assert (got.body, got.headers['X-Object-Meta-Color'], got.content_type) == (b'body', 'red', 'text/x')
    assert got.headers['X-Timestamp'] == local.client.head('/c/a%20b%25').headers['X-Timestamp']


def test_each_replica_sends_its_share_first_and_the_rest_when_it_comes_again(local, remote):
    for number in range(12):
        local.put(f'o{number}')
    local.run('d0')
    share = names(remote)
    assert 0 < len(share) < 12
    assert local.points('d0') == (12, -1)
    local.run('d0')
    assert len(names(remote)) == 12 and local.points('d0') == (12, 12)


def test_together_they_send_everything_once(local, remote):
    for number in range(12):
        local.put(f'o{number}')
    assert local.run()['puts'] == 12
    assert len(names(remote)) == 12
    again = local.run()
    assert (again['puts'], again['skips']) == (0, 36)
    assert local.run()['skips'] == 0


def test_deletions_come_over(local, remote):
    local.put('o')
    local.run()
    local.delete('o')
    local.run()
    assert names(remote) == []


def test_what_failed_is_tried_again(local, remote):
    local.put('good')
    local.put('bad')
    remote.store.broken.add('/v1/AUTH_b/copy/bad')
    local.run()
    assert local.run()['failures'] == 3
    assert names(remote) == ['good']
    assert {local.points(device)[1] for device in local.brokers} == {1}
    remote.store.broken.clear()
    assert local.run()['failures'] == 0
    assert names(remote) == ['bad', 'good']


def test_what_is_newer_over_there_stays(local, remote):
    local.put('o', b'older')
    remote.put('/copy/o', b'newer', X_Timestamp='3000000000.00000')
    local.run()
    assert remote.get('/copy/o').body == b'newer'


def test_a_wrong_key_brings_nothing_over(local, remote):
    remote.post('/copy', X_Container_Sync_Key='another')
    local.put('o')
    assert local.run()['failures'] == 1 and names(remote) == []


def test_what_would_be_sent_encrypted_waits_and_says_why(local, remote, caplog):
    local.put('sealed', b'gibberish', X_Object_Sysmeta_Crypto_Body_Meta='x')
    local.put('plain')
    local.run()
    assert local.run()['failures'] == 3 and names(remote) == ['plain']
    assert 'internal-client.conf needs keymaster and encryption' in caplog.text


def test_an_object_that_is_not_there_yet_waits(local, remote):
    for broker in local.brokers.values():
        broker.put_object('late', Timestamp.now().internal, 1, 'text/plain', 'x')
    assert local.run()['failures'] == 1
    local.put('late')
    local.run()
    assert names(remote) == ['late']


@pytest.mark.parametrize('value', ['http://10.0.0.1/v1/AUTH_b/copy', '//eu/west/AUTH_b/copy', 'file:///etc/passwd'])
def test_nothing_is_sent_where_the_operator_does_not_allow(local, remote, value):
    local.set_target(value)
    local.put('o')
    assert local.run()['failures'] == 3 and local.points('d0') == (-1, -1)


def test_a_full_url_with_the_containers_key(local, remote, tmp_path):
    port = (tmp_path / 'container-sync-realms.conf').read_text().split(':')[2].split('/')[0]
    local.set_target(f'http://127.0.0.1:{port}/v1/AUTH_b/copy')
    local.put('o')
    assert local.run()['failures'] == 0 and names(remote) == ['o']
