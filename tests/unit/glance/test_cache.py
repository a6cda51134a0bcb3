"""The image cache: with each driver, through both faces, with two processes, and when things go wrong in it."""
import os
import pathlib
import signal
import uuid

import pytest

from essex import concurrency
from essex.exception import ConfigError
from glance.api import caching
from glance.cache import index
from glance.cache.cache import ImageCache
from glance.cache.files import INCOMPLETE, INVALID
from glance.cache.prefetch import Prefetcher
from glance.cache.xattr import XattrIndex
from tests.unit.glance.conftest import CAST, Caller

DATA = bytes(range(256)) * 10000
DRIVERS = ('sqlite', 'xattr', 'centralized_db')


@pytest.fixture
def cache(conf, rules, tmp_path):
    conf.set('image_cache_dir', str(tmp_path / 'cache'))
    return ImageCache()


@pytest.fixture(params=DRIVERS)
def each_cache(request, conf, rules, tmp_path):
    conf.set('image_cache_dir', str(tmp_path / 'cache'))
    conf.set('image_cache_driver', request.param)
    made = ImageCache()
    assert type(made.index).__name__.lower().startswith(request.param.partition('_')[0])
    return made


def callers(cloud, cache):
    """The cast in front of a service with a cache and its management."""
    app = caching.Caching(caching.CacheManagement(cloud.api, cache), cache)
    return {name: Caller(app, values) for name, values in CAST.items()}


def read(cloud, image, cache, *span):
    return b''.join(cloud.rules.data(cloud.context('admin'), image, *span, cache=cache))


def test_what_was_read_is_read_from_the_cache(cloud, make, stored, tmp_path, each_cache):
    cache, image = each_cache, make(data=DATA)
    assert read(cloud, image, cache) == DATA and cache.has(image.id)
    assert (tmp_path / 'cache' / image.id).stat().st_mode & 0o007 == 0
    (tmp_path / 'images' / image.id).unlink()
    assert read(cloud, image, cache) == DATA and read(cloud, image, cache, 100, 50) == DATA[100:150]
    entry, = cache.entries()
    assert entry.image_id == image.id and entry.size == len(DATA) and entry.hits == 2
    assert entry.checksum == image.checksum and entry.last_accessed >= entry.last_modified > 1.6e9
    assert cache.files.ids(INCOMPLETE) == []
    assert cache.delete(image.id) and not cache.delete(image.id) and cache.entries() == []


def test_parts_are_not_cached(cloud, make, cache):
    image = make(data=DATA)
    assert read(cloud, image, cache, 5) == DATA[5:] and read(cloud, image, cache, 0, 5) == DATA[:5]
    assert cache.entries() == []


def test_a_reader_who_leaves_leaves_nothing(cloud, make, cache):
    image = make(data=DATA)
    chunks = cloud.rules.data(cloud.context('admin'), image, cache=cache)
    next(chunks)
    assert cache.files.ids(INCOMPLETE) == [image.id]
    chunks.close()
    chunks.close()
    assert cache.files.ids(INCOMPLETE) == [] and not cache.has(image.id)
    assert read(cloud, image, cache) == DATA and cache.has(image.id)


def test_only_one_at_a_time_writes(cloud, make, cache):
    image = make(data=DATA)
    first = cloud.rules.data(cloud.context('admin'), image, cache=cache)
    assert read(cloud, image, cache) == DATA and not cache.has(image.id)
    assert b''.join(first) == DATA and cache.has(image.id)


def test_data_that_is_not_what_it_should_be(cloud, make, cache, tmp_path):
    image = make(data=DATA)
    path = tmp_path / 'images' / image.id
    path.write_bytes(b'x' + DATA[1:])
    assert read(cloud, image, cache)[:1] == b'x'
    assert not cache.has(image.id) and cache.files.ids(INVALID) == [image.id]
    assert cache.clean() == 1 and cache.files.ids(INVALID) == []
    path.write_bytes(DATA)
    assert read(cloud, image, cache) == DATA
    pathlib.Path(cache.files.path(image.id)).write_bytes(DATA[:-1])
    assert read(cloud, image, cache) == DATA


@pytest.mark.parametrize('what', ['write', 'fdatasync', 'add', 'begin', 'hit'])
def test_a_cache_that_fails_fails_no_download(cloud, make, cache, monkeypatch, what):
    def fail(*args, **kwargs):
        raise OSError(28, 'No space left on device')
    image = make(data=DATA)
    if what == 'hit':
        read(cloud, image, cache)
    with monkeypatch.context() as patch:
        where = {'write': os, 'fdatasync': os, 'begin': type(cache.files)}.get(what, type(cache.index))
        patch.setattr(where, what, fail)
        assert read(cloud, image, cache) == DATA
    assert cache.has(image.id) == (what == 'hit') and cache.files.ids(INCOMPLETE) == []
    assert read(cloud, image, cache) == DATA and cache.has(image.id)


