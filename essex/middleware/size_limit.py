"""Refuse bodies larger than the API ever needs, also when they do not say how long they are."""
from oslo_config import cfg

from essex import config
from essex.exception import TooLarge
from essex.wsgi.request import json_response

OPTS = [cfg.IntOpt('max_request_body_size', default=114688, min=1, help='Largest request body in bytes.')]
CONF = config.register(OPTS, 'oslo_middleware')


class _Limited:
    def __init__(self, stream, limit):
        self.stream, self.limit, self.left = stream, limit, limit

    def _count(self, data):
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge(limit=self.limit)
        return data

    def read(self, size=-1):
        if size is None or size < 0:
            size = self.left + 1
        return self._count(self.stream.read(min(size, self.left + 1)))

    def readline(self, size=-1):
        return self._count(self.stream.readline(self.left + 1 if size is None or size < 0 else size))

    def __iter__(self):
        return iter(self.readline, b'')


class SizeLimit:
    """WSGI filter answering 413. `limit` in bytes, else [oslo_middleware] max_request_body_size."""

    def __init__(self, app, limit=None):
        self.app, self.limit = app, limit

    def __call__(self, environ, start_response):
        limit = self.limit or CONF.oslo_middleware.max_request_body_size
        declared = environ.get('CONTENT_LENGTH') or '0'
        if not declared.isdigit():
            return self._refuse(400, 'Bad Request', 'Content-Length must be a whole number.')(environ, start_response)
        if int(declared) > limit:
            error = TooLarge(limit=limit)
            return self._refuse(error.code, error.title, str(error))(environ, start_response)
        environ['wsgi.input'] = _Limited(environ['wsgi.input'], limit)
        # WebOb may have remembered that the stream it replaces could seek.
        environ['webob.is_body_seekable'] = False
        return self.app(environ, start_response)

    @staticmethod
    def _refuse(code, title, message):
        return json_response({'error': {'code': code, 'title': title, 'message': message}}, code)


def filter_factory(global_conf, limit=None, **local_conf):
    """Paste: `limit` in bytes."""
    return lambda app: SizeLimit(app, int(limit) if limit else None)
