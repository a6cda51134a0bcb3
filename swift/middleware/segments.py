"""Large objects: a list of segments served as one object, whole or by ranges, in constant memory.

Used by dlo and slo. Nothing is ever padded: when a segment is missing or has changed, the answer is 409 as long as
no byte was sent, and a broken connection afterwards, so that a client never takes a torn object for a whole one.
"""
import dataclasses
import logging
import time

import webob

from essex import concurrency
from swift import conditions, ranges
from swift.exceptions import SwiftError
from swift.middleware import names
from swift.proxy.subrequest import make_subrequest

LOG = logging.getLogger(__name__)
_AHEAD = 1 << 20    # bytes before the end of a segment at which the next one is asked for


class SegmentError(SwiftError):
    """A segment cannot be read, or is not what the manifest says."""


@dataclasses.dataclass(slots=True)
class Segment:
    """Bytes [start, stop) of the object at `path` (`/container/object`, text), or of `data` itself.

    `size` and `etag` are those of the whole object, None when nobody promised any.
    `manifest`: the object is itself a static large object, and the bytes are counted in what it stands for.
    """

    path: str
    start: int
    stop: int
    size: int | None = None
    etag: str | None = None
    data: bytes | None = None
    manifest: bool = False

    @property
    def length(self):
        """How many bytes it gives."""
        return self.stop - self.start


def cut(segments, start, stop):
    """The parts of `segments` (any iterable, read only as far as needed) that make up bytes [start, stop)."""
    position = 0
    for segment in segments:
        if position >= stop:
            return
        first, last = max(start - position, 0), min(stop - position, segment.length)
        position += segment.length
        if first < last:
            yield dataclasses.replace(segment, start=segment.start + first, stop=segment.start + last)


@dataclasses.dataclass(frozen=True)
class Pace:
    """How fast and how long one request may fetch segments (`after` segments, then `per_second`)."""

    after: int = 10
    per_second: float = 1
    under_size: int | None = None   # only segments smaller than this count
    max_time: float = 86400


class Body:
    """The bytes of several lists of segments, one for each range: a WSGI body. Call `start` before sending it."""

    def __init__(self, req, app, parts, source, pace, multipart=None):
        self._env, self._app, self._source, self._pace = req.environ, app, source, pace
        self._account = names.of(req.environ)
        self._parts, self._multipart = [iter(part) for part in parts], multipart
        self._deadline = time.monotonic() + pace.max_time
        self._counted, self._next_at = 0, 0
        self._first, self._bytes = None, self._generate()

    def start(self):
        """Open the first segment. Raises SegmentError while an answer can still say so."""
        self._first = self._opened(self._open_next(self._parts[0]))

    def __iter__(self):
        return self._bytes

    def close(self):
        """Break off. Harmless when it is over."""
        self._bytes.close()
        self._dispose(self._first)

    def _generate(self):
        streams = (self._read(part) for part in self._parts)
        try:
            yield from self._multipart.body(streams) if self._multipart else next(streams)
        except SegmentError as error:
            LOG.error('%s: broken off in the middle (409): %s', self._env.get('PATH_INFO'), error)
            raise

    def _read(self, pieces):
        current, self._first = self._first or self._opened(self._open_next(pieces)), None
        ahead = None
        try:
            while current:
                segment, response = current
                left = segment.length
                for piece in response.app_iter:
                    left -= len(piece)
                    if left < 0:
                        raise SegmentError(f'{segment.path} gave more than the {segment.length} bytes it should')
                    if ahead is None and left < _AHEAD:
                        ahead = concurrency.spawn(self._open_next, pieces)
                    yield piece
                if left:
                    raise SegmentError(f'{segment.path} ended {left} bytes early')
                self._dispose(current)
                current, waiting, ahead = None, ahead, None
                # A thread that has ended is false.
                current = self._opened(self._open_next(pieces) if waiting is None else waiting.wait())
        finally:
            self._dispose(current)
            if ahead is not None:
                self._dispose(ahead.wait())

    @staticmethod
    def _dispose(opened):
        response = opened[1] if isinstance(opened, tuple) else None
        if response is not None and hasattr(response.app_iter, 'close'):
            response.app_iter.close()

    @staticmethod
    def _opened(result):
        if isinstance(result, Exception):
            raise result
        return result

    def _open_next(self, pieces):
        """(segment, response) of the next one, None after the last, or what went wrong: it runs in a thread ahead."""
        try:
            segment = next(pieces, None)
            return segment and self._open(segment)
        except Exception as error:
            return error

    def _open(self, segment):
        if time.monotonic() > self._deadline:
            raise SegmentError(f'took longer than {self._pace.max_time} seconds')
        if segment.data is not None:
            return segment, webob.Response(body=segment.data[segment.start:segment.stop])
        self._keep_pace(segment)
        response = fetch(self._env, self._app, self._account, segment.path, self._source, _range_of(segment))
        try:
            _check(segment, response)
        except SegmentError:
            response.app_iter.close() if hasattr(response.app_iter, 'close') else None
            raise
        return segment, response

    def _keep_pace(self, segment):
        pace = self._pace
        if not pace.per_second or (pace.under_size is not None and segment.length >= pace.under_size):
            return
        self._counted += 1
        if self._counted > pace.after:
            now = time.monotonic()
            concurrency.sleep(max(0, self._next_at - now))
            self._next_at = max(self._next_at, now) + 1 / pace.per_second


