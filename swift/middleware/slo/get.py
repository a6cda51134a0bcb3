"""Reading static large objects: whole, in ranges, by part, or the manifest itself."""
import hashlib
import re

import webob

from swift import conditions
from swift.middleware import copied, looking, names
from swift.middleware.segments import LargeObject, SegmentError, answer, cut, fetch, respond, text
from swift.middleware.slo import manifest
from swift.proxy.subrequest import make_subrequest

_DEPTH = 10
_MANIFEST_LIMIT = 64 << 20
_ETAG = 'X-Object-Sysmeta-Slo-Etag'
_SIZE = 'X-Object-Sysmeta-Slo-Size'
_SWIFT_BYTES = re.compile(r';\s*swift_bytes=\d+', re.ASCII)


def is_slo(headers):
    """Whether the headers are of a manifest."""
    return headers.get('X-Static-Large-Object', '').lower() == 'true'


class Get:
    """GET and HEAD of objects."""

    def __init__(self, app, pace):
        self._app, self._pace = app, pace

    def wsgi(self, environ, start_response):
        """The filter's answer; an object that is no manifest passes as it is."""
        if 'multipart-manifest=get' in environ.get('QUERY_STRING', ''):
            req = webob.Request(environ)
            return self._manifest_itself(req, names.query(environ))(environ, start_response)
        looking.extend(environ, 'HTTP_X_BACKEND_ETAG_IS_AT', _ETAG)
        looking.extend(environ, 'HTTP_X_BACKEND_IGNORE_RANGE_IF_METADATA_PRESENT', 'X-Static-Large-Object')
        status, headers, body = looking.ahead(self._app, environ)
        marked = looking.value(headers, 'x-static-large-object')
        if not marked or marked.lower() != 'true' or int(status[:3]) not in (200, 206, 304, 412, 416):
            start_response(status, headers)
            return body
        found = webob.Response(status=status, headerlist=headers, app_iter=body)
        return self._answer(webob.Request(environ), found)(environ, start_response)

    def __call__(self, req):
        """As `wsgi`, a Request to a Response."""
        return req.get_response(self.wsgi)

    def _answer(self, req, response):
        # What was asked for is said of the manifest's bytes: it is answered anew for those it stands for.
        params = names.query(req.environ)
        if 'part-number' not in params and _ETAG in response.headers and _SIZE in response.headers:
            quick = self._without_segments(req, response)
            if quick:
                copied.close_body(response)
                return quick
        if response.status_int != 200 or req.method == 'HEAD':
            copied.close_body(response)
            response = self._again(req)
            if response.status_int != 200 or not is_slo(response.headers):
                return response
        return self._large(req, response, params.get('part-number'))

    def _without_segments(self, req, response):
        """The answer that needs no manifest: to a HEAD, or a condition that fails."""
        large = LargeObject(None, int(response.headers[_SIZE]), response.headers[_ETAG], _shown(response.headers),
                            _other_tags(req, response.headers))
        if req.method == 'HEAD':
            return respond(req, self._app, large, 'SLO', self._pace)
        failing = conditions.failing(req.environ, [large.etag, *large.other_tags],
                                     conditions.seconds(response.headers.get('Last-Modified')))
        return answer(failing, {**large.headers, 'Etag': f'"{large.etag}"'}) if failing else None

    def _again(self, req):
        sub = make_subrequest(req.environ, 'GET', source='SLO', query=_without_part(req),
                              headers={name: req.headers[name] for name in ('X-Newest', 'X-Open-Expired')
                                       if name in req.headers})
        return sub.get_response(self._app)

    def _large(self, req, response, part_number):
        headers = _shown(response.headers)
        try:
            records = _records(response)
        except manifest.ManifestError as error:
            return text(409, f'{error}\n')
        etag, size = manifest.etag_and_size(records)
        segments = [manifest.segment_of(record) for record in records]
        base, env = names.of(req.environ), req.environ

        def pieces(start, stop):
            return self._expand(env, base, cut(segments, start, stop), 1)
        large = LargeObject(pieces, size, etag, headers, _other_tags(req, headers))
        if part_number is None:
            return respond(req, self._app, large, 'SLO', self._pace)
        return self._part(req, large, segments, part_number)

    def _part(self, req, large, segments, number):
        if not number.isascii() or not number.isdecimal() or not 0 < len(number) < 10 or int(number) < 1:
            return text(400, 'Part number must be an integer between 1 and the number of parts.\n')
        if req.headers.get('Range'):
            return text(400, 'Range and part-number cannot be used together.\n')
        if int(number) > len(segments):
            return answer(416, {**large.headers, 'Content-Range': f'bytes */{large.length}',
                                'X-Parts-Count': str(len(segments))})
        start = sum(segment.length for segment in segments[:int(number) - 1])
        part = (start, start + segments[int(number) - 1].length)
        return respond(req, self._app, large, 'SLO', self._pace, part, len(segments))

    def _expand(self, env, base, segments, depth):
        """The segments with those that are manifests replaced by theirs, read when it is their turn."""
        for segment in segments:
            if not segment.manifest:
                yield segment
                continue
            if depth > _DEPTH:
                raise SegmentError(f'{segment.path}: manifests are nested more than {_DEPTH} deep')
            inner = self._nested(env, base, segment)
            yield from self._expand(env, base, cut(inner, segment.start, segment.stop), depth + 1)

    def _nested(self, env, base, segment):
        response = fetch(env, self._app, base, segment.path, 'SLO')
        if response.status_int != 200 or not is_slo(response.headers):
            copied.close_body(response)
            raise SegmentError(f'{segment.path}: {response.status}, or no manifest any more')
        try:
            records = _records(response)
        except manifest.ManifestError as error:
            raise SegmentError(f'{segment.path}: {error}') from error
        if manifest.etag_and_size(records) != (segment.etag, segment.size):
            raise SegmentError(f'{segment.path} has changed')
        return [manifest.segment_of(record) for record in records]

    def _manifest_itself(self, req, params):
        as_raw = params.get('format') == 'raw'
        kept = {name: req.headers.pop(name) for name in ('Range',) if as_raw and name in req.headers}
        response = req.get_response(self._app)
        req.headers.update(kept)
        if not is_slo(response.headers):
            return response
        # What is put again as it is keeps its type.
        response.headers['Content-Type'] = (_SWIFT_BYTES.sub('', response.headers.get('Content-Type', '')) if as_raw
                                            else 'application/json; charset=utf-8')
        if as_raw and response.status_int == 200 and req.method == 'GET':
            try:
                body = manifest.raw(_records(response))
            except manifest.ManifestError as error:
                return text(409, f'{error}\n')
            response.headers['Etag'] = hashlib.md5(body, usedforsecurity=False).hexdigest()
            response.body = body
        return response


def _other_tags(req, headers):
    """The ETags that filters further out have for the object."""
    places = req.headers.get('X-Backend-Etag-Is-At', '').split(',')
    return [headers[name.title()] for name in places if name != _ETAG and name.title() in headers]


def _records(response):
    body = copied.read_small(response, _MANIFEST_LIMIT)
    if body is None:
        raise manifest.ManifestError(['the stored manifest is too large'], 409)
    return manifest.read(body)


def _shown(headers):
    """The headers readers see: no trace of how the listing counts the bytes, the manifest's own ETag kept aside."""
    made = {name.title(): value for name, value in headers.items()}
    made['Content-Type'] = _SWIFT_BYTES.sub('', made.get('Content-Type', 'application/octet-stream'))
    if 'Etag' in made:
        made['X-Manifest-Etag'] = made.pop('Etag').strip('"')
    for name in ('Content-Length', 'Content-Range'):
        made.pop(name, None)
    return made


def _without_part(req):
    return '&'.join(part for part in req.query_string.split('&') if not part.startswith('part-number='))
