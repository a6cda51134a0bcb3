"""Volumes and snapshots from the wish to the file: states, refusals, what is left when something fails."""
import os

import pytest

from nova import exception
from nova.db import services, volume_types, volumes
from nova.image import glance
from nova.volume import exception as errors
from nova.volume import messages, quota, snapshots, states
from nova.volume import volumes as rules
from nova.volume.drivers.fake import FakeDriver
from nova.volume.drivers.file import FileDriver
from nova.volume.manager import VolumeManager
from nova.volume.volumes import VolumeRequest
from tests.unit.nova.conftest import caller
from tests.unit.nova.volume.kit import ALICE, Store, open_kinds

GB = 1 << 30
QCOW2 = 'bb6f2ad0-9dd7-4bb1-9d3b-2a0d0c0f3b65'


def make(store, **values):
    """A volume whose making has ended; its uuid."""
    row = rules.create(ALICE, VolumeRequest(**{'size': 1, **values}))
    assert row.status == states.CREATING
    store.drain()
    return row.uuid


def head(store, uuid):
    with open(store.path(uuid), 'rb') as file:
        return file.read(6)


def test_an_empty_volume_is_a_sparse_file(store, rung):
    uuid = make(store, name='data', metadata={'a': 'b'})
    assert store.status(uuid) == ('available', None) and rung[0][0] == 'volume.a'
    row = volumes.get(uuid)
    assert (row.host, row.availability_zone, row.volume_type.name) == ('a', 'nova', '__DEFAULT__')
    assert row.connection == {'type': 'file', 'path': str(store.path(uuid)), 'format': 'raw', 'host': 'a'}
    found = os.stat(store.path(uuid))
    assert found.st_size == GB and found.st_blocks == 0 and found.st_mode & 0o777 == 0o600


def test_a_volume_that_is_deleted_leaves_nothing(store):
    uuid = make(store)
    rules.delete(ALICE, uuid)
    assert store.status(uuid)[0] == 'deleting' and open_kinds(uuid) == ['volume_delete']
    rules.delete(ALICE, uuid)   # again: the same deletion
    store.drain()
    assert store.status(uuid) is None and store.files() == []
    assert quota.usage('alpha') == {'volumes': 0, 'snapshots': 0, 'gigabytes': 0, 'per_volume_gigabytes': 0}


def test_snapshots_and_copies_hold_what_the_volume_held(store):
    uuid = make(store)
    store.path(uuid).write_bytes(b'before')
    snapshot = snapshots.create(ALICE, uuid, 'snap').uuid
    with pytest.raises(errors.InvalidVolume, match='being copied'):
        rules.delete(ALICE, uuid, cascade=True)
    store.drain()
    assert store.status(snapshot) == ('available', None)
    store.path(uuid).write_bytes(b'after!')
    from_snapshot, clone = make(store, size=2, snapshot_id=snapshot), make(store, size=None, source_volid=uuid)
    assert head(store, from_snapshot) == b'before' and head(store, clone) == b'after!'
    assert os.path.getsize(store.path(from_snapshot)) == 2 * GB
    assert quota.usage('alpha')['gigabytes'] == 1 + 1 + 2 + 1
    with pytest.raises(errors.InvalidVolume, match='1 snapshots'):
        rules.delete(ALICE, uuid)
    rules.delete(ALICE, uuid, cascade=True)
    store.drain()
    assert store.status(uuid) is store.status(snapshot) is None
    assert store.files() == sorted([f'volume-{from_snapshot}', f'volume-{clone}'])


def test_extending_counts_at_once(store, conf):
    uuid = make(store)
    conf.set('gigabytes', 3, 'quota')
    with pytest.raises(errors.VolumeQuotaExceeded):
        rules.extend(ALICE, uuid, 4)
    with pytest.raises(errors.InvalidVolumeRequest):
        rules.extend(ALICE, uuid, 1)
    rules.extend(ALICE, uuid, 3)
    assert quota.usage('alpha')['gigabytes'] == 3 and store.status(uuid)[0] == 'extending'
    store.drain()
    assert store.status(uuid) == ('available', None) and os.path.getsize(store.path(uuid)) == 3 * GB


def test_an_extension_that_fails_gives_its_size_back(store):
    uuid = make(store)
    store.path(uuid).unlink()
    rules.extend(ALICE, uuid, 2)
    store.drain()
    status, reason = store.status(uuid)
    assert status == 'available' and 'is missing' in reason and volumes.get(uuid).size == 1


