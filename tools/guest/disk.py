"""Disk images: an ext4 file system, a bootable disk around it, and their compressed qcow2 form."""

import os
import struct

from guest import host

SECTOR = 512
MEGABYTE = 1024 * 1024
FIRST = MEGABYTE                # where the boot partition starts, as every partitioning tool does it
LABEL = 'essex-root'
# Group descriptors are reserved for 2 TB; more of them would overflow the small journal when it grows.
MKE2FS = ['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '0', '-L', LABEL, '-J', 'size=4',
          '-O', '^64bit,^metadata_csum,^huge_file', '-N', '4096']
GROWTH = '536870911'


def make_ext4(tree, path, size, directory, offset=0):
    """Writes a tree as an ext4 file system of this size into a file, from offset on; directory is scratch space."""
    if not os.path.exists(directory):
        tree.write_directory(directory)
    extended = [f'resize={GROWTH}', 'root_owner=0:0', 'lazy_itable_init=0', 'lazy_journal_init=0', 'nodiscard']
    if offset:
        extended.append(f'offset={offset}')
    host.run('mke2fs', *MKE2FS, '-d', directory, '-E', ','.join(extended), path, f'{size // 1024}k')
    _set_owners(tree, path, offset)


def _set_owners(tree, path, offset):
    """mke2fs takes the owners from the scratch directory, where they are whoever runs this."""
    uid, gid = os.geteuid(), os.getegid()
    lines = []
    for name, entry in tree.entries.items():
        if entry.uid != uid:
            lines.append(f'set_inode_field "/{name}" uid {entry.uid}')
        if entry.gid != gid:
            lines.append(f'set_inode_field "/{name}" gid {entry.gid}')
    if lines:
        script = f'{path}.debugfs'
        with open(script, 'w') as commands:
            commands.write('\n'.join(lines) + '\n')
        name = f'{path}?offset={offset}' if offset else path
        output = host.run('debugfs', '-w', '-f', script, name)
        os.unlink(script)
        if 'File not found' in output or 'Could not' in output:
            raise host.BuildError(f'debugfs could not set the owners in {path}:\n{output[-500:]}')


def make_bootable(path, kernel, ramdisk, tree, directory, root_size, cmdline):
    """A disk with a master boot record, a FAT partition with SYSLINUX, kernel and ramdisk, and the root partition."""
    payload = os.path.getsize(kernel) + os.path.getsize(ramdisk)
    boot_size = -(-(payload + payload // 50 + MEGABYTE // 2) // MEGABYTE) * MEGABYTE
    root_start = FIRST + boot_size
    with open(path, 'wb') as disk:
        disk.truncate(root_start + root_size)
        with open('/usr/lib/syslinux/mbr/mbr.bin', 'rb') as code:
            disk.write(code.read(440))
        disk.seek(440)
        disk.write(struct.pack('<IH', 0x65737378, 0))
        disk.write(_partition(0x80, 0x0e, FIRST, boot_size) + _partition(0, 0x83, root_start, root_size))
        disk.write(bytes(32) + b'\x55\xaa')
    config = f'{path}.syslinux'
    with open(config, 'w') as text:
        text.write((host.HERE / 'syslinux.cfg').read_text().format(cmdline=cmdline))
    fat = f'{path}@@{FIRST}'
    host.run('mformat', '-i', fat, '-c', '4', '-h', '16', '-s', '63', '-T', boot_size // SECTOR,
             '-H', FIRST // SECTOR, '-N', '65737378', '-v', 'BOOT', '::')
    for source, name in ((kernel, 'vmlinuz'), (ramdisk, 'initrd'), (config, 'syslinux.cfg')):
        host.run('mcopy', '-i', fat, source, f'::/{name}')
    os.unlink(config)
    host.run('syslinux', '--offset', FIRST, '--install', path)
    make_ext4(tree, path, root_size, directory, root_start)


def _partition(flag, kind, start, size):
    """An entry of the partition table, with the cylinder fields that mean "see the sector numbers"."""
    return struct.pack('<B3sB3sII', flag, b'\xfe\xff\xff', kind, b'\xfe\xff\xff', start // SECTOR, size // SECTOR)


def make_qcow2(raw, path):
    host.run('qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', 'compat=1.1', raw, path)


def root_size(tree):
    """Room for the tree, its journal and about as much again to write in; whole megabytes."""
    return -(-(tree.size() + 28 * MEGABYTE) // MEGABYTE) * MEGABYTE
