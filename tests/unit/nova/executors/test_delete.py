"""Deletions: nothing is left, however often something fails on the way."""
import pytest

from essex.exception import EssexError
from nova.compute import operations, states
from nova.db import fixed_ips, instances
from nova.db.journal import JOURNAL
from tests.unit.nova.executors.kit import fault, open_kinds, steps
from tests.unit.nova.scheduler.kit import add_server


def delete(world, own):
    instances.update(own, task_state=states.DELETING)
    world.enter(operations.DELETE, own)
    world.drain()


def gone(own):
    row = instances.get(own, deleted=True)
    return row.deleted_at is not None and row.vm_state == states.DELETED and row.task_state is None


def test_nothing_is_left(world):
    row = world.boot()
    delete(world, row.uuid)
    assert gone(row.uuid)
    assert world.drivers['a'].list_leftovers() == []
    assert fixed_ips.of_instance(row.uuid) == []
    assert steps(row.uuid)[6:] == ['locate', 'destroy', 'network', 'disk', 'forget']


def test_a_server_without_a_host_is_deleted_by_the_scheduler(world):
    row = add_server(vm_state=states.ERROR, task_state=None)
    delete(world, row.uuid)
    assert gone(row.uuid)
    assert {step.host for step in JOURNAL.steps(JOURNAL.of_resource(row.uuid)[0].id)} != set()


def test_a_host_found_meanwhile_is_visited(world):
    """The deletion was asked for when the server had no host yet, then the boot found one."""
    row = world.boot()
    instances.update(row.uuid, task_state=states.DELETING)
    world.enter(operations.DELETE, row.uuid, host=None)
    world.drain()
    assert gone(row.uuid)
    assert world.drivers['a'].list_leftovers() == []


@pytest.mark.parametrize('method', ['destroy', 'delete_disks'])
def test_it_is_tried_until_it_works_and_says_what_hinders(world, method):
    row = world.boot()
    driver, tries = world.drivers['a'], []
    original = getattr(driver, method)

    def stubborn(*args):
        tries.append(1)
        if len(tries) < 4:
            raise EssexError('device or resource busy')
        original(*args)
    setattr(driver, method, stubborn)
    delete(world, row.uuid)
    assert gone(row.uuid) and len(tries) == 4
    assert fault(row.uuid) == 'device or resource busy'
    assert driver.list_leftovers() == []


def test_while_it_does_not_work_the_server_is_in_error_and_still_being_deleted(world):
    row = world.boot()

    def busy(*args):
        raise EssexError('device or resource busy')
    world.drivers['a'].destroy = busy
    delete(world, row.uuid)
    now = instances.get(row.uuid)
    assert (now.vm_state, now.task_state) == (states.ERROR, states.DELETING)
    assert open_kinds(row.uuid) == ['delete']


def test_a_server_that_the_api_has_forgotten_already_is_cleaned_up(world):
    """Local delete: its host was away when its user wanted it gone."""
    row = world.boot()
    world.enter(operations.DELETE, row.uuid)
    instances.mark_deleted(row.uuid)
    world.drain()
    assert world.drivers['a'].list_leftovers() == []
    assert open_kinds(row.uuid) == []


def test_again_and_again(world):
    row = world.boot()
    for _ in range(3):
        instances_deleted = instances.get(row.uuid, deleted=True)
        world.enter(operations.DELETE, instances_deleted.uuid)
    world.drain()
    assert gone(row.uuid)
    assert [operation.state for operation in JOURNAL.of_resource(row.uuid)] == ['done'] * 4
