"""Glance's images in object storage: the store against real servers, and glance-api over it."""
import dataclasses
import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from essex import config, context
from essex.cloud.layout import Layout
from essex.cloud.settings import Settings
from glance.exception import DataNotFound, StoreUnavailable
from glance.store.loader import Stores
from glance.store.swift.upload import Place
from keystone.token.provider import FernetProvider
from tests.contract.image_store import DATA, StoreContract, ids, read
from tests.fixtures.cloud import ROOT
from tests.fixtures.processes import Process, free_port, listening, wait_for
from tests.fixtures.swift import SwiftCluster, request

_DIE = '''
import json, os, signal, sys
from essex import config
from glance.store.loader import Stores
config.CONF([], project='x', default_config_files=[])
for name, value in json.loads(sys.argv[1]).items():
    config.CONF.set_override(name, value, 'glance_store')
def chunks():
    for _ in range(30):
        yield b'x' * 100000
    os.kill(os.getpid(), signal.SIGKILL)
Stores().default.add(sys.argv[2], sys.argv[3], chunks())
'''


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    """Object storage that authenticates by itself."""
    with SwiftCluster(tmp_path_factory.mktemp('swift'), replicas=1, devices=2) as made:
        yield made


def options(cluster, **more):
    """The options of [glance_store] for it."""
    return {'default_store': 'swift', 'swift_store_auth_version': '1', 'swift_store_auth_address': cluster.auth_url,
            'swift_store_user': 'test:tester', 'swift_store_key': 'testing',
            'swift_store_create_container_on_put': True,
            'swift_store_large_object_size': 3, 'swift_store_large_object_chunk_size': 1, **more}


@pytest.fixture
def store(cluster, conf):
    """An empty store."""
    for name, value in options(cluster).items():
        conf.set(name, value, 'glance_store')
    made = Stores().default
    made.check()
    clear(cluster)
    return made


def objects(cluster, container='glance'):
    """The names in a container."""
    url, token = cluster.token()
    answer = cluster.request('GET', f'{url}/{container}', token)
    return answer.body.decode().split() if answer.status == 200 else []


def clear(cluster, container='glance'):
    url, token = cluster.token()
    for name in objects(cluster, container):
        cluster.request('DELETE', f'{url}/{container}/{name}', token)


class TestSwiftStore(StoreContract):
    """The contract."""

    @pytest.fixture(autouse=True)
    def _cluster(self, cluster):
        self.cluster = cluster

    def contents(self, store):
        found = objects(self.cluster)
        # The segments of a manifest are no data of their own.
        return len([name for name in found if name[:36] not in found]) + sum(len(name) == 36 for name in found)

    def die_halfway(self, store, image_id, upload_id):
        done = subprocess.run([sys.executable, '-c', textwrap.dedent(_DIE), json.dumps(options(self.cluster)), image_id,
                               upload_id], check=False, cwd=ROOT)
        assert done.returncode == -9


def segments(cluster):
    return [name for name in objects(cluster) if name[-6:-5] == '-']


def test_data_in_segments(store, cluster):
    data = os.urandom(3_500_000)
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([memoryview(data)[:1_500_000], data[1_500_000:]]), len(data))
    assert url == f'swift+config://ref1/glance/{image_id}'
    assert objects(cluster) == [image_id, *(f'{image_id}-{upload_id}-{number:05}' for number in range(1, 5))]
    assert read(store, url) == data and store.size(url) == len(data)
    assert read(store, url, 1_023_000, 2000) == data[1_023_000:1_025_000]
    store.delete(url)
    assert objects(cluster) == []


def test_data_that_is_short_or_long_of_its_size(store, cluster):
    for announced in (len(DATA) + 1, len(DATA) - 1, 4_000_000):
        with pytest.raises(Exception, match='announced'):
            store.add(*ids(), iter([DATA]), announced)
    assert objects(cluster) == []


def test_a_source_that_breaks_behind_its_last_byte(store, cluster):
    def chunks():
        yield DATA
        raise OSError('not the connection')
    for size in (len(DATA), None):
        with pytest.raises(OSError, match='not the connection'):
            store.add(*ids(), chunks(), size)
    assert objects(cluster) == []


