"""Erasure codes: an object is cut into segments, each segment into `data` fragments beside `parity` computed ones.

Any `data` of the fragments of a segment give it back. The fragments of one index, one segment's after the other's, are
a fragment archive: what one node keeps of an object. Codes come from liberasurecode by way of PyECLib; every fragment
begins with its header, so archives written by the original can be read here and the other way round.
"""
import dataclasses
import functools

from swift.exceptions import ConfigurationError, SwiftError

ETAG, LENGTH, INDEX, SCHEME, SEGMENT_SIZE = (
    f'X-Object-Sysmeta-Ec-{name}' for name in ('Etag', 'Content-Length', 'Frag-Index', 'Scheme', 'Segment-Size'))
SYSMETA = 'x-object-sysmeta-ec-'
HEADER = 80             # bytes that every fragment begins with
_MOST_FRAGMENTS = 32    # liberasurecode's limit


class CodeError(SwiftError):
    """Fragments that do not give a segment: too few, of different ones, or damaged."""


@dataclasses.dataclass(frozen=True)
class Code:
    """`kind` as PyECLib names it, counts of fragments, bytes of a segment. Raises ConfigurationError."""

    kind: str
    data: int
    parity: int
    segment_size: int = 1048576

    def __post_init__(self):
        if self.data + self.parity > _MOST_FRAGMENTS:
            raise ConfigurationError(f'{self.scheme}: at most {_MOST_FRAGMENTS} fragments')
        # What cannot be is said at once, not by the first object.
        _driver(self.kind, self.data, self.parity)

    @property
    def total(self):
        """Fragments of a segment: the replicas of the policy's ring."""
        return self.data + self.parity

    @property
    def scheme(self):
        """`isa_l_rs_cauchy 4+2`, as objects are marked."""
        return f'{self.kind} {self.data}+{self.parity}'

    @functools.cached_property
    def quorum(self):
        """How many archives an object needs before its PUT is a success: one node may die, and it is whole."""
        return self.data + self._driver.min_parity_fragments_needed()

    @property
    def _driver(self):
        return _driver(self.kind, self.data, self.parity)

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
        """The segment that `data` or more fragments (bytes, any order) are of. Raises CodeError."""
        return self._tried(self._driver.decode, fragments)

    def rebuild(self, fragments, index):
        """The fragment of an index, from `data` or more others. Raises CodeError."""
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


@functools.cache
def _driver(kind, data, parity):
    try:
        from pyeclib import ec_iface
    except ImportError:
        raise ConfigurationError('Erasure-coded storage policies need PyECLib: pip install "essex[ec]"') from None
    if kind not in ec_iface.VALID_EC_TYPES:
        raise ConfigurationError(f'ec_type = {kind}: this host has {", ".join(sorted(ec_iface.VALID_EC_TYPES))}')
    if not kind.startswith(('liberasurecode_rs', 'isa_l_rs_vand', 'isa_l_rs_cauchy', 'jerasure_rs')):
        raise ConfigurationError(f'ec_type = {kind}: not every choice of {data} fragments gives the data back; take '
                                 'isa_l_rs_cauchy or liberasurecode_rs_vand')
    if kind == 'isa_l_rs_vand' and parity > 4:
        raise ConfigurationError('ec_type = isa_l_rs_vand cannot always decode with 5 or more parity fragments: '
                                 'take isa_l_rs_cauchy')
    try:
        return ec_iface.ECDriver(k=data, m=parity, ec_type=kind)
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
    if options.get('ec_duplication_factor', '1').strip() != '1':
        raise ConfigurationError(f'[{section}] ec_duplication_factor: every fragment is kept once here; '
                                 'have more parity instead')
    return Code(kind, _count(section, options, 'ec_num_data_fragments'),
                _count(section, options, 'ec_num_parity_fragments'),
                _count(section, options, 'ec_object_segment_size', '1048576'))


def _count(section, options, name, default=None):
    text = options.get(name, default)
    if text is None:
        raise ConfigurationError(f'[{section}] has no {name}')
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ConfigurationError(f'[{section}] {name} = {text}: a whole number above 0')
    return int(text)
