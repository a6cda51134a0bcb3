"""Account, container and object servers of four devices in one process, and perhaps a proxy with impatience.

`python -m tests.unit.swift.proxy.storage DIR ACCOUNT-PORT CONTAINER-PORT OBJECT-PORT [PROXY-PORT]`. DIR gets
swift.conf, rings and devices d1 to d4; a line `ready` is written when the servers listen.
"""
import os
import sys

from essex import concurrency
from swift.erasure import Code

DEVICES = ('d1', 'd2', 'd3', 'd4')
KINDS = ('account', 'container', 'object')


# Of policy 2: small segments, so that small objects have many; a device is left to stand in.
CODE = Code('liberasurecode_rs_vand', 2, 1, 4096)


def prepare(directory, ports, replicas=3, policies=(0,), codes=None):
    """Make devices and rings for servers on `ports` ({'account': ...})."""
    from tests.fixtures.rings import make_rings
    for device in DEVICES:
        os.makedirs(os.path.join(directory, 'devices', device), exist_ok=True)
    make_rings(directory, [{'device': name, 'ports': ports, 'zone': number} for number, name in enumerate(DEVICES)],
               replicas=replicas, policies=policies, codes=codes)


def serve(directory, ports):
    """Serve until killed."""
    from swift.account import server as account
    from swift.container import server as container
    from swift.obj import server as objects
    conf = {'devices': os.path.join(directory, 'devices'), 'mount_check': 'false', 'swift_dir': directory,
            'fallocate_reserve': '0', 'recon_cache_path': os.path.join(directory, 'recon')}
    threads = []
    for kind, module in zip(KINDS, (account, container, objects)):
        sock = concurrency.listen('127.0.0.1', ports[kind], 1024)
        threads.append(concurrency.spawn(concurrency.serve, sock, module.app_factory({}, **conf)))
    if 'proxy' in ports:
        threads.append(concurrency.spawn(concurrency.serve, concurrency.listen('127.0.0.1', ports['proxy']),
                                         impatient_proxy(directory)))
    print('ready', flush=True)
    for thread in threads:
        thread.wait()


def impatient_proxy(directory):
    """A pipeline that waits for clients 0.3 s."""
    from swift.middleware import catch_errors, gatekeeper, memcache, proxy_logging
    from swift.proxy.server import app_factory
    app = app_factory({}, swift_dir=directory, account_autocreate='true', client_timeout='0.3')
    for module in (proxy_logging, memcache, gatekeeper, catch_errors):
        app = module.filter_factory({}, swift_dir=directory)(app)
    return app


if __name__ == '__main__':
    concurrency.patch()
    serve(sys.argv[1], {kind: int(port) for kind, port in zip((*KINDS, 'proxy'), sys.argv[2:])})
