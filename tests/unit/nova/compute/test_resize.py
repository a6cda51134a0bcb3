"""Resize: what is refused, what is held, what the records say on the way, and the confirmation nobody gave."""
import datetime

import pytest
from sqlalchemy import update

from essex import db
from nova import exception
from nova.compute import quota
from nova.compute.unconfirmed import UnconfirmedResizes
from nova.db import instances, resizes
from nova.db.journal import JOURNAL
from nova.db.models import Migration
from tests.unit.nova.rows import flavor, server


@pytest.fixture
def flavors(api):
    flavor('2', 'm1.two', memory_mb=256, vcpus=3, root_gb=2, ephemeral_gb=1)
    flavor('3', 'm1.less', memory_mb=32)
    flavor('4', 'm1.flat', memory_mb=256, root_gb=0)
    flavor('5', 'm1.hidden', is_public=False)


def test_room_is_held_and_the_work_entered(api, alice, rung, flavors):
    row = server(ephemeral_gb=1)
    api.resize(alice, row.uuid, '2')
    now, (operation,) = instances.get(row.uuid), JOURNAL.of_resource(row.uuid)
    assert (now.memory_mb, now.flavor['flavorid'], now.task_state) == (64, '1', 'resize_prep')
    assert (now.held_memory_mb, now.held_vcpus, now.held_disk_gb) == (192, 2, 3)
    assert quota.usage('alpha')['ram'] == 256 and quota.usage('alpha')['cores'] == 3
    assert instances.usage_by_host('node1')['node1'] == {'memory_mb': 256, 'vcpus': 3, 'disk_gb': 5, 'instances': 1}
    assert operation.data['columns']['memory_mb'] == 256 and operation.data['former']['memory_mb'] == 64
    assert operation.data['former']['flavor']['flavorid'] == '1'
    migration = resizes.unconfirmed(row.uuid)
    assert (migration.status, migration.source_compute, migration.dest_compute) == ('pre-migrating', 'node1', 'node1')
    assert rung == [('scheduler', operation.id)]


def test_a_smaller_one_holds_nothing_but_disk(api, alice, flavors):
    row = server()
    api.resize(alice, row.uuid, '3')
    now = instances.get(row.uuid)
    assert (now.held_memory_mb, now.held_vcpus, now.held_disk_gb) == (0, 0, 1)


@pytest.mark.parametrize(('flavorid', 'error', 'says'), [
    ('1', exception.SameFlavor, 'must change flavor'), ('77', exception.RequestedFlavorNotFound, '77'),
    ('5', exception.RequestedFlavorNotFound, '5'), ('4', exception.DiskWouldShrink, '0 GB of root disk')])
def test_flavors_that_cannot_be(api, alice, flavors, flavorid, error, says):
    row = server()
    with pytest.raises(error, match=says):
        api.resize(alice, row.uuid, flavorid)
    assert (instances.get(row.uuid).task_state, JOURNAL.of_resource(row.uuid)) == (None, [])


def test_the_same_id_with_other_sizes_is_another_flavor(api, alice):
    row = server(flavor={'flavorid': '1', 'memory_mb': 8}, memory_mb=8)
    api.resize(alice, row.uuid, '1')
    assert instances.get(row.uuid).held_memory_mb == 56


def test_no_disk_shrinks(api, alice, flavors):
    for values, what in (({'root_gb': 3}, '2 GB of root disk'), ({'ephemeral_gb': 2}, '1 GB of ephemeral disk')):
        with pytest.raises(exception.DiskWouldShrink, match=what):
            api.resize(alice, server(**values).uuid, '2')


def test_the_image_must_fit(api, alice, flavors):
    image = {'id': 'x', 'min_ram': 48, 'min_disk': 0, 'size': 1, 'virtual_size': None}
    with pytest.raises(exception.FlavorMemoryTooSmall):
        api.resize(alice, server(image_meta=image).uuid, '3')
    with pytest.raises(exception.FlavorDiskTooSmall):
        api.resize(alice, server(image_meta={**image, 'min_disk': 3}, root_gb=0).uuid, '2')


def test_quotas_count_what_is_more(api, alice, flavors):
    row, other = server(), server()
    quota.set_limits('alpha', {'ram': 319, 'cores': 4})
    with pytest.raises(exception.QuotaExceeded, match='Requested 192, but already used 128 of 319 ram'):
        api.resize(alice, row.uuid, '2')
    quota.set_limits('alpha', {'ram': 320, 'cores': 4})
    api.resize(alice, row.uuid, '2')
    with pytest.raises(exception.QuotaExceeded, match='cores'):
        api.resize(alice, other.uuid, '2')
    api.resize(alice, other.uuid, '3')   # less is always possible
    assert instances.get(row.uuid).project_id == 'alpha'


def test_only_what_was_resized_can_be_decided_about(api, alice):
    row = server(vm_state='resized')
    for call in (api.confirm_resize, api.revert_resize):
        with pytest.raises(exception.NotResized):
            call(alice, row.uuid)
    assert instances.get(row.uuid).task_state is None


def test_an_administrator_ends_it_by_force(api, admin, alice, flavors):
    row = server()
    api.resize(alice, row.uuid, '2')
    api.reset_state(admin, row.uuid, 'active')
    now = instances.get(row.uuid)
    assert (now.task_state, now.held_memory_mb, resizes.unconfirmed(row.uuid)) == (None, 0, None)


def test_a_deleted_server_holds_nothing(api, alice, flavors):
    row = server()
    api.resize(alice, row.uuid, '2')
    instances.mark_deleted(row.uuid)
    assert resizes.unconfirmed(row.uuid) is None
    assert quota.usage('alpha')['ram'] == 0 and instances.usage_by_host() == {}


class TestUnconfirmed:
    @pytest.fixture
    def waiting(self, conf):
        """Makes a server whose resize is finished for some seconds."""
        def make(seconds, **values):
            row = server(vm_state='resized', **values)
            number = resizes.add(instance_uuid=row.uuid, project_id='alpha', user_id='alice', former={},
                                 source_compute=row.host)
            then = db.utcnow() - datetime.timedelta(seconds=seconds)
            with db.writer() as session:
                session.execute(update(Migration).where(Migration.id == number)
                                .values(status=resizes.FINISHED, updated_at=then))
            return row.uuid
        conf.set('resize_confirm_window', 100)
        return make

    def test_it_is_confirmed_after_the_window(self, api, waiting):
        late, _fresh, _elsewhere = waiting(101), waiting(90), waiting(101, host='node2')
        locked = waiting(101, locked_by='owner')
        looks = UnconfirmedResizes('node1')
        assert looks.sweep() == [late, locked]
        assert [row.kind for row in JOURNAL.of_resource(late)] == ['confirm']
        assert looks.sweep() == []

    def test_one_that_cannot_be_does_not_stop_the_others(self, api, waiting):
        busy, late = waiting(200, task_state='deleting'), waiting(200)
        assert UnconfirmedResizes('node1').sweep() == [late]
        assert JOURNAL.of_resource(busy) == []

    def test_it_may_be_off(self, conf):
        assert UnconfirmedResizes('node1').interval == 0
        conf.set('resize_confirm_window', 5)
        assert UnconfirmedResizes('node1').interval == 5
