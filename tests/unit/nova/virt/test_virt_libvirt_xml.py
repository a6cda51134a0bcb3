"""The domain XML of a server."""
import dataclasses
import xml.etree.ElementTree as ET

import pytest

from nova.virt.driver import VolumeDisk
from nova.virt.libvirt import xml
from nova.virt.libvirt.disks import Disk
from tests.contract.virt import spec

DISKS = [Disk('root', '/i/disk', 'qcow2'), Disk('console', '/i/console.log')]
BOOT = [Disk('kernel', '/i/kernel'), Disk('ramdisk', '/i/ramdisk')]
VIF = {'id': '1', 'address': 'fa:16:3e:00:00:01', 'devname': 'tap1', 'network': {'bridge': 'br100', 'mtu': 1450}}


@pytest.fixture
def make(conf):
    def build(disks=DISKS, virt_type='qemu', network_info=(VIF,), properties=None, owner=None, **more):
        instance = spec('image', **more)
        instance = dataclasses.replace(instance, image_meta={'properties': properties or {}})
        return ET.fromstring(xml.domain(instance, network_info, disks, virt_type, 'none', owner,
                                        ['none'] * len(instance.volumes)))
    return build


def test_a_server(make):
    root = make(name='instance-1', memory_mb=64, vcpus=2)
    assert root.get('type') == 'qemu'
    assert (root.findtext('name'), root.findtext('memory')) == ('instance-1', '64')
    assert root.find('memory').get('unit') == 'MiB'
    assert root.findtext('vcpu') == '2'
    assert root.find('os/boot').get('dev') == 'hd'
    assert root.find('features/tcg/tb-cache').text == '32'
    assert root.find('cpu').get('mode') == 'maximum'
    assert root.find('devices/serial/log').attrib == {'file': '/i/console.log', 'append': 'on'}
    assert root.find('devices/graphics').get('listen') == '127.0.0.1'
    assert root.find('seclabel') is None


def test_it_carries_our_mark(make):
    root = make()
    assert xml.is_ours(ET.tostring(root, encoding='unicode'))
    root.remove(root.find('metadata'))
    assert not xml.is_ours(ET.tostring(root, encoding='unicode'))


def test_its_card(make):
    card = make().find('devices/interface')
    assert card.find('source').get('bridge') == 'br100'
    assert card.find('target').get('dev') == 'tap1'
    assert card.find('mtu').get('size') == '1450'
    assert card.find('rom').get('enabled') == 'no'
    assert xml.taps(ET.tostring(make(), encoding='unicode')) == ['tap1']


VOLUME = VolumeDisk('0f1d6c1e-9b4a-4f0e-8a39-4f9a9f3c8a11', '/dev/vdb',
                    {'type': 'file', 'path': '/v/x', 'format': 'raw'})


def test_volumes(make):
    """Their names stay theirs, whatever disks the server has of its own."""
    disks = [*DISKS, Disk('ephemeral', '/i/disk.local', 'qcow2')]
    root = make(disks, volumes=(VOLUME,), properties={'hw_disk_bus': 'virtio'})
    names = {disk.find('source').get('file'): disk.find('target').attrib for disk in root.findall('devices/disk')}
    assert {path: target['dev'] for path, target in names.items()} == {
        '/i/disk': 'vda', '/i/disk.local': 'vdc', '/v/x': 'vdb'}
    assert xml.disk_with(ET.tostring(root, encoding='unicode'), VOLUME.volume_id).count('/v/x') == 1
    assert xml.disk_with(ET.tostring(root, encoding='unicode'), 'another') is None
    assert make(disks, volumes=(VOLUME,), properties={'hw_disk_bus': 'ide'}).findall(
        'devices/disk')[-1].find('target').attrib == {'dev': 'vdb', 'bus': 'virtio'}
    one = ET.fromstring(xml.volume(dataclasses.replace(VOLUME, device='/dev/sdc', readonly=True), 'none'))
    assert one.find('target').attrib == {'dev': 'sdc', 'bus': 'scsi'} and one.find('readonly') is not None
    assert (one.findtext('serial'), one.find('driver').get('type')) == (VOLUME.volume_id, 'raw')


