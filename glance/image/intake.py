"""The way of an upload's bytes from the client to the store: counted, hashed and looked into as they pass."""
import collections
import dataclasses
import hashlib
import itertools
import mmap

from oslo_config import cfg

from essex import concurrency, config
from glance.exception import ImageTooLarge, SizeMismatch, UploadBroken
from glance.image.formats import Inspection
from glance.store.base import HOLD

OPTS = [
    cfg.StrOpt('hashing_algorithm', default='sha512',
               help='The hash kept as os_hash_value, any that Python has (sha256 is faster on some processors).'),
]
CONF = config.register(OPTS)

# Small enough to be in the processor's cache still when it is hashed.
CHUNK = 1024 * 1024
# A store may hold on to as many as HOLD of them; the hashes may be a little further behind.
_BUFFERS = HOLD + 4
_HASHING = concurrency.ThreadPool(8, 'hashing')


@dataclasses.dataclass
class Facts:
    """What is known of data that has passed."""

    size: int
    checksum: str
    os_hash_algo: str
    os_hash_value: str
    virtual_size: int


class Hashes:
    """Hashes of one stream, each in a native thread of its own while more of it comes in."""

    def __init__(self, *hashes):
        self._lanes = [(concurrency.Lane(_HASHING), each) for each in hashes]
        self._under_way = collections.deque()

    def feed(self, chunk):
        """Take the next bytes, which must stay as they are until `catch_up` has waited for them."""
        self._under_way.append([lane.submit(each.update, chunk) for lane, each in self._lanes])

    def catch_up(self, behind=0):
        """Wait until all hashes are `behind` chunks behind at most."""
        while len(self._under_way) > behind:
            for job in self._under_way.popleft():
                job.wait()


class Intake:
    """An iterator over the chunks of `source` (readinto(memoryview) -> count). When it is through, `facts()` tells
    what passed. A chunk is a memoryview that is used again: it holds until HOLD more have been taken.

    Raises what is wrong with the data: UploadBroken, SizeMismatch, ImageTooLarge, DangerousImage,
    FormatMismatch. `size` is what the client announced, `limit` the most that is taken. `beat`, if given, is
    called for each piece that comes in; `also` are further hashes that the data passes.
    """

    def __init__(self, source, inspection, size=None, limit=None, beat=None, also=()):
        self._source, self._inspection = source, inspection
        self._announced, self._limit, self._beat = size, limit, beat
        self.size = 0
        self._algorithm = CONF.hashing_algorithm
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._os_hash = hashlib.new(self._algorithm)
        self._hashes = Hashes(self._md5, self._os_hash, *also)
        self._finding = None
        # New memory for each chunk would cost as much as hashing it: the kernel clears every page first.
        self._chunk = min(CHUNK, size or CHUNK)
        self._buffers = itertools.cycle(memoryview(mmap.mmap(-1, self._chunk)) for _ in range(_BUFFERS))

    def __iter__(self):
        self._check_size(self._announced or 0)
        try:
            while chunk := self._read():
                self.size += len(chunk)
                self._check_size(self.size)
                if self._announced is not None and self.size > self._announced:
                    # At once: the pieces are as small as what was announced, the data may be anything.
                    raise SizeMismatch(announced=self._announced, received=f'{self.size} or more')
                self._hashes.feed(chunk)
                self._inspection.feed(chunk)
                yield chunk
        finally:
            self._hashes.catch_up()
        if self._announced is not None and self.size != self._announced:
            raise SizeMismatch(announced=self._announced, received=self.size)
        self._finding = self._inspection.finish()

    def _read(self):
        """The next chunk, as full as can be: each costs a few switches of threads."""
        self._hashes.catch_up(_BUFFERS - 1)
        buffer, filled = next(self._buffers), 0
        while filled < self._chunk:
            try:
                count = self._source.readinto(buffer[filled:])
            except (OSError, ValueError) as error:
                raise UploadBroken(problem=str(error) or type(error).__name__) from error
            if not count:
                break
            filled += count
            if self._beat is not None:
                self._beat()
        return buffer[:filled]

    def _check_size(self, size):
        if self._limit is not None and size > self._limit:
            raise ImageTooLarge(limit=self._limit)

    def facts(self):
        """What passed. Only after the iterator is through."""
        return Facts(self.size, self._md5.hexdigest(), self._algorithm, self._os_hash.hexdigest(),
                     self._finding.virtual_size)


def inspection_for(image):
    """The inspection that fits what `image` declares."""
    return Inspection(image.disk_format, image.container_format)
