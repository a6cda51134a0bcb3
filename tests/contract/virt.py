"""The contract of a hypervisor driver, as tests: mixed into a class per driver.

That class gives volumes_of(driver, server), the ids of the volumes its guest has, and the fixtures `driver`
(initialised, no guests), `reopen` (() -> a new driver on the same host, as a restarted nova-compute makes one),
`network_info`, `image` (path of a bootable image, its disk format), and `volume_file` (path of an empty raw disk).
"""
import dataclasses
import os
import struct
import subprocess
import uuid

import pytest

from essex import concurrency
from nova.compute import states
from nova.virt import exception
from nova.virt.driver import InstanceSpec, VolumeDisk

SECURITY = {'rules': []}


def spec(image_id=None, disk_format='raw', **more):
    """A small server."""
    identity = str(uuid.uuid4())
    values = {'uuid': identity, 'name': f'instance-{identity[:8]}', 'hostname': 'server', 'project_id': 'p' * 32,
              'user_id': 'u' * 32, 'memory_mb': 64, 'vcpus': 1, 'root_gb': 1, 'image_ref': image_id,
              'image_meta': {'id': image_id, 'disk_format': disk_format, 'properties': {}}}
    return InstanceSpec(**{**values, **more})


class Images:
    """An image service: fetch(image_id, path) as the driver gets it, with a count of the downloads."""

    def __init__(self):
        self.files = {}
        self.fetched = []

    def add(self, content):
        identity = str(uuid.uuid4())
        self.files[identity] = content
        return identity

    def __call__(self, image_id, path):
        self.fetched.append(image_id)
        concurrency.sleep(0.01)
        with open(path, 'wb') as target:
            target.write(self.files[image_id])


