"""The image that tools/build-guest-image makes boots, knows its name, lets the right people in, goes down cleanly."""
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.functional import guest_machine

pytestmark = [pytest.mark.guest, pytest.mark.timeout(300)]

BUILDER = Path(__file__).resolve().parents[2] / 'tools/build-guest-image'
KERNEL = os.environ.get('ESSEX_TEST_GUEST_KERNEL', 'debian')
USER_DATA = '#!/bin/sh\necho "user-data of $(hostname)"\necho run >>/root/runs\n'
HOST_KEY = '/etc/dropbear/dropbear_ed25519_host_key'
OTHER_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other'


@pytest.fixture(scope='module')
def image():
    """The image as it would be built now, from the cache if it is there; a second run of the builder only looks."""
    for command in ('qemu-system-x86_64', 'qemu-img', 'ssh', 'busybox', 'mformat'):
        assert shutil.which(command), f'{command} is missing: install the packages of tools/guest/packages.txt'
    output = BUILDER.parents[1] / '.cache/guest' / f'test-{KERNEL}'
    command = [BUILDER, '--kernel', KERNEL, '--output', output]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    again = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert 'is up to date' in again.stdout and 'building' not in again.stdout
    yield output
    shutil.rmtree(output)


@pytest.fixture(scope='module')
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp('key') / 'id'
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'mykey', '-f', path], check=True, timeout=60)
    return path


@pytest.fixture
def tree(key):
    return {
        'meta-data/instance-id': 'i-0000002a',
        'meta-data/hostname': 'web1.novalocal',
        'meta-data/public-keys/': '0=other\n1=mykey',
        'meta-data/public-keys/0/openssh-key': OTHER_KEY,
        'meta-data/public-keys/1/openssh-key': key.with_suffix('.pub').read_text(),
        'user-data': USER_DATA,
    }


@pytest.fixture
def metadata(tree):
    service = guest_machine.Metadata(tree)
    yield service
    service.close()


@pytest.fixture
def machine(tmp_path, image, key):
    """machine(metadata=..., direct=...) starts a guest; all are gone afterwards."""
    machines = []

    def make(**options):
        directory = tmp_path / str(len(machines))
        directory.mkdir()
        machines.append(guest_machine.Machine(directory, image, key, **options))
        machines[-1].start()
        return machines[-1]
    yield make
    for one in machines:
        one.kill()


def host_key(guest):
    return guest.wait_for(r'KEY KEYS-----\r?\n(ssh-ed25519 \S+)\s').group(1)


def test_metadata_describes_every_file(image):
    described = json.loads((image / 'metadata.json').read_text())
    assert set(described['images']) == {'kernel', 'ramdisk', 'root', 'disk'}
    for entry in described['images'].values():
        assert (image / entry['file']).stat().st_size == entry['size']
    assert described['images']['root']['properties']['os_command_line'].startswith('root=/dev/vda ')


def test_first_boot_second_boot_and_clean_ends(machine, metadata, tree):
    guest = machine(metadata=metadata)
    guest.wait_for(r'\[\d+\.\d+\] ssh up')
    assert guest.ssh('hostname').strip() == 'web1'
    guest.wait_for(r'user-data: end, exit status 0')
    assert 'user-data of web1' in guest.serial()
    assert len(guest.ssh('cat .ssh/authorized_keys', user='root').splitlines()) == 2
    guest.wait_for('root file system fills /dev/vda, 512 MB')
    first_key = host_key(guest)

    assert guest.ssh_methods() == 'publickey'
    guest.ssh(f'echo {OTHER_KEY.replace("other", "by-hand").replace("GKJl", "GKJm")} >>.ssh/authorized_keys')

    guest.qmp('system_powerdown')
    guest.wait_for_exit()
    assert 'power button' in guest.serial() and 'file systems are clean' in guest.serial()

    tree['meta-data/public-keys/'] = '1=mykey'
    guest.start()
    guest.wait_for(r'ssh up')
    assert host_key(guest) == first_key
    keys = guest.ssh('cat .ssh/authorized_keys')
    assert 'by-hand' in keys and 'mykey' in keys and 'other' not in keys
    guest.wait_for('login:')
    assert guest.ssh('cat runs', user='root') == 'run\n'

    # What a power cut in the first boot leaves: no key yet, and dropbearkey's own file, named after a process id that
    # the next boot gives to dropbearkey again.
    guest.ssh(f'rm {HOST_KEY}; for id in $(seq 2 999); do : >{HOST_KEY}.new.tmp$id; done', user='root')
    guest.press('ctrl', 'alt', 'delete')
    guest.wait_for('going down')
    guest.wait_for(r'going down[^$]*ssh up')
    assert guest.ssh('ls /etc/dropbear').split() == [HOST_KEY.rpartition('/')[2]]


