"""The S3 store against a real S3 server."""
import tracemalloc
import uuid

import pytest

from essex import config
from essex.exception import ConfigError
from glance.exception import DataNotFound, SizeMismatch, StoreUnavailable
from glance.store.loader import Stores
from glance.store.s3 import S3Store, bucket
from tests.contract.image_store import CHUNKS, DATA, Broken, StoreContract, broken, ids, read
from tests.fixtures.s3 import BUCKET, KEY, S3, SECRET

pytestmark = pytest.mark.servers

MEGABYTE = 1024 * 1024


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    made = S3(tmp_path_factory.mktemp('s3') / 'log')
    yield made
    made.stop()


@pytest.fixture
def options(conf, server):
    """set(name, value) of the store's options."""
    config.register(S3Store.OPTS, 'glance_store')

    def change(name, value):
        conf.set(f's3_store_{name}', value, 'glance_store')
    conf.set('default_store', 's3', 'glance_store')
    for name, value in (('host', server.url), ('access_key', KEY), ('secret_key', SECRET),
                        ('bucket', f'{BUCKET}-{uuid.uuid4().hex[:8]}'), ('create_bucket_on_put', True)):
        change(name, value)
    return change


@pytest.fixture
def store(options):
    made = Stores().default
    made.check()
    return made


def multiparts(store):
    found = store.bucket._client.list_multipart_uploads(Bucket=store.bucket.name)
    return found.get('Uploads', [])


class TestS3Store(StoreContract):
    """The contract."""

    def contents(self, store):
        return len(list(store.bucket.names(''))) + len(multiparts(store))

    def die_halfway(self, store, image_id, upload_id):
        store._put_note(store.bucket, f'.partial/{image_id}.{upload_id}')
        parts = store.bucket.begin(image_id, {})
        store.bucket.put(f'.partial/{image_id}.{upload_id}', b'', {'s3-upload': parts})
        store.bucket.put_part(image_id, parts, 1, b'x' * 5 * MEGABYTE)


@pytest.fixture
def small_parts(options):
    options('large_object_size', 5)
    options('large_object_chunk_size', 5)


@pytest.mark.parametrize('size', [5 * MEGABYTE - 1, 5 * MEGABYTE, 11 * MEGABYTE + 7])
@pytest.mark.parametrize('known', [True, False])
def test_large_images_go_in_parts(small_parts, store, size, known):
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    pieces = [memoryview(data)[start:start + 3 * MEGABYTE] for start in range(0, size, 3 * MEGABYTE)]
    url = store.add(*ids(), iter(pieces), size if known else None)
    assert read(store, url) == data and store.size(url) == size
    assert read(store, url, 5 * MEGABYTE - 3, 10) == data[5 * MEGABYTE - 3:][:10]
    assert multiparts(store) == [] and len(list(store.bucket.names(''))) == 1


def test_a_whole_image_waits_on_disk(store):
    block, count = b'0123456789abcdef' * 65536, 60
    tracemalloc.start()
    try:
        url = store.add(*ids(), (block for _ in range(count)), count * MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.size(url) == count * MEGABYTE and multiparts(store) == []
    assert peak < 30 * MEGABYTE
    store.delete(url)


def test_a_broken_one_leaves_no_part(small_parts, store):
    def chunks():
        yield bytes(12 * MEGABYTE)
        raise Broken
    with pytest.raises(Broken):
        store.add(*ids(), chunks())
    assert multiparts(store) == [] and list(store.bucket.names('')) == []


def test_a_wrong_size_is_refused(store):
    with pytest.raises(SizeMismatch):
        store.add(*ids(), iter(CHUNKS), len(DATA) + 1)
    assert list(store.bucket.names('')) == []


def test_addresses(store, server, options):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter(CHUNKS))
    place = server.url.removeprefix('http://')
    assert url == f's3+http://{place}/{store.bucket.name}/{image_id}'
    named = f's3+http://{KEY}:{SECRET}@{place}/{store.bucket.name}/{image_id}'
    assert read(store, named) == DATA and store.size(named) == len(DATA)
    for other in (f's3+http://{place}/other/{image_id}', f's3+https://{place}/{store.bucket.name}/{image_id}',
                  f's3+http://elsewhere/{store.bucket.name}/{image_id}', 's3+http://', 'http://x/y/z',
                  f's3+http://{KEY}:{SECRET}@{place}/{store.bucket.name}/none'):
        with pytest.raises(DataNotFound) as caught:
            read(store, other)
        assert SECRET not in str(caught.value)


def test_a_bucket_that_is_not_there(options, store):
    options('create_bucket_on_put', False)
    with pytest.raises(StoreUnavailable, match='does not exist'):
        store.add(*ids(), iter(CHUNKS))
    assert list(store.leftovers()) == []
    store.abandon(*ids())


def test_a_service_that_is_away(options, store):
    options('host', 'http://127.0.0.1:1')
    with pytest.raises(StoreUnavailable):
        store.add(*ids(), iter(CHUNKS))
    with pytest.raises(StoreUnavailable):
        store.size(f's3+http://127.0.0.1:1/{store.bucket.name}/x')


@pytest.mark.parametrize('name', ['host', 'access_key', 'secret_key', 'bucket'])
def test_what_is_not_set_stops_the_start(options, name):
    options(name, None)
    with pytest.raises(ConfigError, match=name):
        Stores().check()


def test_parts_may_not_be_larger_than_what_is_cut(options):
    options('large_object_chunk_size', 200)
    with pytest.raises(ConfigError):
        Stores().check()


def test_without_the_library_the_start_says_so(options, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'boto3', None)
    with pytest.raises(ConfigError, match='boto3'):
        Stores().check()


def test_leftovers_of_a_finished_upload_are_only_its_note(store):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter(CHUNKS))
    store.bucket.put(f'.partial/{image_id}.{upload_id}', b'')
    assert list(store.leftovers()) == [(image_id, upload_id)]
    store.discard_leftover(image_id, upload_id)
    assert read(store, url) == DATA and list(store.leftovers()) == []
    store.discard_leftover(image_id, upload_id, whole=True)
    assert list(store.bucket.names('')) == []
    with pytest.raises(Broken):
        store.add(*ids(), broken(1))
    assert bucket.client(store._host, KEY, SECRET, store.options) is bucket.client(store._host, KEY, SECRET,
                                                                                   store.options)
