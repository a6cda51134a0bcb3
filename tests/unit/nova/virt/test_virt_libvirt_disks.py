"""The cache of images, the files of a server, its console log; with the real qemu-img."""
import dataclasses
import os
import subprocess
import time

import pytest

from nova.virt import exception
from nova.virt.libvirt import console, qemu_img
from nova.virt.libvirt.disks import InstanceDisks
from nova.virt.libvirt.images import ImageCache
from tests.contract.virt import Images, spec

GB = 1 << 30
MB = 1 << 20


@pytest.fixture
def images():
    return Images()


@pytest.fixture
def cache(conf, tmp_path):
    os.makedirs(tmp_path / 'instances' / '_base')
    return ImageCache(str(tmp_path / 'instances' / '_base'), 'host-1')


@pytest.fixture
def disks(cache, tmp_path):
    return InstanceDisks(str(tmp_path / 'instances'), cache, 'host-1')


def image(tmp_path, disk_format='qcow2', size='16M'):
    path = tmp_path / 'made'
    subprocess.run(['qemu-img', 'create', '-q', '-f', disk_format, str(path), size], check=True)
    return path.read_bytes()


def names(cache):
    return sorted(name for name in os.listdir(cache._directory) if name != 'locks')


class Killed(BaseException):
    """As by kill -9: nobody catches it."""


class TestImageCache:
    def test_images_become_raw(self, cache, images, tmp_path):
        identity = images.add(image(tmp_path))
        base = cache.prepare(identity, images, 'qcow2', GB)
        assert (base.format, base.virtual_size) == ('raw', 16 * MB)
        assert os.path.getsize(base.path) == 16 * MB
        assert names(cache) == [os.path.basename(base.path), os.path.basename(base.path) + '.json']
        assert cache.prepare(identity, images, 'qcow2', GB) == cache.get(identity) == base
        assert images.fetched == [identity]

    @pytest.mark.parametrize(('disk_format', 'kept'), [('qcow2', 'qcow2'), ('vmdk', 'qcow2'), ('raw', 'raw')])
    def test_or_stay_as_they_are(self, conf, cache, images, tmp_path, disk_format, kept):
        conf.set('force_raw_images', False)
        base = cache.prepare(images.add(image(tmp_path, disk_format)), images, disk_format)
        assert (base.format, base.virtual_size) == (kept, 16 * MB)
        assert qemu_img.info(base.path, kept)['virtual-size'] == 16 * MB

    def test_the_size_rule_holds_for_cached_images_too(self, cache, images, tmp_path):
        identity = images.add(image(tmp_path))
        cache.prepare(identity, images, 'qcow2', 0)
        with pytest.raises(exception.DiskTooSmall):
            cache.prepare(identity, images, 'qcow2', MB)

    def test_what_is_no_image_is_refused_and_leaves_nothing(self, cache, images):
        for content, declared in ((b'QFI\xfb' + b'\xff' * 70000, None), (b'KDMV' + b'\0' * 600, 'vmdk')):
            with pytest.raises(exception.ImageUnacceptable):
                cache.prepare(images.add(content), images, declared)
        assert names(cache) == []

    def test_a_qcow2_that_qemu_cannot_read_is_refused(self, cache, images, tmp_path):
        broken = bytearray(image(tmp_path))
        broken[40:48] = b'\xff' * 8    # the level one table is nowhere
        with pytest.raises(exception.ImageUnacceptable, match='cannot be read|conversion'):
            cache.prepare(images.add(bytes(broken)), images, 'qcow2')
        assert names(cache) == []

    def test_kernels_are_taken_as_they_are(self, cache, images):
        base = cache.prepare(images.add(b'MZ kernel'), images, boot_file=True)
        with open(base.path, 'rb') as file:
            assert file.read() == b'MZ kernel'
        with pytest.raises(exception.ImageUnacceptable):
            cache.prepare(images.add(b''), images, boot_file=True)

    def test_leftovers_of_a_dead_process_are_cleaned(self, cache, images):
        identity = images.add(b'x' * 512)
        for part in ('a', 'b'):
            with open(f'{cache._path(identity)}.part-{part}', 'wb'):
                pass
        cache.clean()
        assert names(cache) == []

    def test_an_entry_without_its_record_does_not_exist(self, cache, images):
        identity = images.add(b'x' * 512)
        base = cache.prepare(identity, images, 'raw')
        os.unlink(f'{base.path}.json')
        assert cache.get(identity) is None
        cache.prepare(identity, images, 'raw')
        assert len(images.fetched) == 2

    def test_unused_images_go_when_they_are_old(self, cache, disks, images):
        used, unused = images.add(b'u' * 512), images.add(b'n' * 512)
        server = spec(used)
        for identity in (used, unused):
            cache.prepare(identity, images, 'raw')
        disks.create(server)
        assert cache.remove_unused(3600) == 0
        for identity in (used, unused):
            os.utime(cache._path(identity), (0, time.time() - 7200))
        assert cache.remove_unused(3600) == 1
        assert cache.get(unused) is None
        assert cache.get(used) is not None


