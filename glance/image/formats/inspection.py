"""The inspection of one stream: feed it, then ask what it is."""
import dataclasses

from oslo_config import cfg

from essex import config
from glance.exception import FormatMismatch
from glance.image.formats import microsoft, qcow2, simple, vmdk
from glance.image.formats.base import HEAD, View

OPTS = [
    cfg.BoolOpt('image_format_enforcement', default=True,
                deprecated_opts=[cfg.DeprecatedOpt('require_image_format_match', group='image_format')],
                help='Refuse data that is not in the disk_format its image declares. Off, any bytes are taken under '
                     'any disk_format. Data that names other files is refused either way.'),
]
CONF = config.register(OPTS)

INSPECTORS = (qcow2.Qcow2, qcow2.Qed, vmdk.SparseVmdk, vmdk.OldVmdk, vmdk.TextVmdk, microsoft.Vhd, microsoft.Vhdx,
              simple.Vdi, simple.Iso, simple.Ploop, simple.PartitionTable)
# Formats that are just bytes: what a structured disk would be mistaken for.
_PLAIN = ('raw', 'ami', 'ari', 'aki', 'gpt')
# Containers that are a wrapping of their own, so that the data does not begin with the disk's format.
_WRAPPED = ('ova', 'docker', 'compressed')


def find_inspectors(view):
    """An inspector of each format whose mark the beginning carries."""
    return [kind() for kind in INSPECTORS if kind.matches(view)]


@dataclasses.dataclass
class Finding:
    """What an inspection came to: format names and the virtual size in bytes."""

    formats: tuple
    virtual_size: int


class Unlooked:
    """In place of an Inspection of data that something else will inspect before anybody uses it."""

    def feed(self, chunk):
        """Take the next bytes."""

    def finish(self):
        """A Finding of nothing."""
        return Finding((), None)


class Inspection:
    """Looks into one stream. feed() and finish() raise DangerousImage or FormatMismatch as soon as they know."""

    def __init__(self, disk_format, container_format=None, enforce=None):
        self.disk_format, self.container_format = disk_format, container_format
        self.enforce = CONF.image_format_enforcement if enforce is None else enforce
        self._view = View()
        self._inspectors = None

    def feed(self, chunk):
        """Take the next bytes."""
        self._view.feed(chunk)
        if self._inspectors is None and len(self._view.head) >= HEAD:
            self._look()

    def finish(self):
        """The data has ended: returns a Finding."""
        if self._inspectors is None:
            self._look()
        for kind in INSPECTORS:
            if kind.matches_end(self._view) and not any(isinstance(each, kind) for each in self._inspectors):
                self._inspectors.append(kind())
        size = None
        for inspector in self._inspectors:
            found = inspector.finish(self._view)
            if not inspector.weak and size is None:
                size = found
        formats = self._formats()
        self._check_match(formats, at_end=True)
        return Finding(formats, self._virtual_size(formats, size))

    def _look(self):
        self._inspectors = find_inspectors(self._view)
        for inspector in self._inspectors:
            inspector.look(self._view)
        # Declared a VMDK, any data with such a text in it is opened as one, mark or not.
        if self.disk_format == 'vmdk' and not any(isinstance(each, vmdk.WITH_MARK) for each in self._inspectors):
            vmdk.check_text(vmdk.text_of(self._view.head), embedded=False)
        self._check_match(self._formats(), at_end=False)

    def _formats(self):
        strong = tuple(name for each in self._inspectors if not each.weak for name in each.names)
        return strong or ('raw', *(name for each in self._inspectors for name in each.names))

    def _virtual_size(self, formats, size):
        # More than a signed 64-bit column holds is a made-up number.
        if size is not None and 0 <= size < 2 ** 63 and self.container_format not in _WRAPPED:
            return size
        return self._view.size if 'raw' in formats and self.disk_format in ('raw', 'gpt', 'iso') else None

    def _check_match(self, formats, at_end):
        declared = self.disk_format
        if not self.enforce or declared is None or self.container_format in _WRAPPED or declared in formats:
            return
        if declared in _PLAIN:
            if 'raw' in formats and (declared != 'gpt' or 'gpt' in formats):
                return
        elif declared == 'vhd' and not at_end:
            return   # a fixed VHD shows its mark only at the end
        raise FormatMismatch(declared=declared, problem=f'it looks like {formats[0]}')
