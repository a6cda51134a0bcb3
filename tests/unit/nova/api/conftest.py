"""The faces of the Compute API as the Paste file mounts them, a small cloud behind them, and a cast of callers."""
import pytest

from essex import rpc
from essex.context import RequestContext
from essex.wsgi.urlmap import URLMap
from nova.api.compute import app
from nova.compute import bell
from nova.compute.rpcapi import ComputeAPI
from nova.image import glance
from nova.network.rpcapi import NetworkAPI
from tests.unit.nova.api.fakes import Images, Told
from tests.unit.nova.api.stage import CAST, Client, Stage


@pytest.fixture
def told(monkeypatch):
    """What other daemons are asked; those that answer a question do so at once."""
    told = Told()
    monkeypatch.setattr(bell, 'ring', lambda queue, operation_id: told.rung.append((queue, operation_id)))
    monkeypatch.setattr(ComputeAPI, 'console_output', lambda self, context, host, uuid: 'booting\nlogin:\n')
    monkeypatch.setattr(ComputeAPI, 'diagnostics', lambda self, context, host, uuid: {'cpu0_time': 17})
    monkeypatch.setattr(ComputeAPI, 'vnc_console', lambda self, context, host, uuid: {
        'host': '127.0.0.1', 'port': 5900, 'internal_access_path': None})
    monkeypatch.setattr(ComputeAPI, 'refresh_security',
                        lambda self, context, host, uuids: told.filters.append((host, uuids)))
    monkeypatch.setattr(NetworkAPI, 'apply_nat', lambda self, context, host: told.nat.append(host))
    monkeypatch.setattr(NetworkAPI, 'network_changed', lambda self, context: told.networks.append(True))
    return told


@pytest.fixture
def images(monkeypatch):
    """The image service's other side: a dictionary."""
    known = Images()
    for name in ('describe', 'list_for', 'delete_for', 'create', 'delete', 'set_properties_for'):
        monkeypatch.setattr(glance, name, getattr(known, name))
    known.add()
    return known


@pytest.fixture(scope='session')
def faces():
    """The applications of the four mounts, without the filters before them."""
    return URLMap({'/': app.versions_factory({}), '/v1.1': app.v11_factory({}), '/v2': app.v2_factory({}),
                   '/v2.1': app.v21_factory({})})


@pytest.fixture(scope='session')
def stencil(tmp_path_factory):
    """Where the first stage leaves what the others copy."""
    return tmp_path_factory.mktemp('stage')


@pytest.fixture
def stage(nova_sqlite, tmp_path, told, images, faces, stencil):
    """A cloud with one of everything, and a client for each of the cast."""
    rpc.configure('memory://')
    clients = {name: Client(faces, RequestContext(**who) if who else None) for name, who in CAST.items()}
    stage = Stage(clients, images, told, tmp_path / 'nova.sqlite')
    stage.furnish(stencil)
    yield stage
    rpc.shutdown()
