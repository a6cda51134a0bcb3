"""Looks at the first bytes of an image from outside: which format it is, how large, and whether it is harmless.

A disk image may name another file (backing file, data file, extent), and a tool that opens it opens that one
too. So nothing is opened by a tool before `inspect` has said what it is, and the tool is then told the format.
"""
import dataclasses
import os
import re
import struct

SECTOR = 512
_HEAD = 1 << 16
_MAX_DESCRIPTOR = 1 << 20
_QCOW2_DATA_FILE = 1 << 2
_QCOW2_EXTENSION_DATA_FILE = 0x44415441
# What Glance calls a format that we find as another: the partition images of the EC2 era are raw.
_DECLARED = {'ami': 'raw', 'aki': 'raw', 'ari': 'raw', 'iso': 'iso', 'vhd': 'vhd', 'vpc': 'vhd'}
# Names that qemu-img knows a format by.
QEMU_NAMES = {'raw': 'raw', 'iso': 'raw', 'qcow2': 'qcow2', 'vmdk': 'vmdk', 'vdi': 'vdi', 'vhd': 'vpc', 'vhdx': 'vhdx'}


class Unsafe(Exception):
    """The image must not be opened; the text says why."""


@dataclasses.dataclass(frozen=True)
class Format:
    """`virtual_size` in bytes is None where the header does not tell it."""

    name: str
    virtual_size: int = None

    @property
    def qemu_name(self):
        return QEMU_NAMES[self.name]


def inspect(path, declared=None):
    """The Format of a file. Raises Unsafe for what must not be opened, and when it is not the `declared` format."""
    with open(path, 'rb') as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD)
        found = _identify(file, head, size)
    if declared:
        expected = _DECLARED.get(declared, declared)
        # An ISO may be used as a raw disk on purpose (hybrid images); any other difference is an attack or a mistake.
        if found.name != expected and not (expected == 'raw' and found.name == 'iso'):
            raise Unsafe(f'it was registered with disk format {declared}, but its content is {found.name}')
    return found


def _identify(file, head, size):
    for magic, offset, look in _KINDS:
        if head[offset:offset + len(magic)] == magic:
            try:
                return look(file, head, size)
            except (struct.error, UnicodeDecodeError, ValueError) as error:
                raise Unsafe('its header is damaged') from error
    if size >= SECTOR:
        file.seek(size - SECTOR)
        footer = file.read(SECTOR)
        if footer[:8] == b'conectix':
            return _vhd(file, footer, size)
    return Format('raw', size)


def _qcow2(file, head, size):
    version, backing = struct.unpack_from('>IQ', head, 4)
    virtual_size, encryption = struct.unpack_from('>QI', head, 24)
    if version not in (2, 3):
        raise Unsafe(f'its qcow version {version} is not supported (2 and 3 are)')
    if backing:
        raise Unsafe('it names a backing file')
    if encryption:
        raise Unsafe('it is encrypted')
    header_length = 72
    if version == 3:
        incompatible, = struct.unpack_from('>Q', head, 72)
        if incompatible & _QCOW2_DATA_FILE:
            raise Unsafe('it names an external data file')
        header_length, = struct.unpack_from('>I', head, 100)
    if _has_extension(head, header_length, _QCOW2_EXTENSION_DATA_FILE):
        raise Unsafe('it names an external data file')
    return Format('qcow2', virtual_size)


def _has_extension(head, offset, wanted):
    while offset + 8 <= len(head):
        kind, length = struct.unpack_from('>II', head, offset)
        if kind == 0:
            return False
        if kind == wanted:
            return True
        offset += 8 + (length + 7) // 8 * 8
    return False


def _vmdk(file, head, size):
    version, _flags, capacity = struct.unpack_from('<IIQ', head, 4)
    descriptor_at, descriptor_sectors = struct.unpack_from('<QQ', head, 28)
    if version not in (1, 2, 3):
        raise Unsafe(f'its VMDK version {version} is not supported')
    if not descriptor_at or descriptor_sectors * SECTOR > _MAX_DESCRIPTOR:
        raise Unsafe('it has no usable VMDK descriptor')
    file.seek(descriptor_at * SECTOR)
    text = file.read(descriptor_sectors * SECTOR).split(b'\0', 1)[0].decode('utf-8')
    _check_vmdk_descriptor(text)
    return Format('vmdk', capacity * SECTOR)


def _check_vmdk_descriptor(text):
    kind = re.search(r'^\s*createType\s*=\s*"?(\w+)"?\s*$', text, re.MULTILINE | re.IGNORECASE)
    if not kind or kind.group(1).lower() not in ('monolithicsparse', 'streamoptimized'):
        raise Unsafe('its VMDK type is {}, and only monolithicSparse and streamOptimized keep everything in one '
                     'file'.format(kind.group(1) if kind else 'not given'))
    parent = re.search(r'^\s*parentCID\s*=\s*(\w+)', text, re.MULTILINE | re.IGNORECASE)
    if parent and parent.group(1).lower() != 'ffffffff' or 'parentFileNameHint' in text:
        raise Unsafe('it names a parent disk')
    extents = re.findall(r'^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)\s*(.*)$', text, re.MULTILINE | re.IGNORECASE)
    if len(extents) != 1 or extents[0][0].upper() != 'SPARSE' or '/' in extents[0][1] or '\\' in extents[0][1]:
        raise Unsafe('its VMDK extents name other files')


def _vmdk_text(file, head, size):
    raise Unsafe('it is a VMDK descriptor that names other files')


def _vdi(file, head, size):
    kind, = struct.unpack_from('<I', head, 0x4c)
    virtual_size, = struct.unpack_from('<Q', head, 0x170)
    if kind not in (1, 2):
        raise Unsafe('its VDI type refers to another disk')
    return Format('vdi', virtual_size)


def _vhd(file, head, size):
    virtual_size, _geometry, kind = struct.unpack_from('>QII', head, 48)
    if kind not in (2, 3):
        raise Unsafe('its VHD type refers to another disk')
    return Format('vhd', virtual_size)


def _refuse(what):
    def look(file, head, size):
        raise Unsafe(f'{what} images are not supported')
    return look


_KINDS = (
    (b'QFI\xfb', 0, _qcow2),
    (b'KDMV', 0, _vmdk),
    (b'COWD', 0, _refuse('old VMDK (COWD)')),
    (b'# Disk DescriptorFile', 0, _vmdk_text),
    (b'\x7f\x10\xda\xbe', 0x40, _vdi),
    (b'conectix', 0, _vhd),
    # QEMU refuses VHDX with a parent by itself, and its size needs the region tables: left to qemu-img.
    (b'vhdxfile', 0, lambda file, head, size: Format('vhdx')),
    (b'QED\0', 0, _refuse('QED')),
    (b'LUKS\xba\xbe', 0, _refuse('encrypted (LUKS)')),
    (b'CD001', 0x8001, lambda file, head, size: Format('iso', size)),
)
