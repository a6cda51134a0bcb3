"""Another size: there, and back again, and as before whatever fails."""
import pytest

from essex import db
from essex.exception import EssexError
from nova.compute import actions, deletion, operations, quota, resizing, states
from nova.db import instances, resizes
from nova.db.journal import JOURNAL
from nova.db.models import Migration
from tests.unit.nova.executors.kit import CONTEXT, fault, open_kinds, steps
from tests.unit.nova.scheduler.kit import age

LARGER = {'memory_mb': 2048, 'vcpus': 2, 'root_gb': 20, 'ephemeral_gb': 0, 'swap_mb': 0, 'flavor_id': 7,
          'flavor': {'flavorid': '7', 'name': 'large', 'extra_specs': {}}}
SMALLER = {**LARGER, 'memory_mb': 512, 'vcpus': 1, 'root_gb': 10}


def resize(world, own, new=None):
    with db.writer():
        resizing.enter(CONTEXT, instances.get(own), new or LARGER)
    world.drain()
    return instances.get(own)


def decide(world, own, action):
    with db.writer():
        resizing.decide(CONTEXT, instances.get(own), action)
    world.drain()
    return instances.get(own)


def status():
    """Of the newest resize."""
    with db.reader() as session:
        return session.query(Migration).order_by(Migration.id.desc()).first().status


def disk(world, own):
    return world.drivers['a']._records.get(f'disk/{own}')


def guest(world, own):
    info = world.drivers['a'].list_instances()[own]
    return info.state, info.memory_kb // 1024


def check_former(world, row, vm_state=states.ACTIVE):
    """That everything is as it was before."""
    now = instances.get(row.uuid)
    assert (now.vm_state, now.task_state, now.memory_mb, now.root_gb, now.flavor) == (
        vm_state, None, row.memory_mb, row.root_gb, row.flavor)
    assert disk(world, row.uuid)['bytes'] == 10 << 30 and 'former' not in disk(world, row.uuid)
    assert quota.usage('work')['ram'] == row.memory_mb
    assert instances.usage_by_host()['a']['disk_gb'] == 10
    assert open_kinds(row.uuid) == []
    return now


def test_a_larger_one_that_is_kept(world):
    row = world.boot()
    now = resize(world, row.uuid)
    assert (now.vm_state, now.task_state, now.power_state) == (states.RESIZED, None, states.RUNNING)
    assert (now.memory_mb, now.vcpus, now.root_gb, now.flavor_id) == (2048, 2, 20, 7)
    assert guest(world, row.uuid) == (states.RUNNING, 2048) and status() == 'finished'
    assert disk(world, row.uuid)['bytes'] == 20 << 30
    # The former disks take room until it is confirmed.
    assert instances.usage_by_host()['a'] == {'memory_mb': 2048, 'vcpus': 2, 'disk_gb': 30, 'instances': 1}
    now = decide(world, row.uuid, actions.CONFIRM_RESIZE)
    assert (now.vm_state, now.task_state, status()) == (states.ACTIVE, None, 'confirmed')
    assert 'former' not in disk(world, row.uuid)
    assert instances.usage_by_host()['a']['disk_gb'] == 20
    assert steps(row.uuid)[6:] == ['schedule', 'stop', 'disk', 'size', 'spawn', 'forget']
    assert now.network_info == row.network_info


@pytest.mark.parametrize('new', [LARGER, SMALLER])
def test_one_that_is_not_kept(world, new):
    row = world.boot()
    resize(world, row.uuid, new)
    assert quota.usage('work')['ram'] == max(row.memory_mb, new['memory_mb']), 'nobody takes the way back'
    decide(world, row.uuid, actions.REVERT_RESIZE)
    assert status() == 'reverted'
    check_former(world, row)
    assert guest(world, row.uuid) == (states.RUNNING, 1024)


