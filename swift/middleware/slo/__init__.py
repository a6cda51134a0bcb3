"""Static large objects: a manifest lists segments, readers see one object."""
import dataclasses

import webob

from swift import conf as options
from swift.middleware import listing_hash, names
from swift.middleware.segments import Pace, text
from swift.middleware.slo.delete import Delete
from swift.middleware.slo.get import Get
from swift.middleware.slo.put import Put
from swift.proxy import registry


@dataclasses.dataclass(frozen=True)
class Limits:
    """`segments` and `size` (bytes) of a manifest, how many segments are looked at or deleted at once."""

    segments: int
    size: int
    workers: int
    delete_workers: int
    every: float
    async_delete: bool
    swift_dir: str


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    workers = options.integer(conf, 'concurrency', 2, 1)
    limits = Limits(options.integer(conf, 'max_manifest_segments', 1000, 1),
                    options.integer(conf, 'max_manifest_size', 8 << 20, 1), workers,
                    options.integer(conf, 'delete_concurrency', workers, 1),
                    options.number(conf, 'yield_frequency', 10, 0.01),
                    options.boolean(conf, 'allow_async_delete', True), conf.get('swift_dir', '/etc/swift'))
    pace = Pace(options.integer(conf, 'rate_limit_after_segment', 10, 0),
                options.number(conf, 'rate_limit_segments_per_sec', 1, 0),
                options.integer(conf, 'rate_limit_under_size', 1 << 20, 0),
                options.number(conf, 'max_get_time', 86400, 1))
    registry.register('slo', max_manifest_segments=limits.segments, max_manifest_size=limits.size,
                      min_segment_size=1, yield_frequency=limits.every, allow_async_delete=limits.async_delete)
    return lambda app: StaticLargeObject(app, limits, pace)


class StaticLargeObject:
    """Filter: right of copy and quotas, left of dlo and versioned_writes."""

    def __init__(self, app, limits, pace):
        self.app, self._limits = app, limits
        self._get = Get(app, pace)
        self._put = Put(app, limits)
        self._delete = Delete(app, limits)

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if names.is_object(environ):
            if method in ('GET', 'HEAD'):
                return self._get.wsgi(environ, start_response)
            handle = self._handler(environ, method)
            if handle:
                return handle(webob.Request(environ))(environ, start_response)
        elif method == 'GET' and 'format=json' in environ.get('QUERY_STRING', ''):
            response = webob.Request(environ).get_response(self.app)
            return listing_hash.rewrite(response, _tell_etag, b'slo_etag')(environ, start_response)
        return self.app(environ, start_response)

    def _handler(self, environ, method):
        manifest = 'multipart-manifest=' in environ.get('QUERY_STRING', '')
        if method == 'PUT' and manifest and names.query(environ).get('multipart-manifest') == 'put':
            return self._put
        if method == 'DELETE' and manifest and names.query(environ).get('multipart-manifest') == 'delete':
            return self._delete
        if method == 'PUT' and 'HTTP_X_STATIC_LARGE_OBJECT' in environ and not environ.get('swift.slo_override'):
            return lambda req: text(400, 'X-Static-Large-Object is a reserved header. To create a static large '
                                         'object add query param multipart-manifest=put.')
        return None


def _tell_etag(item, params):
    if 'slo_etag' in params:
        item['slo_etag'] = f'"{params.pop("slo_etag")}"'
