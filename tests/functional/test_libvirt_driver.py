"""The libvirt driver with a private libvirtd and real guests."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
import xml.etree.ElementTree as ET

import pytest

from essex import concurrency
from nova.compute import states
from nova.network import model
from nova.virt import exception
from nova.virt.libvirt import qemu_img, xml
from nova.virt.libvirt.driver import LibvirtDriver
from tests.contract.virt import SECURITY, Contract, spec
from tests.fixtures import green
from tests.fixtures.hypervisor import BRIDGE, guest_image, ip
from tests.fixtures.processes import wait_for

pytestmark = [pytest.mark.guest, pytest.mark.timeout(300)]


@pytest.fixture
def configured(conf, node):
    conf.set('state_path', node.directory)
    conf.set('connection_uri', node.libvirtd.uri, 'libvirt')
    conf.set('virt_type', 'qemu', 'libvirt')
    return conf


@pytest.fixture
def reopen(configured):
    drivers = []

    def make(firewall=None):
        driver = LibvirtDriver(firewall=firewall)
        driver.init_host('host-1')
        drivers.append(driver)
        return driver
    yield make
    for driver in drivers:
        driver.shutdown()


@pytest.fixture
def driver(reopen):
    return reopen()


@pytest.fixture
def network_info():
    identity = str(uuid.uuid4())
    return [{'id': identity, 'address': 'fa:16:3e:00:00:01', 'devname': model.devname(identity),
             'network': {'id': identity, 'bridge': BRIDGE}, 'fixed_ips': []}]


class TestLibvirtDriver(Contract):
    @staticmethod
    def volumes_of(driver, server):
        disks = ET.fromstring(driver._guests.xml(server.uuid)).findall('devices/disk')
        return [disk.findtext('serial') for disk in disks if disk.findtext('serial')]

    @pytest.fixture
    def volume_file(self, node):
        path = os.path.join(node.directory, 'volume')
        with open(path, 'wb') as file:
            file.truncate(1 << 20)
        yield path
        os.unlink(path)

    @pytest.fixture
    def image(self):
        return guest_image('rootfs.qcow2'), 'qcow2'


_CMDLINE = ('root=/dev/vda console=tty0 console=ttyS0 quiet tsc=reliable no_timer_check mitigations=off nokaslr '
            'noreplace-smp cryptomgr.notests panic=10')


def fetch(name, path):
    """The image service: an image's id is its file's name."""
    shutil.copy(guest_image(name), path)


@pytest.fixture
def booted(driver, network_info):
    """A server whose guest waits for a login; it has a config drive, an ephemeral disk and swap."""
    metadata = {'uuid': str(uuid.uuid4()), 'hostname': 'from-the-drive'}
    server = spec('rootfs.qcow2', 'qcow2', memory_mb=96, kernel_id='vmlinuz', ramdisk_id='initrd', ephemeral_gb=1,
                  swap_mb=16, config_drive=True,
                  config_drive_files={'openstack/latest/meta_data.json': json.dumps(metadata).encode()},
                  image_meta={'disk_format': 'qcow2', 'properties': {
                      'os_command_line': _CMDLINE, 'hw_rng_model': 'virtio', 'hw_disk_bus': 'virtio'}})
    driver.prepare_image(server, fetch)
    driver.create_disks(server)
    driver.spawn(server, network_info, SECURITY)
    wait_for_login(driver, server)
    yield server
    driver.destroy(server)
    driver.delete_disks(server)


def wait_for_login(driver, server, times=1):
    wait_for(lambda: driver.console_output(server).count(b'login:') >= times, 120, 0.2, 'a login prompt')


class TestRealGuest:
    """A guest that has an operating system."""

    @staticmethod
    def check_that_only_its_own_disks_belong_to_the_guest(driver, server, node):
        user, _group = driver._host.guest_owner()
        directory = os.path.join(node.directory, 'instances', server.uuid)
        owned = {name for name in os.listdir(directory) if os.stat(os.path.join(directory, name)).st_uid == user}
        assert user != 0
        assert owned == {'disk', 'disk.local', 'disk.swap', 'disk.config'}

    def test_it_boots_captures_restarts_and_stops_when_asked(self, driver, booted, network_info, node, tmp_path):
        wait_for(lambda: b'hostname from-the-drive' in driver.console_output(booted), 60, 0.2)
        self.check_that_only_its_own_disks_belong_to_the_guest(driver, booted, node)
        console = driver.vnc_console(booted)
        with socket.create_connection((console['host'], console['port']), timeout=10) as vnc:
            assert vnc.recv(12) == b'RFB 003.008\n'
        path = str(tmp_path / 'captured')
        assert driver.capture(booted, path) == 'qcow2'
        assert image_size(path) == 1 << 30
        driver.reboot(booted, network_info, SECURITY, timeout=60)
        wait_for_login(driver, booted, 2)
        began = time.monotonic()
        driver.power_off(booted, timeout=60)
        assert driver.info(booted).state == states.SHUTDOWN
        assert time.monotonic() - began < 50


class TestTroubles:
    """libvirtd dies, compute dies, neighbours are there."""

    @pytest.fixture
    def server(self, driver):
        server = spec('rootfs.qcow2', 'qcow2')
        driver.prepare_image(server, fetch)
        driver.create_disks(server)
        yield server
        driver.destroy(server)
        driver.delete_disks(server)
        assert driver.list_leftovers() == []

    def test_calls_after_a_kill_of_libvirtd_just_work(self, driver, server, network_info, node):
        driver.spawn(server, network_info, SECURITY)
        guest = next(iter(node.libvirtd.guests()))
        for end in (node.libvirtd.kill, node.libvirtd.stop):
            end()
            assert not node.libvirtd.alive()
            node.libvirtd.start()
            assert driver.info(server).state == states.RUNNING
            assert list(node.libvirtd.guests()) == [guest]
        driver.pause(server)
        assert driver.info(server).state == states.POWER_PAUSED

    def test_without_libvirtd_the_error_says_what_to_do(self, driver, server, node, configured):
        configured.set('connect_timeout', 1, 'libvirt')
        fresh = LibvirtDriver(firewall=None)
        fresh.init_host('host-1')
        node.libvirtd.kill()
        try:
            with pytest.raises(exception.HypervisorUnavailable, match='Start libvirtd'):
                fresh.list_instances()
        finally:
            node.libvirtd.start()
        assert fresh.list_instances() == {}
        fresh.shutdown()

    def test_a_libvirtd_that_hangs_is_not_waited_for(self, driver, server, node, configured):
        if not concurrency.patched():
            pytest.skip('needs green threads: see TestOnGreenThreads')
        configured.set('connect_timeout', 1, 'libvirt')
        os.kill(node.libvirtd.pid(), signal.SIGSTOP)
        try:
            for _ in range(3):
                with pytest.raises(exception.HypervisorUnavailable, match='hangs'):
                    LibvirtDriver(firewall=None).init_host('host-1')
        finally:
            os.kill(node.libvirtd.pid(), signal.SIGCONT)
        assert driver.list_instances() == {}

    def test_a_capture_that_a_dead_compute_left_is_ended(self, driver, server, network_info, node, reopen):
        driver.spawn(server, network_info, SECURITY)
        copy = os.path.join(node.directory, 'instances', server.uuid, 'capture')
        qemu_img.create(copy, 1 << 30)
        os.chown(copy, *driver._host.guest_owner())
        driver._guests.copy_disk(server.uuid, 'vda', copy)
        again = reopen()
        assert not os.path.exists(copy)
        assert xml.mirror_is_ready(again._guests.xml(server.uuid), 'vda') is None
        assert again.info(server).state == states.RUNNING

    @pytest.mark.parametrize('delay', [0, 0.05, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3])
    def test_libvirtd_killed_during_spawn(self, driver, server, network_info, node, delay):
        restart = threading.Thread(target=self._restart, args=(node, delay))
        restart.start()
        driver.spawn(server, network_info, SECURITY)
        restart.join()
        assert driver.info(server).state == states.RUNNING
        assert len(list(node.libvirtd.guests())) == 1
        driver.destroy(server)
        assert list(node.libvirtd.guests()) == []

    @staticmethod
    def _restart(node, delay):
        time.sleep(delay)
        node.libvirtd.kill()
        node.libvirtd.start()

    def test_libvirtd_killed_during_destroy_and_capture(self, driver, server, network_info, node, tmp_path):
        driver.spawn(server, network_info, SECURITY)
        restart = threading.Thread(target=self._restart, args=(node, 0.05))
        restart.start()
        # The copy may end with an error, but then nothing of it stays, and the next one works.
        with contextlib.suppress(exception.HypervisorError):
            driver.capture(server, str(tmp_path / 'first'))
        restart.join()
        assert not os.path.exists(os.path.join(node.directory, 'instances', server.uuid, 'capture'))
        driver.capture(server, str(tmp_path / 'second'))
        restart = threading.Thread(target=self._restart, args=(node, 0))
        restart.start()
        driver.destroy(server)
        restart.join()
        assert list(node.libvirtd.guests()) == []

    def test_guests_of_others_are_neither_seen_nor_touched(self, driver, server, node):
        import libvirt
        connection = libvirt.open(node.libvirtd.uri)
        other = connection.defineXML(f'<domain type="qemu"><name>other</name><uuid>{server.uuid}</uuid>'
                                     '<memory unit="MiB">8</memory><os><type>hvm</type></os></domain>')
        try:
            assert driver.list_instances() == {}
            driver.destroy(server)
            assert other.name() == 'other'
            with pytest.raises(exception.HypervisorError, match='not one of this cloud'):
                driver.spawn(server, [], SECURITY)
        finally:
            other.undefine()
            connection.close()

    def test_the_firewall_comes_first_and_goes_last(self, reopen, server, network_info, node):
        firewall = Firewall(node)
        driver = reopen(firewall)
        driver.spawn(server, network_info, SECURITY)
        assert firewall.calls == [('apply', server.uuid, 0), ('plugged', network_info[0]['devname'], 1)]
        assert driver.list_leftovers() == sorted([server.uuid, 'from-the-firewall'])
        driver.destroy(server, network_info)
        assert firewall.calls[2:] == [('remove', server.uuid, 0)]

    def test_a_missing_bridge_is_named(self, driver, server, network_info):
        network_info[0]['network']['bridge'] = 'br-none'
        with pytest.raises(exception.HypervisorError, match='no bridge br-none'):
            driver.spawn(server, network_info, SECURITY)

    def test_a_tap_that_stayed_is_removed(self, driver, server, network_info):
        ip('tuntap', 'add', network_info[0]['devname'], 'mode', 'tap')
        driver.destroy(server, network_info)
        with pytest.raises(OSError):
            socket.if_nametoindex(network_info[0]['devname'])

    def test_a_guest_that_ends_by_itself_is_reported(self, driver, server, network_info, node):
        seen = []
        driver.on_lifecycle(lambda uuid, state: seen.append((uuid, state)))
        driver.spawn(server, network_info, SECURITY)
        os.kill(next(iter(node.libvirtd.guests())), signal.SIGKILL)
        wait_for(lambda: seen and seen[-1] in ((server.uuid, states.SHUTDOWN), (server.uuid, states.CRASHED)), 10)
        # Also after libvirtd was started again.
        node.libvirtd.kill()
        node.libvirtd.start()
        driver.list_instances()
        del seen[:]
        driver.power_on(server, network_info, SECURITY)
        wait_for(lambda: (server.uuid, states.RUNNING) in seen, 10)


class TestOnGreenThreads:
    """The same in a process like a daemon's."""

    def test_contract(self):
        green.run('tests/functional/test_libvirt_driver.py', '-k',
                  'boots_and_goes or downloaded_once or suspend_and_resume or ends_by_itself or after_a_kill or hangs',
                  timeout=280)


class Firewall:
    """Notes how many guests ran at each call."""

    def __init__(self, node):
        self.calls = []
        self._node = node

    def apply(self, instance, network_info, security):
        self.calls.append(('apply', instance.uuid, len(list(self._node.libvirtd.guests()))))

    def remove(self, uuid, network_info=None):
        self.calls.append(('remove', uuid, len(list(self._node.libvirtd.guests()))))

    def plugged(self, network_info):
        socket.if_nametoindex(network_info[0]['devname'])
        self.calls.append(('plugged', network_info[0]['devname'], len(list(self._node.libvirtd.guests()))))

    def leftovers(self):
        return {'from-the-firewall'}


def image_size(path):
    out = subprocess.run(['qemu-img', 'info', '-f', 'qcow2', '--output=json', path], check=True, capture_output=True)
    return json.loads(out.stdout)['virtual-size']
