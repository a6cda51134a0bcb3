"""A storage node for tests: four devices in a directory, an object server, and requests to it."""
import os
import time
from urllib.parse import quote

import webob

from swift import cluster
from swift.obj import diskfile
from swift.obj.server import app_factory
from tests.fixtures.rings import make_rings

DEVICES = ('sda', 'sdb', 'sdc', 'sdd')


class Node:
    """`manager` is its Manager, `server` its object server; `put`, `get` ... send requests, `now` never repeats."""

    def __init__(self, directory, policies=(0,), codes=None, **conf):
        self.swift_dir, self.devices = f'{directory}/etc', f'{directory}/node'
        make_rings(self.swift_dir, [{'device': name, 'port': 6200, 'zone': number}
                                    for number, name in enumerate(DEVICES)], policies=policies, codes=codes)
        for name in DEVICES:
            os.makedirs(f'{self.devices}/{name}', exist_ok=True)
        self.conf = {'swift_dir': self.swift_dir, 'devices': self.devices, 'mount_check': 'false',
                     'fallocate_reserve': '0', 'recon_cache_path': f'{directory}/recon', **conf}
        self.cluster = cluster.Cluster(self.swift_dir)
        self.policy = self.cluster.policies.by_index(policies[0])
        self.manager = diskfile.Manager(self.conf, self.cluster)
        self.server = app_factory({}, **self.conf)
        self._moment = time.time() - 1000

    @property
    def now(self):
        """A timestamp (text) later than the one before."""
        self._moment += 1
        return f'{self._moment:.5f}'

    def file(self, name='o', device='sda', policy=None):
        """The DiskFile of /a/c/<name>."""
        return self.manager.get(device, self.part(name), 'a', 'c', name, policy or self.policy)

    def part(self, name='o'):
        return str(self.cluster.ring('object', self.policy).get_part('a', 'c', name))

    def request(self, method, name='o', body=None, device='sda', path=None, headers=None, **more):
        """The answer, a webob.Response. X-Timestamp is made unless it is among the headers (X_Timestamp=...)."""
        made = {key.replace('_', '-'): str(value) for key, value in {**(headers or {}), **more}.items()}
        if method in ('PUT', 'POST', 'DELETE'):
            made.setdefault('X-Timestamp', self.now)
        target = path or quote(f'/{device}/{self.part(name)}/a/c/{name}')
        request = webob.Request.blank(target, method=method, headers=made)
        if body is not None:
            request.body = body
            request.headers.update({name: made[name] for name in ('Content-Length',) if name in made})
        return request.get_response(self.server)

    def put(self, name='o', body=b'data', **more):
        more.setdefault('Content_Type', 'text/plain')
        return self.request('PUT', name, body, **more)

    def get(self, name='o', **more):
        return self.request('GET', name, **more)

    def head(self, name='o', **more):
        return self.request('HEAD', name, **more)

    def post(self, name='o', **more):
        return self.request('POST', name, **more)

    def delete(self, name='o', **more):
        return self.request('DELETE', name, **more)

    def files(self, device='sda', below='objects'):
        """The paths of all files below a directory of a device, relative to it; locks and hashes left out."""
        top = f'{self.devices}/{device}/{below}'
        found = [os.path.join(place, name) for place, _, names in os.walk(top) for name in names]
        return sorted(os.path.relpath(each, top) for each in found
                      if not os.path.basename(each).startswith(('hashes.', '.lock')))


def write(file, body=b'data', timestamp='1700000000.00000', update=False, **metadata):
    """Commit an object to a DiskFile; returns its Writer."""
    writer = file.create(len(body))
    try:
        writer.write(body)
        writer.commit({'X-Timestamp': timestamp, 'Content-Type': 'text/plain', 'Content-Length': str(len(body)),
                       'ETag': writer.etag, **metadata}, update=update)
    except BaseException:
        writer.discard()
        raise
    return writer
