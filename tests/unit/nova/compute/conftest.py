"""The compute domain with a recorded bell and images that need no Glance."""
import pytest

from nova import exception
from nova.compute import bell
from nova.compute.api import API
from nova.image import glance
from tests.unit.nova.rows import flavor

IMAGE = '70a599e0-31e7-49b7-b260-868f441e862b'


@pytest.fixture
def rung(monkeypatch):
    """[(queue, operation id)] of what was announced."""
    calls = []
    monkeypatch.setattr(bell, 'ring', lambda queue, operation_id: calls.append((queue, operation_id)))
    return calls


@pytest.fixture
def images(monkeypatch):
    """{id: description} of the images there are; one to begin with."""
    known = {}

    def add(image_id=IMAGE, **values):
        known[image_id] = {'id': image_id, 'name': 'cirros', 'status': 'active', 'visibility': 'public', 'owner': 'ops',
                           'size': 1000, 'virtual_size': None, 'checksum': None, 'disk_format': 'qcow2',
                           'container_format': 'bare', 'min_ram': 0, 'min_disk': 0, 'properties': {}, **values}
        return image_id

    def describe(context, image_id):
        if image_id not in known:
            raise exception.ImageNotFound(image_id=image_id)
        return known[image_id]
    monkeypatch.setattr(glance, 'describe', describe)
    add()
    add.known = known
    return add


@pytest.fixture
def api(nova_sqlite, rung, images):
    """The API with flavor 1 (64 MB, one core, 1 GB) and one image."""
    flavor('1', 'm1.tiny')
    return API()
