"""Dynamic large objects: X-Object-Manifest names a container and a prefix, readers see what lies below it as one."""
import datetime
import hashlib
import json
from urllib.parse import urlencode

import webob

from swift import conf as options
from swift.middleware import copied, listing_hash, looking, names
from swift.middleware.segments import LargeObject, Pace, Segment, SegmentError, cut, respond, text
from swift.proxy.subrequest import make_subrequest
from swift.timestamp import Timestamp

_PAGE = 10000


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    pace = Pace(options.integer(conf, 'rate_limit_after_segment', 10, 0),
                options.number(conf, 'rate_limit_segments_per_sec', 1, 0),
                max_time=options.number(conf, 'max_get_time', 86400, 1))
    return lambda app: DynamicLargeObject(app, pace)


class DynamicLargeObject:
    """Filter: right of slo, left of versioned_writes."""

    def __init__(self, app, pace):
        self.app, self._pace = app, pace

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if method in ('GET', 'HEAD') and names.is_object(environ):
            if 'multipart-manifest=get' not in environ.get('QUERY_STRING', ''):
                return self._read(environ, start_response)
        elif method in ('PUT', 'POST') and 'HTTP_X_OBJECT_MANIFEST' in environ and names.is_object(environ):
            refused = _refused(environ)
            if refused:
                return text(400, refused)(environ, start_response)
        return self.app(environ, start_response)

    def _read(self, environ, start_response):
        looking.extend(environ, 'HTTP_X_BACKEND_IGNORE_RANGE_IF_METADATA_PRESENT', 'X-Object-Manifest')
        status, headers, body = looking.ahead(self.app, environ)
        if not looking.value(headers, 'x-object-manifest') or int(status[:3]) not in (200, 206, 304, 412, 416):
            start_response(status, headers)
            return body
        # Conditions and ranges are met or not by the manifest's own bytes: it counts what they stand for.
        found = webob.Response(status=status, headerlist=headers, app_iter=body)
        copied.close_body(found)
        if found.status_int not in (200, 206):
            found = make_subrequest(environ, 'HEAD', source='DLO').get_response(self.app)
            copied.close_body(found)
            if found.status_int != 200:
                return found(environ, start_response)
        return self._large(webob.Request(environ), found)(environ, start_response)

    def _large(self, req, manifest):
        base = names.of(req.environ)
        try:
            container, _, prefix = names.from_header(manifest.headers['X-Object-Manifest']).lstrip('/').partition('/')
        except ValueError:
            return text(409, 'The manifest names no container and prefix.\n')
        refused, items = self._page(req, base, container, prefix, '')
        if refused is not None:
            return refused
        headers = {name.title(): value for name, value in manifest.headers.items()}
        for name in ('Content-Length', 'Content-Range', 'Etag'):
            headers.pop(name, None)
        if items:
            headers['Last-Modified'] = _newest(items).http_date
        complete = len(items) < _PAGE
        segments = [_segment(container, item) for item in items]
        etag = _etag(segments) if complete else None

        def pieces(start, stop):
            if complete:
                return cut(segments, start, stop)
            return self._all(req, base, container, prefix, items)
        length = sum(segment.length for segment in segments) if complete else None
        return respond(req, self.app, LargeObject(pieces, length, etag, headers), 'DLO', self._pace)

    def _all(self, req, base, container, prefix, items):
        """Segments page by page: there are more than one listing holds."""
        while items:
            yield from (_segment(container, item) for item in items)
            refused, items = self._page(req, base, container, prefix, items[-1]['name'])
            if refused is not None:
                raise SegmentError(f'the listing of {container} answered {refused.status}')

    def _page(self, req, base, container, prefix, marker):
        """(None, items), or (the answer of the container, None). As the user: reading it takes the read ACL."""
        query = urlencode({'format': 'json', 'prefix': prefix, 'marker': marker, 'limit': _PAGE})
        sub = make_subrequest(req.environ, 'GET', base.path(container), query=query, source='DLO')
        response = sub.get_response(self.app)
        if response.status_int == 204:
            return None, []
        if response.status_int != 200:
            copied.close_body(response)
            if req.method == 'HEAD':
                return webob.Response(status=response.status), None
            return text(response.status_int, 'The segments of this large object cannot be listed.\n'), None
        body = copied.read_small(response, 64 << 20)
        try:
            items = json.loads(body or b'[]')
        except ValueError:
            return text(503, 'The segments of this large object cannot be listed.\n'), None
        return None, [item for item in items if 'name' in item]


def _etag(segments):
    return hashlib.md5(''.join(segment.etag for segment in segments).encode(), usedforsecurity=False).hexdigest()


def _newest(items):
    latest = max(item['last_modified'] for item in items)
    return Timestamp(datetime.datetime.fromisoformat(latest).replace(tzinfo=datetime.UTC).timestamp())


def _segment(container, item):
    size = int(item['bytes'])
    return Segment(f'/{container}/{item["name"]}', 0, size, size, listing_hash.split(item['hash'])[0])


def _refused(environ):
    """What is wrong with X-Object-Manifest, or None."""
    value = environ['HTTP_X_OBJECT_MANIFEST']
    if not value:
        return None
    if '?' in value or '&' in value:
        return 'X-Object-Manifest must not contain ? or &; URL-encode them.\n'
    try:
        container, prefix = names.container_and_object(names.from_header(value))
    except ValueError:
        container = prefix = ''
    if not container or prefix.startswith('/') or value.startswith('/') or '\0' in container + prefix:
        return 'X-Object-Manifest must be in the format container/prefix.\n'
    return None
