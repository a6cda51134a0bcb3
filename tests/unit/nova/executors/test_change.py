"""Stop, start, reboot, pause, suspend: the server is then what was asked, or as it was, with the reason."""
import pytest

from essex.exception import EssexError
from nova.compute import operations, states
from nova.db import instances
from nova.db.journal import JOURNAL
from tests.unit.nova.executors.kit import fault

CHANGES = [
    (operations.STOP, 'powering-off', 'power_off', [], (states.STOPPED, states.SHUTDOWN)),
    (operations.START, 'powering-on', 'power_on', [(operations.STOP, 'powering-off')], (states.ACTIVE, states.RUNNING)),
    (operations.REBOOT, 'rebooting', 'reboot', [], (states.ACTIVE, states.RUNNING)),
    (operations.PAUSE, 'pausing', 'pause', [], (states.PAUSED, states.POWER_PAUSED)),
    (operations.UNPAUSE, 'unpausing', 'unpause', [(operations.PAUSE, 'pausing')], (states.ACTIVE, states.RUNNING)),
    (operations.SUSPEND, 'suspending', 'suspend', [], (states.SUSPENDED, states.POWER_SUSPENDED)),
    (operations.RESUME, 'resuming', 'resume', [(operations.SUSPEND, 'suspending')], (states.ACTIVE, states.RUNNING)),
]
IDS = [definition.kind for definition, *_ in CHANGES]


def prepared(world, before):
    row = world.boot()
    for definition, task in before:
        row = world.do(definition, row.uuid, task)
    return row


@pytest.mark.parametrize('definition, task, method, before, after', CHANGES, ids=IDS)
def test_change(world, definition, task, method, before, after):
    row = prepared(world, before)
    now = world.do(definition, row.uuid, task, type='SOFT')
    assert (now.vm_state, now.power_state, now.task_state) == (*after, None)
    assert world.drivers['a'].list_instances()[row.uuid].state == after[1]


@pytest.mark.parametrize('error', [EssexError('the hypervisor says no'), RuntimeError('surprise')])
@pytest.mark.parametrize('definition, task, method, before, after', CHANGES, ids=IDS)
def test_failed_change(world, definition, task, method, before, after, error):
    row = prepared(world, before)

    def fail(*args, **kwargs):
        raise error
    setattr(world.drivers['a'], method, fail)
    now = world.do(definition, row.uuid, task)
    assert (now.vm_state, now.task_state) == (row.vm_state, None)
    assert fault(row.uuid) == ('RuntimeError' if isinstance(error, RuntimeError) else str(error))


@pytest.mark.parametrize('kind, hard', [('SOFT', False), ('HARD', True)])
def test_reboot_is_soft_or_hard(world, kind, hard):
    row, seen = world.boot(), []
    world.drivers['a'].reboot = lambda *args, hard, timeout: seen.append((hard, timeout))
    world.do(operations.REBOOT, row.uuid, 'rebooting', type=kind)
    assert seen == [(hard, 60)]


def test_a_deletion_that_came_meanwhile_is_left_alone(world):
    row = world.boot()
    power_off = world.drivers['a'].power_off

    def meanwhile(spec, timeout):
        power_off(spec, timeout)
        instances.update(row.uuid, task_state=states.DELETING)
    world.drivers['a'].power_off = meanwhile
    now = world.do(operations.STOP, row.uuid, 'powering-off')
    assert (now.task_state, now.vm_state) == (states.DELETING, states.ACTIVE)


def test_a_server_that_is_gone_is_not_touched(world):
    row = world.boot()
    operation = world.enter(operations.STOP, row.uuid)
    instances.mark_deleted(row.uuid)
    world.drain()
    assert JOURNAL.get(operation).state == 'cancelled'
    assert world.drivers['a'].list_instances()[row.uuid].state == states.RUNNING


def test_a_server_without_a_host_says_so(world):
    row = world.boot(memory_mb=1 << 20)   # in error: no host has the room
    now = world.do(operations.START, row.uuid, 'powering-on')
    assert (now.vm_state, now.task_state) == (states.ERROR, None)
    assert 'is not on a host yet' in fault(row.uuid)