class Contract:
    """Every driver passes these."""

    @pytest.fixture
    def images(self):
        return Images()

    @pytest.fixture
    def server(self, images, image):
        """The spec of a server whose image exists."""
        path, disk_format = image
        with open(path, 'rb') as file:
            return spec(images.add(file.read()), disk_format)

    @pytest.fixture
    def disked(self, driver, server, images):
        """A server whose image and disks are on the host."""
        driver.prepare_image(server, images)
        driver.create_disks(server)
        yield server
        driver.destroy(server)
        driver.delete_disks(server)

    @pytest.fixture
    def running(self, driver, disked, network_info):
        """A server whose guest runs."""
        driver.spawn(disked, network_info, SECURITY)
        return disked

    # What the host has

    def test_resources_are_those_of_a_host(self, driver):
        resource = driver.available_resource()
        for key in ('vcpus', 'memory_mb', 'local_gb'):
            assert isinstance(resource[key], int) and resource[key] > 0, key
        for key in ('memory_mb_used_host', 'disk_available_least', 'running_vms', 'hypervisor_version'):
            assert isinstance(resource[key], int), key
        assert resource['hypervisor_hostname'] and resource['hypervisor_type']
        assert resource['cpu_info']['arch'] in resource['capabilities']['architectures']

    def test_nothing_is_there_at_first(self, driver, server):
        assert driver.list_instances() == {}
        assert driver.list_leftovers() == []
        assert driver.info(server).state == states.NOSTATE
        assert driver.console_output(server) == b''

    # Boot and delete

    def test_a_server_boots_and_goes_without_trace(self, driver, running):
        assert driver.info(running).state == states.RUNNING
        assert driver.list_instances()[running.uuid].state == states.RUNNING
        assert driver.available_resource()['running_vms'] == 1
        assert driver.info(running).memory_kb >= 60000
        driver.destroy(running)
        assert driver.list_instances() == {}
        assert driver.list_leftovers() == [running.uuid]
        driver.delete_disks(running)
        assert driver.list_leftovers() == []

    def test_each_step_may_be_repeated(self, driver, server, images, network_info):
        for step in (lambda: driver.prepare_image(server, images), lambda: driver.create_disks(server),
                     lambda: driver.spawn(server, network_info, SECURITY)):
            step()
            step()
        assert len(images.fetched) == 1
        assert list(driver.list_instances()) == [server.uuid]
        for step in (lambda: driver.destroy(server, network_info), lambda: driver.delete_disks(server)):
            step()
            step()
        assert driver.list_leftovers() == []

    def test_deleting_what_never_was_is_fine(self, driver, server, network_info):
        driver.destroy(server, network_info)
        driver.delete_disks(server)
        driver.power_off(server)

    def test_disks_without_a_guest_are_found(self, driver, disked):
        assert driver.list_leftovers() == [disked.uuid]
        assert driver.list_instances() == {}

    def test_a_restarted_compute_finds_its_guests(self, driver, running, reopen):
        again = reopen()
        assert again.list_instances()[running.uuid].state == states.RUNNING
        again.power_off(running)
        assert again.info(running).state == states.SHUTDOWN
        again.destroy(running)
        again.delete_disks(running)
        assert again.list_leftovers() == []

    # Images

    def test_one_image_is_downloaded_once_for_many(self, driver, server, images):
        others = [dataclasses.replace(server, uuid=str(uuid.uuid4())) for _ in range(3)]
        threads = [concurrency.spawn(driver.prepare_image, each, images) for each in others]
        for thread in threads:
            thread.wait()
        assert len(images.fetched) == 1

    def test_a_broken_download_leaves_nothing_behind(self, driver, server, images):
        def broken(image_id, path):
            with open(path, 'wb') as target:
                target.write(b'half')
            raise ConnectionError('the image service went away')

        with pytest.raises(ConnectionError):
            driver.prepare_image(server, broken)
        with pytest.raises(exception.ImageUnacceptable):
            driver.create_disks(server)
        driver.prepare_image(server, images)
        driver.create_disks(server)
        driver.delete_disks(server)

    def test_an_image_that_names_a_backing_file_is_refused(self, driver, images):
        header = struct.pack('>4sIQIIQ', b'QFI\xfb', 3, 512, 11, 16, 1 << 20).ljust(512, b'\0') + b'/etc/passwd'
        hostile = spec(images.add(header.ljust(65536, b'\0')), 'qcow2')
        with pytest.raises(exception.ImageUnacceptable, match='backing file'):
            driver.prepare_image(hostile, images)

    def test_an_image_of_another_format_than_declared_is_refused(self, driver, images):
        header = struct.pack('>4sIQIIQ', b'QFI\xfb', 2, 0, 0, 16, 1 << 20).ljust(65536, b'\0')
        with pytest.raises(exception.ImageUnacceptable, match='registered with disk format raw'):
            driver.prepare_image(spec(images.add(header), 'raw'), images)

    def test_an_image_larger_than_the_root_disk_is_refused(self, driver, images):
        # A qcow2 of a few kilobytes that claims two terabytes.
        path = f'/tmp/essex-test-{uuid.uuid4()}'
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', path, '2T'], check=True)
        with open(path, 'rb') as file:
            large = spec(images.add(file.read()), 'qcow2')
        os.unlink(path)
        with pytest.raises(exception.DiskTooSmall, match='bigger disk'):
            driver.prepare_image(large, images)
            driver.create_disks(large)
        driver.delete_disks(large)
        assert driver.list_leftovers() == []

    # Power

    def test_off_and_on(self, driver, running, network_info):
        for _ in range(2):
            driver.power_off(running)
            assert driver.info(running).state == states.SHUTDOWN
        assert running.uuid in driver.list_instances()
        for _ in range(2):
            driver.power_on(running, network_info, SECURITY)
            assert driver.info(running).state == states.RUNNING

    def test_on_makes_the_guest_from_its_disks(self, driver, disked, network_info):
        driver.power_on(disked, network_info, SECURITY)
        assert driver.info(disked).state == states.RUNNING

    def test_no_guest_without_disks(self, driver, server, network_info):
        for start in (driver.spawn, driver.power_on, driver.reboot):
            with pytest.raises(exception.GuestNotFound):
                start(server, network_info, SECURITY)

    def test_hard_reboot_restarts_from_every_state(self, driver, running, network_info):
        for prepare in (lambda: None, lambda: driver.power_off(running), lambda: driver.pause(running),
                        lambda: driver.destroy(running)):
            prepare()
            driver.reboot(running, network_info, SECURITY, hard=True)
            assert driver.info(running).state == states.RUNNING

    # Pause and suspend

    def test_pause_and_unpause(self, driver, running, network_info):
        for _ in range(2):
            driver.pause(running)
            assert driver.info(running).state == states.POWER_PAUSED
        for _ in range(2):
            driver.unpause(running)
            assert driver.info(running).state == states.RUNNING
        driver.pause(running)
        driver.power_on(running, network_info, SECURITY)
        assert driver.info(running).state == states.RUNNING

    def test_what_needs_a_running_guest_says_so(self, driver, running):
        driver.power_off(running)
        for call in (driver.pause, driver.unpause, driver.suspend, driver.diagnostics):
            with pytest.raises(exception.InstanceInvalidState, match='shut off'):
                call(running)
        driver.destroy(running)
        for call in (driver.pause, driver.unpause, driver.suspend, driver.diagnostics):
            with pytest.raises(exception.GuestNotFound):
                call(running)

    def test_suspend_and_resume(self, driver, running, network_info):
        for _ in range(2):
            driver.suspend(running)
            assert driver.info(running).state == states.POWER_SUSPENDED
        for _ in range(2):
            driver.resume(running, network_info, SECURITY)
            assert driver.info(running).state == states.RUNNING

    def test_a_suspended_guest_can_be_switched_off_or_deleted(self, driver, running, network_info):
        driver.suspend(running)
        driver.power_off(running)
        assert driver.info(running).state == states.SHUTDOWN
        driver.power_on(running, network_info, SECURITY)
        driver.suspend(running)
        driver.destroy(running)
        assert driver.info(running).state == states.NOSTATE

    # Other disks

    @pytest.fixture
    def rebuilt(self, server, images):
        """The same server, with another image and an ephemeral disk."""
        return dataclasses.replace(server, image_ref=images.add(images.files[server.image_ref]), ephemeral_gb=1)

    def test_new_disks_and_back(self, driver, running, rebuilt, images, network_info):
        driver.prepare_image(rebuilt, images)
        driver.power_off(running)
        for _ in range(2):
            driver.replace_disks(rebuilt)
        driver.spawn(rebuilt, network_info, SECURITY)
        assert driver.info(rebuilt).state == states.RUNNING
        driver.power_off(rebuilt)
        for _ in range(2):
            driver.restore_disks(running)
        driver.spawn(running, network_info, SECURITY)
        assert driver.info(running).state == states.RUNNING
        assert driver.list_leftovers() == [running.uuid]

    def test_disks_aside_go_when_forgotten_or_deleted(self, driver, disked, rebuilt, images):
        driver.prepare_image(rebuilt, images)
        for end in (driver.forget_disks, driver.restore_disks, driver.delete_disks):
            driver.replace_disks(rebuilt)
            assert driver.list_aside() == [disked.uuid]
            for _ in range(2):
                end(rebuilt)
            assert driver.list_aside() == []
            driver.restore_disks(rebuilt)   # there is nothing to restore
        assert driver.list_leftovers() == []

    def test_new_disks_where_there_were_none(self, driver, server, images, network_info):
        driver.prepare_image(server, images)
        driver.replace_disks(server, preserve_ephemeral=True)
        driver.spawn(server, network_info, SECURITY)
        driver.forget_disks(server)
        assert driver.info(server).state == states.RUNNING
        driver.destroy(server)
        driver.delete_disks(server)

    def test_new_disks_that_cannot_be_leave_the_former_ones(self, driver, running, network_info):
        driver.power_off(running)
        unknown = dataclasses.replace(running, image_ref=str(uuid.uuid4()))
        with pytest.raises(exception.ImageUnacceptable):
            driver.replace_disks(unknown)
        driver.spawn(running, network_info, SECURITY)
        driver.restore_disks(running)
        assert driver.info(running).state == states.RUNNING

    def test_another_size_and_back(self, driver, running, network_info):
        larger = dataclasses.replace(running, memory_mb=128, vcpus=2, root_gb=2, ephemeral_gb=1, swap_mb=8)
        driver.power_off(running)
        for _ in range(2):
            driver.resize_disks(larger)
        driver.power_on(larger, network_info, SECURITY)
        assert driver.info(larger).memory_kb >= 120000
        driver.power_off(larger)
        for _ in range(2):
            driver.restore_disks(running)
        driver.power_on(running, network_info, SECURITY)
        assert 60000 <= driver.info(running).memory_kb < 70000
        assert driver.list_leftovers() == [running.uuid]

    def test_a_resize_without_way_back(self, driver, disked, network_info):
        larger = dataclasses.replace(disked, root_gb=2)
        driver.resize_disks(larger)
        for _ in range(2):
            driver.forget_disks(larger)
        driver.restore_disks(larger)   # there is nothing to restore
        with pytest.raises(exception.DiskTooSmall):
            driver.resize_disks(disked)
        driver.spawn(larger, network_info, SECURITY)
        assert driver.info(larger).state == states.RUNNING

    def test_only_what_is_there_can_be_resized(self, driver, server):
        with pytest.raises(exception.GuestNotFound):
            driver.resize_disks(server)
        driver.delete_disks(server)
        assert driver.list_leftovers() == []

    # Looking in

    def test_capture_is_a_stand_alone_image_and_the_guest_goes_on(self, driver, running, tmp_path):
        for name in ('running', 'stopped'):
            path = str(tmp_path / name)
            disk_format = driver.capture(running, path)
            out = subprocess.run(['qemu-img', 'info', '-f', disk_format, '--output=json', path], check=True,
                                 capture_output=True, text=True).stdout
            assert 'backing-filename' not in out
            assert driver.info(running).state == {'running': states.RUNNING, 'stopped': states.SHUTDOWN}[name]
            driver.power_off(running)

    def test_volumes_are_there_whenever_the_guest_runs(self, driver, running, network_info, volume_file):
        disk = VolumeDisk(str(uuid.uuid4()), '/dev/vdb', {'type': 'file', 'path': volume_file, 'format': 'raw'})
        for _ in range(2):
            driver.attach_volume(running, disk)
        assert self.volumes_of(driver, running) == [disk.volume_id]
        has_it = dataclasses.replace(running, volumes=(disk,))
        driver.reboot(has_it, network_info, SECURITY, hard=True)
        assert self.volumes_of(driver, running) == [disk.volume_id]
        driver.power_off(has_it)
        driver.attach_volume(running, disk)   # off: nothing to do
        for _ in range(2):
            driver.detach_volume(has_it, disk)
        driver.power_on(running, network_info, SECURITY)
        assert self.volumes_of(driver, running) == []
        assert os.stat(volume_file).st_uid == os.geteuid()

    def test_diagnostics_are_numbers(self, driver, running):
        assert driver.diagnostics(running)['memory'] > 0

    def test_console_output_is_bounded(self, driver, running):
        assert len(driver.console_output(running, max_bytes=5)) <= 5
        assert driver.console_output(running, max_bytes=0) == b''

    def test_security_can_be_refreshed(self, driver, running, network_info):
        driver.refresh_security(running, network_info, SECURITY)

    def test_vnc_is_there_or_says_why_not(self, driver, running):
        if 'vnc' in driver.capabilities:
            console = driver.vnc_console(running)
            assert console['port'] >= 5900 and console['host']
            driver.power_off(running)
        with pytest.raises(exception.ConsoleNotAvailable):
            driver.vnc_console(running)
