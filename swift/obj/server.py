"""The object server: objects on this node's devices by HTTP.

PUT, GET, HEAD, POST and DELETE of /device/partition/account/container/object; REPLICATE of
/device/partition[/suffix-suffix...]; SSYNC of /device/partition. What blocks on a disk runs in a thread of that
device, once an operation for small objects.
"""
import logging
import os
import time
from urllib.parse import quote

import webob

import swift
from essex import concurrency
from swift import cluster
from swift import conf as options
from swift.exceptions import DriveFull, DriveNotMounted, LockTimeout
from swift.obj import delete, diskfile, get, leftovers, post, put, replicate
from swift.obj.answers import Answer
from swift.obj.requests import Refused, Request, allowed_headers, partition, policy
from swift.obj.ssync_receiver import Receiver
from swift.obj.updates import Updater

LOG = logging.getLogger(__name__)
_ALLOWED = ('Content-Disposition, Content-Encoding, X-Delete-At, X-Object-Manifest, X-Static-Large-Object, '
            'Cache-Control, Content-Language, Expires, X-Robots-Tag')
_REPLICATION = ('REPLICATE', 'SSYNC')


def app_factory(global_conf, **local_conf):
    """paste.app_factory of the object server."""
    return ObjectServer({**global_conf, **local_conf})


class ObjectServer:
    """A WSGI application.

    Options, besides those of Manager, Updater and Receiver: allowed_headers, network_chunk_size, disk_chunk_size,
    keep_cache_size (bytes), keep_cache_private, max_upload_time, client_timeout (seconds), log_requests,
    etag_validate_pct (of whole reads, how many are checked by MD5),
    replication_server (true: only replication; false: all but replication; unset: both), slow (seconds).
    """

    def __init__(self, conf):
        self.cluster = cluster.load(conf.get('swift_dir', '/etc/swift'))
        self.manager = diskfile.Manager(conf, self.cluster)
        self.updater = Updater(conf, self.manager)
        self.receiver = Receiver(self, self.manager, conf)
        self.allowed = allowed_headers(conf.get('allowed_headers', _ALLOWED))
        self.network_chunk_size = options.integer(conf, 'network_chunk_size', 65536, 1)
        self.disk_chunk_size = options.integer(conf, 'disk_chunk_size', 65536, 1)
        self.keep_cache_size = options.integer(conf, 'keep_cache_size', 5242880, 0)
        self.keep_cache_private = options.boolean(conf, 'keep_cache_private', False)
        self.etag_validate_pct = options.number(conf, 'etag_validate_pct', 100, 0)
        self.max_upload_time = options.number(conf, 'max_upload_time', 86400, 0)
        self.client_timeout = options.number(conf, 'client_timeout', 60, 0)
        self.max_file_size = self.cluster.constraints.max_file_size
        self._log_requests = options.boolean(conf, 'log_requests', True)
        self._slow = options.number(conf, 'slow', 0, 0)
        self._methods = self._served(conf.get('replication_server'))
        self._swept = False

    def _served(self, replication_server):
        methods = {'PUT': put.handle, 'GET': get.handle, 'HEAD': get.handle, 'POST': post.handle,
                   'DELETE': delete.handle, 'REPLICATE': replicate.handle, 'SSYNC': None}
        if replication_server is None:
            return methods
        wanted = options.boolean({'it': replication_server}, 'it', False)
        return {name: each for name, each in methods.items() if (name in _REPLICATION) == wanted}

    def __call__(self, environ, start_response):
        began = time.time()
        answer = self._answer(environ)
        if self._log_requests and LOG.isEnabledFor(logging.INFO):
            self._log(environ, answer, time.time() - began)
        return answer(environ, start_response)

    def _answer(self, environ):
        method = environ['REQUEST_METHOD']
        try:
            if method not in self._methods:
                allow = {'Allow': ', '.join(sorted(self._methods))}
                if method == 'OPTIONS':
                    # How swift-recon sees that the servers a ring names are what it takes them for.
                    return Answer(200, b'', {**allow, 'Server': f'object-server/{swift.__version__}'})
                return Answer(405, 'Method Not Allowed', allow)
            if not self._swept:
                self._sweep()
            if method == 'SSYNC':
                return self._ssync(environ)
            if method == 'REPLICATE':
                return replicate.handle(self, environ)
            answer = self._methods[method](self, Request(environ, self.cluster.policies))
            if self._slow and method in ('PUT', 'POST', 'DELETE'):
                concurrency.sleep(self._slow)
            return answer
        except Refused as error:
            return Answer(error.status, error.text, error.headers)
        except (DriveNotMounted, DriveFull) as error:
            LOG.error('%s %s: %s: %s', method, quote(environ['PATH_INFO'], encoding='latin-1'),
                      type(error).__name__, error)
            return Answer(507, f'{type(error).__name__}: this device cannot be used')
        except LockTimeout:
            return Answer(503, 'The partition is locked')
        except Exception:
            LOG.exception('%s %s failed (txn: %s)', method, quote(environ['PATH_INFO'], encoding='latin-1'),
                          environ.get('HTTP_X_TRANS_ID', '-'))
            return Answer(500, 'The server has met a problem; its log says which.')

    def _sweep(self):
        """What a server that died here has left is settled before anything new is served."""
        self._swept = True
        for device in self.manager.devices.names():
            self.manager.pool(device).post(leftovers.settle_quietly, self.manager, device)

    def _ssync(self, environ):
        parts = environ['PATH_INFO'].split('/')
        if len(parts) != 3 or parts[0] or not all(parts[1:]):
            raise Refused(400, f'Invalid path: {environ["PATH_INFO"]}')
        return self.receiver.respond(webob.Request(environ), parts[1], partition(parts[2]), policy(
            environ, self.cluster.policies))

    def _log(self, environ, answer, seconds):
        # The original's line: remote - - [date] "request" status length "referer" "trans" "agent" time "info" pid.
        # Replicators ask for everything again and again.
        level = logging.DEBUG if environ['REQUEST_METHOD'] == 'REPLICATE' else logging.INFO
        LOG.log(level, '%s - - [%s] "%s %s" %s %s "%s" "%s" "%s" %.4f "-" %d %s', environ.get('REMOTE_ADDR', '-'),
                 time.strftime('%d/%b/%Y:%H:%M:%S +0000', time.gmtime()), environ['REQUEST_METHOD'],
                 quote(environ['PATH_INFO'], encoding='latin-1'), answer.status_int, answer.content_length or '-',
                 environ.get('HTTP_REFERER', '-'), environ.get('HTTP_X_TRANS_ID', '-'),
                 environ.get('HTTP_USER_AGENT', '-'), seconds, os.getpid(),
                 environ.get('HTTP_X_BACKEND_STORAGE_POLICY_INDEX', '-'))
