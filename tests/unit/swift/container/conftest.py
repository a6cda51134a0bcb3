import os

import pytest
import webob

from swift.container.server import app_factory
from swift.db import sqlite
from tests.fixtures.rings import make_rings


class Client:
    """Requests to a container server without a socket; paths are below /sda/1."""

    def __init__(self, directory, **conf):
        self.directory = str(directory)
        os.makedirs(f'{self.directory}/devices/sda')
        make_rings(f'{self.directory}/etc', [{'device': 'sda', 'port': 6201}], replicas=1, policies=(0, 1))
        self.app = app_factory({}, swift_dir=f'{self.directory}/etc', devices=f'{self.directory}/devices',
                               mount_check='false', **conf)

    def __call__(self, method, path, second=None, device='/sda/1', body=b'', **headers):
        named = {name.replace('_', '-'): str(value) for name, value in headers.items()}
        if second is not None:
            named['X-Timestamp'] = f'{second:010d}.00000'
        return webob.Request.blank(device + path, method=method, headers=named, body=body).get_response(self.app)

    def put(self, name, second=2, size=5, content_type='text/plain', etag='e' * 32, **headers):
        return self('PUT', f'/a/c/{name}', second, X_Size=size, X_Content_Type=content_type, X_Etag=etag, **headers)


@pytest.fixture
def client(tmp_path):
    yield Client(tmp_path)
    sqlite.forget()
