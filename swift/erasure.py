"""Erasure codes: an object is cut into segments, each segment into `data` fragments beside `parity` computed ones.

Any `data` of the fragments of a segment give it back, with most codes; XOR and LRC codes may need some more. The
fragments of one index, one segment's after the other's, are a fragment archive: what one node keeps of an object (or
several nodes, with `copies`: the n-th has the index n modulo `total`). Codes come from liberasurecode by way of
PyECLib; every fragment begins with its header, so archives written by the original are read here, and the reverse.
"""
import dataclasses
import functools

from swift.exceptions import ConfigurationError, SwiftError

ETAG, LENGTH, INDEX, SCHEME, SEGMENT_SIZE = (
    f'X-Object-Sysmeta-Ec-{name}' for name in ('Etag', 'Content-Length', 'Frag-Index', 'Scheme', 'Segment-Size'))
SYSMETA = 'x-object-sysmeta-ec-'
HEADER = 80             # bytes that every fragment begins with
_MOST_FRAGMENTS = 32    # liberasurecode's limit
# Any `data` fragments give the data back. `isa_l_rs_vand` with up to 4 of parity only.
_ANY = ('liberasurecode_rs_vand', 'isa_l_rs_vand', 'isa_l_rs_vand_inv', 'isa_l_rs_cauchy', 'jerasure_rs_vand',
        'jerasure_rs_cauchy')
_XOR = {'flat_xor_hd_3': 2, 'flat_xor_hd_4': 3}     # how many of all fragments may be lost, whichever
_LRC = 'isa_l_rs_lrc'


class CodeError(SwiftError):
    """Fragments that do not give a segment: too few, of different ones, or damaged."""


