"""New disks for a server; whatever fails, it goes on with what it had."""
import pytest

from essex import db
from essex.exception import EssexError
from nova.compute import deletion, instance_actions, operations, rebuilding, states
from nova.db import instances
from nova.virt.exception import HypervisorUnavailable
from tests.unit.nova.executors.kit import CONTEXT, fault, open_kinds, steps

COLUMNS = {'image_ref': 'image-2', 'image_meta': {'disk_format': 'raw'}, 'display_name': 'new',
           'metadata_': {'a': 'b'}}


def enter(own):
    """As the API does."""
    with db.writer():
        rebuilding.enter(CONTEXT, instances.get(own), COLUMNS, False)


def rebuild(world, own):
    enter(own)
    world.drain()
    return instances.get(own)


def disk(world, own):
    return world.drivers['a']._records.get(f'disk/{own}')


def story(own):
    """Steps after the boot's six."""
    return steps(own)[6:]


@pytest.mark.parametrize('before, power', [('active', states.RUNNING), ('error', states.RUNNING),
                                           ('stopped', states.SHUTDOWN)])
def test_it_has_new_disks_and_what_was_asked(world, before, power):
    row = world.boot()
    if before == 'stopped':
        row = world.do(operations.STOP, row.uuid, states.POWERING_OFF)
    instances.update(row.uuid, vm_state=before)
    now = rebuild(world, row.uuid)
    assert (now.vm_state, now.task_state) == ('stopped' if before == 'stopped' else 'active', None)
    assert (now.power_state, now.display_name, now.metadata_) == (power, 'new', {'a': 'b'})
    assert disk(world, row.uuid)['image'] == 'image-2' and 'former' not in disk(world, row.uuid)
    assert world.drivers['a'].list_instances()[row.uuid].state == power
    assert now.network_info == row.network_info and now.launched_at == row.launched_at
    assert story(row.uuid)[-5:] == ['image', 'stop', 'disk', 'spawn', 'clean']


@pytest.mark.parametrize('broken, undone', [
    ('prepare_image', []), ('power_off', ['undo_stop']), ('replace_disks', ['undo_disk', 'undo_stop']),
    ('spawn', ['undo_spawn', 'undo_disk', 'undo_stop']), ('forget_disks', ['undo_stop'])])
def test_a_failure_leaves_it_as_it_was(world, monkeypatch, broken, undone):
    row = world.boot()
    before = disk(world, row.uuid)

    def fail(*args, **kwargs):
        monkeypatch.undo()   # once
        raise EssexError('the disk array burns')
    monkeypatch.setattr(world.drivers['a'], broken, fail)
    now = rebuild(world, row.uuid)
    assert (now.vm_state, now.task_state, now.power_state) == (states.ACTIVE, None, states.RUNNING)
    assert (now.image_ref, now.display_name, now.metadata_) == (row.image_ref, row.display_name, {})
    assert fault(row.uuid) == 'the disk array burns'
    assert [step for step in story(row.uuid) if step.startswith('undo')] == undone
    assert disk(world, row.uuid) == before
    assert world.drivers['a'].list_instances()[row.uuid].state == states.RUNNING


def test_a_guest_that_ends_at_once_is_a_failure(world, monkeypatch):
    row = world.boot()
    driver, spawn = world.drivers['a'], world.drivers['a'].spawn

    def spawn_and_die(spec, *args):
        spawn(spec, *args)
        driver.power_off(spec)
    monkeypatch.setattr(driver, 'spawn', spawn_and_die)
    now = rebuild(world, row.uuid)
    assert now.vm_state == states.ACTIVE and 'ended as soon as it was started' in fault(row.uuid)


def test_a_guest_that_does_not_start_again_is_shown_as_stopped(world, monkeypatch):
    row = world.boot()

    def fail(*args):
        raise EssexError('no bridge')
    for name in ('spawn', 'power_on'):
        monkeypatch.setattr(world.drivers['a'], name, fail)
    now = rebuild(world, row.uuid)
    assert (now.vm_state, now.power_state, fault(row.uuid)) == (states.STOPPED, states.SHUTDOWN, 'no bridge')
    assert open_kinds(row.uuid) == []


def test_a_hypervisor_that_is_away_is_waited_for(world, monkeypatch):
    row = world.boot()
    tries = []

    def away(*args):
        tries.append(1)
        raise HypervisorUnavailable(host='a', reason='libvirtd sleeps')
    with monkeypatch.context() as patch:
        for name in ('spawn', 'power_on'):
            patch.setattr(world.drivers['a'], name, away)
        now = rebuild(world, row.uuid)
        assert (now.vm_state, open_kinds(row.uuid)) == (states.ERROR, ['rebuild']) and len(tries) > 2
    world.drain()
    now = instances.get(row.uuid)
    assert (now.vm_state, now.image_ref, open_kinds(row.uuid)) == (states.ACTIVE, row.image_ref, [])


def test_deleted_meanwhile_it_is_not_started_again(world, monkeypatch):
    row = world.boot()
    started = []
    driver = world.drivers['a']
    replace = driver.replace_disks

    def replace_and_delete(*args):
        replace(*args)
        deletion.begin(instances.get(row.uuid), CONTEXT)
    monkeypatch.setattr(driver, 'replace_disks', replace_and_delete)
    monkeypatch.setattr(driver, 'power_on', lambda *args: started.append(1))
    enter(row.uuid)
    world.drain()
    assert instances.get(row.uuid, deleted=True).deleted_at and started == []
    assert driver.list_leftovers() == [] and open_kinds(row.uuid) == []


def test_it_is_shown(world, monkeypatch):
    row, seen = world.boot(), []
    replace = world.drivers['a'].replace_disks

    def look(*args):
        now = instances.get(row.uuid)
        action, *_rest = instance_actions.list(CONTEXT, row.uuid)
        seen.append((states.status(now.vm_state, now.task_state), action['message'], [
            (each['event'], each['result'], each['finish_time'] is None)
            for each in instance_actions.get(CONTEXT, row.uuid, action['request_id'])['events'][-3:]]))
        replace(*args)
    monkeypatch.setattr(world.drivers['a'], 'replace_disks', look)
    rebuild(world, row.uuid)
    assert seen == [('REBUILD', None, [('rebuild_image', 'Success', False), ('rebuild_stop', 'Success', False),
                                       ('rebuild_disk', None, True)])]


def test_a_deleted_server_with_a_config_drive_goes_too(world, monkeypatch):
    """Its config drive is not made any more: nothing could describe it."""
    row = world.boot(config_drive=True)
    deletion_ = world.enter(operations.DELETE, row.uuid)
    instances.mark_deleted(row.uuid)
    world.drain()
    assert deletion_ and open_kinds(row.uuid) == [] and world.drivers['a'].list_leftovers() == []
