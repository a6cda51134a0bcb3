"""The RBD store, over a cluster in memory; and its refusal where Ceph's libraries are not installed."""
import sys
import traceback

import pytest

from essex import concurrency, config
from essex.exception import ConfigError
from glance.exception import DataNotFound, StoreUnavailable
from glance.store.loader import Stores
from glance.store.rbd import RbdStore
from tests.contract.image_store import DATA, StoreContract, ids, read
from tests.fixtures import ceph


@pytest.fixture
def cluster(conf, monkeypatch):
    """The module rbd of an empty cluster."""
    rados, rbd = ceph.modules()
    monkeypatch.setitem(sys.modules, 'rados', rados)
    monkeypatch.setitem(sys.modules, 'rbd', rbd)
    config.register(RbdStore.OPTS, 'glance_store')
    conf.set('default_store', 'rbd', 'glance_store')
    return rbd


@pytest.fixture
def store(cluster):
    made = Stores().default
    made.check()
    return made


def test_nothing_of_cephs_is_called_outside_a_thread(cluster, store, monkeypatch):
    threads, outside = [], []

    def in_thread(function, *args, **kwargs):
        threads.append(function)
        try:
            return function(*args, **kwargs)
        finally:
            threads.pop()
    monkeypatch.setattr(concurrency, 'in_thread', in_thread)
    rados, rbd = ceph.modules(lambda: None if threads else outside.append(traceback.format_stack()[-3]))
    monkeypatch.setitem(sys.modules, 'rados', rados)
    monkeypatch.setitem(sys.modules, 'rbd', rbd)
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]))
    assert read(store, url) == DATA and list(store.leftovers()) == [] and store.size(url) == len(DATA)
    store.delete(url)
    store.abandon(image_id, upload_id)
    store.discard_leftover(image_id, upload_id)
    assert outside == []


class TestRbdStore(StoreContract):
    """The contract."""

    def contents(self, store):
        return len(sys.modules['rbd'].devices)

    def die_halfway(self, store, image_id, upload_id):
        with store._pool() as (rbd, pool, _):
            store._create(rbd, pool, image_id, upload_id, 1000)


def test_an_image_is_a_protected_snapshot(store, cluster):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]), len(DATA))
    assert url == f'rbd://f5id/images/{image_id}/snap' and cluster.devices[image_id]['snaps'] == {'snap': True}
    assert read(store, f'rbd://{image_id}') == DATA
    for other in (f'rbd://f5id/volumes/{image_id}/snap', f'rbd://f5id/images/{image_id}/other', 'rbd://', 'http://a'):
        with pytest.raises(DataNotFound):
            store.read(other)


def test_an_image_with_clones_stays(store, cluster):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([DATA]))
    cluster.devices[image_id]['clones'] = True
    with pytest.raises(StoreUnavailable, match='clones'):
        store.delete(url)
    assert read(store, url) == DATA


def test_a_cluster_that_refuses(store, conf):
    conf.set('rbd_store_pool', 'none', 'glance_store')
    with pytest.raises(StoreUnavailable, match='pool'):
        store.add(*ids(), iter([DATA]))


def test_without_its_libraries_the_start_says_so(cluster, monkeypatch, conf):
    conf.set('rbd_store_chunk_size', 3, 'glance_store')
    with pytest.raises(ConfigError, match='power of two'):
        Stores().check()
    monkeypatch.setitem(sys.modules, 'rbd', None)
    with pytest.raises(ConfigError, match='python3-rbd'):
        Stores().check()
