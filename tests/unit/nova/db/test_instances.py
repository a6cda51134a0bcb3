"""Servers in the database: state changes that one of several callers wins, sums, deletion."""
import threading
import uuid

import pytest

from essex import db
from nova import exception
from nova.db import instances
from tests.unit.nova.rows import server, server_values

pytestmark = pytest.mark.usefixtures('nova_database')


def test_it_comes_back_as_it_went_in():
    made = server(metadata_={'a': 'b', 'ü': '\U0001f600'}, network_info=[{'id': 'x'}], personality=None)
    found = instances.get(made.uuid)
    assert found.metadata_ == {'a': 'b', 'ü': '\U0001f600'}
    assert (found.network_info, found.personality) == ([{'id': 'x'}], None)
    assert found.name == f'instance-{found.id:08x}' and found.created_at == made.created_at


@pytest.mark.parametrize('bad', ['nope', '', '\0', 'x' * 300, "' OR 1=1 --", '6f1c7a52-8a3e-4c0e-9a59-0d0f5a3b7c11'])
def test_ids_that_are_none_are_not_found(bad):
    with pytest.raises(exception.InstanceNotFound):
        instances.get(bad)


def test_a_stranger_does_not_find_it(alice, stranger, admin):
    made = server()
    assert instances.get_for(alice, made.uuid).uuid == instances.get_for(admin, made.uuid).uuid == made.uuid
    with pytest.raises(exception.InstanceNotFound):
        instances.get_for(stranger, made.uuid)


def test_update_sets_and_returns():
    made = server()
    changed = instances.update(made.uuid, metadata_={'k': 'v'}, display_name='other')
    assert (changed.metadata_, changed.display_name) == ({'k': 'v'}, 'other')
    assert changed.updated_at is not None
    with pytest.raises(exception.InstanceNotFound):
        instances.update(str(uuid.uuid4()), display_name='x')


def test_compare_and_set_needs_the_states():
    made = server(vm_state='active', task_state=None)
    expected = {'vm_state': ['active', 'error'], 'task_state': [None]}
    assert instances.compare_and_set(made.uuid, expected, task_state='powering-off').task_state == 'powering-off'
    with pytest.raises(exception.UnexpectedTaskState) as busy:
        instances.compare_and_set(made.uuid, expected, method='stop', task_state='powering-off')
    assert 'powering-off' in str(busy.value) and busy.value.code == 409
    instances.update(made.uuid, task_state=None, vm_state='stopped')
    with pytest.raises(exception.InstanceInvalidState) as wrong:
        instances.compare_and_set(made.uuid, expected, method='stop', task_state='powering-off')
    assert str(wrong.value) == f"Cannot 'stop' instance {made.uuid} while it is in vm_state stopped"
    instances.mark_deleted(made.uuid)
    with pytest.raises(exception.InstanceNotFound):
        instances.compare_and_set(made.uuid, expected, task_state='powering-off')


def test_of_callers_that_ask_at_once_one_wins():
    made, won, lost = server(), [], []
    start = threading.Barrier(6)

    def ask(number):
        start.wait()
        try:
            instances.compare_and_set(made.uuid, {'task_state': [None]}, task_state=f'task-{number}')
            won.append(number)
        except exception.UnexpectedTaskState:
            lost.append(number)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert instances.get(made.uuid).task_state == f'task-{won[0]}'


def test_changes_of_json_do_not_overwrite_each_other():
    made, start = server(metadata_={}), threading.Barrier(5)

    def add(number):
        start.wait()
        instances.change_json(made.uuid, 'metadata_', lambda items: {**items, f'k{number}': 'v'})
    threads = [threading.Thread(target=add, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(instances.get(made.uuid).metadata_) == 5


def test_usage_is_one_statement_and_leaves_out_the_deleted():
    server(memory_mb=100, vcpus=2, root_gb=3, ephemeral_gb=4)
    server(memory_mb=1, vcpus=1, root_gb=0)
    server(host='node2')
    server(host=None)
    instances.mark_deleted(server(host='node1').uuid)
    with db.count_statements() as counter:
        usage = instances.usage_by_host()
    assert counter.total == 1
    assert usage == {'node1': {'memory_mb': 101, 'vcpus': 3, 'disk_gb': 7, 'instances': 2},
                     'node2': {'memory_mb': 64, 'vcpus': 1, 'disk_gb': 1, 'instances': 1}}
    assert list(instances.usage_by_host('node2')) == ['node2']
    assert instances.usage_by_host('none') == {}


def test_a_deleted_server_is_found_only_when_asked_for():
    made = server()
    instances.mark_deleted(made.uuid)
    instances.mark_deleted(made.uuid)
    with pytest.raises(exception.InstanceNotFound):
        instances.get(made.uuid)
    gone = instances.get(made.uuid, deleted=True)
    assert (gone.vm_state, gone.task_state) == ('deleted', None)
    assert gone.deleted_at == gone.terminated_at is not None
    assert instances.on_host('node1') == [] and instances.by_uuids([made.uuid]) == {}


def test_create_all_is_all_or_nothing():
    values = [server_values(), server_values()]
    values[1]['uuid'] = values[0]['uuid']
    with pytest.raises(Exception, match='(?i)unique|duplicate'):
        instances.create_all(values)
    with pytest.raises(exception.InstanceNotFound):
        instances.get(values[0]['uuid'])


def test_creation_fails_when_a_security_group_has_gone():
    values = server_values()
    with pytest.raises(exception.SecurityGroupNotFound):
        instances.create_all([values], [999])
    with pytest.raises(exception.InstanceNotFound):
        instances.get(values['uuid'])
