"""QCOW (1, 2, 3) and QED: formats whose header can name a backing file, and QCOW2 also an external data file."""
import struct

from glance.exception import DangerousImage
from glance.image.formats.base import Inspector

_DATA_FILE_BIT = 1 << 2
_EXTENSION_DATA_FILE = 0x44415441
_EXTENSION_END = 0


class Qcow2(Inspector):
    """QCOW2, and the first QCOW which begins alike."""

    names = ('qcow2',)

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'QFI\xfb')

    def look(self, view):
        head = view.head
        if len(head) < 32:
            return
        version, backing_offset, backing_size = struct.unpack_from('>IQI', head, 4)
        if backing_offset:
            raise DangerousImage(problem=f'the qcow2 header names the backing file '
                                         f'{_name(head, backing_offset, backing_size)}')
        if version >= 3 and len(head) >= 104:
            incompatible, = struct.unpack_from('>Q', head, 72)
            if incompatible & _DATA_FILE_BIT:
                raise DangerousImage(problem='the qcow2 header says that the data lies in an external data file')
            header_length, = struct.unpack_from('>I', head, 100)
        else:
            header_length = 72
        if version >= 2:
            # The header and its extensions fill at most one cluster.
            self._check_extensions(head[:1 << min(head[23], 21)], header_length)

    @staticmethod
    def _check_extensions(head, offset):
        while offset + 8 <= len(head):
            kind, length = struct.unpack_from('>II', head, offset)
            if kind == _EXTENSION_END:
                return
            if kind == _EXTENSION_DATA_FILE:
                name = head[offset + 8:offset + 8 + min(length, 255)]
                raise DangerousImage(problem=f'a qcow2 header extension names the external data file {_shown(name)}')
            # Lengths are padded to a multiple of eight.
            offset += 8 + (length + 7) // 8 * 8

    def finish(self, view):
        head = view.head
        return struct.unpack_from('>Q', head, 24)[0] if len(head) >= 32 else None


class Qed(Inspector):
    """QEMU's enhanced disk format: never an accepted disk_format, but QEMU opens it and follows its backing file."""

    names = ('qed',)

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'QED\0')

    def look(self, view):
        if len(view.head) < 64:
            return
        features, = struct.unpack_from('<Q', view.head, 16)
        name_offset, name_size = struct.unpack_from('<II', view.head, 56)
        if features & 1:
            raise DangerousImage(problem=f'the QED header names the backing file '
                                         f'{_name(view.head, name_offset, name_size)}')

    def finish(self, view):
        return struct.unpack_from('<Q', view.head, 48)[0] if len(view.head) >= 56 else None


def _name(head, offset, size):
    return _shown(head[offset:offset + min(size, 1023)])


def _shown(raw):
    text = raw.decode('utf-8', 'replace')
    text = ''.join(each if each.isprintable() else '?' for each in text[:200])
    return f"'{text}'" if text else '(of unreadable name)'