def test_a_store_that_breaks_off_caches_nothing(cloud, make, cache, tmp_path):
    image = make(data=DATA)
    (tmp_path / 'images' / image.id).write_bytes(DATA[:1000])
    with pytest.raises(Exception, match='ended after 1000'):
        read(cloud, image, cache)
    assert cache.entries() == [] and cache.files.ids(INCOMPLETE) == [] and cache.files.ids(INVALID) == []


def test_pruning_takes_what_was_read_longest_ago(cloud, make, each_cache, conf):
    cache, images = each_cache, [make(data=bytes([number]) * 1000) for number in range(4)]
    for number, image in enumerate(images):
        read(cloud, image, cache)
        cache.index.hit(image.id, 1.5e9 + number)
    cache.index.hit(images[0].id, 1.6e9)
    assert cache.prune() == (0, 0)
    conf.set('image_cache_max_size', 2500)
    assert cache.prune() == (2, 2000)
    assert [entry.image_id for entry in cache.entries()] == [images[3].id, images[0].id]
    conf.set('image_cache_max_size', 0)
    assert cache.prune() == (2, 2000) and cache.clear() == 0


def test_cleaning(cloud, make, each_cache, conf):
    cache, image = each_cache, make(data=DATA)
    read(cloud, image, cache)
    stalled, orphan = str(uuid.uuid4()), str(uuid.uuid4())
    cache.files.begin(stalled).close()
    assert cache.clean() == 0
    conf.set('image_cache_stall_time', 0)
    alive = cache.files.begin(str(uuid.uuid4()))
    pathlib.Path(cache.files.path(orphan)).write_bytes(b'x')
    assert cache.clean() == 2 and len(cache.files.ids(INCOMPLETE)) == 1
    alive.close()
    os.unlink(cache.files.path(image.id))
    assert cache.entries() == []
    cache.clean()
    assert cache.index.entries() == []


def test_the_queue_and_the_prefetcher(cloud, make, cache):
    images, queued, gone = [make(data=DATA) for _ in range(2)], make(), str(uuid.uuid4())
    for each in (*(image.id for image in images), queued.id, gone):
        assert cache.want(each) and not cache.want(each)
    assert set(cache.queued()) == {images[0].id, images[1].id, queued.id, gone}
    assert Prefetcher(cache, cloud.rules).run() == (2, 2)
    assert cache.queued() == [] and {entry.image_id for entry in cache.entries()} == {image.id for image in images}
    assert not cache.want(images[0].id)


