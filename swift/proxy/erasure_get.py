"""GET and HEAD of an erasure-coded object: any `data` archives of one time give its bytes.

A plain GET asks for archives at once. Where a condition or a range is to be judged, a HEAD of one node comes first: it
says how long the object is and which segments are wanted, of which then only the fragments are fetched.
"""
import hashlib

import webob

from essex import concurrency
from swift import conditions, erasure, ranges
from swift.exceptions import SwiftError
from swift.headers import whole
from swift.proxy import base, reading, responses
from swift.proxy.archives import Archives
from swift.proxy.errors import refuse
from swift.timestamp import Timestamp

_CONDITIONS = ('If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'Range', 'If-Range')
_OVERRIDE = 'x-object-sysmeta-container-update-override-'
_ATTEMPTS = 3


def read(controller, method, headers):
    """The response (webob.Response). Raises Refusal."""
    known = [headers.get('X-Backend-Etag-Is-At'), erasure.ETAG]
    headers['X-Backend-Etag-Is-At'] = ','.join(filter(None, known))
    if method == 'HEAD' or any(name in headers for name in _CONDITIONS):
        return _judged(controller, method, headers)
    archives = Archives(controller, headers, controller.is_newest())
    return _whole(archives) if archives.find() else _not_found(controller, archives)


def _judged(controller, method, headers):
    """What a HEAD says, then the ranges that are wanted."""
    plain = {name: value for name, value in headers.items() if name not in ('Range', 'If-Range')}
    unconditional = {name: value for name, value in headers.items() if name not in _CONDITIONS}
    for _ in range(_ATTEMPTS):
        reader = reading.Reader(
            controller.app, controller.app.nodes(controller.ring, controller.part, controller.placement),
            controller.part, 'HEAD', controller.target, plain, newest=controller.is_newest(),
            placement=controller.placement, timeout=controller.app.options.recoverable_node_timeout)
        answer = reader.find()
        if answer is None or answer.status >= 300 or method == 'HEAD':
            return _told(controller, method, reader, answer)
        code = _code(controller, answer)
        when, length = Timestamp(answer.headers['x-backend-data-timestamp']), as_object(answer)
        wanted = _ranges(controller, answer, length)
        if wanted == []:
            return responses.error(416, headers=[('Content-Range', f'bytes */{length}'), *(
                pair for pair in base.client_headers(answer)
                if pair[0].startswith('X-') or pair[0] in ('Etag', 'Content-Type'))])
        archives = Archives(controller, unconditional)
        span = (wanted[0][0] // code.segment_size, -(-wanted[0][1] // code.segment_size)) if wanted else None
        if archives.find(when, span, code):
            return _whole(archives) if wanted is None else _parts(archives, wanted)
        if not archives.is_replaced:
            break
    return _not_found(controller, archives)


def _told(controller, method, reader, answer):
    """The response to a request that a HEAD has settled."""
    if answer is None:
        verdict = reader.verdict
        return controller.unavailable(method, reader.problems) if verdict is None else controller.relayed(verdict)
    as_object(answer)
    answer.body = b''
    if answer.status < 300:
        return webob.Response(status=responses.status_line(200), headerlist=base.client_headers(answer), app_iter=[])
    response = controller.relayed(answer)
    if answer.status == 304:
        # Caches renew what they know by these headers.
        response.headers['Content-Type'] = answer.headers['content-type']
    return response


def _code(controller, answer):
    size = whole(answer.headers.get(erasure.SEGMENT_SIZE))
    return controller.policy.code.sized(size) if size else controller.policy.code


def _ranges(controller, answer, length):
    etags = (_conditional_etag(controller, answer),)
    modified = conditions.seconds(answer.headers.get('last-modified'))
    ignoring = (controller.header('X_BACKEND_IGNORE_RANGE_IF_METADATA_PRESENT') or '').split(',')
    if any(name.strip() and answer.headers.get(name.strip()) for name in ignoring):
        return None
    if not conditions.range_holds(controller.environ, etags, modified):
        return None
    return ranges.parse(controller.header('RANGE'), length)


def _conditional_etag(controller, answer):
    """The ETag the client knows the object by: of the first header of X-Backend-Etag-Is-At that it has."""
    named = (name.strip().lower() for name in (controller.header('X_BACKEND_ETAG_IS_AT') or '').split(','))
    return next((answer.headers[name] for name in named if answer.headers.get(name)),
                answer.headers.get('etag', '').strip('"'))


def _not_found(controller, archives):
    verdict = archives.verdict
    return controller.unavailable('GET', archives.problems) if verdict is None else controller.relayed(verdict)


def _whole(archives):
    """The response with all of an object."""
    etag, length = archives.answer.headers.get(erasure.ETAG), as_object(archives.answer)
    return webob.Response(status=responses.status_line(200), headerlist=base.client_headers(archives.answer),
                          app_iter=_Body(archives, [(0, length)], etag=etag))


def _parts(archives, wanted):
    """The response with half-open ranges of it, [(start, stop)]."""
    length = as_object(archives.answer)
    shown = dict(base.client_headers(archives.answer))
    shown.pop('Content-Range', None)
    multipart = None
    if len(wanted) == 1:
        (start, stop), = wanted
        shown.update({'Content-Range': f'bytes {start}-{stop - 1}/{length}', 'Content-Length': str(stop - start)})
    else:
        multipart = ranges.Multipart(wanted, length, shown['Content-Type'])
        shown.update({'Content-Type': multipart.content_type, 'Content-Length': str(multipart.content_length)})
    return webob.Response(status=responses.status_line(206), headerlist=list(shown.items()),
                          app_iter=_Body(archives, wanted, multipart))


def as_object(answer):
    """Have a node's answer about an archive speak of the object; returns the object's length. Raises Refusal 503."""
    headers = answer.headers
    etag, length = headers.get(erasure.ETAG), whole(headers.get(erasure.LENGTH))
    if answer.status < 300 and (etag is None or length is None):
        raise refuse(503, 'A storage node knows a fragment but not of what.\n')
    for name in list(headers):
        # Also what other filters or a copy must not take for their own.
        if name.startswith((erasure.SYSMETA, 'x-backend-fragments')) or (
                name.startswith(_OVERRIDE) and headers[name] in (etag, str(length))):
            del headers[name]
    if etag is not None:
        headers['etag'] = f'"{etag}"'
    if length is not None:
        headers['content-length'] = str(length)
    return length


class _Body:
    """Iterates over the bytes of half-open `wanted` ranges, framed by `multipart` for several.

    Of a whole object the MD5 is compared with `etag` before its last bytes: a fragment that was damaged on the way, or
    rebuilt wrongly, never passes for it.
    """

    def __init__(self, archives, wanted, multipart=None, etag=None):
        self._archives, self._wanted, self._multipart, self._etag = archives, wanted, multipart, etag
        self._total = hashlib.md5(usedforsecurity=False)
        self._ahead = None

    def __iter__(self):
        try:
            parts = map(self._part, range(len(self._wanted)))
            yield from self._multipart.body(parts) if self._multipart else next(parts)
            self._archives.finish()
        finally:
            self.close()

    def _part(self, number):
        start, stop = self._wanted[number]
        size = self._archives.code.segment_size
        first, last = start // size, -(-stop // size)
        if number:
            self._archives.reopen(first, last)
        self._read_ahead(first, last)
        for segment in range(first, last):
            data = self._ahead.wait()
            self._read_ahead(segment + 1, last)
            begin = segment * size
            yield data[max(0, start - begin):stop - begin] if start > begin or stop - begin < len(data) else data

    def _read_ahead(self, segment, last):
        self._ahead = concurrency.spawn(self._segment, segment, segment + 1 == last) if segment < last else None

    def _segment(self, segment, is_last):
        fragments = self._archives.fragments(segment)
        return concurrency.in_thread(self._decode, fragments, is_last)

    def _decode(self, fragments, is_last):
        data = self._archives.code.decode(fragments)
        if self._etag is not None:
            self._total.update(data)
            if is_last and self._total.hexdigest() != self._etag:
                raise SwiftError(f'{self._archives.target}: what the fragments give has another MD5 than its ETag')
        return data

    def close(self):
        """Break off."""
        if self._ahead is not None:
            self._ahead.kill()
        self._archives.close()
