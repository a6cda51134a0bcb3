"""One MD5 for all copies of a large object.

Every storage node taking the MD5 of its own copy is a third of what a large PUT costs a host that has them all. So the
proxy takes it once and tells it in a trailer, after the data, with the CRC-32 of the data. A node takes the CRC-32 of
what it writes, which costs a sixth: with the proxy's MD5 it keeps only data that arrived as the proxy had it.

The proxy offers it by the header `X-Backend-Digest-Trailer: yes`, and sends chunks, since nothing else has trailers;
what the size will be is told in X-Backend-Obj-Content-Length. A node that takes part says so with `100 Continue`; one
that does not, such as the original's, takes the MD5 itself.
"""
import hashlib
import re
import zlib

OFFER, LENGTH = 'X-Backend-Digest-Trailer', 'X-Backend-Obj-Content-Length'
_MD5, _CRC32 = 'Etag', 'X-Backend-Crc32'
_HEX = re.compile(r'[0-9a-f]{32}')


class Mismatch(ValueError):
    """Data that did not arrive as it was sent; the text says what differs."""


class Digests:
    """MD5 and CRC-32 of data that is sent."""

    def __init__(self):
        self._md5, self._crc32 = hashlib.md5(usedforsecurity=False), 0

    def update(self, piece):
        """Add a piece. Computes without the interpreter's lock."""
        self._md5.update(piece)
        self._crc32 = zlib.crc32(piece, self._crc32)

    def trailers(self):
        """{name: value} of everything that was added."""
        return {_MD5: self._md5.hexdigest(), _CRC32: f'{self._crc32:08x}'}


class Received:
    """Stands in for an MD5 where the sender's trailers have it: `update` takes the CRC-32 of what arrived."""

    def __init__(self):
        self._crc32, self._md5 = 0, None

    def update(self, data):
        """Add data."""
        self._crc32 = zlib.crc32(data, self._crc32)

    def settle(self, trailers):
        """Take the MD5 from {lower-case name: value}. Raises Mismatch unless the CRC-32 beside it is that of ours."""
        md5, crc32 = trailers.get(_MD5.lower(), ''), trailers.get(_CRC32.lower(), '')
        if not _HEX.fullmatch(md5):
            raise Mismatch('no MD5 follows the data')
        if crc32 != f'{self._crc32:08x}':
            raise Mismatch(f'the CRC-32 of the data is {self._crc32:08x}, that of what was sent {crc32 or "missing"}')
        self._md5 = md5

    def hexdigest(self):
        """The MD5, once it is settled."""
        if self._md5 is None:
            raise ValueError('the MD5 is not known before the trailers were read')
        return self._md5