def test_a_leftover_whose_upload_ended_is_removed_whole(store, cluster):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]), len(DATA))
    where, token = cluster.token()
    cluster.request('PUT', f'{where}/glance/.partial/{image_id}.{upload_id}', token)
    assert list(store.leftovers()) == [(image_id, upload_id)]
    store.discard_leftover(image_id, upload_id)
    assert read(store, url) == DATA and list(store.leftovers()) == []
    cluster.request('PUT', f'{where}/glance/.partial/{image_id}.{upload_id}', token)
    store.discard_leftover(image_id, upload_id, whole=True)
    assert objects(cluster) == []


def test_addresses_of_old_images(store, cluster):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]), len(DATA))
    address = cluster.auth_url.removeprefix('http://')
    for old in (f'swift+http://test:tester:testing@{address}/glance/{image_id}',
                f'swift+http://test%3Atester:testing@{address}/glance/{image_id}',
                f'swift+http://{address}/glance/{image_id}'):
        assert read(store, old) == DATA
    with pytest.raises(StoreUnavailable, match='refused with 401') as refused:
        store.read(f'swift+http://test:tester:wrong@{address}/glance/{image_id}')
    assert 'wrong' not in str(refused.value)
    with pytest.raises(DataNotFound) as missing:
        store.read(f'swift+http://test:tester:testing@{address}/glance/none')
    assert 'testing' not in str(missing.value)
    # The token is for this storage alone.
    with pytest.raises(DataNotFound):
        store.read(f'swift+http://127.0.0.1:{free_port()}/v1/AUTH_test/glance/{image_id}')
    store.delete(url)


def test_without_its_container(cluster, conf, store):
    conf.set('swift_store_create_container_on_put', False, 'glance_store')
    conf.set('swift_store_container', 'missing', 'glance_store')
    with pytest.raises(StoreUnavailable, match='missing does not exist'):
        store.add(*ids(), iter([DATA]), len(DATA))
    assert list(store.leftovers()) == []


def test_images_spread_over_containers(cluster, conf, store):
    conf.set('swift_store_multiple_containers_seed', 3, 'glance_store')
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]))
    container = f'glance_{image_id[:3]}'
    assert f'/{container}/' in url and read(store, url) == DATA and objects(cluster) == []
    store.abandon(image_id, upload_id)
    assert objects(cluster, container) == []


def test_a_token_that_is_gone_is_replaced(cluster, store):
    url = store.add(*ids(), iter([DATA]))
    cluster.stop('proxy')
    cluster.start('proxy')   # tokens are in its memory
    assert read(store, url) == DATA
    cluster.stop('proxy')
    cluster.start('proxy')
    assert read(store, store.add(*ids(), iter([DATA]))) == DATA


def test_a_token_that_is_gone_in_the_middle_of_an_upload(cluster, store):
    def chunks():
        yield bytes(1_024_000)
        yield bytes(1_024_000)
        cluster.stop('proxy')
        cluster.start('proxy')
        yield DATA
    url = store.add(*ids(), chunks())
    assert store.size(url) == 2_048_000 + len(DATA)
    store.delete(url)


class Glance:
    """A glance-api of its own, open to everybody, over the object storage."""

    def __init__(self, directory, cluster, **store):
        self.port, self._directory = free_port(), directory
        store = options(cluster, **store)
        file = directory / 'glance-api.conf'
        file.write_text('\n'.join([
            '[DEFAULT]', f'state_path = {directory}', 'bind_host = 127.0.0.1', f'bind_port = {self.port}',
            'recover_interval = 1', f'api_paste_config = {ROOT}/etc/glance/glance-api-paste.ini',
            '[paste_deploy]', 'flavor =', '[database]', f'connection = sqlite:///{directory}/glance.sqlite',
            '[glance_store]', *(f'{name} = {value}' for name, value in store.items())]))
        subprocess.run([sys.executable, ROOT / 'bin/glance-manage', '--config-file', file, 'db_sync'], check=True,
                       capture_output=True)
        self.process = Process([sys.executable, ROOT / 'bin/glance-api', '--config-file', file],
                               directory / 'glance-api.log')

    def start(self):
        self.process.start(lambda: listening(self.port))

    def __call__(self, method, path, body=None, headers=None, timeout=60):
        return request(method, f'http://127.0.0.1:{self.port}{path}', None, headers, body, timeout)

    def create(self):
        """A queued image's id."""
        answer = self('POST', '/v2/images', body=json.dumps({'disk_format': 'raw', 'container_format': 'bare'}),
                      headers={'Content-Type': 'application/json'})
        return json.loads(answer.body)['id']

    def upload(self, image_id, body, size=None):
        """The answer's status."""
        headers = {'Content-Type': 'application/octet-stream'}
        if size is None:
            headers['Transfer-Encoding'] = 'chunked'
            body = (b'%x\r\n%b\r\n' % (len(each), each) for each in [*body, b''])
        else:
            headers['Content-Length'] = str(size)
        return self('PUT', f'/v2/images/{image_id}/file', body, headers).status

    def image(self, image_id):
        return json.loads(self('GET', f'/v2/images/{image_id}').body)

    def download(self, image_id, **headers):
        return self('GET', f'/v2/images/{image_id}/file', headers=headers)


