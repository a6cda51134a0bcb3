"""Bodies of uploads, checked while they stream: signatures of chunks, the SHA-256 that was signed, checksums.

Whatever reads them gets the last byte after everything was right; else BodyError, as when a client goes away, and what
is written is given up. `problem` keeps the S3Error for the answer.
"""
import hashlib
import hmac
import re

from swift.middleware.s3 import checksums
from swift.middleware.s3.errors import S3Error, missing
from swift.middleware.s3.signatures import UNSIGNED, derived_key, header

_STREAMING = 'STREAMING-'
_SIGNED = {'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': False, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': True}
_UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
_HEX = re.compile(r'[0-9a-f]{64}')
_CHUNK = re.compile(rb'([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?')
_PIECE, _MAX_LINE, _MAX_TRAILERS = 65536, 1024, 8192
_EMPTY = hashlib.sha256().hexdigest()


class BodyError(OSError):
    """The body is not what was signed."""


class Body:
    """`wsgi.input` of an upload. `length` is that of the object in bytes, None when it is not told."""

    def __init__(self, source, length, sha256=None, sums=None, trailer=None):
        self.length, self.problem = length, None
        self._source, self._left, self._done = source, length, False
        self._sha256, self._hash = sha256, hashlib.sha256() if sha256 else None
        self._trailer, self._wanted = trailer, dict(sums or {})
        kinds = [*self._wanted, *([trailer] if trailer else [])]
        self._sums = {kind: checksums.running(kind) for kind in kinds}

    def read(self, size=-1):
        """Up to `size` bytes; b'' at the end."""
        if size is None or size < 0:
            return b''.join(iter(lambda: self.read(_PIECE), b''))
        if self.problem:
            raise BodyError(str(self.problem))
        try:
            return self._read(size)
        except S3Error as error:
            self.problem = error
            raise BodyError(str(error)) from error

    def _read(self, size):
        if self._left is not None:
            size = min(size, self._left)
        piece = self._source.read(size) if size else b''
        for each in (self._hash, *self._sums.values()):
            if each is not None:
                each.update(piece)
        if self._left is not None:
            self._left -= len(piece)
            if not piece and size:
                raise S3Error('IncompleteBody')
        if self._left == 0 or (self._left is None and not piece):
            self._end()
        return piece

    def _end(self):
        """All has been read: what was told about it has to be true."""
        if self._done:
            return
        self._done = True
        trailers = self._source.finish() if isinstance(self._source, Chunks) else {}
        if self._hash and not hmac.compare_digest(self._hash.hexdigest(), self._sha256):
            raise S3Error('XAmzContentSHA256Mismatch')
        if self._trailer:
            name = checksums.PREFIX + self._trailer
            if name not in trailers:
                raise S3Error('MalformedXML', f'The trailer {name} is missing.', 400)
            self._wanted[self._trailer] = checksums.decoded(self._trailer, trailers[name])
        for kind, value in self._wanted.items():
            if not checksums.same(self._sums[kind].digest(), value):
                raise S3Error('BadDigest', f'The {kind.upper()} you specified did not match the calculated checksum.')

    def finish(self):
        """Read to the end a body of no bytes, which nobody else reads. Raises S3Error."""
        try:
            self.read(0)
        except BodyError:
            raise self.problem from None


class Chunks:
    """Decodes aws-chunked: `<hex size>[;chunk-signature=...]\\r\\n<data>\\r\\n` and trailers after the chunk of size 0.

    With a key each chunk's signature is checked, which goes on from the one before, first that of the request.
    """

    def __init__(self, raw, scope=None, key=None, trailers=False):
        self._raw, self._buffer = raw, b''
        self._scope, self._key, self._trailers = scope, key, trailers
        self._before = scope.seed if key else None
        self._left, self._hash, self._signature, self._ended, self._first = 0, None, None, False, True

    def read(self, size):
        """Up to `size` decoded bytes; b'' after the last chunk."""
        if not self._left and not self._next():
            return b''
        if not self._buffer:
            self._fill()
        piece, self._buffer = self._buffer[:min(size, self._left)], self._buffer[min(size, self._left):]
        self._left -= len(piece)
        if self._key:
            self._hash.update(piece)
        if not self._left:
            self._end_chunk()
        return piece

    def finish(self):
        """{name: value} of the trailers, once all data was read. Raises S3Error: more data, or wrong signatures."""
        if self._left or self._next():
            raise S3Error('IncompleteBody')
        return self._read_trailers() if self._trailers else {}

    def _fill(self):
        piece = self._raw.read(_PIECE)
        if not piece:
            raise S3Error('IncompleteBody')
        self._buffer += piece

    def _line(self, limit=_MAX_LINE):
        while b'\n' not in self._buffer:
            if len(self._buffer) > limit:
                raise S3Error('InvalidRequest', 'A line of the chunked body is too long.')
            self._fill()
        line, _, self._buffer = self._buffer.partition(b'\n')
        if len(line) > limit:
            raise S3Error('InvalidRequest', 'A line of the chunked body is too long.')
        return line.removesuffix(b'\r')

    def _next(self):
        """Whether there is another chunk: then `_left` is its size."""
        if self._ended:
            return False
        found = _CHUNK.fullmatch(self._line())
        if not found or bool(found[2]) != bool(self._key):
            raise S3Error('InvalidRequest', 'The body is not in chunks as x-amz-content-sha256 says.')
        self._left, self._hash = int(found[1], 16), hashlib.sha256()
        self._signature = found[2].decode() if self._key else None
        if not self._left:
            self._ended = True
            self._check(f'{_SIGN}-PAYLOAD', f'{_EMPTY}\n{self._hash.hexdigest()}', self._signature)
        return not self._ended

    def _end_chunk(self):
        if self._line() != b'':
            raise S3Error('IncompleteBody', 'A chunk is longer than it says.')
        self._check(f'{_SIGN}-PAYLOAD', f'{_EMPTY}\n{self._hash.hexdigest()}', self._signature)

    def _check(self, kind, text, signature):
        if not self._key:
            return
        signed = '\n'.join((kind, self._scope.date, self._scope.scope, self._before, text))
        made = hmac.digest(self._key, signed.encode(), 'sha256').hex()
        if not hmac.compare_digest(made, signature):
            raise S3Error('SignatureDoesNotMatch')
        self._before = made

    def _read_trailers(self):
        found, signed, size, signature = {}, b'', 0, ''
        # A blank line ends them; some clients put one before their signature.
        while True:
            try:
                line = self._line(_MAX_TRAILERS)
            except S3Error as error:
                if error.code == 'IncompleteBody' and not self._buffer and (found or self._key):
                    break
                raise
            size += len(line)
            if size > _MAX_TRAILERS:
                raise S3Error('InvalidRequest', 'The trailers are too long.')
            name, _, value = line.decode('latin-1').partition(':')
            name = name.strip().lower()
            if name == 'x-amz-trailer-signature':
                signature = value.strip()
            elif line:
                found[name] = value.strip()
                signed += f'{name}:{value.strip()}\n'.encode('latin-1')
            if (not line and (not self._key or signature)) or (signature and not self._key):
                break
        if self._key:
            self._check(f'{_SIGN}-TRAILER', hashlib.sha256(signed).hexdigest(), signature)
        return found


_SIGN = 'AWS4-HMAC-SHA256'


def of(environ, signed, scope):
    """The Body of an authenticated request. Raises S3Error."""
    length, trailer, sums = _length(environ), _trailer(environ), _sums(environ)
    told = (header(environ, 'x-amz-content-sha256') or UNSIGNED) if scope else UNSIGNED
    raw = environ['wsgi.input']
    if not told.startswith(_STREAMING):
        if told != UNSIGNED and not _HEX.fullmatch(told):
            raise S3Error('InvalidArgument', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, '
                                             'STREAMING-UNSIGNED-PAYLOAD-TRAILER, '
                                             'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, '
                                             'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.')
        return Body(raw, length, None if told == UNSIGNED else told, sums)
    length = _decoded_length(environ)
    if told == _UNSIGNED_TRAILER:
        return Body(Chunks(raw, trailers=True), length, None, sums, trailer)
    if told not in _SIGNED:
        raise missing(f'x-amz-content-sha256: {told[:80]}')
    if signed.secret is None:
        raise S3Error('NotImplemented', 'Signed chunks cannot be checked here: the filter s3token has no account to '
                                        'read keys with.')
    chunks = Chunks(raw, scope, derived_key(signed.secret, scope.scope), _SIGNED[told])
    return Body(chunks, length, None, sums, trailer if _SIGNED[told] else None)


def _number(text):
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _length(environ):
    given = environ.get('CONTENT_LENGTH')
    if given:
        return _number(given)
    return None if 'chunked' in environ.get('HTTP_TRANSFER_ENCODING', '').lower() else 0


def _decoded_length(environ):
    length = _number(header(environ, 'x-amz-decoded-content-length'))
    if length is None:
        raise S3Error('MissingContentLength')
    return length


def _trailer(environ):
    names = [name for name in (header(environ, 'x-amz-trailer') or '').split(',') if name.strip()]
    if not names:
        return None
    kind = checksums.algorithm_of(names[0]) if len(names) == 1 else None
    if kind is None:
        raise S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported.')
    return kind


def _sums(environ):
    found = {}
    for kind in ('crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'):
        value = header(environ, checksums.PREFIX + kind)
        if value is not None:
            found[kind] = checksums.decoded(kind, value)
    if len(found) > 1:
        raise S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not '
                                        'allowed.')
    return found
