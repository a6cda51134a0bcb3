"""Checksums that clients send beside a body: x-amz-checksum-*, in the header or behind the body."""
import base64
import hashlib
import hmac
import zlib

from swift.middleware.s3.errors import S3Error

PREFIX = 'x-amz-checksum-'
_LENGTHS = {'crc32': 4, 'crc32c': 4, 'crc64nvme': 8, 'sha1': 20, 'sha256': 32}


class _Crc:
    """A running CRC with hashlib's two methods; step(data, value) gives the next value of `size` bytes."""

    def __init__(self, step, size):
        self._step, self._size, self._value = step, size, 0

    def update(self, data):
        """Add bytes."""
        self._value = self._step(data, self._value)

    def digest(self):
        """Its bytes."""
        return self._value.to_bytes(self._size, 'big')


def running(algorithm):
    """An object with update(bytes) and digest(). Raises S3Error: unknown here."""
    if algorithm == 'crc32':
        return _Crc(zlib.crc32, 4)
    if algorithm in ('sha1', 'sha256'):
        return hashlib.new(algorithm, usedforsecurity=False)
    if algorithm in ('crc32c', 'crc64nvme'):
        try:
            from awscrt import checksums
        except ImportError:
            raise S3Error('NotImplemented', f'{PREFIX}{algorithm} is not checked here; crc32, sha1 and sha256 are.'
                          ) from None
        step = getattr(checksums, algorithm)
        return _Crc(lambda data, value: step(bytes(data), value), _LENGTHS[algorithm])
    raise S3Error('InvalidRequest', 'The checksum is of no known algorithm: '
                                    f'{", ".join(sorted(_LENGTHS))}.')


def algorithm_of(name):
    """The algorithm of a header's or trailer's name, None when it is no checksum."""
    name = name.strip().lower()
    kind = name.removeprefix(PREFIX)
    return kind if kind != name and kind in _LENGTHS else None


def from_base64(value, length):
    """The `length` bytes that a header says in base64. Raises ValueError."""
    found = base64.b64decode(value, validate=True)
    if len(found) != length:
        raise ValueError(f'{length} bytes are needed')
    return found


def decoded(algorithm, value):
    """The bytes of a checksum's value. Raises S3Error."""
    try:
        return from_base64(value, _LENGTHS[algorithm])
    except ValueError:
        raise S3Error('InvalidRequest', f'Value for {PREFIX}{algorithm} header is invalid.') from None


def same(one, other):
    """Whether two digests are equal."""
    return hmac.compare_digest(one, other)
