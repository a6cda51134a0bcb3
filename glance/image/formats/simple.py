"""Formats that are one mark and a size: VDI, ISO 9660, parallels' ploop, partition tables."""
import struct

from glance.exception import DangerousImage
from glance.image.formats.base import Inspector

_VDI_DIFFERENCING = 4


class Vdi(Inspector):
    """VirtualBox's format; a differencing image has its parent elsewhere."""

    names = ('vdi',)

    @classmethod
    def matches(cls, view):
        return view.head[64:68] == b'\x7f\x10\xda\xbe'

    def look(self, view):
        if len(view.head) >= 80 and struct.unpack_from('<I', view.head, 76)[0] == _VDI_DIFFERENCING:
            raise DangerousImage(problem='the VDI is a differencing image: it needs a parent file')

    def finish(self, view):
        return struct.unpack_from('<Q', view.head, 368)[0] if len(view.head) >= 376 else None


class Iso(Inspector):
    """A file system for optical discs."""

    names = ('iso',)

    @classmethod
    def matches(cls, view):
        return view.head[32769:32774] in (b'CD001', b'NSR02', b'NSR03')

    def finish(self, view):
        descriptor = view.head[32768:32768 + 2048]
        if len(descriptor) < 132 or descriptor[1:6] != b'CD001':
            return None
        blocks, = struct.unpack_from('<I', descriptor, 80)
        block, = struct.unpack_from('<H', descriptor, 128)
        return blocks * block


class Ploop(Inspector):
    """The expandable disks of containers."""

    names = ('ploop',)

    @classmethod
    def matches(cls, view):
        return view.head[:16] in (b'WithoutFreeSpace', b'WithouFreSpacExt')

    def finish(self, view):
        if len(view.head) < 44:
            return None
        if view.head.startswith(b'WithouFreSpacExt'):
            return struct.unpack_from('<Q', view.head, 36)[0] * 512
        return struct.unpack_from('<I', view.head, 36)[0] * 512


class PartitionTable(Inspector):
    """A raw disk with a partition table (GPT, or the older boot record)."""

    names = ('gpt', 'raw')
    weak = True

    @classmethod
    def matches(cls, view):
        return view.head[510:512] == b'\x55\xaa' or view.head[512:520] == b'EFI PART'

    def finish(self, view):
        return view.size
