"""Real storage servers for the tests of the proxy, one process for all of them."""
import subprocess
import sys

import pytest
import webob

from swift import backend, cluster
from swift.proxy.server import Application
from tests.fixtures.processes import free_port
from tests.unit.swift.proxy import storage


@pytest.fixture(scope='session')
def proxy_port():
    """Where a proxy in a process of its own listens, which waits for clients 0.3 s."""
    return free_port()


@pytest.fixture(scope='session')
def storage_dir(tmp_path_factory, proxy_port):
    """A directory with swift.conf and rings of servers that run."""
    directory = str(tmp_path_factory.mktemp('storage'))
    ports = {kind: free_port() for kind in storage.KINDS}
    storage.prepare(directory, ports, policies=(0, 1, 2), codes={2: storage.CODE})
    process = subprocess.Popen([sys.executable, '-W', 'ignore', '-m', 'tests.unit.swift.proxy.storage', directory,
                                *map(str, ports.values()), str(proxy_port)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b'ready\n'
    yield directory
    process.kill()
    process.wait()
    process.stdout.close()
    backend.forget()


class Client:
    """Requests to an application in this process."""

    def __init__(self, app):
        self.app = app

    def __call__(self, method, path, body=b'', query='', **environ):
        """The webob.Response; keywords are headers (x_object_meta_color) or keys of the environment with a dot."""
        request = webob.Request.blank('/v1/' + path if not path.startswith('/') else path, method=method)
        request.environ.pop('CONTENT_TYPE', None)
        if body or method in ('PUT', 'POST'):
            request.body = body
        request.environ['QUERY_STRING'] = query
        for name, value in environ.pop('env', {}).items():
            request.environ[name] = value
        for name, value in environ.items():
            request.headers[name.replace('_', '-')] = value
        return request.get_response(self.app)


@pytest.fixture
def make_app(storage_dir):
    """make_app(option=value): a proxy of the running storage servers."""
    cluster.load.cache_clear()
    return lambda **conf: Application({'swift_dir': storage_dir, 'account_autocreate': 'true', **conf})


@pytest.fixture
def client(make_app):
    """A client of a proxy with default options."""
    return Client(make_app())


@pytest.fixture
def container(client, request):
    """The path of a new container."""
    path = f'AUTH_test/{request.node.name[:100]}'
    assert client('PUT', path).status_int == 201
    return path