def fork(function):
    """Begin `function` in a process of its own; returns a function that waits for its exit code."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            function()
            status = 0
        finally:
            # Not the end of the tests' process.
            os._exit(status)
    return lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_two_processes_on_one_cache(make, cloud, cache):
    image = make(data=DATA)

    def chunks():
        yield b'x' * 100
        os.kill(os.getpid(), signal.SIGKILL)

    def count():
        for _ in range(30):
            cache.index.hit(image.id, 1.5e9)
    assert fork(lambda: list(cache.read(image, 0, None, chunks)))() == -signal.SIGKILL
    assert cache.files.ids(INCOMPLETE) == [image.id]
    assert read(cloud, image, cache) == DATA and cache.has(image.id)
    counted = fork(count)
    count()
    assert counted() == 0
    assert cache.entries()[0].hits == 60


@pytest.mark.parametrize('version', ['v1', 'v2'])
def test_the_older_management(cloud, make, cache, version):
    cast, image, other = callers(cloud, cache), make(data=DATA), str(uuid.uuid4())
    admin, base = cast['admin'], f'/{version}'
    assert cast['owner']('GET', f'/v2/images/{image.id}/file').body == DATA
    assert cast['owner']('GET', f'/v1/images/{image.id}').body == DATA
    found = admin('GET', f'{base}/cached_images').json['cached_images']
    assert [(each['image_id'], each['hits'], each['size']) for each in found] == [(image.id, 1, len(DATA))]
    assert set(found[0]) == {'image_id', 'last_accessed', 'last_modified', 'size', 'hits', 'checksum'}
    assert admin('PUT', f'{base}/queued_images/{other}').status_int == 200
    assert admin('GET', f'{base}/queued_images').json == {'queued_images': [other]}
    assert admin('DELETE', f'{base}/queued_images/{other}').status_int == 200
    admin('PUT', f'{base}/queued_images/{other}')
    assert admin('DELETE', f'{base}/queued_images').json == {'num_deleted': 1}
    assert admin('DELETE', f'{base}/cached_images/{image.id}').status_int == 200
    assert admin('DELETE', f'{base}/cached_images').json == {'num_deleted': 0}
    assert admin('PUT', f'{base}/queued_images/../../x').status_int == 404
    assert admin('PUT', f'{base}/queued_images/nope').status_int == 404
    assert admin('POST', f'{base}/queued_images').status_int == 405
    for method, path in (('GET', 'cached_images'), ('DELETE', 'cached_images'), ('GET', 'queued_images'),
                         ('PUT', f'queued_images/{other}'), ('DELETE', f'cached_images/{other}'),
                         ('DELETE', 'queued_images'), ('DELETE', f'queued_images/{other}')):
        assert cast['owner'](method, f'{base}/{path}').status_int == 403


def test_the_cache_of_version_2(cloud, make, cache):
    cast, image, other = callers(cloud, cache), make(data=DATA), make(data=DATA)
    admin = cast['admin']
    assert admin('PUT', f'/v2/cache/{image.id}').status_int == 202
    for _ in range(1000):
        if cache.queued():
            concurrency.spawn(lambda: None).wait()   # lets others run
    found = admin('GET', '/v2/cache').json
    assert [each['image_id'] for each in found['cached_images']] == [image.id] and found['queued_images'] == []
    cache.want(other.id)
    assert admin('DELETE', f'/v2/cache/{other.id}').status_int == 204 and cache.queued() == []
    assert admin('DELETE', f'/v2/cache/{image.id}').status_int == 204 and not cache.has(image.id)
    for missing in (str(uuid.uuid4()), 'nope'):
        assert admin('DELETE', f'/v2/cache/{missing}').status_int == 404
        assert admin('PUT', f'/v2/cache/{missing}').status_int == 404
    assert admin('PUT', f'/v2/cache/{make(status="queued").id}').status_int == 400
    for target, left in (('queue', (1, 0)), ('cache', (0, 1)), (None, (0, 0))):
        read(cloud, image, cache)
        cache.want(other.id)
        headers = {'x-image-cache-clear-target': target} if target else {}
        assert admin('DELETE', '/v2/cache', headers=headers).status_int == 204
        assert (len(cache.entries()), len(cache.queued())) == left
        cache.clear_queue()
    assert admin('DELETE', '/v2/cache', headers={'x-image-cache-clear-target': 'x'}).status_int == 400
    assert admin('POST', '/v2/cache/clean').status_int == 200 and admin('POST', '/v2/cache/prune').status_int == 200
    assert admin('GET', f'/v2/cache/nodes/{image.id}').status_int == 404
    for method, path in (('GET', ''), ('DELETE', ''), ('PUT', f'/{image.id}'), ('DELETE', f'/{image.id}'),
                         ('POST', '/clean'), ('POST', '/prune'), ('GET', f'/nodes/{image.id}')):
        assert cast['owner'](method, f'/v2/cache{path}').status_int == 403
        assert cloud.admin(method, f'/v2/cache{path}').status_int == 404


def test_the_caches_of_all_nodes(cloud, make, conf, tmp_path):
    conf.set('image_cache_driver', 'centralized_db')
    image, caches = make(data=DATA), []
    for name in ('one', 'two'):
        conf.set('image_cache_dir', str(tmp_path / name))
        conf.set('worker_self_reference_url', f'http://{name}')
        caches.append(ImageCache())
        read(cloud, image, caches[-1])
    caches[0].index.hit(image.id, 1.7e9)
    assert [cache.entries()[0].hits for cache in caches] == [1, 0]
    admin = callers(cloud, caches[0])['admin']
    assert admin('GET', f'/v2/cache/nodes/{image.id}').json == {'cached_nodes': ['http://one', 'http://two']}
    caches[0].delete(image.id)
    assert admin('GET', f'/v2/cache/nodes/{image.id}').json == {'cached_nodes': ['http://two']}


def test_who_may_not_read_gets_nothing_from_the_cache(cloud, make, cache):
    cast, image = callers(cloud, cache), make(data=DATA, visibility='private')
    url = f'/v2/images/{image.id}/file'
    assert cast['owner']('GET', url).body == DATA and cache.has(image.id)
    assert cast['stranger']('GET', url).status_int == 404 and cast['reader']('GET', url).status_int == 403
    cast['owner']('POST', f'/v2/images/{image.id}/actions/deactivate')
    assert cast['owner']('GET', url).status_int == 403
    assert cast['owner']('DELETE', f'/v2/images/{image.id}').status_int == 204 and not cache.has(image.id)
    assert cast['owner']('GET', url).status_int == 404


def test_a_file_system_without_attributes(conf, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(95, 'Operation not supported')
    monkeypatch.setattr(os, 'setxattr', fail)
    conf.set('image_cache_driver', 'xattr')
    os.makedirs(tmp_path / 'c')
    assert not isinstance(index.load(str(tmp_path / 'c')), XattrIndex)


def test_wrong_options(conf, tmp_path):
    caching.cache.cache_clear()
    with pytest.raises(ConfigError, match='image_cache_dir'):
        caching.cache()
    conf.set('image_cache_dir', str(tmp_path / 'c'))
    conf.set('image_cache_driver', 'tape')
    with pytest.raises(ConfigError, match='tape'):
        ImageCache()
    (tmp_path / 'file').write_text('')
    conf.set('image_cache_dir', str(tmp_path / 'file' / 'c'))
    with pytest.raises(ConfigError, match='cannot be made'):
        ImageCache()
