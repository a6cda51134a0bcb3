"""Glance's images in object storage: the store against real servers, and glance-api over it."""
import pytest

from essex import config
from glance.store.loader import Stores
from tests.contract.image_store import StoreContract
from tests.fixtures.swift import SwiftCluster


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    """Object storage that authenticates by itself."""
    with SwiftCluster(tmp_path_factory.mktemp('swift'), replicas=1, devices=2) as made:
        yield made


def options(cluster, **more):
    """The options of [glance_store] for it."""
    return {'default_store': 'swift', 'swift_store_auth_version': '1', 'swift_store_auth_address': cluster.auth_url,
            'swift_store_user': 'test:tester', 'swift_store_key': 'testing', 'swift_store_create_container_on_put': True,
            'swift_store_large_object_chunk_size': 1, **more}


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
    return answer.body.decode().split()


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
        return sum(len(name) == 36 for name in objects(self.cluster))
