"""A real guest through its life: booted by the openstack client, logged in to by SSH, looked at from both sides.

The tests are the chapters of one story and run in their order: each boot costs seconds of processor time.
"""
import json
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
import websocket

from tests.fixtures.guests import Guests, answers_for, inside, reachable, run
from tests.fixtures.processes import wait_for
from tests.functional.test_console_proxy import handshake

pytestmark = [pytest.mark.guest, pytest.mark.timeout(240)]

USER_DATA = '#!/bin/sh\necho written by user-data > /root/proof\necho an echo of user-data\n'
SSH = {'ip_protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '0.0.0.0/0'}
PING = {'ip_protocol': 'icmp', 'from_port': -1, 'to_port': -1}


@pytest.fixture(scope='module')
def guests(guest_cloud, tmp_path_factory):
    with inside(guest_cloud):
        yield Guests(guest_cloud, tmp_path_factory.mktemp('guest'))


class Story:
    """What the chapters know of the servers."""

    volume = None
    web = copy = address = copy_address = group = floating = snapshot = None


@pytest.fixture(scope='module')
def story():
    return Story()


def open_port(guests, group, rule):
    """The id of a rule that lets something in; another test may have opened it in a group that all share."""
    for each in guests.compute.get(f'/os-security-groups/{group}').json()['security_group']['rules']:
        if rule == {**{name: each[name] for name in ('ip_protocol', 'from_port', 'to_port')}, **each['ip_range']}:
            return each['id']
    body = {'security_group_rule': {'parent_group_id': group, **rule}}
    return guests.compute.post('/os-security-group-rules', json=body).json()['security_group_rule']['id']


def ping(guests, address, target):
    """Whether a guest hears from a target it pings."""
    return 'heard' in guests.ssh(address, f'ping -c 2 -W 2 {target} >/dev/null 2>&1 && echo heard || echo silence')


# -- a boot

def test_boot(guests, story, tmp_path):
    """With a key of the user's, user-data and a property, in a security group without rules."""
    body = {'security_group': {'name': 'web', 'description': 'closed at first'}}
    story.group = guests.compute.post('/os-security-groups', json=body).json()['security_group']['id']
    (tmp_path / 'script').write_text(USER_DATA)
    openstack = guests.cloud.openstack
    openstack('keypair', 'create', '--public-key', f'{guests.key}.pub', 'guest-key')
    openstack('server', 'create', '--flavor', 'm1.micro', '--image', 'essex-tiny', '--key-name', 'guest-key',
              '--user-data', tmp_path / 'script', '--property', 'colour=blue', '--security-group', 'web', '--wait',
              'web-1', timeout=120)
    shown = guests.cloud.json('server', 'show', 'web-1')
    assert (shown['status'], shown['OS-EXT-STS:power_state']) == ('ACTIVE', 1)
    assert shown['properties'] == {'colour': 'blue'}
    story.web, story.address = shown['id'], shown['addresses']['private'][0]
    assert guests.domains()[story.web]


def test_the_console_log_tells_of_the_boot(guests, story):
    guests.wait_console(story.web, 'an echo of user-data')
    text = guests.cloud.openstack('console', 'log', 'show', 'web-1')
    for expected in ('Linux version', f'dhcp: eth0 has {story.address}/', 'hostname web-1', 'ssh up'):
        assert expected in text
    short = guests.cloud.openstack('console', 'log', 'show', '--lines', '2', 'web-1')
    assert len(short.strip().splitlines()) <= 3


def test_without_a_rule_the_door_is_shut(guests, story):
    assert not answers_for(story.address, 2)


def test_a_rule_opens_it_at_once(guests, story):
    open_port(guests, story.group, SSH)
    guests.wait_ssh(story.address, 10)


def test_what_the_guest_was_told(guests, story):
    said = guests.ssh(story.address, 'hostname; cat /root/proof')
    assert said.splitlines() == ['web-1', 'written by user-data']
    said = guests.ssh(story.address, 'id -un', user='cirros')
    assert said.strip() == 'cirros'


def test_metadata_of_ec2(guests, story):
    base = 'http://169.254.169.254'
    paths = {'instance-id': r'i-[0-9a-f]{8}', 'hostname': r'web-1(\.novalocal)?', 'local-ipv4': story.address,
             'security-groups': 'web', 'instance-type': 'm1.micro', 'public-keys/': '0=guest-key',
             'public-keys/0/openssh-key': 'ssh-ed25519 .*'}
    script = '; '.join(f'wget -qO- {base}/latest/meta-data/{path}; echo; echo ---' for path in paths)
    answers = [each.strip() for each in guests.ssh(story.address, script).split('---')]
    for (path, pattern), answer in zip(paths.items(), answers):
        assert re.fullmatch(pattern, answer), (path, answer)
    assert guests.ssh(story.address, f'wget -qO- {base}/latest/user-data') == USER_DATA
    assert '2009-04-04' in guests.ssh(story.address, f'wget -qO- {base}/')


def test_metadata_of_openstack(guests, story):
    base = 'http://169.254.169.254/openstack'
    assert 'latest' in guests.ssh(story.address, f'wget -qO- {base}')
    data = json.loads(guests.ssh(story.address, f'wget -qO- {base}/latest/meta_data.json'))
    assert (data['uuid'], data['name'], data['meta']) == (story.web, 'web-1', {'colour': 'blue'})
    assert data['public_keys']['guest-key'].split()[:2] == guests.key.with_suffix('.pub').read_text().split()[:2]
    assert guests.ssh(story.address, f'wget -qO- {base}/latest/user_data') == USER_DATA
    network = json.loads(guests.ssh(story.address, f'wget -qO- {base}/latest/network_data.json'))
    assert len(network['links']) == 1


def test_the_console_in_a_browser(guests, story):
    url = guests.cloud.json('console', 'url', 'show', 'web-1')['url']
    with urllib.request.urlopen(url, timeout=10) as page:
        assert b'src="console.js"' in page.read()
    with urllib.request.urlopen(urllib.parse.urljoin(url, 'console.js'), timeout=10) as script:
        assert b'rfb' in script.read()
    parts = urllib.parse.urlsplit(url)
    token = re.search(r'token=([\w-]+)', urllib.parse.unquote(url))[1]
    connection = websocket.create_connection(f'ws://{parts.netloc}/websockify?token={token}', timeout=10,
                                             subprotocols=['binary'])
    width, name = handshake(connection)
    connection.close()
    assert width >= 320
    assert 'instance-' in name


# -- its network

def test_it_can_take_no_others_address(guests, story):
    """Packets with an alien address, or an alien MAC, end at its tap."""
    gateway, alien = guests.gateway, '10.100.0.77'
    assert ping(guests, story.address, gateway)
    said = guests.ssh(story.address, f'ip addr add {alien}/24 dev eth0; ping -c 2 -W 1 -I {alien} {gateway} '
                                     f'>/dev/null 2>&1 && echo heard || echo silence; ip addr del {alien}/24 dev eth0')
    assert said.strip() == 'silence'
    guests.ssh(story.address, 'cp /sys/class/net/eth0/address /root/mac; (sleep 1; ip link set eth0 address '
                              f'fa:16:3e:00:00:99; ping -c 2 -W 1 {gateway} >/root/alien 2>&1; ip link set eth0 '
                              'address $(cat /root/mac)) >/dev/null 2>&1 &')
    time.sleep(5)
    guests.wait_ssh(story.address, 20)
    assert '0 packets received' in guests.ssh(story.address, 'cat /root/alien')


def test_a_floating_address(guests, story):
    allocated = guests.compute.post('/os-floating-ips', json={}).json()['floating_ip']
    story.floating = allocated['ip']
    guests.act(story.web, 'addFloatingIp', {'address': story.floating})
    guests.wait_ssh(story.floating, 10)
    assert guests.ssh(story.floating, 'hostname').strip() == 'web-1'
    addresses = guests.show(story.web)['addresses']['private']
    assert {(each['addr'], each['OS-EXT-IPS:type']) for each in addresses} == {
        (story.address, 'fixed'), (story.floating, 'floating')}
    guests.act(story.web, 'removeFloatingIp', {'address': story.floating})
    wait_for(lambda: not reachable(story.floating), 10)
    guests.act(story.web, 'addFloatingIp', {'address': story.floating})


# -- a volume

def test_a_volume_is_plugged_in_and_out(guests, story):
    """What is written in one life of the disk is read in the next."""
    openstack = guests.cloud.openstack
    guests.demo.volume.post('/volumes', json={'volume': {'name': 'data', 'size': 1}})
    story.volume = wait_volume(guests, 'available')
    openstack('server', 'add', 'volume', 'web-1', 'data')
    wait_volume(guests, 'in-use')
    wait_for(lambda: has_disk(guests, story), 20, 0.3, 'the guest to see its new disk')
    said = guests.ssh(story.address, 'cat /sys/block/vdb/serial; echo; cat /sys/block/vdb/size; '
                                     'echo written by the guest > /tmp/words; '
                                     'dd if=/tmp/words of=/dev/vdb 2>/dev/null; sync')
    assert said.split() == [story.volume[:20], str(2 * 1024 * 1024)]
    attached, = guests.demo.volume.get(f'/volumes/{story.volume}').json()['volume']['attachments']
    assert (attached['server_id'], attached['device']) == (story.web, '/dev/vdb')
    assert guests.show(story.web)['os-extended-volumes:volumes_attached'] == [{'id': story.volume}]
    openstack('server', 'remove', 'volume', 'web-1', 'data')
    wait_volume(guests, 'available')
    assert not has_disk(guests, story)
    guests.compute.post(f'/servers/{story.web}/os-volume_attachments',
                        json={'volumeAttachment': {'volumeId': story.volume}})
    wait_volume(guests, 'in-use')
    wait_for(lambda: has_disk(guests, story), 20, 0.3, 'the guest to see its disk again')
    assert read_disk(guests, story) == 'written by the guest'


def wait_volume(guests, status):
    """Until the volume `data` has a status; its id."""
    def look():
        found, = guests.demo.volume.get('/volumes/detail').json()['volumes']
        return found['id'] if found['status'] == status else None
    return wait_for(look, 90, 0.1, f'volume data to be {status}')


def has_disk(guests, story):
    return 'vdb' in guests.ssh(story.address, 'ls /sys/block').split()


def read_disk(guests, story):
    return guests.ssh(story.address, 'head -n 1 /dev/vdb').strip()


# -- its life

def test_stop_is_graceful_and_start_keeps_the_disk(guests, story):
    guests.ssh(story.address, 'echo kept > /root/kept; sync')
    taps = guests.taps(story.web)
    began = time.monotonic()
    guests.change(story.web, 'os-stop', status='SHUTOFF')
    assert time.monotonic() - began < 50, 'it was switched off, not shut down'
    assert len(taps) == 1
    assert taps[0] not in guests.all_taps()
    guests.change(story.web, 'os-start')
    guests.wait_ssh(story.address)
    assert guests.ssh(story.address, 'cat /root/kept').strip() == 'kept'
    assert read_disk(guests, story) == 'written by the guest'


@pytest.mark.parametrize('kind', ['SOFT', 'HARD'])
def test_reboot(guests, story, kind):
    before = boot_id(guests, story)
    guests.change(story.web, 'reboot', {'type': kind})
    wait_for(lambda: boot_id(guests, story) not in ('', before), 90, 0.5)
    assert guests.ssh(story.address, 'cat /root/kept').strip() == 'kept'
    assert read_disk(guests, story) == 'written by the guest'


def boot_id(guests, story):
    return guests.ssh(story.address, 'cat /proc/sys/kernel/random/boot_id', check=False).strip()


@pytest.mark.parametrize('away, status, back', [('pause', 'PAUSED', 'unpause'), ('suspend', 'SUSPENDED', 'resume')])
def test_away_and_back(guests, story, away, status, back):
    before = boot_id(guests, story)
    guests.change(story.web, away, status=status)
    assert not answers_for(story.address, 1)
    guests.change(story.web, back)
    guests.wait_ssh(story.address, 30)
    assert boot_id(guests, story) == before, 'it goes on where it was'
    assert read_disk(guests, story) == 'written by the guest'


# -- another size, other disks

@pytest.fixture(scope='module')
def larger(guests):
    """The id of a flavor with twice the memory, two processors and two GB of disk."""
    body = {'flavor': {'name': 'm1.larger', 'id': 'larger', 'ram': 256, 'vcpus': 2, 'disk': 2}}
    yield guests.admin.compute.post('/flavors', json=body).json()['flavor']['id']
    guests.admin.compute.delete('/flavors/larger')


def size(guests, story):
    """(MB of memory, processors, GB of disk) as the guest finds them."""
    said = guests.ssh(story.address, "awk '/MemTotal/ {print $2}' /proc/meminfo; grep -c ^processor /proc/cpuinfo; "
                                     'cat /sys/class/block/vda/size').split()
    return int(said[0]) // 1024, int(said[1]), int(said[2]) // 2 ** 21


def test_a_larger_size_and_back(guests, story, larger):
    before, openstack = size(guests, story), guests.cloud.openstack
    openstack('server', 'resize', '--flavor', larger, '--wait', 'web-1', timeout=120)
    shown = guests.cloud.json('server', 'show', 'web-1')
    assert (shown['status'], larger in shown['flavor']) == ('VERIFY_RESIZE', True)
    guests.wait_ssh(story.address)
    memory, processors, disk = size(guests, story)
    assert memory > 1.6 * before[0] and (processors, disk) == (2, 2)
    assert guests.ssh(story.address, 'cat /root/kept; echo later > /root/later; sync').strip() == 'kept'
    openstack('server', 'resize', 'revert', 'web-1')
    assert guests.wait_status(story.web, 'ACTIVE')['flavor']['id'] != larger
    guests.wait_ssh(story.address)
    assert size(guests, story) == before
    assert guests.ssh(story.address, 'ls /root/kept /root/later 2>/dev/null', check=False).split() == ['/root/kept']


def test_a_larger_size_for_good_and_other_disks(guests, story, larger):
    guests.change(story.web, 'resize', {'flavorRef': larger}, 'VERIFY_RESIZE')
    guests.cloud.openstack('server', 'resize', 'confirm', 'web-1')
    guests.wait_status(story.web, 'ACTIVE')
    guests.cloud.openstack('server', 'rebuild', '--image', 'essex-tiny', '--name', 'web-1', '--wait', 'web-1',
                           timeout=120)
    guests.wait_ssh(story.address)
    assert size(guests, story)[1:] == (2, 2)
    assert guests.ssh(story.address, 'cat /root/kept', check=False) == ''
    assert guests.ssh(story.address, 'cat /root/proof').strip() == 'written by user-data'
    directory = guests.layout.root / 'nova' / 'instances'
    assert sorted(path.name for path in directory.iterdir() if path.name != '_base') == [story.web]
    actions = guests.compute.get(f'/servers/{story.web}/os-instance-actions').json()['instanceActions']
    assert [each['action'] for each in actions[:4]] == ['rebuild', 'confirmResize', 'resize', 'revertResize']
    path = f'/servers/{story.web}/os-instance-actions/{actions[0]["request_id"]}'
    events = guests.compute.get(path).json()['instanceAction']['events']
    assert [(each['event'], each['result']) for each in events] == [
        (f'rebuild_{step}', 'Success') for step in ('image', 'stop', 'disk', 'spawn', 'clean')]


# -- another one

def test_an_image_of_it_boots(guests, story, larger):
    guests.ssh(story.address, 'echo on the image > /root/imaged; sync')
    guests.cloud.openstack('server', 'image', 'create', '--name', 'web-image', '--wait', 'web-1', timeout=120)
    story.snapshot = guests.images()['web-image']
    story.copy = guests.boot('web-2', imageRef=story.snapshot, flavorRef=larger, key_name='guest-key')
    guests.wait_status(story.copy, 'ACTIVE')
    story.copy_address = guests.address(story.copy)
    default = next(group for group in guests.compute.get('/os-security-groups').json()['security_groups']
                   if group['name'] == 'default')
    open_port(guests, default['id'], SSH)
    guests.wait_ssh(story.copy_address)
    assert guests.ssh(story.copy_address, 'cat /root/imaged; hostname').splitlines() == ['on the image', 'web-2']


def test_a_neighbour_gets_in_only_as_the_groups_allow(guests, story):
    assert not ping(guests, story.copy_address, story.address)
    default = next(group for group in guests.compute.get('/os-security-groups').json()['security_groups']
                   if group['name'] == 'default')
    rule = open_port(guests, story.group, {**PING, 'group_id': default['id']})
    assert ping(guests, story.copy_address, story.address)
    assert not ping(guests, story.address, story.copy_address), 'the other way was not opened'
    guests.compute.delete(f'/os-security-group-rules/{rule}')
    assert not ping(guests, story.copy_address, story.address)


def test_nothing_stays_of_a_deleted_server(guests, story):
    taps = guests.all_taps()
    assert len(taps) == 2
    guests.cloud.openstack('server', 'delete', '--wait', 'web-1', 'web-2', timeout=120)
    wait_for(lambda: not guests.left_of(story.web, story.address, taps)
             and not guests.left_of(story.copy, story.copy_address, taps), 10,
             what='the host to be empty')
    assert guests.domains() == {}
    wait_volume(guests, 'available')
    guests.demo.volume.delete(f'/volumes/{story.volume}')
    directory = guests.layout.root / 'nova' / 'volumes'
    wait_for(lambda: list(directory.iterdir()) == [], 10, what='the volume to be gone')
    floating = guests.compute.get('/os-floating-ips').json()['floating_ips']
    assert [(each['ip'], each['instance_id']) for each in floating] == [(story.floating, None)]
    wait_for(lambda: story.floating not in run('nft', 'list', 'ruleset') + run('ip', 'addr'), 10)
    guests.compute.delete(f'/os-floating-ips/{floating[0]["id"]}')
    guests.demo.image.delete(f'/images/{story.snapshot}')


# -- what is refused

def hostile_images(directory):
    """(file, disk_format) of images that name other files."""
    secret = directory / 'secret'
    secret.write_bytes(b'secret' * 20000)
    made = []
    for name, options in (('backing', ['-b', secret, '-F', 'raw']), ('data', ['-o', f'data_file={directory}/outside'])):
        path = directory / f'{name}.qcow2'
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', *options, path, '1M'], check=True)
        made += [(path, 'qcow2'), (path, 'raw')]
    flat = directory / 'extent.vmdk'
    flat.write_text('# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
                    f'# Extent description\nRW 234 FLAT "{secret}" 0\n# The Disk Data Base\n#DDB\n'
                    'ddb.adapterType = "ide"\n')
    return [*made, (flat, 'vmdk')]


def test_images_that_name_other_files_are_refused(guests, tmp_path):
    image = guests.demo.image
    for path, disk_format in hostile_images(tmp_path):
        values = {'name': 'hostile', 'disk_format': disk_format, 'container_format': 'bare'}
        made = image.post('/images', json=values).json()['id']
        answer = image.put(f'/images/{made}/file', data=path.read_bytes(), raise_exc=False,
                           headers={'Content-Type': 'application/octet-stream'})
        assert 400 <= answer.status_code < 500, (path, disk_format, answer.text)
        assert image.get(f'/images/{made}').json()['status'] == 'queued'
        image.delete(f'/images/{made}')


def test_an_image_larger_than_the_flavors_disk(guests, tmp_path):
    path = tmp_path / 'large.qcow2'
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', path, '2G'], check=True)
    guests.cloud.openstack('image', 'create', '--file', path, '--disk-format', 'qcow2', '--container-format', 'bare',
                           '--min-disk', '2', 'large')
    done = guests.cloud.openstack('server', 'create', '--flavor', 'm1.micro', '--image', 'large', 'no', check=False)
    assert done.returncode == 1
    assert '400' in done.stderr
    assert 'disk is too small' in done.stderr
    guests.cloud.openstack('image', 'delete', 'large')


def test_no_valid_host_says_what_was_short(guests):
    flavor = {'flavor': {'name': 'giant', 'ram': 1 << 22, 'vcpus': 1, 'disk': 1}}
    made = guests.admin.compute.post('/flavors', json=flavor).json()['flavor']['id']
    limits = guests.demo.project_id
    guests.admin.compute.put(f'/os-quota-sets/{limits}', json={'quota_set': {'ram': -1}})
    server = guests.boot('giant', flavorRef=made)
    shown = guests.wait_status(server, 'ERROR')
    assert re.match(r'No valid host was found\. .*RamFilter.*1', shown['fault']['message']), shown['fault']
    guests.delete(server)
    guests.admin.compute.delete(f'/os-quota-sets/{limits}')
    guests.admin.compute.delete(f'/flavors/{made}')
