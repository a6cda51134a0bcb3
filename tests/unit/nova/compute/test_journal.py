"""Operations as administrators see them: why one is stuck, and what can be done about it."""
import datetime

import pytest

from essex import db
from essex.context import RequestContext
from essex.operation.models import FAILED, RUNNING, UNDOING
from nova import exception
from nova.compute import bell, journal, operations
from nova.db import models, services
from nova.db.journal import JOURNAL
from nova.volume import operations as block_storage

CONTEXT = RequestContext(user_id='alice', project_id='alpha', auth_token='secret')
LONG_AGO = datetime.timedelta(hours=1)


@pytest.fixture
def rings(nova_sqlite, monkeypatch):
    heard = []
    monkeypatch.setattr(bell, 'ring', lambda queue, operation: heard.append((queue, operation)))
    services.heartbeat('node1', 'nova-compute', 'compute', 'nova')
    return heard


def add(definition=operations.BOOT, host='node1', **values):
    with db.writer() as session:
        row = JOURNAL.add(definition, 'server-1', CONTEXT, {'host': host})
        session.flush()
        for name, value in {'queue': f'compute.{host}', **values}.items():
            setattr(row, name, value)
        return row.id


def began(operation, when):
    with db.writer() as session:
        session.add(models.OperationStep(operation_id=operation, name='disk', started_at=when))


def only():
    seen, = journal.list()
    return seen


def test_work_on_volumes_is_in_the_list(rings):
    services.heartbeat('node1', 'nova-volume', 'volume', 'nova')
    with db.writer() as session:
        session.query(models.Service).filter_by(binary='nova-volume').update({'last_seen_up': db.utcnow() - LONG_AGO})
    with db.writer():
        ids = [JOURNAL.add(definition, resource, CONTEXT, data).id for definition, resource, data in (
            (operations.ATTACH_VOLUME, 'server-1', {'host': 'node1', 'volume_uuid': 'volume-1'}),
            (block_storage.EXTEND, 'volume-1', {'host': 'node1'}),
            (block_storage.CREATE_SNAPSHOT, 'snapshot-1', {'host': 'node1', 'volume_uuid': 'volume-1'}),
            (block_storage.DELETE, 'volume-2', {'host': 'node1'}))]
    found = journal.list()[::-1]
    assert [(seen.server_id, seen.volume_id, seen.snapshot_id) for seen in found] == [
        ('server-1', 'volume-1', None), (None, 'volume-1', None), (None, 'volume-1', 'snapshot-1'),
        (None, 'volume-2', None)]
    assert [seen.can for seen in found] == [['finish', 'undo']] * 3 + [['finish']]
    assert found[0].stuck is None and 'nova-volume on host node1 is away' in found[1].stuck
    journal.undo(ids[1])
    assert rings == [('volume.node1', ids[1])]


def test_one_that_runs_is_not_stuck(rings):
    operation = add(state=RUNNING, step=3, owner='nova-compute@node1#1.2.3.4', heartbeat=db.utcnow())
    began(operation, db.utcnow())
    seen = only()
    assert (seen.step, seen.stuck, seen.can) == ('disk', None, ['finish', 'undo'])
    assert seen.deadline > db.utcnow()


def test_a_host_that_is_away_is_named(rings):
    add(host='node9')
    services.heartbeat('node9', 'nova-compute', 'compute', 'nova')
    with db.writer() as session:
        session.query(models.Service).filter_by(host='node9').update({'last_seen_up': db.utcnow() - LONG_AGO})
    assert 'nova-compute on host node9 is away' in only().stuck


def test_one_that_is_tried_again_says_when_and_why(rings):
    add(operations.DELETE, step=1, not_before=db.utcnow() + LONG_AGO, error='libvirtd does not answer.')
    seen = only()
    assert 'Step destroy failed and is tried again at' in seen.stuck and 'libvirtd does not answer.' in seen.stuck
    assert seen.can == ['finish']   # a delete only goes forward


def test_a_step_beyond_its_time_and_one_nobody_works_on(rings):
    operation = add(state=RUNNING, step=3, owner='x@y#1', heartbeat=db.utcnow())
    began(operation, db.utcnow() - LONG_AGO)
    assert 'Step disk should have ended at' in only().stuck
    with db.writer() as session:
        session.get(models.Operation, operation).owner = None
        session.get(models.Operation, operation).heartbeat = db.utcnow() - LONG_AGO
    assert 'Nobody has worked on it since' in only().stuck


def test_failed_ones_are_remembered_for_a_day(rings):
    new = add(state=FAILED, finished_at=db.utcnow(), error='no valid host')
    old = add(state=FAILED, finished_at=db.utcnow() - datetime.timedelta(days=2))
    assert [seen.row.id for seen in journal.list()] == [new]
    assert [seen.row.id for seen in journal.list('failed')] == [old, new]
    assert [seen.row.id for seen in journal.list('all', limit=1)] == [old]
    assert [seen.row.id for seen in journal.list('all', marker=old)] == [new]
    assert journal.list('open') == []


def test_finish_tries_at_once(rings):
    operation = add(operations.DELETE, not_before=db.utcnow() + LONG_AGO)
    journal.finish(operation)
    assert JOURNAL.get(operation).not_before is None and not JOURNAL.get(operation).cancel
    assert rings == [('compute.node1', operation)]


def test_undo_asks_it_to_stop(rings):
    operation = add(not_before=db.utcnow() + LONG_AGO)
    journal.undo(operation)
    row = JOURNAL.get(operation)
    assert row.cancel and row.not_before is None and rings == [('compute.node1', operation)]
    assert only().can == ['undo']


def test_what_is_not_possible_is_said(rings):
    deleting, failed, back = add(operations.DELETE), add(state=FAILED, finished_at=db.utcnow()), add(state=UNDOING)
    for action, operation, possible in ((journal.undo, deleting, 'finish'), (journal.finish, failed, 'nothing'),
                                        (journal.finish, back, 'undo')):
        with pytest.raises(exception.OperationNotActionable, match=f'Possible: {possible}'):
            action(operation)
    for nothing in ('77', 'x', '9' * 30, '²', '１', '0', '-1'):
        with pytest.raises(exception.OperationNotFound):
            journal.finish(nothing)
    assert rings == []


def test_a_list_takes_three_statements(rings):
    for _ in range(20):
        add()
    with db.count_statements() as counter:
        journal.list()
    assert counter.total <= 3
