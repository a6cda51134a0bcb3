"""Leftovers: what deleted servers left is removed after a while, what belongs to nobody we know is not touched."""
import pytest

from essex import db
from essex.context import RequestContext
from essex.exception import EssexError
from nova.compute import actions, api, operations, resizing
from nova.compute.executors.base import spec_of
from nova.compute.leftovers import Leftovers
from nova.db import instances, resizes
from tests.unit.nova.executors.kit import CONTEXT, World
from tests.unit.nova.scheduler.kit import add_server


@pytest.fixture
def world(nova_sqlite, tmp_path, conf):
    conf.set('leftovers_grace', 0)
    return World(tmp_path)


@pytest.fixture
def leftovers(world):
    return Leftovers(world.drivers['a'], 'a')


def test_a_server_that_lives_here_is_none(world, leftovers):
    row = world.boot()
    assert leftovers.sweep() == []
    assert row.uuid in world.drivers['a'].list_instances()


def test_what_a_deleted_server_left_is_removed(world, leftovers):
    row = world.boot()
    instances.mark_deleted(row.uuid)
    assert leftovers.sweep() == [row.uuid]
    assert world.drivers['a'].list_leftovers() == []
    assert leftovers.sweep() == []


def test_what_a_server_on_another_host_left_is_removed(world, leftovers):
    row = world.boot()
    instances.update(row.uuid, host='b')
    assert leftovers.sweep() == [row.uuid]


def test_not_before_the_grace_is_over(world, leftovers, conf):
    conf.set('leftovers_grace', 3600)
    row = world.boot()
    instances.mark_deleted(row.uuid)
    assert leftovers.sweep() == []
    conf.set('leftovers_grace', 0)
    assert leftovers.sweep() == [row.uuid]


def test_an_operation_that_is_at_work_there_is_left_alone(world, leftovers):
    row = world.boot()
    world.enter(operations.DELETE, row.uuid)
    instances.mark_deleted(row.uuid)
    assert leftovers.sweep() == []


@pytest.mark.parametrize('action', ['log', 'noop'])
def test_an_operator_may_only_want_to_know(world, leftovers, conf, caplog, action):
    conf.set('running_deleted_instance_action', action)
    row = world.boot()
    instances.mark_deleted(row.uuid)
    assert leftovers.sweep() == []
    assert row.uuid in world.drivers['a'].list_instances()
    assert (row.uuid in caplog.text) is (action == 'log')


def test_a_guest_of_no_server_we_know_is_never_touched(world, leftovers, caplog):
    """The database may be a new one, or the wrong one."""
    foreign = add_server()
    world.drivers['a'].create_disks(spec_of(foreign))
    with_row = world.drivers['a'].list_leftovers
    world.drivers['a'].list_leftovers = lambda: ['99999999-2222-3333-4444-555555555555']
    assert leftovers.sweep() == [] and leftovers.sweep() == []
    assert caplog.text.count('belongs to no server of this cloud') == 1
    assert with_row() == [foreign.uuid]


def test_one_that_cannot_be_removed_does_not_keep_the_others(world, leftovers, caplog):

    rows = [world.boot() for _ in range(2)]
    destroy = world.drivers['a'].destroy

    def stubborn(spec, network_info=None):
        if spec.uuid == rows[0].uuid:
            raise EssexError('busy')
        destroy(spec, network_info)
    world.drivers['a'].destroy = stubborn
    for row in rows:
        instances.mark_deleted(row.uuid)
    assert leftovers.sweep() == [rows[1].uuid]
    assert f'what server {rows[0].uuid} left on host a cannot be removed: busy' in caplog.text


class TestFormerDisks:
    """Kept aside by a resize."""

    NEW = {**dict.fromkeys(('vcpus', 'flavor_id'), 1), 'memory_mb': 2048, 'root_gb': 20, 'ephemeral_gb': 0,
           'swap_mb': 0, 'flavor': {'flavorid': '7', 'extra_specs': {}}}

    @pytest.fixture
    def resized(self, world):
        row = world.boot()
        with db.writer():
            resizing.enter(CONTEXT, instances.get(row.uuid), self.NEW)
        world.drain()
        assert world.drivers['a'].list_aside() == [row.uuid]
        return row

    def test_stay_while_a_way_leads_back(self, world, leftovers, resized):
        assert leftovers.forget_former_disks() == []
        with db.writer():
            resizing.decide(CONTEXT, instances.get(resized.uuid), actions.CONFIRM_RESIZE)
            resizes.end_all(resized.uuid)
        assert leftovers.forget_former_disks() == [], 'somebody is at it'

    def test_go_when_none_does(self, world, leftovers, resized, conf):
        api.API().reset_state(RequestContext(is_admin=True, project_id='ops'), resized.uuid, 'active')
        conf.set('running_deleted_instance_action', 'log')
        assert leftovers.forget_former_disks() == []
        conf.set('running_deleted_instance_action', 'reap')
        assert leftovers.forget_former_disks() == [resized.uuid]
        assert world.drivers['a'].list_aside() == leftovers.forget_former_disks() == []

    def test_one_that_cannot_be_removed_is_told(self, world, leftovers, resized, monkeypatch):
        api.API().reset_state(RequestContext(is_admin=True, project_id='ops'), resized.uuid, 'error')

        def fail(spec):
            raise EssexError('read-only')
        monkeypatch.setattr(world.drivers['a'], 'forget_disks', fail)
        assert leftovers.forget_former_disks() == []
