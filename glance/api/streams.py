"""Data on its way in and out of HTTP."""
import re

import webob

from essex import http_body
from essex.exception import BadRequest
from glance import notifications
from glance.exception import RangeNotSatisfiable

_LAST = re.compile(r'bytes=\s*-0*[1-9][0-9]*\s*')
# No announced size; the body ends where its framing says.
UNKNOWN = None


class Body:
    """The request's body, read from the server without WebOb's buffering. `size` is None for chunked ones."""

    def __init__(self, req):
        self._stream = req.environ['wsgi.input']
        self.chunked = 'chunked' in req.headers.get('Transfer-Encoding', '').lower()
        self.size = None if self.chunked else _length(req)
        self._left = self.size

    @property
    def present(self):
        """Whether there is any data, as far as the headers tell."""
        return self.chunked or bool(self.size)

    def readinto(self, view):
        """Fill the memoryview `view` as far as it goes; returns how many bytes that was, 0 at the end."""
        if self._left is None:
            return http_body.read_some(self._stream, view, len(view))
        wanted = min(len(view), self._left)
        count = http_body.read_some(self._stream, view[:wanted], wanted) if wanted else 0
        self._left -= count
        return count


def _length(req):
    text = req.environ.get('CONTENT_LENGTH') or '0'
    if not text.isascii() or not text.isdigit():
        raise BadRequest('Content-Length must be a whole number, not negative.')
    return int(text)


def image_response(req, image, open_data):
    """The response that streams an image; `open_data(offset, length)` gives the bytes. Honours Range."""
    offset, length, status = 0, image.size, 200
    if 'Range' in req.headers:
        offset, length, status = _range(req, image.size)
    response = webob.Response(status=status, content_type='application/octet-stream', charset=None)
    if status == 206:
        response.headers['Content-Range'] = f'bytes {offset}-{offset + length - 1}/{image.size}'
    response.headers['Accept-Ranges'] = 'bytes'
    if image.checksum and status == 200:
        response.headers['Content-MD5'] = image.checksum
    response.app_iter = notifications.sent(open_data(offset, length if status == 206 else None), image, length,
                                           req.context, req.remote_addr)
    response.content_length = length
    return response


def _range(req, size):
    """(offset, length, status) of the part that is asked for."""
    text = req.headers['Range']
    if ',' in text:
        raise BadRequest('One range at a time: several are several requests.')
    asked = req.range
    # Of what has fewer bytes, the last so many are all.
    span = asked.range_for_length(size) if asked is not None else None
    if span is None and size and _LAST.fullmatch(text):
        span = 0, size
    if span is None:
        error = RangeNotSatisfiable(range=text[:80], size=size)
        error.headers = {'Content-Range': f'bytes */{size}'}
        raise error
    start, end = span
    return start, end - start, 206
