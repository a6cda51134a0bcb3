"""Conditional and range requests, as RFC 9110 has them, of an object on disk."""
import re
import uuid

from webob import Request

_RANGES = re.compile(r'\s*bytes\s*=\s*(.+)', re.IGNORECASE)
_RANGE = re.compile(r'\s*(\d*)\s*-\s*(\d*)\s*')
_CONDITIONS = ('HTTP_IF_MATCH', 'HTTP_IF_NONE_MATCH', 'HTTP_IF_MODIFIED_SINCE', 'HTTP_IF_UNMODIFIED_SINCE')
_MOST, _MOST_OVERLAPS, _MOST_UNORDERED = 50, 2, 8


def condition(environ, etags, modified):
    """304 or 412 when a condition of the request does not hold, else None.

    etags: the ETags the object goes by; none when there is no object. modified: a datetime of whole seconds or None.
    """
    if not any(name in environ for name in _CONDITIONS):
        return None
    request = Request(environ)
    if environ.get('HTTP_IF_MATCH') and not any(each in request.if_match for each in etags):
        return 412
    if environ.get('HTTP_IF_NONE_MATCH') and any(each in request.if_none_match for each in etags):
        return 304 if environ['REQUEST_METHOD'] in ('GET', 'HEAD') else 412
    since = request.if_unmodified_since
    if since and modified and modified > since and not environ.get('HTTP_IF_MATCH'):
        return 412
    since = request.if_modified_since
    if since and modified and modified <= since and not environ.get('HTTP_IF_NONE_MATCH'):
        return 304
    return None


def wanted(environ, size, etag, modified):
    """The [(start, end)] a request asks for, end excluded; None for everything, [] when none can be satisfied."""
    text = environ.get('HTTP_RANGE')
    if not text or environ['REQUEST_METHOD'] != 'GET' or not _if_range(environ, etag, modified):
        return None
    match = _RANGES.fullmatch(text)
    found = []
    for each in match.group(1).split(',') if match else ():
        pair = _RANGE.fullmatch(each)
        if not pair or pair.group(1) == pair.group(2) == '':
            return None
        first, last = pair.groups()
        if first and last and int(first) > int(last):
            return None
        found.append((first, last))
    if not found:
        return None
    resolved = [each for each in (_resolve(first, last, size) for first, last in found) if each]
    return resolved if _reasonable(resolved) else None


def _resolve(first, last, size):
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return (start, end) if start < end else None


def _reasonable(resolved):
    """Whether these are ranges somebody needs, and no way to make us send an object a hundred times."""
    if len(resolved) > _MOST:
        return False
    overlaps = sum(any(start < other_end and other < end for other, other_end in resolved[:number])
                   for number, (start, end) in enumerate(resolved))
    unordered = sum(later[0] < earlier[0] for earlier, later in zip(resolved, resolved[1:], strict=False))
    return overlaps <= _MOST_OVERLAPS and unordered < _MOST_UNORDERED


def _if_range(environ, etag, modified):
    if 'HTTP_IF_RANGE' not in environ:
        return True
    if_range = Request(environ).if_range
    date = getattr(if_range, 'date', None)
    if date is not None:
        return modified is not None and modified <= date
    return etag in getattr(if_range, 'etag', ())


class Multipart:
    """The framing of an answer of several ranges: `content_type`, `length`, and the bytes around each part."""

    def __init__(self, resolved, size, content_type):
        self.boundary = uuid.uuid4().hex
        self.content_type = f'multipart/byteranges;boundary={self.boundary}'
        self.heads = [f'--{self.boundary}\r\nContent-Type: {content_type}\r\n'
                      f'Content-Range: bytes {start}-{end - 1}/{size}\r\n\r\n'.encode('latin-1')
                      for start, end in resolved]
        self.tail = f'--{self.boundary}--'.encode()
        self.length = sum(map(len, self.heads)) + sum(end - start + 2 for start, end in resolved) + len(self.tail)
