"""VMDK: a text that lists extents, alone in a file or embedded in a sparse extent.

QEMU opens the extents a text names when the file is that text alone, or a sparse extent of no capacity, and it
follows a parent named in either. So only texts whose extents are the file itself are taken.
"""
import re
import struct

from oslo_config import cfg

from essex import config
from glance.exception import DangerousImage
from glance.image.formats.base import HEAD, Inspector

OPTS = [
    cfg.ListOpt('vmdk_allowed_types', default=['streamOptimized', 'monolithicSparse'],
                help='createType values a VMDK may have. Others keep their data in further files.'),
]
CONF = config.register(OPTS, 'image_format')

_SECTOR = 512
# magic, version, flags, capacity, grain, text offset, text size, entries, redundant and grain directory, overhead
_HEADER = struct.Struct('<4sIIQQQQIQQQ')
_AT_END = 0xffffffffffffffff
_EXTENT = re.compile(r'^\s*(?:RW|RDONLY|NOACCESS)\s+(\d+)\s+(\w+)(?:\s+"([^"\n]*)")?', re.MULTILINE | re.IGNORECASE)
_CREATE_TYPE = re.compile(r'createType\s*=\s*"([^"\n]*)"')
_PARENT = re.compile(r'parentFileNameHint\s*=\s*"?([^"\n]*)')
_PARENT_CID = re.compile(r'parentCID\s*=\s*([0-9a-fA-F]+)')


class SparseVmdk(Inspector):
    """A sparse extent with its text inside: monolithicSparse and streamOptimized."""

    names = ('vmdk',)

    def __init__(self):
        self._places = []
        self._capacity = None

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'KDMV')

    def look(self, view):
        if len(view.head) < _HEADER.size:
            return
        self._take_header(_HEADER.unpack_from(view.head))
        # QEMU looks for a parent right behind the header, wherever the header says that the text is.
        self._places.append((_SECTOR, 20 * _SECTOR))
        for offset, length in self._places:
            if offset + length > HEAD:
                view.want(offset, length)
        if self._places[0][0] + self._places[0][1] <= HEAD:
            self._check_texts(view)

    def _take_header(self, header):
        capacity, text_offset, text_size = header[3], header[5], header[6]
        if not text_offset or not text_size:
            raise DangerousImage(problem='the VMDK is an extent of another one: it has no description of its own')
        if not capacity:
            raise DangerousImage(problem='the VMDK has no capacity of its own, only a list of other extents')
        if text_size * _SECTOR > HEAD:
            raise DangerousImage(problem=f'the description inside the VMDK takes {text_size} sectors, which is more '
                                         f'than can be checked')
        self._capacity = capacity
        self._places = [(text_offset * _SECTOR, text_size * _SECTOR)]

    def _check_texts(self, view):
        for number, (offset, length) in enumerate(self._places):
            raw = view.read(offset, length) or view.head[offset:offset + length]
            if number == 0:
                if not raw:
                    raise DangerousImage(problem='the description inside the VMDK lies outside its data')
                check_text(text_of(raw), embedded=True)
            elif _PARENT.search(text_of(raw)):
                check_parent(text_of(raw))

    def finish(self, view):
        if self._capacity is None:
            return None
        self._check_texts(view)
        self._check_footer(view)
        return self._capacity * _SECTOR

    def _check_footer(self, view):
        header = _HEADER.unpack_from(view.head)
        if header[9] != _AT_END or view.size < 3 * _SECTOR:
            return
        # A stream's true header is at its end, before the last marker.
        footer = view.tail[-2 * _SECTOR:][:_HEADER.size]
        if not footer.startswith(b'KDMV'):
            return
        at_end = _HEADER.unpack(footer)
        if at_end[3] != header[3] or at_end[5] not in (0, header[5]):
            raise DangerousImage(problem='the header at the end of the VMDK contradicts the one at its beginning')


class OldVmdk(Inspector):
    """The COWD sparse extents of early hypervisors, which can name a parent."""

    names = ('vmdk',)

    @classmethod
    def matches(cls, view):
        return view.head.startswith(b'COWD')

    def look(self, view):
        flags = struct.unpack_from('<I', view.head.ljust(12, b'\0'), 8)[0]
        name = text_of(view.head[32:32 + 1024])
        if not flags & 1 and name.isprintable() and name.strip():
            raise DangerousImage(problem=f"the VMDK names the parent '{name[:200]}'")


class TextVmdk(Inspector):
    """The text alone: every extent it lists is another file."""

    names = ('vmdk',)

    @classmethod
    def matches(cls, view):
        """As QEMU probes: comments and blank lines, then `version=`."""
        for line in view.head[:64 * 1024].split(b'\n'):
            line = line.strip()
            if line.lower().startswith(b'version='):
                return True
            if line and not line.startswith(b'#'):
                return False
        return False

    def look(self, view):
        check_text(text_of(view.head), embedded=False)


# With one of these marks QEMU reads the header, and looks for no text at the beginning.
WITH_MARK = (SparseVmdk, OldVmdk)


def check_text(text, embedded):
    """Raise DangerousImage unless a VMDK's text describes the file it is in and nothing else.

    Not `embedded`, it stands alone: then any extent is another file.
    """
    extents = _EXTENT.findall(text)
    found = _CREATE_TYPE.search(text)
    kind = found.group(1) if found else None
    if not embedded and kind is None and not extents:
        return   # no description at all, just text that begins like one
    check_parent(text)
    if not embedded:
        names = ', '.join(f"'{name[:200]}'" for _, _, name in extents[:3]) or 'none'
        raise DangerousImage(problem=f'the VMDK is a description only (createType {kind}); its data would be in other '
                                     f'files: {names}')
    allowed = CONF.image_format.vmdk_allowed_types
    if kind not in allowed:
        raise DangerousImage(problem=f'the VMDK has createType {kind}; taken are {", ".join(allowed)}')
    for _, _, name in extents:
        if '/' in name or '\\' in name or name.startswith('.'):
            raise DangerousImage(problem=f"the VMDK names the extent path '{name[:200]}'")
    if len(extents) != 1:
        raise DangerousImage(problem=f'the VMDK lists {len(extents)} extents; one in a single file has exactly one')


def check_parent(text):
    """Raise DangerousImage when a VMDK's text names a parent."""
    for pattern in (_PARENT, _PARENT_CID):
        found = pattern.search(text)
        value = found.group(1).strip() if found else ''
        if value and not (pattern is _PARENT_CID and value.lower() == 'ffffffff'):
            raise DangerousImage(problem=f"the VMDK names a parent: '{found.group(0).strip()[:200]}'")


def text_of(raw):
    return raw.split(b'\0', 1)[0].decode('latin-1')
