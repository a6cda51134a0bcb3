"""A bound on request bodies, except those that are image data."""
import re

from essex.middleware.size_limit import SizeLimit

# The calls whose body is data, by method.
V2_DATA = {'PUT': re.compile(r'/images/[^/]+/(file|stage)/?')}
V1_DATA = {'POST': re.compile(r'/images/?'), 'PUT': re.compile(r'/images/[^/]+/?')}


class BodyLimit:
    """WSGI filter: metadata is bounded by [oslo_middleware] max_request_body_size, data by image_size_cap alone.

    `data` maps the methods that carry data to the paths where they do.
    """

    def __init__(self, app, data):
        self.app, self._limited, self._data = app, SizeLimit(app), data

    def __call__(self, environ, start_response):
        pattern = self._data.get(environ['REQUEST_METHOD'])
        if pattern is not None and pattern.fullmatch(environ.get('PATH_INFO', '')):
            return self.app(environ, start_response)
        return self._limited(environ, start_response)
