"""kill -9 of all of Nova at every step of a boot and of a delete: afterwards the server is ACTIVE, or in ERROR with a
fault, and a DELETE leaves nothing."""
import pytest

from nova.compute import deletion, operations, states
from nova.db import instances
from tests.fixtures.processes import wait_for
from tests.functional.nova_kit import Nova, Zygote

PHASES = ('before', 'during', 'after')
FORWARD = [f'boot.{step.name}.{phase}' for step in operations.BOOT.steps for phase in PHASES]
BACK = [f'boot.undo_{step.name}.{phase}' for step in operations.BOOT.steps if step.undo for phase in PHASES]
DELETE = [f'delete.{step.name}.{phase}' for step in operations.DELETE.steps for phase in PHASES]


@pytest.fixture(scope='module')
def zygote(tmp_path_factory):
    made = Zygote(tmp_path_factory.mktemp('zygote'))
    yield made
    made.close()


@pytest.fixture
def nova(zygote, tmp_path):
    made = Nova(tmp_path, zygote)
    made.prepare()
    yield made
    made.close()


def delete_leaves_nothing(nova, own):
    nova.delete(own)
    nova.wait_deleted(own)
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}


def killed_at(nova, point, failpoints=None):
    """Have a nova-all that dies at `point` of a new server's boot; the server's uuid."""
    process = nova.start(failpoints=failpoints or f'{point}=kill')
    own = nova.boot()
    process.wait()
    return own


@pytest.mark.parametrize('point', [*FORWARD, 'network.allocate.after_database'])
def test_killed_in_a_boot(nova, point):
    own = killed_at(nova, point)
    nova.start()
    row = nova.wait_built(own)
    # Each step is repeatable, so one death costs nothing but time.
    assert (row.vm_state, row.host, row.power_state) == (states.ACTIVE, 'host-a', states.RUNNING), nova.story(own)
    assert len(row.network_info) == 1
    assert f'guest/{own}' in nova.guest_records()
    nova.wait_quiet(own)
    delete_leaves_nothing(nova, own)


@pytest.mark.parametrize('point', BACK)
def test_killed_while_a_failed_boot_is_unwound(nova, point):
    own = killed_at(nova, point, f'boot.spawn.during=raise,{point}=kill')
    nova.start()
    row = nova.wait_built(own)
    assert (row.vm_state, row.host) == (states.ERROR, None)
    assert nova.fault(own)
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}, 'a failed boot holds nothing'
    delete_leaves_nothing(nova, own)


@pytest.mark.parametrize('point', [*DELETE, 'network.deallocate.after_database'])
def test_killed_in_a_delete(nova, point):
    process = nova.start(failpoints=f'{point}=kill')
    own = nova.boot()
    nova.wait_built(own)
    nova.delete(own)
    process.wait()
    nova.start()
    nova.wait_deleted(own)
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}


@pytest.mark.parametrize('step', [step.name for step in operations.BOOT.steps])
def test_deleted_in_the_middle_of_a_boot(nova, step):
    """The boot is unwound, then the deletion finds what is left."""
    nova.start(failpoints=f'boot.{step}.before=0.5')
    own = nova.boot()
    wait_for(lambda: step in nova.story(own))
    delete_leaves_nothing(nova, own)


@pytest.mark.parametrize('point', [f'boot.{step.name}.during' for step in operations.BOOT.steps])
def test_deleted_while_nova_is_dead_in_the_middle_of_a_boot(nova, point):
    own = killed_at(nova, point)
    nova.delete(own)
    nova.start()
    nova.wait_deleted(own)
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}


def test_a_boot_that_kills_its_host_each_time_ends_in_error(nova):
    own = killed_at(nova, 'boot.spawn.before')
    for _ in range(2):
        nova.start(failpoints='boot.spawn.before=kill').wait()
    nova.start()
    row = nova.wait_built(own)
    assert row.vm_state == states.ERROR
    assert nova.fault(own) == 'Step spawn failed: the daemon died 3 times in it'
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}
    delete_leaves_nothing(nova, own)


class TestHostAway:
    """nova-compute is gone for longer than service_down_time; scheduler and network are there."""

    @pytest.fixture
    def nova(self, zygote, tmp_path):
        made = Nova(tmp_path, zygote, service_down_time=2, stranded_interval=1)
        made.prepare()
        yield made
        made.close()

    @pytest.mark.parametrize('step', ['network', 'disk', 'spawn', 'activate'])
    def test_a_boot_there_is_told_and_unwound_later(self, nova, step):
        own = killed_at(nova, f'boot.{step}.during')
        rest = nova.start('scheduler,network')
        row = nova.wait_built(own)
        assert row.vm_state == states.ERROR
        fault = nova.fault(own)
        for part in ('The host went away', f'step {step}', 'last heartbeat', 'Delete the server'):
            assert part in fault
        assert nova.left_of(own)['operations'] == ['boot']
        rest.terminate()
        nova.start()
        nova.wait_quiet(own)
        assert nova.left_of(own) == {}
        assert (instances.get(own).vm_state, instances.get(own).host) == (states.ERROR, None)
        delete_leaves_nothing(nova, own)

    def test_a_delete_there_ends_at_once_and_the_host_cleans_up_later(self, nova):
        process = nova.start()
        own = nova.boot()
        nova.wait_built(own)
        process.kill()
        rest = nova.start('scheduler,network')
        nova.delete(own)   # the host still counts as up
        nova.wait_deleted(own)
        assert f'guest/{own}' in nova.guest_records()
        rest.terminate()
        nova.start()
        nova.wait_quiet(own)
        assert nova.left_of(own) == {}

    def test_a_boot_finds_no_host_and_says_so(self, nova):
        nova.start().kill()
        nova.start('scheduler,network')
        wait_for(lambda: not deletion.host_is_up('host-a'), 10)
        own = nova.boot()
        assert nova.wait_built(own).vm_state == states.ERROR
        assert nova.fault(own).startswith(
            'No valid host was found. Every nova-compute is down: host 1 is down, last heartbeat 2')

