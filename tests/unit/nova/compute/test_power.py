"""Power states: the hypervisor wins, but not over an operation at work."""
import pytest

from nova.compute import states
from nova.compute.executors.base import spec_of
from nova.compute.power import PowerStates
from nova.db import instances
from nova.virt.driver import InstanceInfo
from tests.unit.nova.executors.kit import World


@pytest.fixture
def world(nova_sqlite, tmp_path):
    return World(tmp_path)


@pytest.fixture
def power(world):
    return PowerStates(world.drivers['a'], 'a')


def state(row):
    now = instances.get(row.uuid)
    return now.vm_state, now.power_state


def test_nothing_new(world, power):
    row = world.boot()
    assert power.sync() == []
    assert state(row) == (states.ACTIVE, states.RUNNING)


def test_a_guest_that_shut_down_is_stopped(world, power, caplog):
    row = world.boot()
    world.drivers['a'].power_off(spec_of(row))
    assert power.sync() == [row.uuid]
    assert state(row) == (states.STOPPED, states.SHUTDOWN)
    assert f'server {row.uuid} was active, but on host a it shut down: it is stopped now' in caplog.text


def test_a_guest_that_is_gone_is_stopped(world, power):
    row = world.boot()
    world.drivers['a'].destroy(spec_of(row))
    power.sync()
    assert state(row) == (states.STOPPED, states.NOSTATE)


@pytest.mark.parametrize('said, vm_state', [(states.CRASHED, states.STOPPED), (states.POWER_PAUSED, states.PAUSED),
                                            (states.POWER_SUSPENDED, states.SUSPENDED)])
def test_other_states(world, power, said, vm_state):
    row = world.boot()
    world.drivers['a'].list_instances = lambda: {row.uuid: InstanceInfo(state=said)}
    world.drivers['a'].info = lambda spec: InstanceInfo(state=said)
    power.sync()
    assert state(row) == (vm_state, said)


def test_a_suspended_server_has_no_guest_and_stays_suspended(world, power):
    row = world.boot()
    instances.update(row.uuid, vm_state=states.SUSPENDED, power_state=states.POWER_SUSPENDED)
    world.drivers['a'].destroy(spec_of(row))
    power.sync()
    assert state(row) == (states.SUSPENDED, states.NOSTATE)


def test_a_stopped_server_that_somebody_started_runs(world, power):
    row = world.boot()
    instances.update(row.uuid, vm_state=states.STOPPED, power_state=states.SHUTDOWN)
    power.sync()
    assert state(row) == (states.ACTIVE, states.RUNNING)


def test_a_server_in_error_stays_so(world, power):
    row = world.boot()
    instances.update(row.uuid, vm_state=states.ERROR)
    world.drivers['a'].power_off(spec_of(row))
    power.sync()
    assert state(row) == (states.ERROR, states.SHUTDOWN)


def test_a_list_that_is_older_than_the_last_action_does_no_harm(world, power):
    row = world.boot()
    world.drivers['a'].list_instances = lambda: {row.uuid: InstanceInfo(state=states.SHUTDOWN)}   # during a reboot
    assert power.sync() == []


def test_an_event_counts_at_once_but_not_during_an_operation(world, power):
    row = world.boot()
    world.drivers['a'].power_off(spec_of(row))
    instances.update(row.uuid, task_state=states.POWERING_OFF)
    power.event(row.uuid, states.SHUTDOWN)
    assert state(row) == (states.ACTIVE, states.RUNNING)
    instances.update(row.uuid, task_state=None)
    power.event(row.uuid, states.SHUTDOWN)
    assert state(row) == (states.STOPPED, states.SHUTDOWN)


def test_events_of_strangers_are_nothing(world, power):
    power.event('11111111-2222-3333-4444-555555555555', states.SHUTDOWN)
