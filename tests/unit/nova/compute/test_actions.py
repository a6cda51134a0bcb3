"""Power, pause, suspend, snapshot: the states they may begin in, what is entered, and who may."""
import contextlib

import pytest

from essex import db
from nova import exception
from nova.compute import actions, states
from nova.compute.request import RebuildRequest
from nova.db import instances, resizes
from nova.db.journal import JOURNAL
from nova.image import glance
from tests.unit.nova.compute.conftest import IMAGE
from tests.unit.nova.rows import flavor, server

CALLS = {
    'stop': (lambda api, context, uuid: api.stop(context, uuid), 'powering-off', {'active', 'error', 'rescued'}),
    'start': (lambda api, context, uuid: api.start(context, uuid), 'powering-on', {'stopped'}),
    'soft reboot': (lambda api, context, uuid: api.reboot(context, uuid, 'soft'), 'rebooting', {'active'}),
    'hard reboot': (lambda api, context, uuid: api.reboot(context, uuid, 'HARD'), 'rebooting_hard',
                    {'active', 'stopped', 'paused', 'suspended', 'error'}),
    'pause': (lambda api, context, uuid: api.pause(context, uuid), 'pausing', {'active'}),
    'unpause': (lambda api, context, uuid: api.unpause(context, uuid), 'unpausing', {'paused'}),
    'suspend': (lambda api, context, uuid: api.suspend(context, uuid), 'suspending', {'active'}),
    'resume': (lambda api, context, uuid: api.resume(context, uuid), 'resuming', {'suspended'}),
    'rebuild': (lambda api, context, uuid: api.rebuild(context, uuid, RebuildRequest(IMAGE)), 'rebuilding',
                {'active', 'stopped', 'error'}),
    'resize': (lambda api, context, uuid: api.resize(context, uuid, flavor_of('2')), 'resize_prep',
               {'active', 'stopped'}),
    'confirm_resize': (lambda api, context, uuid: api.confirm_resize(context, resized(uuid)), 'resize_confirming',
                       {'resized'}),
    'revert_resize': (lambda api, context, uuid: api.revert_resize(context, resized(uuid)), 'resize_reverting',
                      {'resized'}),
    'snapshot': (lambda api, context, uuid: api.snapshot(context, uuid, 'shot'), 'image_snapshot',
                 {'active', 'stopped', 'paused', 'suspended'}),
}
KINDS = {'soft reboot': 'reboot', 'hard reboot': 'reboot', 'confirm_resize': 'confirm', 'revert_resize': 'revert'}
VM_STATES = ('building', 'active', 'paused', 'suspended', 'stopped', 'rescued', 'resized', 'error', 'soft-delete')


def flavor_of(flavorid):
    """The id of a larger flavor, which is made."""
    with contextlib.suppress(exception.FlavorIdExists):
        flavor(flavorid, 'm1.larger', memory_mb=128)
    return flavorid


def resized(uuid):
    """The uuid of a server, which gets an open resize."""
    resizes.add(instance_uuid=uuid, project_id='alpha', user_id='alice', source_compute='node1', former={})
    return uuid


@pytest.fixture(autouse=True)
def shots(monkeypatch):
    """Images entered at Glance and removed again."""
    made, removed = [], []

    def create(context, name, **values):
        made.append((name, values))
        return f'image-{len(made)}'
    monkeypatch.setattr(glance, 'create', create)
    monkeypatch.setattr(glance, 'delete', removed.append)
    return made, removed


@pytest.mark.parametrize('name', CALLS)
def test_begins_in_no_other_states(api, alice, rung, shots, name):
    call, _task, allowed = CALLS[name]
    for vm_state in {*VM_STATES} - allowed:
        row = server(vm_state=vm_state)
        with pytest.raises(exception.InstanceInvalidState) as error:
            call(api, alice, row.uuid)
        assert vm_state in str(error.value) and error.value.code == 409
        assert JOURNAL.of_resource(row.uuid) == [] and rung == [] and shots[0] == [], vm_state


@pytest.mark.parametrize(('name', 'vm_state'), [(name, state) for name in CALLS for state in sorted(CALLS[name][2])])
def test_begins_in_its_states(api, alice, rung, name, vm_state):
    call, task, _allowed = CALLS[name]
    row = server(vm_state=vm_state)
    call(api, alice, row.uuid)
    after, (operation,) = instances.get(row.uuid), JOURNAL.of_resource(row.uuid)
    assert (after.vm_state, after.task_state) == (vm_state, task)
    queue = 'scheduler' if name == 'resize' else 'compute.node1'
    assert (operation.kind, operation.queue) == (KINDS.get(name, name), queue)
    assert operation.data['host'] == 'node1' and operation.data['vm_state'] in (vm_state, 'active')
    assert rung == [(queue, operation.id)]


@pytest.mark.parametrize('name', CALLS)
def test_waits_for_what_is_being_done(api, alice, name):
    call, _task, allowed = CALLS[name]
    row = server(vm_state=min(allowed), task_state='deleting')
    with pytest.raises(exception.Conflict):
        call(api, alice, row.uuid)
    assert JOURNAL.of_resource(row.uuid) == []


