"""VHD and VHDX, whose differencing disks name a parent."""
import struct
import uuid

from glance.exception import DangerousImage
from glance.image.formats.base import HEAD, Inspector

_DIFFERENCING = 4
_REGION_TABLE = 192 * 1024
_METADATA_REGION = uuid.UUID('8B7CA206-4790-4B9A-B8FE-575F050F886E').bytes_le
_FILE_PARAMETERS = uuid.UUID('CAA16737-FA36-4D43-B3B6-33F0AA44E76B').bytes_le
_VIRTUAL_SIZE = uuid.UUID('2FA54224-CD1B-4876-B211-5DBED83BF4B8').bytes_le
_PARENT_LOCATOR = uuid.UUID('A8D35F2D-B30B-454D-ABF7-D3D84834AB0C').bytes_le
_HAS_PARENT = 2


class Vhd(Inspector):
    """A VHD: dynamic ones have their footer's copy at the beginning, fixed ones only the footer."""

    names = ('vhd',)

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'conectix')

    @classmethod
    def matches_end(cls, view):
        return view.tail[-512:].startswith(b'conectix')

    def look(self, view):
        self._check(view.head[:512])

    def finish(self, view):
        if view.head.startswith(b'conectix'):
            return self._size(view.head[:512])
        self._check(view.tail[-512:])
        return self._size(view.tail[-512:])

    @staticmethod
    def _check(footer):
        if len(footer) >= 64 and struct.unpack_from('>I', footer, 60)[0] == _DIFFERENCING:
            raise DangerousImage(problem='the VHD is a differencing disk: it needs a parent file')

    @staticmethod
    def _size(footer):
        return struct.unpack_from('>Q', footer, 48)[0] if len(footer) >= 56 else None


class Vhdx(Inspector):
    """A VHDX: a table of regions, one of which holds a table of facts."""

    names = ('vhdx',)

    def __init__(self):
        self._metadata = None

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'vhdxfile')

    def look(self, view):
        self._metadata = self._find_metadata(view)
        if self._metadata is not None:
            view.want(self._metadata, HEAD)

    @staticmethod
    def _find_metadata(view):
        header = view.read(_REGION_TABLE, 16)
        if header is None or header[:4] != b'regi':
            return None
        for number in range(min(struct.unpack_from('<I', header, 8)[0], 2047)):
            entry = view.read(_REGION_TABLE + 16 + 32 * number, 32)
            if entry and entry[:16] == _METADATA_REGION:
                return struct.unpack_from('<Q', entry, 16)[0]
        return None

    def finish(self, view):
        items = dict(self._items(view))
        if _PARENT_LOCATOR in items:
            raise DangerousImage(problem='the VHDX names a parent file')
        parameters = items.get(_FILE_PARAMETERS)
        if parameters and struct.unpack_from('<I', parameters, 4)[0] & _HAS_PARENT:
            raise DangerousImage(problem='the VHDX is a differencing disk: it needs a parent file')
        size = items.get(_VIRTUAL_SIZE)
        return struct.unpack('<Q', size)[0] if size else None

    def _items(self, view):
        header = view.read(self._metadata, 32) if self._metadata is not None else None
        if header is None or header[:8] != b'metadata':
            return
        for number in range(min(struct.unpack_from('<H', header, 10)[0], 1023)):
            entry = view.read(self._metadata + 32 + 32 * number, 32)
            if entry is None:
                return
            offset, = struct.unpack_from('<I', entry, 16)
            yield entry[:16], view.read(self._metadata + offset, 8)