@pytest.fixture(scope='module')
def a_glance(cluster, tmp_path_factory):
    made = Glance(tmp_path_factory.mktemp('glance'), cluster)
    yield made
    made.process.kill()


@pytest.fixture
def glance(cluster, a_glance):
    """A running Glance over an empty object storage."""
    clear(cluster)
    if not a_glance.process.alive:
        a_glance.start()
    return a_glance


@pytest.mark.parametrize('size', [300_000, 5_000_000])
def test_the_life_of_an_image(glance, cluster, size):
    data = os.urandom(size)
    image_id = glance.create()
    assert glance.upload(image_id, data, size) == 204
    image = glance.image(image_id)
    assert (image['status'], image['size'], image['checksum']) == ('active', size, hashlib.md5(data).hexdigest())
    assert bool(segments(cluster)) == (size > 3_072_000)
    assert glance.download(image_id).body == data
    part = glance.download(image_id, Range='bytes=1000-250000')
    assert part.status == 206 and part.body == data[1000:250001]
    assert glance('DELETE', f'/v2/images/{image_id}').status == 204
    assert objects(cluster) == []


def test_an_image_of_unknown_size(glance, cluster):
    pieces = [os.urandom(400_000) for _ in range(6)]
    image_id = glance.create()
    assert glance.upload(image_id, pieces) == 204
    assert glance.download(image_id).body == b''.join(pieces) and len(segments(cluster)) == 3
    assert 'testing' not in glance.process.output()


class Stalled:
    """A body of 20 MB that waits behind the first 14 until it is told to go on."""

    def __init__(self, glance):
        self.glance, self.image_id, self.status = glance, glance.create(), None
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _body(self):
        yield from [bytes(1_000_000)] * 14
        self._go.wait(30)
        yield from [bytes(1_000_000)] * 6

    def _run(self):
        try:
            self.status = self.glance.upload(self.image_id, self._body(), 20_000_000)
        except (OSError, http.client.HTTPException) as error:
            self.status = error

    def end(self):
        """Let it go on to its end; the status or the error."""
        self._go.set()
        self._thread.join(60)
        return self.status


def test_kill_9_in_the_middle_of_an_upload(glance, cluster):
    upload = Stalled(glance)
    wait_for(lambda: segments(cluster), 20)
    glance.process.send(signal.SIGKILL)
    assert isinstance(upload.end(), Exception)
    glance.process.wait()
    assert objects(cluster)
    glance.start()
    wait_for(lambda: glance.image(upload.image_id)['status'] == 'queued', 20)
    wait_for(lambda: objects(cluster) == [], 5)
    assert glance.upload(upload.image_id, DATA, len(DATA)) == 204 and glance.download(upload.image_id).body == DATA


def test_object_storage_that_dies_in_the_middle_of_an_upload(glance, cluster):
    upload = Stalled(glance)
    wait_for(lambda: segments(cluster), 20)
    cluster.kill()
    assert upload.end() == 503
    assert glance.image(upload.image_id)['status'] == 'queued'
    assert glance.download(upload.image_id).status in (204, 404)
    cluster.start()
    wait_for(lambda: objects(cluster) == [], 20)
    assert glance.upload(upload.image_id, DATA, len(DATA)) == 204 and glance.download(upload.image_id).body == DATA


def peak(pid):
    """Bytes of memory a process has had at most since `reset`."""
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmHWM'))


def reset(pid):
    with open(f'/proc/{pid}/clear_refs', 'w', encoding='ascii') as file:
        file.write('5')