def fetch(env, app, base, path, source, byte_range=None):
    """GET a segment or manifest (`path` is `/container/object`) of the account of the Names `base`, as the user."""
    container, obj = names.container_and_object(path)
    sub = make_subrequest(env, 'GET', base.path(container, obj), query='multipart-manifest=get', source=source)
    if byte_range:
        sub.headers['Range'] = byte_range
    return sub.get_response(app)


def _range_of(segment):
    if segment.size is not None and (segment.start, segment.stop) == (0, segment.size):
        return None
    return f'bytes={segment.start}-{segment.stop - 1}'


def _check(segment, response):
    if response.status_int not in (200, 206):
        raise SegmentError(f'GET of {segment.path} answered {response.status}')
    etag = (response.headers.get('Etag') or '').strip('"')
    if segment.etag and etag != segment.etag:
        raise SegmentError(f'{segment.path} has changed: its ETag is {etag}, not {segment.etag}')
    if response.content_length != segment.length:
        raise SegmentError(f'{segment.path} has changed: {response.content_length} bytes, not {segment.length}')


@dataclasses.dataclass
class LargeObject:
    """What a large object is to its readers. `length` and `etag` None: so many segments that nobody
    counted. `other_tags` count in conditions too.

    `pieces(start, stop)` gives the Segments of a range, stop None for all of them.
    """

    pieces: object
    length: int | None
    etag: str | None
    headers: dict
    other_tags: list = ()


def respond(req, app, large, source, pace, part=None, parts_count=None):
    """The answer to a GET or HEAD: conditions and ranges applied. `part` (start, stop) serves just that as 206."""
    headers = {name.title(): value for name, value in large.headers.items()}
    for stale in ('Content-Length', 'Content-Range', 'Etag'):
        headers.pop(stale, None)
    headers['Accept-Ranges'] = 'bytes'
    if large.etag:
        headers['Etag'] = f'"{large.etag}"'
    modified, etags = conditions.seconds(headers.get('Last-Modified')), [
        *([large.etag] if large.etag else []), *large.other_tags]
    failing = conditions.failing(req.environ, etags, modified)
    if failing:
        return answer(failing, headers)
    wanted = [part] if part else None
    if not part and large.length is not None and req.method == 'GET' and conditions.range_holds(
            req.environ, etags, modified):
        wanted = ranges.parse(req.headers.get('Range'), large.length)
    if wanted == [] and large.length is not None:
        return answer(416, {**headers, 'Content-Range': f'bytes */{large.length}'})
    if parts_count is not None:
        headers['X-Parts-Count'] = str(parts_count)
    return _serve(req, app, large, source, pace, headers, wanted)


def _serve(req, app, large, source, pace, headers, wanted):
    multipart, length = None, large.length
    if wanted and len(wanted) > 1:
        multipart = ranges.Multipart(wanted, large.length, headers.get('Content-Type', 'application/octet-stream'))
        length, headers['Content-Type'] = multipart.content_length, multipart.content_type
    elif wanted:
        (start, stop), = wanted
        length, headers['Content-Range'] = stop - start, f'bytes {start}-{stop - 1}/{large.length}'
    if length is not None:
        headers['Content-Length'] = str(length)
    status = 206 if wanted else 200
    if req.method == 'HEAD':
        return webob.Response(status=status, headerlist=list(headers.items()), app_iter=[])
    parts = [large.pieces(start, stop) for start, stop in wanted or [(0, large.length)]]
    body = Body(req, app, parts, source, pace, multipart)
    try:
        body.start()
    except SegmentError as error:
        LOG.error('%s: 409: %s', req.environ.get('PATH_INFO'), error)
        return text(409, 'Conflict: a segment of this large object is missing or has changed.\n')
    return webob.Response(status=status, headerlist=list(headers.items()), app_iter=body)


def answer(status, headers):
    """An answer without body that keeps what the object's headers say."""
    kept = {name: value for name, value in headers.items()
            if name.lower() not in ('content-length', 'content-type' if status == 304 else '')}
    kept['Content-Length'] = '0'
    if status == 304:
        del kept['Content-Length']
    return webob.Response(status=status, headerlist=list(kept.items()), app_iter=[])


def text(status, message):
    """An answer of plain text."""
    return webob.Response(status=status, text=message, content_type='text/plain', charset='utf-8')
