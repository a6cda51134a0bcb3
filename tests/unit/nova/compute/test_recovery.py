"""What nova-compute does before it serves: filters again, guests again."""
import pytest

from nova.compute import operations, recovery, states
from nova.compute.executors.base import spec_of
from nova.compute.manager import ComputeManager
from nova.compute.power import PowerStates
from nova.db import instances
from nova.exception import InstanceNotOnHost
from tests.unit.nova.executors.kit import World


@pytest.fixture
def world(nova_sqlite, tmp_path):
    return World(tmp_path)


@pytest.fixture
def manager(world):
    return ComputeManager(world.drivers['a'], 'a', world.runners[1])


def recover(world, manager):
    recovery.recover(world.drivers['a'], manager, PowerStates(world.drivers['a'], 'a'))


def test_running_guests_get_their_filters_again(world, manager):
    rows, seen = [world.boot(), world.boot()], []
    world.drivers['a'].refresh_security = lambda spec, network_info, security: seen.append((spec.uuid, security))
    recover(world, manager)
    assert seen == [(row.uuid, {'rules': []}) for row in rows]


def test_a_filter_that_fails_does_not_keep_the_others_from_theirs(world, manager):
    rows, seen = [world.boot(), world.boot()], []

    def refresh(spec, network_info, security):
        seen.append(spec.uuid)
        raise RuntimeError('no nft')
    world.drivers['a'].refresh_security = refresh
    recover(world, manager)
    assert seen == [row.uuid for row in rows]


@pytest.mark.parametrize('vm_state', [states.ACTIVE, states.RESIZED])
def test_guests_that_a_reboot_of_the_host_ended_are_started(world, manager, vm_state):
    row = world.boot()
    instances.update(row.uuid, vm_state=vm_state)
    world.drivers['a'].power_off(spec_of(row))
    recover(world, manager)
    assert world.drivers['a'].list_instances()[row.uuid].state == states.RUNNING
    assert instances.get(row.uuid).vm_state == vm_state


def test_unless_the_operator_does_not_want_it(world, manager, conf):
    conf.set('resume_guests_state_on_host_boot', False)
    row = world.boot()
    world.drivers['a'].power_off(spec_of(row))
    recover(world, manager)
    assert instances.get(row.uuid).vm_state == states.STOPPED


def test_a_guest_whose_bridge_comes_late_is_started_when_it_is_there(world, manager, monkeypatch):
    monkeypatch.setattr(recovery, '_PAUSE', 0.01)
    row, tries = world.boot(), []
    driver = world.drivers['a']
    driver.power_off(spec_of(row))
    start = driver.power_on

    def power_on(*args):
        tries.append(args)
        if len(tries) < 3:
            raise RuntimeError('no bridge yet')
        start(*args)
    driver.power_on = power_on
    recover(world, manager)
    assert len(tries) == 3
    assert instances.get(row.uuid).vm_state == states.ACTIVE


def test_a_guest_that_cannot_be_started_is_shown_as_off(world, manager, conf):
    conf.set('resume_guests_wait', 0)
    row = world.boot()
    world.drivers['a'].power_off(spec_of(row))

    def fail(*args):
        raise RuntimeError('no disk')
    world.drivers['a'].power_on = fail
    recover(world, manager)
    assert instances.get(row.uuid).vm_state == states.STOPPED


def test_stopped_servers_stay_so_and_operations_are_left_to_the_journal(world, manager):
    stopped, busy = world.boot(), world.boot()
    world.do(operations.STOP, stopped.uuid, 'powering-off')
    world.enter(operations.REBOOT, busy.uuid, type='HARD')
    instances.update(busy.uuid, task_state='rebooting_hard')
    world.drivers['a'].power_off(spec_of(busy))
    started = []
    world.drivers['a'].power_on = lambda spec, *args: started.append(spec.uuid)
    recover(world, manager)
    assert started == []
    assert instances.get(busy.uuid).vm_state == states.ACTIVE


def test_the_endpoint_answers_for_servers_of_its_host_only(world, manager):
    row = world.boot()
    assert 'login:' in manager.console_output(None, row.uuid)
    assert manager.diagnostics(None, row.uuid)['state'] == 'running'
    instances.update(row.uuid, host='b')
    for method in (manager.console_output, manager.diagnostics, manager.vnc_console):
        with pytest.raises(InstanceNotOnHost):
            method(None, row.uuid)
