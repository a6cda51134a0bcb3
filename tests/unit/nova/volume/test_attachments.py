"""Volumes of servers: reserved, plugged in, taken away, with the server's end, and when something fails."""
import datetime

import pytest

from essex import db
from nova import exception
from nova.compute import api as compute_api
from nova.compute import deletion, operations, states
from nova.db import instances, services, volume_attachments, volumes
from nova.db.journal import JOURNAL
from nova.volume import attachments, messages
from nova.volume import exception as errors
from tests.unit.nova.conftest import caller
from tests.unit.nova.executors.kit import CONTEXT, World, fault
from tests.unit.nova.volume import rows


@pytest.fixture
def world(nova_sqlite, tmp_path, rung):
    """One host, `a`."""
    return World(tmp_path)


@pytest.fixture
def api(world):
    return compute_api.API()


@pytest.fixture
def server(world):
    """The uuid of a running server."""
    return world.boot().uuid


def volume(**values):
    return rows.available(project_id='work', connection={'type': 'file', 'path': '/v', 'format': 'raw', 'host': 'a'},
                          **values)


def status(uuid):
    return volumes.get(uuid).status


def plugged(world, server):
    return world.drivers['a']._guest(server).volumes


def test_a_volume_that_was_never_made_cannot_be_attached(world, api, server):
    # An administrator may call it available all the same.
    mine = rows.available(project_id='work', connection=None)
    with pytest.raises(errors.InvalidVolume, match='never'):
        api.attach_volume(CONTEXT, server, mine)
    assert status(mine) == 'available' and volume_attachments.of_volume(mine) is None


def test_attach_and_detach(world, api, server):
    mine, other = volume(), volume()
    made = api.attach_volume(CONTEXT, server, mine)
    assert (made.device, made.status, status(mine)) == ('/dev/vdb', 'attaching', 'attaching')
    assert api.attach_volume(CONTEXT, server, other).device == '/dev/vdc'
    world.drain()
    assert status(mine) == status(other) == 'in-use' and plugged(world, server) == [mine, other]
    assert volume_attachments.of_volume(mine).attached_at is not None
    api.detach_volume(CONTEXT, server, mine)
    assert status(mine) == 'detaching'
    with pytest.raises(errors.InvalidVolume, match='detaching'):
        api.detach_volume(CONTEXT, server, mine)
    world.drain()
    assert status(mine) == 'available' and plugged(world, server) == [other]
    assert volume_attachments.of_volume(mine) is None
    actions = [row.action for row in JOURNAL.of_resource(server)]
    assert actions[:3] == ['detach_volume', 'attach_volume', 'attach_volume']


def test_volumes_come_back_with_the_guest(world, api, server):
    mine = volume()
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    for definition in (operations.STOP, operations.START, operations.REBOOT):
        world.do(definition, server, type='HARD')
    assert plugged(world, server) == [mine]
    world.do(operations.STOP, server)
    api.detach_volume(CONTEXT, server, mine)
    world.drain()
    world.do(operations.START, server)
    assert plugged(world, server) == []


def test_the_end_of_a_server_frees_its_volumes(world, api, server):
    mine, ending = volume(), volume(status='in-use')
    api.attach_volume(CONTEXT, server, mine)
    rows.attach(ending, server, '/dev/vdc', delete_on_termination=True)
    world.drain()
    api.delete(CONTEXT, server)
    world.drain()
    assert instances.get(server, deleted=True).vm_state == states.DELETED
    assert (status(mine), status(ending)) == ('available', 'deleting')
    assert [row.kind for row in JOURNAL.of_resource(ending)] == ['volume_delete']
    assert volume_attachments.of_instance(server) == []


def test_a_deletion_overtakes(world, api, server):
    """What was asked before and has not begun is dropped."""
    mine = volume()
    api.attach_volume(CONTEXT, server, mine)
    api.delete(CONTEXT, server)
    world.drain()
    assert status(mine) == 'available' and volume_attachments.of_volume(mine) is None