@pytest.fixture
def image(store, monkeypatch, tmp_path):
    """A qcow2 of 1 MB in the image service."""
    from nova.virt.libvirt import qemu_img
    path = tmp_path / 'image.qcow2'
    (tmp_path / 'raw').write_bytes(b'boot' + bytes((1 << 20) - 4))
    qemu_img.convert(str(tmp_path / 'raw'), 'raw', str(path), 'qcow2')
    store.images.data[QCOW2] = path.read_bytes()
    found = {'id': QCOW2, 'name': 'cirros', 'status': 'active', 'size': 1000, 'virtual_size': None, 'checksum': 'abc',
             'disk_format': 'qcow2', 'container_format': 'bare', 'min_ram': 0, 'min_disk': 0,
             'properties': {'os': 'linux'}}
    monkeypatch.setattr(glance, 'describe', lambda context, image_id: found)
    return found


def test_a_volume_of_an_image(store, image):
    uuid = make(store, image_id=QCOW2)
    row = volumes.get(uuid)
    assert (row.status, row.bootable) == ('available', True)
    assert row.image_metadata['image_id'] == QCOW2 and row.image_metadata['os'] == 'linux'
    assert head(store, uuid)[:4] == b'boot'
    assert os.path.getsize(store.path(uuid)) == GB and os.stat(store.path(uuid)).st_blocks * 512 < 1 << 20
    assert os.listdir(os.path.join(store.directory.parent, 'state', 'volume-images')) == []


def test_what_a_killed_download_left_goes(store, image):
    row = rules.create(ALICE, VolumeRequest(size=1, image_id=QCOW2))
    directory = store.directory.parent / 'state' / 'volume-images'
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f'{row.uuid}.img.0123abcd.part').write_bytes(b'half')
    store.drain()
    assert store.status(row.uuid) == ('available', None) and os.listdir(directory) == []


def test_an_image_that_is_not_what_it_says(store, image):
    image['disk_format'] = 'raw'
    uuid = make(store, image_id=QCOW2)
    status, reason = store.status(uuid)
    assert status == 'error' and 'its content is qcow2' in reason and store.files() == []


def test_an_image_that_does_not_fit(store, image):
    image['min_disk'] = 3
    with pytest.raises(errors.InvalidVolumeRequest, match='3 GB are needed'):
        rules.create(ALICE, VolumeRequest(size=1, image_id=QCOW2))
    image.update(min_disk=0, status='queued')
    with pytest.raises(errors.VolumeImageUnacceptable, match='queued'):
        rules.create(ALICE, VolumeRequest(size=1, image_id=QCOW2))


def test_an_image_of_a_volume(store, monkeypatch):
    uuid = make(store)
    monkeypatch.setattr(glance, 'create', lambda context, name, **values: store.images.statuses.setdefault('i', 'i'))
    row, image_id = rules.upload(ALICE, uuid, 'backup', 'qcow2')
    assert row.status == 'uploading'
    store.drain()
    assert store.images.statuses[image_id] == 'active' and 0 < store.images.uploaded[image_id] < GB
    assert store.status(uuid) == ('available', None)


def test_an_upload_that_fails_leaves_no_image(store, monkeypatch):
    uuid = make(store)
    monkeypatch.setattr(glance, 'create', lambda context, name, **values: store.images.statuses.setdefault('i', 'i'))
    rules.upload(ALICE, uuid, 'backup', 'qcow2')
    store.images.fail = exception.ImageQuotaExceeded(reason='full')
    store.drain()
    assert store.status(uuid) == ('available', 'The image service has no room for this image: full')
    assert store.images.statuses == {}


class Broken(FileDriver):
    """Fails as long as `broken`."""

    broken = True

    def _fail(self):
        if self.broken:
            raise OSError('the disk is on fire')

    def create(self, volume):
        connection = super().create(volume)
        self._fail()
        return connection

    def delete(self, volume):
        super().delete(volume)
        self._fail()


UNEXPECTED = 'An unexpected error (OSError). The operators of the cloud find more in its log.'


def test_what_fails_is_an_error_with_a_reason(store, tmp_path):
    broken = Store(tmp_path / 'broken', Broken(str(tmp_path / 'broken')))
    uuid = rules.create(ALICE, VolumeRequest(size=1)).uuid
    broken.drain(3)
    assert broken.status(uuid) == ('error', UNEXPECTED) and broken.files() == []
    told, = messages.list(ALICE, {})
    assert (told.resource_uuid, told.event, told.text) == (uuid, 'volume_create', UNEXPECTED)
    assert told.request_id == ALICE.request_id
    broken.driver.broken = False
    broken.drain()
    assert open_kinds(uuid) == []
    broken.driver.broken = True
    rules.delete(ALICE, uuid)
    broken.drain(3)
    assert broken.status(uuid)[0] == 'error_deleting' and 'OSError' in broken.status(uuid)[1]
    assert [told.event for told in messages.list(ALICE, {})] == ['volume_delete', 'volume_create'], 'once each'
    broken.driver.broken = False
    broken.drain()
    assert broken.status(uuid) is None