def test_room_for_volumes(make):
    assert len(make(properties={'hw_machine_type': 'q35'}).findall("devices/controller[@model='pcie-root-port']")) == 8
    assert make().find('devices/controller') is None


def test_direct_boot(make):
    root = make(DISKS + BOOT)
    assert (root.findtext('os/kernel'), root.findtext('os/initrd')) == ('/i/kernel', '/i/ramdisk')
    assert root.findtext('os/cmdline') == 'root=/dev/vda console=tty0 console=ttyS0'
    assert root.find('os/boot') is None
    assert make(DISKS + BOOT, properties={'os_command_line': 'quiet'}).findtext('os/cmdline') == 'quiet'
    assert make(DISKS + BOOT, properties={'kernel_args': 'a'}).findtext('os/cmdline') == 'a'


def test_nothing_breaks_out_of_its_place(make):
    evil = '</cmdline></os><devices><disk/></devices>\0\x1b"\'&'
    root = make(DISKS + BOOT, properties={'os_command_line': evil, 'hw_vif_model': '"/><x/>', 'hw_disk_bus': '../..',
                                          'hw_video_model': "'", 'hw_machine_type': 'microvm,accel=kvm'})
    assert root.findtext('os/cmdline') == evil.replace('\0', '').replace('\x1b', '')
    assert root.find('devices/interface/model').get('type') == 'virtio'
    assert root.find('devices/disk/target').get('bus') == 'virtio'
    assert root.find('devices/video/model').get('type') == 'vga'
    assert root.find('os/type').get('machine') == 'pc'
    assert len(root.findall('devices')) == 1


@pytest.mark.parametrize(('bus', 'machine', 'expected'), [
    ('virtio', 'pc', ['vda', 'vdb', 'vdc']), ('ide', 'pc', ['hda', 'hdb']),
    ('scsi', 'pc', ['sda', 'sdb', 'sdc']), ('ide', 'q35', ['sda', 'sdb'])])
def test_disks_have_names_of_their_own(make, bus, machine, expected):
    disks = [Disk('root', '/i/disk', 'qcow2'), Disk('swap', '/i/disk.swap', 'raw'), Disk('iso', '/i/disk.iso', 'raw'),
             Disk('config', '/i/disk.config', 'raw'), Disk('console', '/i/console.log')]
    root = make(disks, properties={'hw_disk_bus': bus, 'hw_machine_type': machine})
    found = root.findall('devices/disk')
    names = [disk.find('target').get('dev') for disk in found]
    assert [name for disk, name in zip(found, names) if disk.get('device') == 'disk'] == expected
    assert len(set(names)) == 4
    assert {disk.find('source').get('file'): disk.find('readonly') is not None for disk in found} == {
        '/i/disk': False, '/i/disk.swap': False, '/i/disk.iso': True, '/i/disk.config': True}
    assert [boot.get('dev') for boot in root.findall('os/boot')] == ['cdrom', 'hd']


def test_cpu(make, conf):
    assert make(virt_type='kvm').find('cpu').get('mode') == 'host-model'
    assert make(virt_type='kvm').find('features/tcg') is None
    conf.set('cpu_mode', 'custom', 'libvirt')
    assert make().findtext('cpu/model') == 'Nehalem'
    conf.set('cpu_mode', 'none', 'libvirt')
    assert make().find('cpu') is None


def test_who_runs_it(make):
    label = make(owner=(64055, 107)).find('seclabel')
    assert label.attrib == {'type': 'static', 'model': 'dac', 'relabel': 'no'}
    assert label.findtext('label') == '+64055:+107'


def test_what_a_running_domain_tells():
    text = ('<domain><devices><disk device="disk"><target dev="vda"/><mirror ready="yes"/></disk>'
            '<graphics type="vnc" port="5901" listen="127.0.0.1"/></devices></domain>')
    assert xml.graphics(text) == ('127.0.0.1', 5901)
    assert xml.root_device(text) == 'vda'
    assert xml.mirror_is_ready(text, 'vda') is True
    assert xml.mirror_is_ready(text, 'vdb') is None
    assert xml.graphics(text.replace('5901', '-1')) is None
