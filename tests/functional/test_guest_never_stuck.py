"""kill -9 of Nova and of libvirtd while real guests are made and removed; of every process of the cloud at rest.

The steps and their order are gone through with the fake hypervisor elsewhere; here is what needs the real one.
"""
import json
import os
import signal

import pytest

from tests.fixtures.cloud import ROOT
from tests.fixtures.guests import Guests, inside
from tests.fixtures.processes import wait_for

pytestmark = [pytest.mark.guest, pytest.mark.timeout(240)]

# Each of these lasts long enough to be hit, and is passed when nobody hits.
PAUSES = {'boot.disk.before': 2, 'boot.spawn.before': 2, 'boot.spawn.during': 2, 'delete.destroy.before': 1,
          'delete.destroy.during': 2}


@pytest.fixture(scope='module')
def guests(guest_cloud, tmp_path_factory):
    with inside(guest_cloud):
        made = Guests(guest_cloud, tmp_path_factory.mktemp('never'))
        guest_cloud.essex('down')
        guest_cloud.essex('up', env={'ESSEX_FAILPOINTS': ','.join(f'{key}={value}' for key, value in PAUSES.items())})
        yield made
        guest_cloud.essex('down')
        guest_cloud.essex('up')


@pytest.fixture(autouse=True)
def nothing_left(guests):
    yield
    assert guests.all_taps() == []
    assert guests.domains() == {}
    directory = guests.layout.root / 'nova' / 'instances'
    assert [path.name for path in directory.iterdir() if path.name != '_base'] == []


def pids(guests):
    """{process of the cloud: pid}, as the status files have them."""
    found = {}
    for path in guests.layout.status.glob('*.json'):
        found[path.stem] = json.loads(path.read_text())['pid']
    return found


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not running(pid), 10)


def running(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return ') Z' not in file.read()
    except OSError:
        return False


def wait_step(guests, server, step, domain):
    """Until a step of the server's operation is under way, and libvirt knows a domain of it or not."""
    wait_for(lambda: guests.step(server) == step and (server in guests.domains()) == domain, 60, 0.05,
             f'step {step} of server {server}')


def wait_well(guests, timeout=60):
    """Until `essex status` has nothing to complain about."""
    command = (ROOT / 'bin' / 'essex', '--state-dir', guests.cloud.directory, 'status')
    try:
        wait_for(lambda: guests.cloud.run(*command, check=False).returncode == 0, timeout, 0.5)
    except AssertionError as error:
        raise AssertionError(f'{error}\n{guests.cloud.run(*command, check=False).stdout}') from error


def kill_now(guests, *victims):
    """kill -9 of some of: nova, libvirtd. The supervisor starts them again."""
    doomed = {'nova': pids(guests)['nova'], 'libvirtd': guests.libvirtd.pid()}
    for victim in victims:
        kill(doomed[victim])


def test_the_supervisor_starts_the_dead_again(guests):
    wait_well(guests)
    before = pids(guests)
    assert set(before) == {'essex-operator', 'keystone-api', 'glance', 'nova', 'nova-novncproxy', 'horizon',
                           'proxy-server', 'swift-storage-object-0', 'swift-storage-object-1',
                           'swift-storage-account-container'}
    libvirtd = guests.libvirtd.pid()
    for pid in (*before.values(), libvirtd):
        kill(pid)
    wait_well(guests)
    after = pids(guests)
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    wait_for(lambda: guests.libvirtd.pid() not in (None, libvirtd), 30)
    assert 'essex-tiny' in guests.images()


@pytest.mark.parametrize('in_boot, in_delete', [
    (('nova', 'disk', False), ('libvirtd', 'destroy', True)),
    (('libvirtd', 'spawn', False), ('nova', 'destroy', False))])
def test_killed_in_a_boot_and_in_the_delete(guests, in_boot, in_delete):
    """(who, in which step, whether libvirt has the domain by then)."""
    server = guests.boot('doomed')
    victim, *where = in_boot
    wait_step(guests, server, *where)
    kill_now(guests, victim)
    shown = guests.wait_status(server, 'ACTIVE', 'ERROR')
    # Each step is repeatable, so one death costs nothing but time.
    assert shown['status'] == 'ACTIVE', shown['fault']
    address, taps = guests.address(server), guests.taps(server)
    assert set(taps) == set(guests.all_taps())
    guests.compute.delete(f'/servers/{server}')
    victim, *where = in_delete
    wait_step(guests, server, *where)
    kill_now(guests, victim)
    wait_for(lambda: guests.is_gone(server), 60, 0.2)
    wait_for(lambda: not guests.left_of(server, address, taps), 20, 0.2)


def test_deleted_while_its_boot_is_dead(guests):
    """Its guest runs already, and outlives both."""
    server = guests.boot('short')
    wait_step(guests, server, 'spawn', True)
    process, = guests.libvirtd.guests()
    kill_now(guests, 'libvirtd', 'nova')
    assert list(guests.libvirtd.guests()) == [process]
    wait_for(lambda: not guests.is_gone(server), 60, 0.2)
    guests.delete(server)
    wait_for(lambda: not guests.left_of(server), 20, 0.2)
    assert not running(process)


def test_guests_come_back_after_their_host(guests):
    """`down --guests` takes away what a restart of the host takes away: guests, bridge, dnsmasq, filters."""
    server = guests.boot('survivor')
    address = guests.wait_status(server, 'ACTIVE')['addresses']['private'][0]['addr']
    guests.cloud.essex('down', '--guests')
    assert guests.all_taps() == []
    guests.cloud.essex('up')
    shown = guests.wait_status(server, 'ACTIVE', 'SHUTOFF')
    assert shown['status'] == 'ACTIVE'
    assert guests.address(server) == address
    wait_for(lambda: list(guests.domains()) == [server], 20, 0.2)
    guests.wait_console(server, 'ssh up')
    guests.delete(server)