def test_states_that_forbid(store):
    uuid = make(store)
    volumes.change(uuid, status=states.IN_USE)
    for what in (lambda: rules.delete(ALICE, uuid), lambda: rules.extend(ALICE, uuid, 2),
                 lambda: snapshots.create(ALICE, uuid), lambda: rules.upload(ALICE, uuid, 'i'),
                 lambda: rules.create(ALICE, VolumeRequest(source_volid=uuid))):
        with pytest.raises(errors.InvalidVolume, match='in-use'):
            what()


def test_what_a_request_may_not_say(store):
    for wrong in ({'size': None}, {'size': 0}, {'size': 1 << 21}, {'size': 1, 'name': 'x' * 256},
                  {'size': 1, 'metadata': {' ': 'b'}}, {'size': 1, 'availability_zone': 'mars'},
                  {'size': 1, 'snapshot_id': 'a', 'source_volid': 'b'}):
        with pytest.raises(errors.InvalidVolumeRequest):
            rules.create(ALICE, VolumeRequest(**wrong))
    with pytest.raises(errors.VolumeTypeNotFound):
        rules.create(ALICE, VolumeRequest(size=1, volume_type='gold'))


def test_strangers_find_nothing(store):
    uuid = make(store)
    snapshot = snapshots.create(ALICE, uuid).uuid
    mallory = caller('beta', 'mallory')
    for what in (lambda: rules.get(mallory, uuid), lambda: rules.delete(mallory, uuid),
                 lambda: rules.create(mallory, VolumeRequest(source_volid=uuid)),
                 lambda: snapshots.create(mallory, uuid)):
        with pytest.raises(errors.VolumeNotFound):
            what()
    for what in (lambda: snapshots.get(mallory, snapshot), lambda: snapshots.delete(mallory, snapshot),
                 lambda: rules.create(mallory, VolumeRequest(snapshot_id=snapshot))):
        with pytest.raises(errors.VolumeSnapshotNotFound):
            what()


def test_no_host(store):
    service = services.get_by_host('a', 'nova-volume')
    services.change(service.id, forced_down=True)
    with pytest.raises(errors.NoVolumeHost, match='1 are down'):
        rules.create(ALICE, VolumeRequest(size=1))
    services.forget(service)
    with pytest.raises(errors.NoVolumeHost, match='ever reported'):
        rules.create(ALICE, VolumeRequest(size=1))


def test_the_emptiest_host(store):
    from tests.unit.nova.rows import host_up
    host_up('b', binary='nova-volume')
    assert [rules.create(ALICE, VolumeRequest(size=size)).host for size in (2, 1, 2, 1)] == ['a', 'b', 'b', 'a']


def test_quotas(store, conf):
    quota.set_limits('alpha', {'volumes': 2, 'gigabytes': 4, 'per_volume_gigabytes': 3})
    with pytest.raises(errors.VolumeTooLarge):
        rules.create(ALICE, VolumeRequest(size=4))
    uuid = make(store, size=3)
    with pytest.raises(errors.VolumeQuotaExceeded, match='gigabytes'):
        rules.create(ALICE, VolumeRequest(size=2))
    with pytest.raises(errors.VolumeQuotaExceeded, match='gigabytes'):
        snapshots.create(ALICE, uuid)
    make(store, size=1)
    with pytest.raises(errors.VolumeQuotaExceeded, match='volumes: Requested 1, but already used 2 of 2'):
        rules.create(ALICE, VolumeRequest(size=1))
    quota.delete_limits('alpha')
    assert quota.limits('alpha') == quota.defaults()
    assert quota.set_defaults({'volumes': 7})['volumes'] == quota.limits('alpha')['volumes'] == 7


def test_a_type_of_volumes_stays(store):
    admin = caller('ops', 'root', is_admin=True)
    volume_types.create('fast', None, True, {})
    make(store, volume_type='fast')
    with pytest.raises(errors.VolumeTypeInUse):
        volume_types.delete(volume_types.get_for(admin, 'fast'))


def test_force(store):
    """Administrators get rid of what hangs."""
    admin = caller('ops', 'root', is_admin=True)
    row = rules.create(ALICE, VolumeRequest(size=1))
    rules.delete(admin, row.uuid, force=True)
    store.drain()
    assert store.status(row.uuid) is None and store.files() == []
    other = make(store)
    rules.reset_status(admin, other, states.ERROR)
    assert store.status(other)[0] == 'error'
    with pytest.raises(errors.InvalidVolume, match='attached to no server'):
        rules.reset_status(admin, other, states.IN_USE)


def test_a_host_says_what_room_it_has(store):
    told = VolumeManager(store.runner, store.driver).describe(None)
    assert told['protocol'] == 'file' and 0 < told['free_bytes'] <= told['total_bytes']
    assert FakeDriver().describe()['free_bytes'] is None
