"""GET /endpoints/[v1/|v2/]account[/container[/object]]: the storage servers of a name, for jobs that go to the data.

It tells anybody who asks where things are (not what is in them): leave it out of a public proxy's pipeline.
"""
import urllib.parse

from webob import Response

from swift import cluster
from swift.headers import utf8
from swift.middleware.authorization import text
from swift.middleware.paths import split_path
from swift.proxy.info import get_container_info

_VERSIONS = {'v1': 1, 'v1.0': 1, '1': 1, '1.0': 1, 'v2': 2, 'v2.0': 2, '2': 2, '2.0': 2}


class ListEndpoints:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.cluster = cluster.load(conf.get('swift_dir', '/etc/swift'))
        self.path = '/' + conf.get('list_endpoints_path', '/endpoints/').strip('/') + '/'

    def __call__(self, environ, start_response):
        if not environ['PATH_INFO'].startswith(self.path):
            return self.app(environ, start_response)
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ):
        if environ['REQUEST_METHOD'] != 'GET':
            return text(405, 'Method Not Allowed', Allow='GET')
        path = environ['PATH_INFO'][len(self.path) - 1:]
        try:
            first, rest = split_path(path, 1, 2, True)
            version = _VERSIONS.get(first)
            names = split_path('/' + (rest or '') if version else path, 1, 3, True)
            names = [utf8(name) for name in names if name is not None]
        except ValueError:
            return text(400, 'No account in the path, or it is no UTF-8')
        ring, headers = self._ring(environ, names)
        part, nodes = ring.get_nodes(*names)
        endpoints = [self._url(node, part, names) for node in nodes]
        return Response(json={'endpoints': endpoints, 'headers': headers} if version == 2 else endpoints)

    def _ring(self, environ, names):
        """(ring, headers a request to the storage server needs)."""
        if len(names) < 3:
            return self.cluster.ring('account' if len(names) == 1 else 'container'), {}
        path = ('/v1/' + '/'.join(names)).encode().decode('latin-1')
        index = get_container_info({**environ, 'PATH_INFO': path}, self.app, source='LE').get('storage_policy') or '0'
        return self.cluster.ring('object', int(index)), {'X-Backend-Storage-Policy-Index': str(index)}

    @staticmethod
    def _url(node, part, names):
        host = f'[{node["ip"]}]' if ':' in node['ip'] else node['ip']
        return f'http://{host}:{node["port"]}/{node["device"]}/{part}/{urllib.parse.quote("/".join(names))}'


def filter_factory(global_conf, **local_conf):
    """Paste: list_endpoints_path, swift_dir."""
    conf = {**global_conf, **local_conf}
    return lambda app: ListEndpoints(app, conf)