def test_an_image_of_a_gigabyte_in_constant_memory(cluster, tmp_path):
    clear(cluster)
    size, block = 1024 ** 3, os.urandom(1024 ** 2)
    glance = Glance(tmp_path, cluster, swift_store_large_object_chunk_size=200, swift_store_large_object_size=500)
    glance.start()
    try:
        small = glance.create()
        assert glance.upload(small, [block] * 20, 20 * len(block)) == 204 and glance.download(small).status == 200
        pids = {'glance-api': glance.process.pid, **{'-'.join(map(str, key)): child.pid
                                                     for key, child in cluster.running.items()}}
        for pid in pids.values():
            reset(pid)
        before = {name: peak(pid) for name, pid in pids.items()}
        image_id = glance.create()
        assert glance.upload(image_id, (block for _ in range(1024)), size) == 204
        assert len(segments(cluster)) == 6
        digest, count = hashlib.md5(), 0
        connection = http.client.HTTPConnection('127.0.0.1', glance.port, timeout=30)
        connection.request('GET', f'/v2/images/{image_id}/file')
        answer = connection.getresponse()
        while piece := answer.read(1024 ** 2):
            count += len(piece)
            digest.update(piece)
        connection.close()
        assert count == size and digest.hexdigest() == glance.image(image_id)['checksum']
        grown = {name: (peak(pid) - before[name]) // 1024 ** 2 for name, pid in pids.items()}
        assert all(megabytes < 48 for megabytes in grown.values()), grown
        assert glance('DELETE', f'/v2/images/{image_id}').status == 204
    finally:
        glance.process.kill()
    clear(cluster)


@pytest.fixture
def keystone_store(cloud, conf):
    """make(**options) -> a store with Glance's own account in a whole cloud."""
    settings = Settings.load(Layout(cloud.directory))

    def make(**more):
        values = {'default_store': 'swift', 'swift_store_auth_version': '3', 'swift_store_user': 'service:glance',
                  'swift_store_auth_address': settings.url('keystone', '/v3'),
                  'swift_store_key': settings.password('glance'), 'swift_store_create_container_on_put': True,
                  'swift_store_container': 'images', **more}
        for name, value in values.items():
            conf.set(name, value, 'glance_store')
        made = Stores().default
        made.check()
        return made
    return make


@pytest.mark.parametrize('version,path', [('2', '/v2.0'), ('3', '/v3')])
def test_with_keystone(cloud, keystone_store, version, path):
    address = Settings.load(Layout(cloud.directory)).url('keystone', path)
    store = keystone_store(swift_store_auth_version=version, swift_store_auth_address=address)
    url = store.add(*ids(), iter([DATA]))
    assert read(store, url) == DATA and store.size(url) == len(DATA)
    store.delete(url)
    assert list(store.leftovers()) == []


def test_an_account_that_keystone_refuses(keystone_store):
    store = keystone_store(swift_store_key='wrong')
    with pytest.raises(StoreUnavailable, match='refused with 401'):
        store.add(*ids(), iter([DATA]))


class Caller:
    """The user demo, whose request is the present one; with `lives`, with a token that lives for so many seconds.
    Without `roles` he gives no trust."""

    def __init__(self, cloud, roles=(), lives=None):
        settings = Settings.load(Layout(cloud.directory))
        token = cloud.json('token', 'issue')
        self.project_id, self._token = token['project_id'], token['id']
        self._url = settings.url('swift', f'/v1/AUTH_{self.project_id}')
        self._identity = settings.url('keystone', '/v3')
        self.context = context.RequestContext(
            project_id=self.project_id, user_id=token['user_id'], roles=roles,
            auth_token=shorter(cloud, token['id'], lives) if lives else token['id'])

    def trusts(self):
        """The ids of demo's trusts."""
        answer = request('GET', f'{self._identity}/OS-TRUST/trusts?trustor_user_id={self.context.user_id}', self._token)
        return [each['id'] for each in json.loads(answer.body)['trusts']]

    def objects(self, container):
        """The names in a container of demo's; None without such a container."""
        answer = request('GET', f'{self._url}/{container}', self._token)
        return None if answer.status == 404 else answer.body.decode().split()


def shorter(cloud, token, lives):
    """`token` as Keystone would have made it with another expiration."""
    config.CONF.set_override('key_repository', str(cloud.directory / 'keystone' / 'fernet-keys'), 'fernet_tokens')
    provider = FernetProvider()
    return provider.encode(dataclasses.replace(provider.decode(token), expires_at=time.time() + lives))


@pytest.fixture
def caller(cloud):
    """The Caller."""
    made = Caller(cloud)
    bound = context.bind(made.context)
    yield made
    context.unbind(bound)


def test_images_in_their_owners_accounts(keystone_store, caller):
    store = keystone_store(swift_store_multi_tenant=True, swift_store_large_object_chunk_size=1)
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA, bytes(1_500_000)]))
    assert url.startswith('swift+http') and f'/AUTH_{caller.project_id}/images_{image_id}/{image_id}' in url
    container = f'images_{image_id}'
    assert caller.objects(container) == [image_id, f'{image_id}-{upload_id}-00001', f'{image_id}-{upload_id}-00002']
    assert read(store, url) == DATA + bytes(1_500_000) and read(store, url, 1, 3) == DATA[1:4]
    # Swept when the image has its location; until then it tells where the data is.
    assert list(store.leftovers()) == [(image_id, upload_id)]
    store.discard_leftover(image_id, upload_id)
    assert list(store.leftovers()) == [] and store.size(url) == len(DATA) + 1_500_000
    store.delete(url)
    assert caller.objects(container) is None


