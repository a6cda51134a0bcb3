"""PUT with a multipart body: the object, then metadata that its sender knew only at the end (see swift.obj.mime)."""
import hashlib
import json

from swift.headers import true_value, whole
from swift.obj.mime import BadMime, Parts
from swift.obj.requests import Refused, read

LIMIT = 1 << 20
PROMISE = ('X-Obj-Metadata-Footer', 'yes')
_PIECE = 524288


def wanted(request):
    """Whether the body of a request is one with footers."""
    return true_value(request.get('X-Backend-Obj-Metadata-Footer'))


def boundary(request):
    """The boundary between its parts. Raises Refused 400."""
    found = request.get('X-Backend-Obj-Multipart-Mime-Boundary')
    if not found:
        raise Refused(400, 'X-Backend-Obj-Multipart-Mime-Boundary is missing')
    return found.encode('latin-1')


def length(request):
    """How long the object will be, None when that is not told."""
    return whole(request.get('X-Backend-Obj-Content-Length'))


def begin(parts):
    """Go to the object. Raises Refused 400."""
    if (parts.begin() or {}).get('x-document') != 'object body':
        raise Refused(400, 'The object is to come first')


def take(parts, request):
    """Have the footers count like headers of the request; returns them. Raises Refused 400, 422."""
    head = parts.begin()
    if not head or head.get('x-document') != 'object metadata':
        raise Refused(400, 'The metadata is to follow the object')
    text = parts.text(LIMIT)
    if head.get('content-md5') != hashlib.md5(text, usedforsecurity=False).hexdigest():
        raise Refused(422, 'The metadata did not arrive as it was sent')
    try:
        found = {name: str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        raise Refused(400, 'The metadata is no JSON object') from None
    for name, value in found.items():
        request.environ['HTTP_' + name.upper().replace('-', '_')] = value
    return found


class Upload:
    """The parts of a replicated object's PUT. Errors in them are those of a client that has gone: Refused 499."""

    def __init__(self, request, timeout):
        self._request, self._timeout = request, timeout
        self._input = request.environ['wsgi.input']
        self._parts = Parts(self._more, boundary(request))
        self.length = length(request)

    def _more(self):
        return read(self._timeout, getattr(self._input, 'read_chunk', self._input.read), _PIECE)

    def begin(self):
        """What of the object, of which `length` is known, has come with its head."""
        self._proper(begin, self._parts)
        return b'' if self.length is None else self._parts.known(self.length)

    def read(self):
        """The next bytes of an object of unknown length, b'' at its end."""
        return self._proper(self._parts.read)

    def end(self):
        """The footers, {lower-case name: value}."""
        if self.read():
            raise Refused(400, f'More than the {self.length} bytes that were announced')
        found = self._proper(take, self._parts, self._request)
        while self._more():
            pass
        return {name.lower(): value for name, value in found.items()}

    @staticmethod
    def _proper(function, *args):
        try:
            return function(*args)
        except BadMime as error:
            # A proxy that died looks like that.
            raise Refused(499, f'Client Disconnect: {error}') from None
