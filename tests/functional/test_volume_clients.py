"""Block storage of a running cloud by unmodified clients: the openstack command, cinder, openstacksdk."""
import subprocess
import sys

import openstack
import pytest
from openstack import exceptions

from tests.functional.test_compute_clients import auth


@pytest.fixture(scope='module')
def sdk(cloud):
    connection = openstack.connect(auth=auth(cloud), region_name=cloud.credentials('demo')['OS_REGION_NAME'])
    yield connection
    connection.close()


@pytest.fixture(scope='module')
def server(sdk):
    made = sdk.create_server('with-volumes', image='blank', flavor='m1.nano', wait=True, timeout=60, auto_ip=False)
    yield made
    sdk.delete_server(made.id, wait=True, timeout=60)


def test_sdk_from_a_volume_to_a_copy_of_its_snapshot(sdk):
    storage = sdk.block_storage
    volume = storage.create_volume(name='data', size=1, metadata={'a': 'b'})
    volume = storage.wait_for_status(volume, 'available', failures=['error'], interval=0.1, wait=30)
    assert (volume.metadata, volume.volume_type, volume.is_bootable) == ({'a': 'b'}, '__DEFAULT__', False)
    snapshot = storage.create_snapshot(volume_id=volume.id, name='monday')
    storage.wait_for_status(snapshot, 'available', failures=['error'], interval=0.1, wait=30)
    copy = storage.create_volume(name='copy', size=2, snapshot_id=snapshot.id)
    storage.wait_for_status(copy, 'available', failures=['error'], interval=0.1, wait=30)
    storage.extend_volume(copy, 3)
    storage.wait_for_status(copy, 'available', failures=['error'], interval=0.1, wait=30)
    assert storage.get_volume(copy.id).size == 3
    assert {each.name for each in storage.volumes(limit=1)} >= {'data', 'copy'}, 'pages follow one another'
    assert [each.id for each in storage.snapshots(volume_id=volume.id)] == [snapshot.id]
    with pytest.raises(exceptions.BadRequestException, match='1 snapshots'):
        storage.delete_volume(volume)
    storage.delete_snapshot(snapshot)
    storage.wait_for_delete(snapshot, interval=0.1, wait=30)
    for each in (volume, copy):
        storage.delete_volume(each)
        storage.wait_for_delete(each, interval=0.1, wait=30)


def test_sdk_knows_limits_types_and_zones(sdk):
    storage = sdk.block_storage
    assert storage.get_limits().absolute.max_total_volumes == 10
    assert [each.name for each in storage.types()] == ['__DEFAULT__']
    assert [each.name for each in storage.availability_zones()] == ['nova']
    assert storage.get_quota_set(sdk.current_project_id).gigabytes == 1000


def test_sdk_attaches_and_detaches(sdk, server):
    volume = sdk.create_volume(1, name='disk', wait=True, timeout=30)
    attachment = sdk.attach_volume(server, volume, wait=True, timeout=30)
    assert attachment.device == '/dev/vdb'
    assert [each.id for each in sdk.compute.get_server(server.id).attached_volumes] == [volume.id]
    sdk.detach_volume(server, sdk.get_volume(volume.id), wait=True, timeout=30)
    assert sdk.get_volume(volume.id).status == 'available'
    sdk.delete_volume(volume.id, wait=True, timeout=30)


def test_the_openstack_command(cloud, server):
    ran = cloud.openstack
    ran('volume', 'create', '--size', '1', '--property', 'a=b', 'cli')
    ran('server', 'add', 'volume', 'with-volumes', 'cli')
    shown, = cloud.json('volume', 'list', '--long')
    assert (shown['Name'], shown['Size'], shown['Properties']) == ('cli', 1, {'a': 'b'})
    assert cloud.json('--os-volume-api-version', '3.3', 'volume', 'message', 'list') == []
    listed, = cloud.json('server', 'volume', 'list', 'with-volumes')
    assert listed['Device'] == '/dev/vdb'
    ran('server', 'remove', 'volume', 'with-volumes', 'cli')
    ran('volume', 'set', '--name', 'renamed', '--size', '2', 'cli')
    ran('volume', 'snapshot', 'create', '--volume', 'renamed', 'snap')
    assert cloud.json('volume', 'show', 'renamed')['size'] == 2
    ran('volume', 'snapshot', 'delete', 'snap')
    ran('volume', 'delete', 'renamed')


def test_cinder(cloud):
    """It asks for the newest microversion it knows, and takes the one there is."""
    done = subprocess.run([sys.executable, '-m', 'cinderclient.shell', 'list'], capture_output=True, text=True,
                          timeout=60, env=cloud.credentials('demo') | {'PATH': '/usr/bin'}, check=False)
    assert done.returncode == 0, done.stderr
    assert 'Attached to' in done.stdout
