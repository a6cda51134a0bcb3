"""The files of a server: <instances_path>/<uuid>/, made as a whole or not at all.

    disk          qcow2 over disk.base, of the flavor's size
    disk.base     hard link to the image in the cache
    disk.iso      hard link to an ISO image
    disk.local    ephemeral disk (qcow2 over ephemeral.base)
    disk.swap     swap, raw
    disk.config   config drive, ISO
    kernel, ramdisk, console.log, instance.json

While they are made the directory is <uuid>.part, while they are removed <uuid>.gone; when others take their place
they are kept aside as <uuid>.former.
"""
import contextlib
import dataclasses
import json
import os
import shutil

from essex import concurrency
from nova.virt import exception, process
from nova.virt.libvirt import qemu_img

_GB = 1 << 30
_MB = 1 << 20
_FORMAT_SECONDS, _COPY_SECONDS = 120, 3000
_SUFFIXES = ('.part', '.gone', '.former')


@dataclasses.dataclass(frozen=True)
class Disk:
    """A file that a guest uses. role: root, iso, ephemeral, swap, config, kernel, ramdisk or console."""

    role: str
    path: str
    format: str = None


_FILES = (('root', 'disk', 'qcow2'), ('ephemeral', 'disk.local', 'qcow2'), ('swap', 'disk.swap', 'raw'),
          ('iso', 'disk.iso', 'raw'), ('config', 'disk.config', 'raw'), ('kernel', 'kernel', None),
          ('ramdisk', 'ramdisk', None))