@pytest.mark.parametrize('action', [actions.CONFIRM_RESIZE, actions.REVERT_RESIZE])
def test_a_stopped_server_stays_so(world, action):
    row = world.boot()
    world.do(operations.STOP, row.uuid, states.POWERING_OFF)
    now = resize(world, row.uuid)
    assert (now.vm_state, now.power_state) == (states.RESIZED, states.SHUTDOWN)
    now = decide(world, row.uuid, action)
    assert (now.vm_state, now.power_state, now.task_state) == (states.STOPPED, states.SHUTDOWN, None)
    now = world.do(operations.START, row.uuid, states.POWERING_ON)
    assert guest(world, row.uuid) == (states.RUNNING, now.memory_mb)


def test_confirmed_it_is_what_its_guest_is(world):
    row = world.boot()
    resize(world, row.uuid)
    world.drivers['a'].power_off(row)
    assert decide(world, row.uuid, actions.CONFIRM_RESIZE).vm_state == states.STOPPED


@pytest.mark.parametrize('broken, undone', [
    ('power_off', ['undo_stop']), ('resize_disks', ['undo_disk', 'undo_stop']),
    ('spawn', ['undo_spawn', 'undo_size', 'undo_disk', 'undo_stop'])])
def test_a_failure_leaves_it_as_it_was(world, monkeypatch, broken, undone):
    row = world.boot()

    def fail(*args, **kwargs):
        monkeypatch.undo()   # once
        raise EssexError('the disk array burns')
    monkeypatch.setattr(world.drivers['a'], broken, fail)
    resize(world, row.uuid)
    check_former(world, row)
    assert (fault(row.uuid), status()) == ('the disk array burns', 'error')
    assert [step for step in steps(row.uuid) if step.startswith('undo')] == undone
    assert guest(world, row.uuid) == (states.RUNNING, 1024)
    assert resize(world, row.uuid).vm_state == states.RESIZED, 'it can be tried again'


def test_no_room_explains_itself(two_hosts):
    row = two_hosts.boot()
    resize(two_hosts, row.uuid, {**LARGER, 'memory_mb': 49999})
    check_former(two_hosts, row)
    assert fault(row.uuid) == (
        'No valid host was found. 2 hosts considered; ResizeFilter rejected 1 (the disks of the server are on host 1, '
        'which shares no storage with host 2); RamFilter rejected 1 (asked 49999 MB, most free 23808 MB on host 1).')


def test_no_room_for_the_way_back(world):
    row = world.boot()
    resize(world, row.uuid, {**LARGER, 'root_gb': 91})
    check_former(world, row)
    assert ('DiskFilter rejected 1 (asked 101 GB (10 of them for the former disks, until it is confirmed), most free '
            '100 GB on host 1)') in fault(row.uuid)


def test_what_a_server_has_does_not_stand_in_its_way(world):
    row = world.boot()
    assert resize(world, row.uuid, {**LARGER, 'memory_mb': 23000, 'root_gb': 90}).vm_state == states.RESIZED


def test_two_at_once_do_not_get_the_same_room(world):
    rows = [world.boot(), world.boot()]
    with db.writer():
        for row in rows:
            resizing.enter(CONTEXT, instances.get(row.uuid), {**LARGER, 'memory_mb': 15000})
    world.drain()
    assert sorted(instances.get(row.uuid).vm_state for row in rows) == [states.ACTIVE, states.RESIZED]


def test_it_may_be_forbidden_to_stay(world, conf):
    conf.set('allow_resize_to_same_host', False)
    row = world.boot()
    resize(world, row.uuid)
    check_former(world, row)
    assert 'on host 1 it may not stay: allow_resize_to_same_host is off' in fault(row.uuid)


def test_a_host_that_is_down_is_not_waited_for(world):
    row = world.boot()
    age('a')
    resize(world, row.uuid)
    assert 'Every nova-compute is down' in fault(row.uuid)
    check_former(world, row)


@pytest.mark.parametrize('action, broken', [
    (actions.CONFIRM_RESIZE, 'forget_disks'), (actions.REVERT_RESIZE, 'power_off'),
    (actions.REVERT_RESIZE, 'restore_disks')])
