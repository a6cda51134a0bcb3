"""Deleting: in every state, again, while other things go on, and without the host."""
import threading

import pytest

from essex import db
from nova import exception
from nova.compute.api import ServerRequest
from nova.db import instances, services
from nova.db.journal import JOURNAL
from tests.unit.nova.compute.conftest import IMAGE
from tests.unit.nova.rows import host_up, server

VM_STATES = ('building', 'active', 'paused', 'suspended', 'stopped', 'rescued', 'resized', 'error', 'soft-delete')


@pytest.fixture(autouse=True)
def host(api):
    host_up('node1')


@pytest.mark.parametrize('vm_state', VM_STATES)
@pytest.mark.parametrize('task_state', [None, 'spawning', 'powering-off', 'image_snapshot'])
def test_in_every_state(api, alice, rung, vm_state, task_state):
    row = server(vm_state=vm_state, task_state=task_state)
    api.delete(alice, row.uuid)
    after, (operation,) = instances.get(row.uuid), JOURNAL.of_resource(row.uuid)
    assert (after.task_state, after.vm_state) == ('deleting', vm_state)
    assert (operation.kind, operation.queue, operation.data['host']) == ('delete', 'compute.node1', 'node1')
    assert rung == [('compute.node1', operation.id)]


def test_again_is_the_same_deletion(api, alice, rung):
    row = server()
    for _each in range(3):
        api.delete(alice, row.uuid)
    operation, = JOURNAL.of_resource(row.uuid)
    assert not operation.cancel and rung == [('compute.node1', operation.id)] * 3


def test_what_goes_on_is_asked_to_unwind(api, alice):
    row, = api.create(alice, ServerRequest(name='x', flavor_id='1', image_id=IMAGE))
    api.delete(alice, row.uuid)
    deletion, boot = JOURNAL.of_resource(row.uuid)
    assert (deletion.kind, deletion.cancel, deletion.queue) == ('delete', False, 'scheduler')
    assert (boot.kind, boot.cancel) == ('boot', True)


def test_at_once_there_is_one_deletion(api, alice):
    row, start = server(), threading.Barrier(5)

    def delete():
        start.wait()
        api.delete(alice, row.uuid)
    threads = [threading.Thread(target=delete) for _each in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(JOURNAL.of_resource(row.uuid)) == 1


def test_without_its_host_it_is_gone_at_once_and_cleaned_up_later(api, alice, rung):
    for row in (server(host='node9'), server()):
        services.change(services.get_by_host('node1', 'nova-compute').id, forced_down=True)
        api.delete(alice, row.uuid)
        with pytest.raises(exception.InstanceNotFound):
            api.get(alice, row.uuid)
        operation, = JOURNAL.of_resource(row.uuid)
        assert operation.state == 'queued' and operation.queue == f'compute.{row.host}'
    with pytest.raises(exception.InstanceNotFound):
        api.delete(alice, row.uuid)


def test_locked_and_foreign(api, alice, stranger, admin):
    row = server(locked_by='owner')
    with pytest.raises(exception.InstanceIsLocked):
        api.delete(alice, row.uuid)
    with pytest.raises(exception.InstanceNotFound):
        api.delete(stranger, row.uuid)
    assert JOURNAL.of_resource(row.uuid) == []
    api.force_delete(admin, row.uuid)
    assert len(JOURNAL.of_resource(row.uuid)) == 1


def test_statements(api, alice):
    row = server()
    with db.count_statements() as counter:
        api.delete(alice, row.uuid)
    # read, set, read back, open operations, journal, cancel earlier, the host's service
    assert counter.total <= 8, counter.statements
