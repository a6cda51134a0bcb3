"""A host that keeps volumes, and the Block Storage API before a small cloud."""
import pytest

from essex import rpc
from essex.context import RequestContext
from essex.wsgi.urlmap import URLMap
from nova.api.volume import app
from nova.compute import bell
from nova.db import volume_types
from nova.image import glance
from nova.volume.rpcapi import VolumeAPI
from tests.unit.nova.api.fakes import Images, Told
from tests.unit.nova.api.stage import CAST
from tests.unit.nova.rows import host_up
from tests.unit.nova.volume.kit import Store
from tests.unit.nova.volume.stage import BlockStage, Client


@pytest.fixture
def rung(monkeypatch):
    """[(queue, operation id)] of what was announced."""
    calls = []
    monkeypatch.setattr(bell, 'ring', lambda queue, operation_id: calls.append((queue, operation_id)))
    return calls


@pytest.fixture
def store(nova_sqlite, rung, tmp_path, conf):
    """Host `a`, up, with volumes in files."""
    conf.set('state_path', str(tmp_path / 'state'))
    volume_types.create('__DEFAULT__', None, True, {}) if not volume_types.list() else None
    host_up('a', binary='nova-volume')
    return Store(tmp_path / 'volumes')


@pytest.fixture(scope='session')
def block_faces():
    """The applications of the three mounts, without the filters before them."""
    return URLMap({'/': app.versions_factory({}), '/v2': app.v2_factory({}), '/v3': app.v3_factory({})})


@pytest.fixture(scope='session')
def block_stencil(tmp_path_factory):
    """Where the first stage leaves what the others copy."""
    return tmp_path_factory.mktemp('block')


@pytest.fixture
def block(nova_sqlite, tmp_path, block_faces, block_stencil, monkeypatch):
    """A cloud with one of everything, and a client for each of the cast."""
    told, images = Told(), Images()
    monkeypatch.setattr(bell, 'ring', lambda queue, operation_id: told.rung.append((queue, operation_id)))
    for name in ('describe', 'create', 'delete'):
        monkeypatch.setattr(glance, name, getattr(images, name))
    images.add()
    rpc.configure('memory://')
    monkeypatch.setattr(VolumeAPI, 'describe', lambda self, context, host: {
        'protocol': 'file', 'total_bytes': 100 << 30, 'free_bytes': 5 << 29})
    clients = {name: Client(block_faces, RequestContext(**who) if who else None) for name, who in CAST.items()}
    stage = BlockStage(clients, images, told, tmp_path / 'nova.sqlite')
    stage.furnish(block_stencil)
    yield stage
    rpc.shutdown()
