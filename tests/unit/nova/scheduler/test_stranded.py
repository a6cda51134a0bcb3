"""Operations of hosts that are away: told to their users once, left alone when the host only is slow."""
import datetime

import pytest
from sqlalchemy import update

from essex import db
from nova.compute import operations, states
from nova.db import instances, models, volumes
from nova.db.journal import JOURNAL
from nova.scheduler.stranded import StrandedOperations
from nova.volume import executors as volume_executors
from nova.volume import operations as volume_operations
from tests.unit.nova.executors.kit import CONTEXT, World, fault
from tests.unit.nova.scheduler.kit import age
from tests.unit.nova.volume import rows as volume_rows


@pytest.fixture
def world(nova_sqlite, tmp_path):
    return World(tmp_path)


@pytest.fixture
def stranded(world):
    return StrandedOperations(world.scheduling)


def waiting(world, definition, own, seconds=120, task=None, **data):
    """An operation nobody has touched for a while."""
    instances.update(own, task_state=task)
    operation = world.enter(definition, own, **data)
    past = db.utcnow() - datetime.timedelta(seconds=seconds)
    with db.writer() as session:
        session.execute(update(models.Operation).where(models.Operation.id == operation).values(updated_at=past))
    return operation


def test_work_of_a_host_that_reports_waits_its_turn(world, stranded):
    row = world.boot()
    waiting(world, operations.STOP, row.uuid, task=states.POWERING_OFF)
    assert stranded.sweep() == []
    assert instances.get(row.uuid).task_state == states.POWERING_OFF


def test_not_before_it_is_long_enough(world, stranded):
    row = world.boot()
    waiting(world, operations.STOP, row.uuid, seconds=30)
    age('a')
    assert stranded.sweep() == []


@pytest.mark.parametrize('definition, task', [
    (operations.STOP, states.POWERING_OFF), (operations.REBOOT, states.REBOOTING),
    (operations.SNAPSHOT, states.IMAGE_SNAPSHOT)])
def test_an_action_is_given_up_and_the_server_is_what_it_was(world, stranded, definition, task):
    row = world.boot()
    operation = waiting(world, definition, row.uuid, task=task, image_id='image-9')
    age('a')
    assert stranded.sweep() == [operation]
    now = instances.get(row.uuid)
    assert (now.vm_state, now.task_state, now.host) == (states.ACTIVE, None, 'a')
    assert fault(row.uuid).startswith(f'The host went away while it worked at {definition.action}')
    assert stranded.sweep() == []
    world.drain()   # the host is back
    assert JOURNAL.get(operation).state == 'failed'
    assert world.drivers['a'].list_instances()[row.uuid].state == states.RUNNING


def test_a_server_that_is_to_be_deleted_is_gone_at_once(world, stranded):
    row = world.boot()
    operation = waiting(world, operations.DELETE, row.uuid, task=states.DELETING)
    age('a')
    assert stranded.sweep() == [operation]
    assert instances.get(row.uuid, deleted=True).deleted_at is not None
    assert JOURNAL.get(operation).state == 'queued'
    world.drain()
    assert JOURNAL.get(operation).state == 'done'
    assert world.drivers['a'].list_leftovers() == []


def test_a_host_without_a_record_counts_as_away(world, stranded):
    row = world.boot()
    waiting(world, operations.STOP, row.uuid)
    with db.writer() as session:
        session.execute(models.Service.__table__.delete())
    assert len(stranded.sweep()) == 1
    assert 'it has never reported' in fault(row.uuid)


def test_nothing_to_do_costs_one_statement(world, stranded):
    with db.count_statements() as counter:
        stranded.sweep()
    assert counter.total == 1


def test_work_on_volumes_of_a_host_that_is_away(world, stranded):
    """Told at once, and put right when the host is back."""
    known = StrandedOperations(volume_executors.by_kind(volume_executors.Tools()))
    mine, doomed = volume_rows.available(host='b', status='creating'), volume_rows.available(host='b')
    for definition, own in ((volume_operations.CREATE, mine), (volume_operations.DELETE, doomed)):
        with db.writer() as session:
            added = JOURNAL.add(definition, own, CONTEXT, {'host': 'b'})
            session.execute(update(models.Operation).where(models.Operation.id == added.id).values(
                updated_at=db.utcnow() - datetime.timedelta(seconds=120)))
    assert len(known.sweep()) == 2
    assert volumes.get(mine).status == 'error' and 'The host of the volume went away' in volumes.get(mine).reason
    assert volumes.get(doomed).status == 'error_deleting'
    assert [row.state for own in (mine, doomed) for row in JOURNAL.of_resource(own)] == ['undoing', 'queued']