class Stubborn:
    """A hypervisor that fails as told, and does half of it before."""

    def __init__(self, driver, method, times=99):
        self.real, self.left = getattr(driver, method), times
        setattr(driver, method, self)

    def __call__(self, *args, **named):
        self.real(*args, **named)
        if self.left:
            self.left -= 1
            raise exception.HypervisorError('The guest does not answer.')


def test_an_attachment_that_fails(world, api, server):
    mine = volume()
    Stubborn(world.drivers['a'], 'attach_volume')
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    assert status(mine) == 'available' and volumes.get(mine).reason == 'The guest does not answer.'
    assert plugged(world, server) == [] and fault(server) == 'The guest does not answer.'
    assert [(told.resource_uuid, told.event) for told in messages.list(CONTEXT, {})] == [(mine, 'attach_volume')]
    assert volume_attachments.of_volume(mine) is None


def test_a_detachment_that_fails(world, api, server):
    mine = volume()
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    Stubborn(world.drivers['a'], 'detach_volume')
    api.detach_volume(CONTEXT, server, mine)
    world.drain()
    assert status(mine) == 'in-use' and volumes.get(mine).reason == 'The guest does not answer.'
    assert plugged(world, server) == [mine] and volume_attachments.of_volume(mine).status == 'attached'


def test_what_cannot_be_undone_yet_is_an_error_that_heals(world, api, server):
    mine = volume()
    driver = world.drivers['a']
    Stubborn(driver, 'attach_volume')
    stuck = Stubborn(driver, 'detach_volume')
    api.attach_volume(CONTEXT, server, mine)
    for runner in world.runners:
        for operation in JOURNAL.ready(runner.owner, runner.queues, runner.exclusive):
            runner.run(operation)
    assert status(mine) == 'error' and 'does not answer' in volumes.get(mine).reason
    stuck.left = 0
    world.drain()
    assert status(mine) == 'available' and volume_attachments.of_volume(mine) is None


@pytest.mark.parametrize('values, error', [
    ({'status': 'in-use'}, errors.InvalidVolume), ({'status': 'error'}, errors.InvalidVolume),
    ({'project_id': 'alpha'}, errors.VolumeNotFound)])
def test_volumes_that_cannot_be_had(api, server, values, error):
    with pytest.raises(error):
        api.attach_volume(CONTEXT, server, volume(**values) if 'project_id' not in values else rows.available())


def test_servers_that_cannot_have_volumes(api, world, server):
    mine = volume()
    instances.update(server, task_state=states.REBOOTING)
    with pytest.raises(exception.UnexpectedTaskState):
        api.attach_volume(CONTEXT, server, mine)
    instances.update(server, task_state=None, vm_state=states.SUSPENDED)
    with pytest.raises(exception.InstanceInvalidState):
        api.attach_volume(CONTEXT, server, mine)
    instances.update(server, vm_state=states.ACTIVE, locked_by='admin')
    with pytest.raises(exception.InstanceIsLocked):
        api.attach_volume(CONTEXT, server, mine)
    instances.update(server, locked_by=None)
    with pytest.raises(exception.InstanceNotFound):
        api.attach_volume(caller('beta', 'mallory'), server, mine)
    assert status(mine) == 'available'
    with pytest.raises(errors.VolumeAttachmentNotFound):
        api.detach_volume(CONTEXT, server, mine)


def test_a_volume_of_another_host(api, server):
    far = rows.available(project_id='work')
    with pytest.raises(errors.VolumeOutOfReach, match='kept in a file of host node1'):
        api.attach_volume(CONTEXT, server, far)
    volumes.change(far, connection={**volumes.get(far).connection, 'host': None})
    assert api.attach_volume(CONTEXT, server, far).device == '/dev/vdb'


