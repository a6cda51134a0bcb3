"""kill -9 of all of Nova in the middle of what gives a server other disks: afterwards it is what it was or what it was
asked to be, and a DELETE leaves nothing."""
import pytest

from essex import db
from nova.compute import actions, operations, rebuilding, resizing, states
from nova.db import instances, resizes
from tests.fixtures.processes import wait_for
from tests.functional.nova_kit import CONTEXT, Nova, Zygote

# Killed when a step has done its work and the journal does not know: what comes before and after is another step's end.
REBUILD = [f'rebuild.{step.name}.during' for step in operations.REBUILD.steps]
REBUILD_BACK = [f'rebuild.undo_{step.name}.during' for step in operations.REBUILD.steps if step.undo]
RESIZE = [f'resize.{step.name}.during' for step in operations.RESIZE.steps]
RESIZE_BACK = [f'resize.undo_{step.name}.during' for step in operations.RESIZE.steps if step.undo]
DECIDED = ['confirm.forget.during', *(f'revert.{step.name}.during' for step in operations.REVERT_RESIZE.steps)]
SIZES = {'memory_mb': 128, 'vcpus': 2, 'root_gb': 2, 'ephemeral_gb': 0, 'swap_mb': 0, 'flavor_id': 2,
         'flavor': {'flavorid': '2', 'name': 'large', 'extra_specs': {}}}


@pytest.fixture(scope='module')
def zygote(tmp_path_factory):
    made = Zygote(tmp_path_factory.mktemp('zygote'))
    yield made
    made.close()


@pytest.fixture
def nova(zygote, tmp_path):
    made = Nova(tmp_path, zygote, service_down_time=3, stranded_interval=1)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def booted(nova):
    """Makes (uuid of a running server, the process that will die of the failpoints)."""
    def make(failpoints):
        process = nova.start(failpoints=failpoints)
        own = nova.boot(display_name='old')
        nova.wait_built(own)
        return own, process
    return make


def rebuild(own):
    """Ask for it, as the API does; its image is none."""
    with db.writer():
        rebuilding.enter(CONTEXT, instances.get(own), {'display_name': 'new', 'image_meta': {}}, False)


def check(nova, own, **columns):
    """That it is at rest, in these columns, runs on one disk, and can be deleted."""
    nova.wait_quiet(own)
    row = instances.get(own)
    expected = {'vm_state': states.ACTIVE, 'task_state': None, 'power_state': states.RUNNING, **columns}
    assert {name: getattr(row, name) for name in expected} == expected, nova.story(own)
    assert len(row.network_info) == 1
    records = nova.guest_records()
    assert records[f'guest/{own}']['state'] == states.RUNNING and 'former' not in records[f'disk/{own}']
    delete_leaves_nothing(nova, own)
    return row


def delete_leaves_nothing(nova, own):
    nova.delete(own)
    nova.wait_deleted(own)
    nova.wait_quiet(own)
    assert nova.left_of(own) == {}


@pytest.mark.parametrize('point', REBUILD)
def test_killed_in_a_rebuild(nova, booted, point):
    own, process = booted(f'{point}=kill')
    rebuild(own)
    process.wait()
    nova.start()
    check(nova, own, display_name='new')


@pytest.mark.parametrize('point', REBUILD_BACK)
def test_killed_while_a_failed_rebuild_is_unwound(nova, booted, point):
    own, process = booted(f'rebuild.spawn.during=raise,{point}=kill')
    rebuild(own)
    process.wait()
    nova.start()
    check(nova, own, display_name='old')
    assert nova.fault(own)


def test_a_rebuild_that_kills_its_host_each_time_is_undone(nova, booted):
    own, process = booted('rebuild.spawn.before=kill')
    rebuild(own)
    process.wait()
    for _ in range(2):
        nova.start(failpoints='rebuild.spawn.before=kill').wait()
    nova.start()
    check(nova, own, display_name='old')
    assert nova.fault(own) == 'Step spawn failed: the daemon died 3 times in it'


@pytest.mark.parametrize('change', ['rebuild', 'resize'])
def test_deleted_in_the_middle(nova, booted, change):
    own, _process = booted(f'{change}.spawn.before=0.5')
    (rebuild if change == 'rebuild' else resize)(own)
    wait_for(lambda: 'spawn None' in nova.story(own))
    delete_leaves_nothing(nova, own)


def resize(own):
    """Ask for it, as the API does."""
    with db.writer():
        resizing.enter(CONTEXT, instances.get(own), SIZES)


def decide(own, action):
    with db.writer():
        resizing.decide(CONTEXT, instances.get(own), action)


def nothing_is_held(own):
    row = instances.get(own)
    return (row.held_memory_mb, row.held_vcpus, row.held_disk_gb) == (0, 0, 0) and resizes.unconfirmed(own) is None


@pytest.mark.parametrize('point', RESIZE)
def test_killed_in_a_resize(nova, booted, point):
    own, process = booted(f'{point}=kill')
    resize(own)
    process.wait()
    nova.start()
    nova.wait_quiet(own)
    row = instances.get(own)
    assert (row.vm_state, row.task_state, row.memory_mb, row.root_gb) == (states.RESIZED, None, 128, 2), nova.story(own)
    records = nova.guest_records()
    assert (records[f'guest/{own}']['memory_mb'], records[f'disk/{own}']['former']['bytes']) == (128, 1 << 30)
    delete_leaves_nothing(nova, own)


@pytest.mark.parametrize('point', RESIZE_BACK)
def test_killed_while_a_failed_resize_is_unwound(nova, booted, point):
    own, process = booted(f'resize.spawn.during=raise,{point}=kill')
    resize(own)
    process.wait()
    nova.start()
    nova.wait_quiet(own)
    assert nothing_is_held(own)
    check(nova, own, memory_mb=64, root_gb=1)


@pytest.mark.parametrize('point', DECIDED)
def test_killed_in_a_decision(nova, booted, point):
    own, process = booted(f'{point}=kill')
    resize(own)
    nova.wait_quiet(own)
    confirmed = point.startswith('confirm')
    decide(own, actions.CONFIRM_RESIZE if confirmed else actions.REVERT_RESIZE)
    process.wait()
    nova.start()
    nova.wait_quiet(own)
    assert nothing_is_held(own)
    check(nova, own, memory_mb=128 if confirmed else 64, root_gb=2 if confirmed else 1)


def test_a_host_that_dies_in_a_resize_and_comes_back(nova, booted):
    own, process = booted('resize.size.during=kill')
    resize(own)
    process.wait()
    rest = nova.start('scheduler,network')
    wait_for(lambda: instances.get(own).vm_state == states.ERROR, 20)
    for part in ('The host went away', 'step size', 'last heartbeat'):
        assert part in nova.fault(own)
    rest.terminate()
    nova.start()
    nova.wait_quiet(own)
    assert nothing_is_held(own)
    check(nova, own, memory_mb=64, root_gb=1)