def test_an_upload_to_its_owners_account_that_died(keystone_store, caller):
    store = keystone_store(swift_store_multi_tenant=True)
    image_id, upload_id = ids()
    store.add(image_id, upload_id, iter([DATA]))
    nobody = context.bind(None)
    try:
        store.abandon(image_id, 'the-claim')
        assert list(store.leftovers()) == [] and caller.objects(f'images_{image_id}') == []
        with pytest.raises(StoreUnavailable, match='no token'):
            store.add(*ids(), iter([DATA]))
    finally:
        context.unbind(nobody)


@pytest.fixture
def trusting(cloud, conf):
    """trusting(**options) -> the Caller, who can trust the store."""
    bound = []

    def make(**options):
        made = Caller(cloud, roles=('member',), **options)
        bound.append(context.bind(made.context))
        return made
    yield make
    for each in reversed(bound):
        context.unbind(each)


def test_an_upload_that_lasts_longer_than_its_token(keystone_store, trusting):
    store = keystone_store(swift_store_multi_tenant=True, swift_store_large_object_chunk_size=1)
    end, caller = time.time() + 6, trusting(lives=6)
    (image_id, upload_id), seen = ids(), []

    def chunks():
        yield bytes(1_500_000)
        seen.extend(caller.trusts())
        while time.time() <= end:
            time.sleep(0.1)
        yield bytes(3_000_000)
        seen.extend(caller.objects(f'images_{image_id}'))
        raise KeyError
    # One that fails takes its container along, which only its owner may remove.
    with pytest.raises(KeyError):
        store.add(image_id, upload_id, chunks())
    assert len(seen) > 1 and caller.trusts() == []
    assert caller.objects(f'images_{image_id}') is None
    assert [each for each in store.leftovers() if each[0] == image_id] == []


def test_a_trust_lasts_as_long_as_its_upload(keystone_store, trusting):
    store, caller, seen = keystone_store(swift_store_multi_tenant=True), trusting(), []
    image_id, upload_id = ids()

    def chunks():
        seen.extend(caller.trusts())
        yield DATA
    url = store.add(image_id, upload_id, chunks())
    assert len(seen) == 1 and caller.trusts() == []
    assert read(store, url) == DATA
    store.delete(url)
    assert caller.objects(f'images_{image_id}') is None


def test_what_the_dead_left_goes_by_the_trust_in_their_note(keystone_store, trusting, monkeypatch):
    store, caller = keystone_store(swift_store_multi_tenant=True), trusting()
    image_id, upload_id = ids()
    with monkeypatch.context() as patch:
        # The process ends here: nothing is undone.
        patch.setattr(Place, 'end_trust', lambda self: None)
        store.add(image_id, upload_id, iter([DATA]))
    assert len(caller.trusts()) == 1
    nobody = context.bind(None)
    try:
        store.abandon(image_id, 'the-claim')
    finally:
        context.unbind(nobody)
    assert caller.objects(f'images_{image_id}') is None and caller.trusts() == []


def test_without_trusts(keystone_store, trusting):
    store, caller = keystone_store(swift_store_multi_tenant=True, swift_store_use_trusts=False), trusting()
    image_id, upload_id = ids()
    store.delete(store.add(image_id, upload_id, iter([DATA])))
    assert caller.objects(f'images_{image_id}') is None and caller.trusts() == []