def test_devices(api, server):
    assert api.attach_volume(CONTEXT, server, volume(), '/dev/vdd').device == '/dev/vdd'
    assert api.attach_volume(CONTEXT, server, volume(), 'vdc').device == '/dev/vdc'
    for wrong in ('/dev/vda', '/dev/vdw', '/dev/vdd', '/dev/sdb', '/etc/passwd', 'x'):
        with pytest.raises(errors.InvalidVolumeRequest):
            api.attach_volume(CONTEXT, server, volume(), wrong)
    assert api.attach_volume(CONTEXT, server, volume()).device == '/dev/vdb'
    assert api.attach_volume(CONTEXT, server, volume()).device == '/dev/vde'


def test_names_after_the_servers_own_disks(api, world):
    row = world.boot(ephemeral_gb=1, swap_mb=64)
    assert api.attach_volume(CONTEXT, row.uuid, volume()).device == '/dev/vdd'
    instances.update(row.uuid, image_meta={'properties': {'hw_disk_bus': 'scsi'}})
    assert api.attach_volume(CONTEXT, row.uuid, volume()).device == '/dev/sdd'


def test_an_attached_volume_is_not_reset_nor_deleted(world, api, server, admin):
    from nova.volume import volumes as rules
    mine = volume()
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    with pytest.raises(errors.InvalidVolume, match='detach it first'):
        rules.reset_status(admin, mine, 'available')
    with pytest.raises(errors.InvalidVolume, match='detach it first'):
        rules.delete(admin, mine, force=True)


def test_what_a_host_that_never_comes_back_had_is_freed(world, api, server, admin):
    mine = volume()
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    with pytest.raises(errors.InvalidVolume, match='one of this cloud'):
        attachments.forget(admin, mine)
    with pytest.raises(errors.InvalidVolume, match='one of this cloud'):
        attachments.record(admin, volume(), server, '/dev/vdz')
    instances.mark_deleted(server)   # as a deletion does while the host is away
    attachments.forget(admin, mine)
    assert status(mine) == 'available' and volume_attachments.of_volume(mine) is None


@pytest.mark.parametrize('forget', [False, True])
def test_a_deleted_server_on_a_lost_host_frees_its_volumes(world, api, server, forget):
    mine, ending = volume(), volume(status='in-use')
    rows.attach(ending, server, '/dev/vdc', delete_on_termination=True)
    api.attach_volume(CONTEXT, server, mine)
    world.drain()
    compute = services.get_by_host('a', 'nova-compute')
    services.change(compute.id, last_seen_up=db.utcnow() - datetime.timedelta(hours=1))
    api.delete(CONTEXT, server)
    # Its guest may be running: that the host is away does not mean that it is dead.
    assert deletion.free_volumes_of_the_lost() == [] and status(mine) == 'in-use'
    if forget:
        services.forget(compute)
    else:
        services.change(compute.id, forced_down=True)
    assert deletion.free_volumes_of_the_lost() == [server]
    assert (status(mine), status(ending)) == ('available', 'deleting')
    assert volume_attachments.of_volume(mine) is None
    assert [(row.kind, row.project_id) for row in JOURNAL.of_resource(ending)] == [('volume_delete', 'work')]
    assert deletion.free_volumes_of_the_lost() == []


def test_a_host_that_comes_back_leaves_others_their_volumes(world, api, server):
    mine, other = volume(), world.boot().uuid
    api.attach_volume(CONTEXT, server, mine)      # and the host is gone before it begins
    services.change(services.get_by_host('a', 'nova-compute').id, forced_down=True)
    api.delete(CONTEXT, server)
    assert deletion.free_volumes_of_the_lost() == [server] and status(mine) == 'available'
    services.change(services.get_by_host('a', 'nova-compute').id, forced_down=False)
    api.attach_volume(CONTEXT, other, mine)
    world.drain()
    assert status(mine) == 'in-use' and volume_attachments.of_volume(mine).instance_uuid == other
    assert plugged(world, other) == [mine]


def test_a_server_of_another_cloud(world, admin):
    mine = volume()
    attachments.record(admin, mine, '0f1d6c1e-9b4a-4f0e-8a39-4f9a9f3c8a11', '/dev/vdb')
    assert status(mine) == 'in-use' and volume_attachments.of_volume(mine).attached_at is not None
    attachments.forget(admin, mine)
    assert status(mine) == 'available'