def test_a_snapshot_takes_a_new_identity(machine, metadata, tree):
    guest = machine(metadata=metadata)
    guest.wait_for('user-data: end')
    first_key = host_key(guest)
    guest.ssh('poweroff', user='root', check=False)
    guest.wait_for_exit()
    tree['meta-data/instance-id'] = 'i-0000002b'
    tree['meta-data/hostname'] = 'web2'
    guest.start()
    guest.wait_for('user-data of web2')
    guest.wait_for('user-data: end')
    assert host_key(guest) != first_key
    assert guest.ssh('hostname; cat /root/runs', user='root').split() == ['web2', 'run', 'run']


def test_bootable_disk_fills_a_larger_one(machine, metadata):
    guest = machine(metadata=metadata, direct=False)
    guest.wait_for('ssh up')
    assert guest.ssh('hostname').strip() == 'web1'
    guest.wait_for(r'root file system fills /dev/vda2, [45]\d\d MB')
    guest.ssh('poweroff', user='root', check=False)
    guest.wait_for_exit()
    guest.start()
    guest.wait_for('ssh up')
    assert int(guest.ssh('df -m / | tail -n 1').split()[1]) > 400


@pytest.mark.parametrize('bus', ['virtio', 'ide'])
def test_config_drive_needs_no_service(machine, tmp_path, key, bus):
    drive = tmp_path / 'config'
    meta_data = {'uuid': '0f2c-11', 'hostname': 'drive1', 'meta': {'a': 'b "c" \\'},
                 'public_keys': {'mykey': key.with_suffix('.pub').read_text()}, 'files': []}
    (tmp_path / 'meta_data.json').write_text(json.dumps(meta_data, indent=1))
    (tmp_path / 'user_data').write_text(USER_DATA)
    drive.write_bytes(bytes(4 * 1024 * 1024))
    commands = [['mformat', '-i', drive, '-v', 'config-2', '::'], ['mmd', '-i', drive, '::openstack'],
                ['mmd', '-i', drive, '::openstack/latest'],
                ['mcopy', '-i', drive, tmp_path / 'meta_data.json', tmp_path / 'user_data', '::openstack/latest']]
    for command in commands:
        subprocess.run(command, check=True, timeout=60)
    guest = machine(extra=['-drive', f'file={drive},format=raw,if={bus}'])
    guest.wait_for(r'metadata: 0f2c-11, hostname drive1, 1 ssh key\(s\), from config drive')
    guest.wait_for('user-data of drive1')
    assert guest.ssh('hostname').strip() == 'drive1'


def test_without_metadata_it_still_comes_up(machine):
    guest = machine()
    guest.wait_for('ssh up')
    guest.wait_for('essex-tiny login:')
    assert guest.ssh_methods() == 'publickey'


def test_a_network_that_comes_late_brings_the_metadata(machine, metadata):
    guest = machine(metadata=metadata)
    guest.qmp('set_link', name='net', up=False)
    guest.wait_for('going on without')
    guest.wait_for('ssh up')
    guest.wait_for('essex-tiny login:')
    guest.qmp('set_link', name='net', up=True)
    guest.wait_for('metadata: i-0000002a, hostname web1')
    assert guest.ssh('hostname').strip() == 'web1'


def test_hot_plug_of_a_disk_and_a_network_interface(machine, metadata, tmp_path):
    guest = machine(metadata=metadata)
    guest.wait_for('user-data: end')
    guest.wait_for('root file system fills')
    with open(tmp_path / 'volume', 'wb') as volume:
        volume.truncate(8 * 1024 * 1024)
    guest.qmp('blockdev-add', **{'driver': 'raw', 'node-name': 'volume',
                                 'file': {'driver': 'file', 'filename': str(tmp_path / 'volume')}})
    guest.qmp('device_add', driver='virtio-blk-pci', drive='volume', id='volume', serial='vol-1')
    guest.wait_for('hot plug: add vdb')
    assert guest.ssh('cat /sys/block/vdb/serial').strip() == 'vol-1'
    guest.qmp('netdev_add', type='user', id='second', net='10.9.0.0/24')
    guest.qmp('device_add', driver='virtio-net-pci', netdev='second', id='second', romfile='')
    guest.wait_for(r'dhcp: eth1 has 10\.9\.0\.15/24')
    guest.qmp('device_del', id='second')
    guest.wait_for('hot plug: eth1 is gone')


def test_smallest_memory_holds_a_login(machine, metadata, image):
    smallest = json.loads((image / 'metadata.json').read_text())['images']['disk']['min_ram']
    for direct in (True, False):
        guest = machine(metadata=metadata, direct=direct, memory=smallest)
        guest.wait_for('user-data: end')
        started = time.monotonic()
        assert guest.ssh('wget -q -O - http://169.254.169.254/latest/user-data') == USER_DATA
        assert time.monotonic() - started < guest_machine.STEP
        assert 'Out of memory' not in guest.serial()
        guest.kill()