class TestInstanceDisks:
    def prepare(self, cache, images, tmp_path, **more):
        server = spec(images.add(image(tmp_path)), 'qcow2', **more)
        cache.prepare(server.image_ref, images, 'qcow2')
        return server

    def test_an_overlay_of_the_flavors_size(self, cache, disks, images, tmp_path):
        server = self.prepare(cache, images, tmp_path, root_gb=2)
        disks.create(server)
        told = qemu_img.info(disks.path(server.uuid, 'disk'), 'qcow2')
        assert told['virtual-size'] == 2 * GB
        assert (told['backing-filename'], told['backing-filename-format']) == ('disk.base', 'raw')
        assert disks.promised() > GB
        assert disks.uuids() == {server.uuid}

    def test_without_a_size_the_images_own(self, cache, disks, images, tmp_path):
        server = self.prepare(cache, images, tmp_path, root_gb=0)
        disks.create(server)
        assert qemu_img.info(disks.path(server.uuid, 'disk'), 'qcow2')['virtual-size'] == 16 * MB

    def test_all_kinds(self, cache, disks, images, tmp_path):
        files = {'openstack/latest/meta_data.json': b'{}', 'ec2/latest/user-data': b'#!'}
        server = self.prepare(cache, images, tmp_path, ephemeral_gb=1, swap_mb=8, config_drive=True,
                              config_drive_files=files)
        disks.create(server)
        assert [disk.role for disk in disks.of(server.uuid)] == ['root', 'ephemeral', 'swap', 'config', 'console']
        with open(disks.path(server.uuid, 'disk.config'), 'rb') as file:
            iso = file.read()
        assert iso[0x8001:0x8006] == b'CD001'
        assert iso[0x8028:0x8030] == b'config-2'
        with open(disks.path(server.uuid, 'disk.swap'), 'rb') as file:
            assert b'SWAPSPACE2' in file.read(8192)

    def test_a_config_drive_keeps_to_itself(self, cache, disks, images, tmp_path):
        server = self.prepare(cache, images, tmp_path, config_drive=True, config_drive_files={'../../evil': b''})
        with pytest.raises(ValueError, match='leads out'):
            disks.create(server)

    def test_what_failed_half_way_is_begun_anew(self, cache, disks, images, tmp_path, monkeypatch):
        server = self.prepare(cache, images, tmp_path, swap_mb=8)

        def fail(*args):
            raise OSError(28, 'No space left on device')

        with monkeypatch.context() as patch:
            patch.setattr(disks, '_swap', fail)
            with pytest.raises(exception.InsufficientDisk, match='No space left'):
                disks.create(server)
        assert not disks.exist(server.uuid)
        assert disks.uuids() == {server.uuid}
        disks.create(server)
        assert disks.exist(server.uuid)

    def test_half_removed_is_removed(self, cache, disks, images, tmp_path):
        server = self.prepare(cache, images, tmp_path)
        for suffix in ('.gone', '.part'):
            os.mkdir(disks.path(server.uuid).rstrip('/') + suffix)
        assert not disks.exist(server.uuid)
        assert disks.uuids() == {server.uuid}
        disks.delete(server.uuid)
        assert disks.uuids() == set()

    @pytest.fixture
    def server(self, cache, disks, images, tmp_path):
        """One with all kinds of disks, on which something was written."""
        server = self.prepare(cache, images, tmp_path, ephemeral_gb=1, swap_mb=8, config_drive=True,
                              config_drive_files={'openstack/latest/meta_data.json': b'{}'})
        disks.create(server)
        with open(disks.path(server.uuid, 'console.log'), 'w') as log:
            log.write('hello')
        return server

    @staticmethod
    def sizes(disks, server):
        """{name: bytes the guest sees}."""
        found = {name: qemu_img.info(disks.path(server.uuid, name), 'qcow2')['virtual-size'] // GB
                 for name in ('disk', 'disk.local')}
        return {**found, 'swap': os.path.getsize(disks.path(server.uuid, 'disk.swap')) // MB}

    def test_other_sizes_and_back(self, disks, server):
        larger = dataclasses.replace(server, root_gb=3, ephemeral_gb=2, swap_mb=16)
        disks.resize(larger)
        assert self.sizes(disks, server) == {'disk': 3, 'disk.local': 2, 'swap': 16}
        assert [disk.role for disk in disks.of(server.uuid)] == ['root', 'ephemeral', 'swap', 'config', 'console']
        assert console.tail(disks.path(server.uuid, 'console.log'), 10) == b'hello'
        assert disks.uuids() == {server.uuid} and disks.promised() > 4 * GB
        disks.restore(server.uuid)
        assert self.sizes(disks, server) == {'disk': 1, 'disk.local': 1, 'swap': 8}
        assert os.listdir(os.path.dirname(disks.path(server.uuid).rstrip('/'))).count(server.uuid) == 1

    def test_what_was_written_goes_along(self, disks, server, tmp_path):
        subprocess.run(['qemu-io', '-f', 'qcow2', '-c', 'write -P 0x55 1M 64k', disks.path(server.uuid, 'disk')],
                       check=True, capture_output=True)
        disks.resize(dataclasses.replace(server, root_gb=2))
        read = ['qemu-io', '-f', 'qcow2', '-c', 'read -P 0x55 1M 64k', disks.path(server.uuid, 'disk')]
        assert 'verification failed' not in subprocess.run(read, check=True, capture_output=True, text=True).stdout

    def test_no_disk_shrinks(self, disks, server):
        disks.resize(dataclasses.replace(server, root_gb=2, ephemeral_gb=2))
        disks.forget(server.uuid)
        for smaller in ({'root_gb': 1, 'ephemeral_gb': 2}, {'root_gb': 2, 'ephemeral_gb': 1}):
            with pytest.raises(exception.DiskTooSmall):
                disks.resize(dataclasses.replace(server, **smaller))
        assert self.sizes(disks, server) == {'disk': 2, 'disk.local': 2, 'swap': 8}

    def test_a_new_disk_may_keep_the_ephemeral_one(self, disks, server):
        before = os.stat(disks.path(server.uuid, 'disk.local')).st_ino
        disks.replace(server, preserve_ephemeral=True)
        assert os.stat(disks.path(server.uuid, 'disk.local')).st_ino == before
        disks.forget(server.uuid)
        disks.replace(server)
        assert os.stat(disks.path(server.uuid, 'disk.local')).st_ino != before

    @pytest.mark.parametrize('where', [0, 1])
    @pytest.mark.parametrize('change', ['resize', 'replace'])
    def test_cut_short_before_each_rename(self, disks, server, monkeypatch, change, where):
        larger = dataclasses.replace(server, root_gb=2)
        self.cut_short(monkeypatch, where, getattr(disks, change), larger)
        disks.restore(server.uuid)
        assert self.sizes(disks, server)['disk'] == 1, 'back from there'
        self.cut_short(monkeypatch, where, getattr(disks, change), larger)
        getattr(disks, change)(larger)
        assert self.sizes(disks, server)['disk'] == 2, 'or on'
        for cut in (0, 1):
            self.cut_short(monkeypatch, cut, disks.restore, server.uuid)
        disks.restore(server.uuid)
        assert self.sizes(disks, server)['disk'] == 1
        disks.delete(server.uuid)
        assert disks.uuids() == set()

    @staticmethod
    def cut_short(monkeypatch, where, call, *args):
        """Have a call die before its rename number `where`."""
        rename, count = os.rename, iter(range(99))

        def die(*names):
            if next(count) == where:
                raise Killed()
            rename(*names)
        with monkeypatch.context() as patch:
            patch.setattr(os, 'rename', die)
            with pytest.raises(Killed):
                call(*args)

    def test_half_forgotten_is_not_restored(self, disks, server, monkeypatch):
        disks.replace(server)

        def die(*args, **kwargs):
            raise Killed()
        with monkeypatch.context() as patch:
            patch.setattr(disks, '_remove', die)
            with pytest.raises(Killed):
                disks.forget(server.uuid)
        disks.forget(server.uuid)
        disks.restore(server.uuid)
        assert disks.exist(server.uuid) and disks.uuids() == {server.uuid}

    def test_guests_outlive_the_cache(self, cache, disks, images, tmp_path):
        server = self.prepare(cache, images, tmp_path)
        disks.create(server)
        os.unlink(cache._path(server.image_ref))
        assert os.path.getsize(disks.path(server.uuid, 'disk.base')) == 16 * MB


class TestConsole:
    def test_tail(self, tmp_path):
        path = str(tmp_path / 'log')
        assert console.tail(path, 10) == b''
        (tmp_path / 'log').write_bytes(b'0123456789')
        assert console.tail(path, 4) == b'6789'
        assert console.tail(path, 100) == b'0123456789'
        assert console.tail(path, 0) == b''

    def test_cut(self, tmp_path):
        path = tmp_path / 'log'
        console.cut(str(path), 10)
        path.write_bytes(b'x' * 90 + b'0123456789')
        console.cut(str(path), 100)
        assert path.stat().st_size == 100
        console.cut(str(path), 40)
        assert path.read_bytes() == b'0123456789'
