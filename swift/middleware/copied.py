"""What of an object's headers goes along when it is copied, and its body as the input of a PUT."""
import io

from swift import headers
from swift.exceptions import SwiftError

_KEPT = ('content-type', 'content-encoding', 'content-disposition', 'content-language', 'cache-control', 'expires',
         'x-robots-tag', 'x-delete-at')
# System metadata that tells what the stored bytes mean: true of them, not of what they were served as.
_ABOUT_BYTES = ('x-object-sysmeta-slo-', 'x-object-sysmeta-container-update-override-', 'x-object-sysmeta-symlink-',
                'x-object-sysmeta-versions-', 'x-object-sysmeta-ec-', 'x-object-sysmeta-crypto-',
                'x-object-sysmeta-s3api-')


def described(found, as_stored=False):
    """The headers among `found` that a copy takes over, {name: value}.

    `as_stored`: the bytes are those that are stored (not a large object put together): what they mean goes along.
    """
    return {name: value for name, value in found.items() if _goes_along(name.lower(), as_stored)}


def _goes_along(name, as_stored):
    if name in _KEPT or headers.is_user_meta('object', name):
        return True
    if headers.is_sys_meta('object', name) or headers.is_transient_sys_meta(name):
        return as_stored or not name.startswith(_ABOUT_BYTES)
    return as_stored and name in ('x-static-large-object', 'x-object-manifest')


class Input(io.RawIOBase):
    """A response's body as `wsgi.input`, in constant memory.

    When it breaks off it raises OSError, as a client that has gone, and so the PUT fails; `failed` tells why.
    """

    def __init__(self, response):
        super().__init__()
        self._response, self._pieces, self._left = response, self._failing_as_a_file(response.app_iter), b''
        self.failed = None

    def _failing_as_a_file(self, pieces):
        try:
            yield from pieces
        except SwiftError as error:
            self.failed = error
            raise OSError(str(error)) from error

    def readable(self):
        """It is."""
        return True

    def read(self, size=-1):
        """Up to `size` bytes, all without; b'' at the end."""
        if size is None or size < 0:
            whole, self._left = self._left + b''.join(self._pieces), b''
            return whole
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b''
            self._left = piece
        piece, self._left = self._left[:size], self._left[size:]
        return piece

    def readinto(self, buffer):
        """For those who bring a buffer of their own."""
        piece = self.read(len(buffer))
        buffer[:len(piece)] = piece
        return len(piece)

    def close(self):
        """Let go of the response."""
        if not self.closed:
            close_body(self._response)
        super().close()


def close_body(response):
    """End a response whose body nobody reads on."""
    close = getattr(response.app_iter, 'close', None)
    if close:
        close()


def read_small(response, limit):
    """The whole body, or None when it is more than `limit` bytes; closes the response."""
    pieces, size = [], 0
    try:
        for piece in response.app_iter:
            size += len(piece)
            if size > limit:
                return None
            pieces.append(piece)
    finally:
        close_body(response)
    return b''.join(pieces)