@pytest.mark.parametrize('name', CALLS)
def test_a_locked_server_is_for_administrators(api, alice, admin, name):
    call, task, allowed = CALLS[name]
    row = server(vm_state=min(allowed), locked_by='owner')
    with pytest.raises(exception.InstanceIsLocked):
        call(api, alice, row.uuid)
    call(api, admin, row.uuid)
    assert instances.get(row.uuid).task_state == task


@pytest.mark.parametrize('name', CALLS)
def test_needs_a_host(api, alice, name):
    call, _task, allowed = CALLS[name]
    with pytest.raises(exception.InstanceNotReady):
        call(api, alice, server(vm_state=min(allowed), host=None).uuid)


@pytest.mark.parametrize('name', CALLS)
def test_a_stranger_finds_nothing(api, stranger, name):
    call, _task, allowed = CALLS[name]
    with pytest.raises(exception.InstanceNotFound):
        call(api, stranger, server(vm_state=min(allowed)).uuid)


def test_a_hard_reboot_follows_a_soft_one(api, alice):
    row = server()
    api.reboot(alice, row.uuid, 'SOFT')
    with pytest.raises(exception.UnexpectedTaskState):
        api.reboot(alice, row.uuid, 'SOFT')
    api.reboot(alice, row.uuid, 'HARD')
    assert [operation.data['type'] for operation in JOURNAL.of_resource(row.uuid)] == ['HARD', 'SOFT']


def test_unknown_kinds_of_reboot(api, alice):
    with pytest.raises(exception.InvalidServerRequest):
        api.reboot(alice, server().uuid, 'GENTLE')


def test_statements_of_an_action(api, alice):
    row = server()
    with db.count_statements() as counter:
        api.stop(alice, row.uuid)
    # read, set, read back, journal
    assert counter.total == 4, counter.statements


def test_actions_say_their_expectations():
    assert actions.SNAPSHOT.name == 'createImage' and actions.STOP.name == 'stop'
    assert actions.HARD_REBOOT.expected['task_state'][0] is None and states.REBOOTING in actions.HARD_REBOOT.from_tasks


class TestSnapshots:
    def test_the_image_inherits_and_says_where_it_is_from(self, api, alice, shots):
        row = server(root_gb=5, image_meta={'min_ram': 32, 'properties': {
            'hw_disk_bus': 'virtio', 'image_type': 'base', 'owner_specified.x': 'y', 'os_glance_x': 'z', 'n': 1}})
        assert api.snapshot(alice, row.uuid, 'shot', {'a': 'b', 'instance_uuid': 'x'}) == 'image-1'
        (name, values), = shots[0]
        assert (name, values['min_disk'], values['min_ram'], values['disk_format']) == ('shot', 5, 32, 'qcow2')
        assert values['properties'] == {'hw_disk_bus': 'virtio', 'a': 'b', 'image_type': 'snapshot',
                                        'instance_uuid': row.uuid, 'user_id': 'alice', 'base_image_ref': row.image_ref}
        operation, = JOURNAL.of_resource(row.uuid)
        assert operation.data['image_id'] == 'image-1' and operation.action == 'createImage'

    def test_a_backup_says_what_it_is(self, api, alice, shots):
        row = server()
        assert api.backup(alice, row.uuid, 'copy', 'daily', 2, {'backup_type': 'x', 'a': 'b'}) == 'image-1'
        properties = shots[0][0][1]['properties']
        assert (properties['image_type'], properties['backup_type'], properties['a']) == ('backup', 'daily', 'b')
        operation, = JOURNAL.of_resource(row.uuid)
        assert (operation.kind, operation.action, operation.data['rotation']) == ('backup', 'createBackup', 2)

    def test_its_type_may_be_said(self, api, alice, shots):
        api.snapshot(alice, server().uuid, 'shot', {'image_type': 'test'})
        assert shots[0][0][1]['properties']['image_type'] == 'test'

    def test_the_image_goes_when_the_state_changed_meanwhile(self, api, alice, shots, monkeypatch):
        row = server()
        create = glance.create

        def slow(*arguments, **values):
            instances.update(row.uuid, task_state='deleting')
            return create(*arguments, **values)
        monkeypatch.setattr(glance, 'create', slow)
        with pytest.raises(exception.UnexpectedTaskState):
            api.snapshot(alice, row.uuid, 'shot')
        assert shots[1] == ['image-1'] and JOURNAL.of_resource(row.uuid) == []

    @pytest.mark.parametrize(('name', 'metadata', 'error'), [
        ('x' * 256, {}, exception.InvalidServerRequest), ('x', {'k': 'v' * 256}, exception.InvalidServerRequest),
        ('x', {str(n): '' for n in range(129)}, exception.ItemLimitExceeded)])
    def test_bad_names_and_metadata(self, api, alice, shots, name, metadata, error):
        with pytest.raises(error):
            api.snapshot(alice, server().uuid, name, metadata)
        assert shots[0] == []