def test_a_decision_that_fails_can_be_taken_again(world, monkeypatch, action, broken):
    row = world.boot()
    resize(world, row.uuid)

    def fail(*args, **kwargs):
        raise EssexError('not now')
    with monkeypatch.context() as patch:
        patch.setattr(world.drivers['a'], broken, fail)
        now = decide(world, row.uuid, action)
    assert (now.vm_state, now.task_state, fault(row.uuid), status()) == (states.RESIZED, None, 'not now', 'finished')
    assert decide(world, row.uuid, action).vm_state == states.ACTIVE


def test_a_guest_that_does_not_start_after_the_way_back(world, monkeypatch):
    row = world.boot()
    resize(world, row.uuid)

    def fail(*args):
        raise EssexError('no bridge')
    with monkeypatch.context() as patch:
        patch.setattr(world.drivers['a'], 'spawn', fail)
        decide(world, row.uuid, actions.REVERT_RESIZE)
    check_former(world, row, states.ERROR)
    assert (fault(row.uuid), status()) == ('no bridge', 'reverted')
    world.do(operations.REBOOT, row.uuid, states.REBOOTING_HARD, type='HARD')
    check_former(world, row)


@pytest.mark.parametrize('broken, then', [('power_off', states.RESIZED), ('spawn', states.STOPPED)])
def test_a_way_back_that_is_cancelled(world, monkeypatch, broken, then):
    """By an administrator, before and after the disks were put back."""
    row = world.boot()
    resize(world, row.uuid)

    def cancel(*args, **kwargs):
        JOURNAL.cancel(row.uuid)
        raise EssexError('not now')
    with monkeypatch.context() as patch:
        patch.setattr(world.drivers['a'], broken, cancel)
        now = decide(world, row.uuid, actions.REVERT_RESIZE)
    assert (now.vm_state, now.task_state, open_kinds(row.uuid)) == (then, None, [])
    if then == states.STOPPED:
        check_former(world, row, states.STOPPED)
    else:
        decide(world, row.uuid, actions.REVERT_RESIZE)
        check_former(world, row)


@pytest.mark.parametrize('where', ['resize_disks', 'spawn', 'after', 'restore_disks'])
def test_deleted_at_any_time(world, monkeypatch, where):
    row, driver = world.boot(), world.drivers['a']
    started = []
    if where != 'after':
        method = getattr(driver, where)

        def do_and_delete(*args):
            method(*args)
            deletion.begin(instances.get(row.uuid), CONTEXT)
            monkeypatch.setattr(driver, 'power_on', lambda *args: started.append(1))
        monkeypatch.setattr(driver, where, do_and_delete)
    if where in ('resize_disks', 'spawn'):
        with db.writer():
            resizing.enter(CONTEXT, instances.get(row.uuid), LARGER)
        world.drain()
    else:
        resize(world, row.uuid)
        with db.writer():
            if where == 'after':
                deletion.begin(instances.get(row.uuid), CONTEXT)
            else:
                resizing.decide(CONTEXT, instances.get(row.uuid), actions.REVERT_RESIZE)
        world.drain()
    assert instances.get(row.uuid, deleted=True).deleted_at and started == []
    assert driver.list_leftovers() == [] and open_kinds(row.uuid) == []
    assert resizes.unconfirmed(row.uuid) is None and quota.usage('work')['ram'] == 0


def test_it_is_shown(world, monkeypatch):
    row, seen = world.boot(), []

    def looking(method):
        def look(*args):
            now = instances.get(row.uuid)
            seen.append((states.status(now.vm_state, now.task_state), now.task_state, status()))
            return method(*args)
        return look
    for name in ('resize_disks', 'spawn'):
        monkeypatch.setattr(world.drivers['a'], name, looking(getattr(world.drivers['a'], name)))
    resize(world, row.uuid)
    assert seen == [('RESIZE', 'resize_migrating', 'migrating'), ('RESIZE', 'resize_finish', 'post-migrating')]
