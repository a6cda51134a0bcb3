"""Callers that ask at the same moment, on every kind of database."""
import threading

import pytest

from nova import exception
from nova.compute import bell, quota
from nova.compute.api import API, ServerRequest
from nova.db import instances
from nova.db.journal import JOURNAL
from tests.unit.nova.compute.conftest import IMAGE
from tests.unit.nova.rows import flavor, host_up, server


@pytest.fixture
def shared(nova_database, images, monkeypatch):
    """The API on a database of each kind."""
    monkeypatch.setattr(bell, 'ring', lambda queue, operation_id: None)
    flavor('1', 'm1.tiny')
    host_up('node1')
    return API()


def together(count, function):
    """Run function() in `count` threads that start at once; returns what was raised."""
    start, errors = threading.Barrier(count), []

    def run():
        start.wait()
        try:
            function()
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=run) for _each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def test_creates_do_not_overshoot_a_quota(shared, alice):
    quota.set_limits('alpha', {'ram': 5 * 64})
    errors = together(9, lambda: shared.create(alice, ServerRequest(name='x', flavor_id='1', image_id=IMAGE)))
    assert [type(error) for error in errors] == [exception.QuotaExceeded] * 4
    assert len(shared.list(alice)) == 5 and quota.usage('alpha')['ram'] == 320


def test_of_stops_one_begins(shared, alice):
    row = server()
    errors = together(6, lambda: shared.stop(alice, row.uuid))
    assert [type(error) for error in errors] == [exception.UnexpectedTaskState] * 5
    assert len(JOURNAL.of_resource(row.uuid)) == 1


def test_of_deletions_there_is_one(shared, alice):
    row = server()
    assert together(6, lambda: shared.delete(alice, row.uuid)) == []
    assert len(JOURNAL.of_resource(row.uuid)) == 1 and instances.get(row.uuid).task_state == 'deleting'


def test_a_stop_and_a_deletion(shared, alice):
    """Either order is fine; in the end it is being deleted, and the stop was cancelled or never began."""
    for _each in range(5):
        row, calls = server(), [shared.stop, shared.delete]
        errors = together(2, lambda row=row, calls=calls: calls.pop()(alice, row.uuid))
        assert all(isinstance(error, exception.UnexpectedTaskState) for error in errors)
        assert instances.get(row.uuid).task_state == 'deleting'
        assert [operation.cancel for operation in JOURNAL.of_resource(row.uuid)] in ([False], [False, True])