@dataclasses.dataclass(frozen=True)
class Code:
    """`kind` as PyECLib names it, counts of fragments, bytes of a segment, how many nodes have each fragment, and how
    many of the parity fragments are of a part of the data (LRC). Raises ConfigurationError.
    """

    kind: str
    data: int
    parity: int
    segment_size: int = 1048576
    copies: int = 1
    local_parity: int = 0

    def __post_init__(self):
        if self.data + self.parity > _MOST_FRAGMENTS:
            raise ConfigurationError(f'{self.scheme}: at most {_MOST_FRAGMENTS} fragments')
        # What cannot be is said at once, not by the first object.
        _driver(self.kind, self.data, self.parity, self.local_parity)

    @property
    def total(self):
        """Fragments of a segment."""
        return self.data + self.parity

    @property
    def replicas(self):
        """Of the policy's ring."""
        return self.total * self.copies

    def index_at(self, place):
        """The index of the fragments that the primary of that place in the ring has."""
        return place % self.total

    def owners(self, primaries, index):
        """Those of `primaries` that have the fragments of an index."""
        return primaries[index::self.total]

    @property
    def tolerance(self):
        """How many different fragments may be lost, whichever they are."""
        if self.kind == _LRC:
            return self.parity - self.local_parity + 1
        return min(_XOR.get(self.kind, self.parity), self.parity)

    def is_enough(self, indexes):
        """Whether the fragments of different indexes (a collection) give the data back."""
        if len(indexes) < self.data:
            return False
        return self.kind in _ANY or len(indexes) >= self.total - self.tolerance or _decodes(self, frozenset(indexes))

    def chosen(self, indexes):
        """Those of enough `indexes` to use: the lowest, which are the data itself, and no more than it takes."""
        known = sorted(indexes)
        return next(known[:count] for count in range(self.data, len(known) + 1) if self.is_enough(known[:count]))

    @property
    def scheme(self):
        """`isa_l_rs_cauchy 4+2`, as objects are marked."""
        return f'{self.kind} {self.data}+{self.parity}'

    @functools.cached_property
    def quorum(self):
        """How many archives an object needs before its PUT is a success: one node may die, and it is whole."""
        return (self.total - self.tolerance + 1) * self.copies

    @property
    def _driver(self):
        return _driver(self.kind, self.data, self.parity, self.local_parity)

    def fragment_size(self, length=None):
        """Bytes of a fragment of a segment of `length` bytes (a whole one)."""
        return _fragment_size(self, self.segment_size if length is None else length)

    def sized(self, segment_size):
        """This code with another segment size: that of an object, which need not be today's."""
        return self if segment_size == self.segment_size else dataclasses.replace(self, segment_size=segment_size)

    def segments(self, length):
        """How many segments an object of `length` bytes has."""
        return -(-length // self.segment_size)

    def archive_size(self, length):
        """Bytes of each fragment archive of an object of `length` bytes."""
        whole, rest = divmod(length, self.segment_size)
        return whole * self.fragment_size() + (self.fragment_size(rest) if rest else 0)

    def encode(self, segment):
        """[fragment] by index. Computes: for a thread of its own."""
        return self._driver.encode(bytes(segment))

    def decode(self, fragments):
        """The segment that enough fragments (bytes, any order) are of. Raises CodeError."""
        return self._tried(self._driver.decode, fragments)

    def rebuild(self, fragments, index):
        """The fragment of an index, from enough others. Raises CodeError."""
        if self.kind not in _ANY:
            # What is enough to decode is not always enough to compute a parity fragment alone.
            return self.encode(self.decode(fragments))[index]
        return self._tried(self._driver.reconstruct, fragments, [index])[0]

    def index_of(self, header):
        """The index that the first HEADER bytes of a fragment name. Raises CodeError when they are damaged."""
        return self._tried(self._driver.get_metadata, header, 1)['index']

    @staticmethod
    def _tried(function, *args):
        try:
            return function(*args)
        except Exception as error:
            # PyECLib raises what the C library says, in classes that have nothing in common but Exception.
            raise CodeError(f'the fragments do not belong together: {error}') from error


@functools.lru_cache(65536)
def _decodes(code, indexes):
    """Whether fragments of these indexes give the data back, which is found by trying."""
    made = code.encode(b'?' * code.data)
    try:
        return code.decode([made[index] for index in sorted(indexes)]) == b'?' * code.data
    except CodeError:
        return False


@functools.cache
def _driver(kind, data, parity, local_parity=0):
    try:
        from pyeclib import ec_iface
    except ImportError:
        raise ConfigurationError('Erasure-coded storage policies need PyECLib: pip install "essex[ec]"') from None
    if kind not in ec_iface.VALID_EC_TYPES:
        raise ConfigurationError(f'ec_type = {kind}: this host has {", ".join(sorted(ec_iface.VALID_EC_TYPES))}')
    if kind not in (*_ANY, *_XOR, _LRC):
        raise ConfigurationError(f'ec_type = {kind}: how many of its fragments are enough is not known; take '
                                 'isa_l_rs_cauchy or liberasurecode_rs_vand')
    if local_parity and kind != _LRC or kind == _LRC and not 0 < local_parity < parity:
        raise ConfigurationError(f'{kind} {data}+{parity} with ec_local_parity = {local_parity}: {_LRC} takes from 1 '
                                 'to ec_num_parity_fragments - 1, other codes none')
    if kind == 'isa_l_rs_vand' and parity > 4:
        raise ConfigurationError('ec_type = isa_l_rs_vand cannot always decode with 5 or more parity fragments: '
                                 'take isa_l_rs_cauchy')
    try:
        more = {'local_parity': local_parity} if local_parity else {}
        return ec_iface.ECDriver(k=data, m=parity, ec_type=kind, **more)
    except Exception as error:
        raise ConfigurationError(f'{kind} {data}+{parity}: {error}') from error


@functools.lru_cache(4096)
def _fragment_size(code, length):
    return code._driver.get_segment_info(length, code.segment_size)['fragment_size'] if length else 0


def parse(section, options):
    """The Code of a [storage-policy:N] section. Raises ConfigurationError."""
    kind = options.get('ec_type')
    if not kind:
        raise ConfigurationError(f'[{section}] has no ec_type, for example isa_l_rs_cauchy or liberasurecode_rs_vand')
    return Code(kind, _count(section, options, 'ec_num_data_fragments'),
                _count(section, options, 'ec_num_parity_fragments'),
                _count(section, options, 'ec_object_segment_size', '1048576'),
                _count(section, options, 'ec_duplication_factor', '1'),
                _count(section, options, 'ec_local_parity') if 'ec_local_parity' in options else 0)


def _count(section, options, name, default=None):
    text = options.get(name, default)
    if text is None:
        raise ConfigurationError(f'[{section}] has no {name}')
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ConfigurationError(f'[{section}] {name} = {text}: a whole number above 0')
    return int(text)
