"""What a format inspector is, and the part of the data it can look at."""
import abc

# How much of the beginning is kept: as much as QEMU reads of a VMDK's text, the longest of all beginnings.
HEAD = 1024 * 1024
TAIL = 4096


class View:
    """What has been kept of a stream: its beginning, its end and the regions an inspector asked for."""

    def __init__(self):
        self.head = b''
        self.tail = b''
        self.size = 0
        self._regions = []

    def feed(self, chunk):
        """Take the next bytes of the stream."""
        start = self.size
        self.size += len(chunk)
        if len(self.head) < HEAD:
            self.head += bytes(chunk[:HEAD - len(self.head)])
        self.tail = bytes(chunk[-TAIL:]) if len(chunk) >= TAIL else (self.tail + bytes(chunk))[-TAIL:]
        for offset, length, kept in self._regions:
            if start < offset + length and self.size > offset:
                kept += chunk[max(0, offset - start):offset + length - start]

    def want(self, offset, length):
        """Keep a region that lies ahead."""
        if offset + length > len(self.head) and offset >= self.size:
            self._regions.append((offset, length, bytearray()))

    def read(self, offset, length):
        """The bytes at `offset`, or None where they were not kept or the stream is shorter."""
        if offset + length <= len(self.head):
            return self.head[offset:offset + length]
        for start, _, kept in self._regions:
            if start <= offset and offset + length <= start + len(kept):
                return bytes(kept[offset - start:offset - start + length])
        return None


class Inspector(abc.ABC):
    """One format. Made for one stream; `danger` texts explain to the user what was found."""

    # disk_format values that name this format.
    names = ()
    # Whether other formats' data may carry this one's mark too (a partition table inside anything bootable).
    weak = False

    @classmethod
    @abc.abstractmethod
    def matches(cls, view):
        """Whether the beginning has the format's mark (not safe to call before the head is complete)."""

    @classmethod
    def matches_end(cls, view):
        """Whether the end has the format's mark, for formats that only have one there."""
        return False

    def look(self, view):   # noqa: B027 - most formats have nothing to do here
        """Called once the head is there: raise DangerousImage, or `view.want` what is to be kept."""

    def finish(self, view):
        """Called at the end of the data: raise DangerousImage, or return the virtual size (None: unknown)."""
        return