class InstanceDisks:
    """The files of all servers below `directory`; `cache` is the images.ImageCache."""

    def __init__(self, directory, cache, host):
        self._directory = directory
        self._cache = cache
        self._host = host

    def path(self, uuid, name=''):
        return os.path.join(self._directory, uuid, name)

    def exist(self, uuid):
        """Whether the server's files are there, all of them."""
        return os.path.isdir(self.path(uuid))

    def of(self, uuid):
        """The Disks of a server."""
        found = [Disk(role, self.path(uuid, name), kind) for role, name, kind in _FILES
                 if os.path.exists(self.path(uuid, name))]
        return [*found, Disk('console', self.path(uuid, 'console.log'))]

    def uuids(self):
        """Servers that have files here, whole or not."""
        found = set()
        for name in os.listdir(self._directory):
            for suffix in _SUFFIXES:
                name = name.removesuffix(suffix)
            if len(name) == 36 and name.count('-') == 4:
                found.add(name)
        return found

    def aside(self):
        """Servers that have files aside."""
        return {name.removesuffix('.former') for name in os.listdir(self._directory) if name.endswith('.former')}

    def promised(self):
        """Bytes the disks of all servers may still grow by."""
        total = 0
        for uuid in self.uuids():
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                with open(self.path(uuid, 'instance.json')) as file:
                    size = json.load(file)['bytes']
                used = sum(os.stat(disk.path).st_blocks * 512 for disk in self.of(uuid)
                           if disk.role in ('root', 'ephemeral', 'swap'))
                total += max(size - used, 0)
        return total

    def create(self, instance):
        """Have the files of a server."""
        if self.exist(instance.uuid):
            return
        part = self._fresh(instance.uuid)
        try:
            self._fill(instance, part)
        except OSError as error:
            raise self._no_space(error) from error
        os.rename(part, self._whole(instance.uuid))

    def replace(self, instance, preserve_ephemeral=False):
        """Have new files, the former ones aside; with `preserve_ephemeral` the ephemeral disk is the former one."""
        kept = self.path(instance.uuid, 'disk.local') if preserve_ephemeral else None
        self._set_aside(instance.uuid, lambda part: self._fill(instance, part, kept))

    def resize(self, instance):
        """Have the files in the sizes of `instance`, the former ones aside. Raises DiskTooSmall, GuestNotFound."""
        self._set_aside(instance.uuid, lambda part: self._fill_resized(instance, part))

    def restore(self, uuid):
        """Have the files that are aside back in place, if any are."""
        self._remove(self._whole(uuid, '.part'))
        if os.path.isdir(self._whole(uuid, '.former')):
            self._discard(self._whole(uuid), uuid)
            os.rename(self._whole(uuid, '.former'), self._whole(uuid))
            self._remove(self._whole(uuid, '.gone'))

    def forget(self, uuid):
        """Have no files aside."""
        self._discard(self._whole(uuid, '.former'), uuid)
        self._remove(self._whole(uuid, '.gone'))

    def _set_aside(self, uuid, fill):
        """Have what fill(directory) makes in place of the files there are; only between two renames are there none."""
        whole, former = self._whole(uuid), self._whole(uuid, '.former')
        if os.path.isdir(former):
            if os.path.isdir(whole):
                return
            os.rename(former, whole)
        part = self._fresh(uuid)
        try:
            fill(part)
        except OSError as error:
            raise self._no_space(error) from error
        if os.path.isdir(whole):
            os.rename(whole, former)
        os.rename(part, whole)

    def hand_over(self, uuid, owner):
        """Give what is the server's alone to the user its guest runs as; what it shares with others stays ours."""
        for disk in self.of(uuid):
            if disk.role in ('root', 'ephemeral', 'swap', 'config'):
                os.chown(disk.path, *owner)
                os.chmod(disk.path, 0o400 if disk.role == 'config' else 0o600)

    def delete(self, uuid):
        """Have no file of a server."""
        for suffix in ('', '.former'):
            self._discard(self._whole(uuid, suffix), uuid)
        for suffix in _SUFFIXES:
            self._remove(self._whole(uuid, suffix))

    def _discard(self, directory, uuid):
        """Have no such directory; <uuid>.gone may be left of it. One half removed must not pass for a whole one."""
        if os.path.isdir(directory):
            self._remove(self._whole(uuid, '.gone'))
            os.rename(directory, self._whole(uuid, '.gone'))

    def _whole(self, uuid, suffix=''):
        return os.path.join(self._directory, uuid + suffix)

    # Making

    def _fresh(self, uuid):
        part = self._whole(uuid, '.part')
        self._remove(part)
        os.makedirs(part)
        # The user guests run as enters, others find no name to open.
        os.chmod(part, 0o711)   # noqa: S103
        return part

    def _fill(self, instance, part, ephemeral=None):
        """`ephemeral`: path of the ephemeral disk to keep, if there is one."""
        size = self._root(instance, part)
        for name, image_id in (('kernel', instance.kernel_id), ('ramdisk', instance.ramdisk_id)):
            if image_id:
                os.link(self._base(image_id).path, os.path.join(part, name))
        if ephemeral and os.path.exists(ephemeral):
            os.link(ephemeral, os.path.join(part, 'disk.local'))
        elif instance.ephemeral_gb:
            self._ephemeral(os.path.join(part, 'disk.local'), instance.ephemeral_gb)
        if instance.swap_mb:
            self._swap(os.path.join(part, 'disk.swap'), instance.swap_mb)
        if instance.config_drive:
            self._config_drive(os.path.join(part, 'disk.config'), instance.config_drive_files)
        os.close(os.open(os.path.join(part, 'console.log'), os.O_CREAT | os.O_WRONLY, 0o600))
        self._describe(instance, part, size)

    def _fill_resized(self, instance, part):
        """What guests write is copied, what they only read is shared with the former files."""
        whole = self._whole(instance.uuid)
        if not os.path.isdir(whole):
            raise exception.GuestNotFound(host=self._host, instance_uuid=instance.uuid)
        written = [name for name in ('disk', 'disk.local') if os.path.exists(os.path.join(whole, name))]
        self._check_space(sum(os.stat(os.path.join(whole, name)).st_blocks * 512 for name in written))
        for name in os.listdir(whole):
            source, target = os.path.join(whole, name), os.path.join(part, name)
            if name in written:
                process.run(['cp', '--reflink=auto', '--sparse=always', source, target], timeout=_COPY_SECONDS)
                os.chmod(target, 0o600)
            elif name not in ('disk.swap', 'instance.json'):
                os.link(source, target)
        size = self._grow(instance, os.path.join(part, 'disk'), instance.root_gb * _GB)
        if instance.ephemeral_gb:
            local = os.path.join(part, 'disk.local')
            if 'disk.local' in written:
                self._grow(instance, local, instance.ephemeral_gb * _GB)
            else:
                self._ephemeral(local, instance.ephemeral_gb)
        if instance.swap_mb:
            self._swap(os.path.join(part, 'disk.swap'), instance.swap_mb)
        self._describe(instance, part, size)

    @staticmethod
    def _grow(instance, path, size):
        """Have a disk of `size` bytes (0: as it is); returns its size."""
        if not os.path.exists(path):   # a server that runs from an ISO alone
            if size:
                qemu_img.create(path, size)
            return size
        before = qemu_img.info(path, 'qcow2')['virtual-size']
        if size and size < before:
            raise exception.DiskTooSmall(image_id=instance.image_ref, needed_bytes=before, disk_bytes=size)
        if size > before:
            qemu_img.resize(path, size)
        return size or before

    def _check_space(self, needed):
        free = shutil.disk_usage(self._directory).free
        if free < needed:
            raise exception.InsufficientDisk(host=self._host, path=self._directory, free_mb=free >> 20,
                                             needed_mb=(needed >> 20) + 1)

    @staticmethod
    def _describe(instance, part, root_size):
        with open(os.path.join(part, 'instance.json'), 'w') as file:
            json.dump({'name': instance.name, 'project_id': instance.project_id, 'image': instance.image_ref,
                       'bytes': root_size + instance.ephemeral_gb * _GB + instance.swap_mb * _MB}, file)

    def _root(self, instance, part):
        """Make the root disk; returns its size."""
        size = instance.root_gb * _GB
        path = os.path.join(part, 'disk')
        if not instance.image_ref:
            qemu_img.create(path, size or _GB)
            return size or _GB
        base = self._base(instance.image_ref)
        if base.iso:
            os.link(base.path, os.path.join(part, 'disk.iso'))
            if size:
                qemu_img.create(path, size)
            return size
        if size and base.virtual_size > size:
            raise exception.DiskTooSmall(image_id=instance.image_ref, needed_bytes=base.virtual_size,
                                         disk_bytes=size)
        os.link(base.path, os.path.join(part, 'disk.base'))
        qemu_img.create_overlay(path, 'disk.base', base.format, size or base.virtual_size)
        os.chmod(path, 0o600)
        return size or base.virtual_size

    def _base(self, image_id):
        base = self._cache.get(image_id)
        if base is None:
            raise exception.ImageUnacceptable(image_id=image_id, reason='it was not prepared on this host')
        return base

    @staticmethod
    def _ephemeral(path, size_gb):
        raw = f'{path}.raw'
        _sparse(raw, size_gb * _GB)
        process.run([process.find('mkfs.ext4') or 'mkfs.ext4', '-q', '-F', '-L', 'ephemeral0', '-E',
                     'lazy_itable_init=1,lazy_journal_init=1', raw], timeout=_FORMAT_SECONDS)
        qemu_img.convert(raw, 'raw', path, 'qcow2', untrusted=False)
        os.unlink(raw)

    @staticmethod
    def _swap(path, size_mb):
        _sparse(path, size_mb * _MB)
        process.run([process.find('mkswap') or 'mkswap', '-L', 'swap', path], timeout=_FORMAT_SECONDS)

    @staticmethod
    def _config_drive(path, files):
        """An ISO 9660 image labelled config-2, as cloud-init and others look for."""
        program = process.find('genisoimage', 'mkisofs', 'xorrisofs') or 'genisoimage'
        # Beside it, not in /tmp: what a crash leaves goes with the rest of the server. It may hold secrets.
        directory = f'{path}.files'
        os.mkdir(directory, 0o700)
        for name, content in files.items():
            target = os.path.normpath(os.path.join(directory, name))
            if not target.startswith(directory + os.sep):
                raise ValueError(f'{name} leads out of the config drive')
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, 'wb') as file:
                file.write(content)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        process.run([program, '-quiet', '-o', path, '-ldots', '-allow-lowercase', '-allow-multidot', '-l',
                     '-publisher', 'essex', '-J', '-r', '-V', 'config-2', directory], timeout=_FORMAT_SECONDS)
        shutil.rmtree(directory)

    def _no_space(self, error):
        usage = shutil.disk_usage(self._directory)
        return exception.InsufficientDisk(host=self._host, path=f'{self._directory} ({error})',
                                          free_mb=usage.free >> 20, needed_mb=1)

    @staticmethod
    def _remove(path):
        concurrency.in_thread(shutil.rmtree, path, ignore_errors=True)
        if os.path.lexists(path):
            # Not everything went: say why.
            concurrency.in_thread(shutil.rmtree, path)


def _sparse(path, size):
    with open(path, 'wb') as file:
        file.truncate(size)
    os.chmod(path, 0o600)
