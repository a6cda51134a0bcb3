"""kill -9 of all of Nova at every step of what is done to volumes: afterwards a volume is available, in-use, in error
with a reason, or gone; never in between. Files and records agree."""
import pytest

from nova.compute import api
from nova.db import volume_attachments, volume_snapshots, volumes
from nova.volume import snapshots
from nova.volume import volumes as rules
from nova.volume.volumes import VolumeRequest
from tests.functional.nova_kit import CONTEXT, Nova, Zygote, wait

DAEMONS = 'scheduler,compute,network,volume'
PHASES = ('before', 'during', 'after')


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


def make(**values):
    return rules.create(CONTEXT, VolumeRequest(**{'size': 1, **values})).uuid


def wait_status(nova, uuid, *wanted):
    """Until a volume or a snapshot has one of these statuses; 'gone' is one. Returns the row."""
    def look():
        row = volumes.find(uuid) or volume_snapshots.find(uuid)
        return (row or True) if (row.status if row else 'gone') in wanted else None
    return wait(look, 20, lambda: nova.story(uuid))


def files(nova):
    return sorted(path.name for path in (nova.directory / 'state' / 'volumes').iterdir())


def start(nova, failpoints=''):
    return nova.start(DAEMONS, failpoints)


@pytest.mark.parametrize('point', ['fetch.during', *(f'build.{phase}' for phase in PHASES)])
def test_killed_while_a_volume_is_made_and_removed(nova, point):
    process = start(nova, f'volume_create.{point}=kill')
    own = make()
    process.wait()
    process = start(nova, 'volume_delete.remove.during=kill')
    wait_status(nova, own, 'available')
    assert files(nova) == [f'volume-{own}']
    rules.delete(CONTEXT, own)
    process.wait()
    start(nova)
    wait_status(nova, own, 'gone')
    assert files(nova) == []


@pytest.mark.parametrize('point', ['build', 'fetch'])
def test_killed_while_a_failed_volume_is_unwound(nova, point):
    process = start(nova, f'volume_create.build.during=raise,volume_create.undo_{point}.during=kill')
    own = make()
    process.wait()
    start(nova)
    assert wait_status(nova, own, 'error').reason
    nova.wait_quiet(own)
    assert files(nova) == []


def test_killed_in_a_snapshot_an_extension_and_the_snapshots_end(nova):
    process = start(nova, 'volume_snapshot_create.copy.during=kill')
    own = make()
    wait_status(nova, own, 'available')
    snapshot = snapshots.create(CONTEXT, own).uuid
    process.wait()
    process = start(nova, 'volume_extend.grow.during=kill')
    wait_status(nova, snapshot, 'available')
    rules.extend(CONTEXT, own, 2)
    process.wait()
    process = start(nova, 'volume_snapshot_delete.remove.during=kill')
    assert wait_status(nova, own, 'available').size == 2
    assert (nova.directory / 'state' / 'volumes' / f'volume-{own}').stat().st_size == 2 << 30
    snapshots.delete(CONTEXT, snapshot)
    process.wait()
    start(nova)
    wait_status(nova, snapshot, 'gone')
    assert files(nova) == [f'volume-{own}']


def plugged(nova, server):
    return nova.guest_records().get(f'guest/{server}', {}).get('volumes')


@pytest.fixture
def pair(nova):
    """(server, volume) of a cloud that runs."""
    process = start(nova)
    server, volume = nova.boot(), make()
    nova.wait_built(server)
    wait_status(nova, volume, 'available')
    process.kill()
    return server, volume


@pytest.mark.parametrize('phase', PHASES)
def test_killed_in_an_attachment_a_detachment_and_the_end(nova, pair, phase):
    server, volume = pair
    process = start(nova, f'attach_volume.plug.{phase}=kill')
    api.API().attach_volume(CONTEXT, server, volume)
    process.wait()
    process = start(nova, f'detach_volume.unplug.{phase}=kill')
    wait_status(nova, volume, 'in-use')
    assert plugged(nova, server) == [volume]
    api.API().detach_volume(CONTEXT, server, volume)
    process.wait()
    process = start(nova, f'delete.destroy.{phase}=kill')
    wait_status(nova, volume, 'available')
    assert plugged(nova, server) == [] and volume_attachments.of_volume(volume) is None
    api.API().attach_volume(CONTEXT, server, volume)
    wait_status(nova, volume, 'in-use')
    nova.delete(server)
    process.wait()
    start(nova)
    nova.wait_deleted(server)
    wait_status(nova, volume, 'available')
    assert volume_attachments.of_volume(volume) is None


def test_killed_while_a_failed_attachment_is_unwound(nova, pair):
    server, volume = pair
    process = start(nova, 'attach_volume.plug.during=raise,attach_volume.undo_plug.during=kill')
    api.API().attach_volume(CONTEXT, server, volume)
    process.wait()
    start(nova)
    assert wait_status(nova, volume, 'available').reason
    assert plugged(nova, server) == [] and volume_attachments.of_volume(volume) is None
    assert nova.fault(server)


def test_killed_while_a_failed_detachment_is_unwound(nova, pair):
    server, volume = pair
    process = start(nova, 'detach_volume.unplug.during=raise,detach_volume.undo_unplug.during=kill')
    api.API().attach_volume(CONTEXT, server, volume)
    wait_status(nova, volume, 'in-use')
    api.API().detach_volume(CONTEXT, server, volume)
    process.wait()
    start(nova)
    assert wait_status(nova, volume, 'in-use').reason
    assert plugged(nova, server) == [volume] and volume_attachments.of_volume(volume).status == 'attached'


def test_an_attachment_that_kills_its_host_each_time(nova, pair):
    server, volume = pair
    process = start(nova, 'attach_volume.plug.before=kill')
    api.API().attach_volume(CONTEXT, server, volume)
    process.wait()
    for _ in range(2):
        start(nova, 'attach_volume.plug.before=kill').wait()
    start(nova)
    assert wait_status(nova, volume, 'available').reason == 'Step plug failed: the daemon died 3 times in it'
    assert plugged(nova, server) == []
