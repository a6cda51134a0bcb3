"""Version documents, and the way of a path to the application of its version."""
from essex import config, wsgi
from essex.wsgi import json_response
from essex.wsgi.request import Request

CONF = config.CONF

_NEWEST = 18
# The first segments of paths that an application answers, and the one it knows itself by.
_SEGMENTS = {'v1': 'v1', 'v1.0': 'v1', 'v1.1': 'v1', 'v2': 'v2',
             **{f'v2.{minor}': 'v2' for minor in range(_NEWEST + 1)}}
_BY_ACCEPT = {'application/vnd.openstack.images-v1': 'v1', 'application/vnd.openstack.images-v2': 'v2'}


def minors():
    """The minor versions of v2 that this configuration has, newest first: some came with what not everybody has."""
    found = [18, 17, 16, 15, 14] if CONF.image_cache_dir else [17, 15]
    found += [13, 12, 11, 10, 9, 8] if CONF.enabled_backends else [9]
    return found + list(range(7, -1, -1))


def document(base):
    """The list of versions, with links that lead back the way the client came."""
    newest, *others = minors()
    listed = [(f'v2.{newest}', 'CURRENT', '/v2/'), *((f'v2.{minor}', 'SUPPORTED', '/v2/') for minor in others),
              ('v1.1', 'SUPPORTED', '/v1/'), ('v1.0', 'SUPPORTED', '/v1/')]
    return {'versions': [{'id': version, 'status': status, 'links': [{'rel': 'self', 'href': base + path}]}
                         for version, status, path in listed]}


class VersionNegotiation:
    """WSGI filter: answers the version documents, to anybody, and leads other requests to /v1 or /v2."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        path = environ.get('PATH_INFO', '')
        segment, _, rest = path.lstrip('/').partition('/')
        version = _SEGMENTS.get(segment)
        if version is None:
            if segment == 'versions' and not rest.strip('/'):
                return self._list(environ, start_response, 200)
            version = _BY_ACCEPT.get(environ.get('HTTP_ACCEPT', ''))
            rest = path.lstrip('/')
            if version is None:
                return self._list(environ, start_response, 300)
        elif not rest and environ['REQUEST_METHOD'] in ('GET', 'HEAD') and version == 'v2':
            return self._list(environ, start_response, 300)
        environ['PATH_INFO'] = f'/{version}/{rest}'
        return self.app(environ, start_response)

    @staticmethod
    def _list(environ, start_response, status):
        req = Request(environ)
        return json_response(document(wsgi.base_url(req)), status)(environ, start_response)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return VersionNegotiation
