"""Serving a WSGI application on a socket."""
import logging
import os
import ssl
import time

from oslo_config import cfg
from paste.deploy import loadapp as paste_loadapp

from essex import concurrency, config, trace
from essex.exception import ConfigError
from essex.vitals import counters

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.HostAddressOpt('bind_host', default='0.0.0.0', help='Address the daemon listens on.'),
    cfg.StrOpt('api_paste_config', help='The Paste file. Unset: the one beside the configuration file.'),
    cfg.IntOpt('backlog', default=1024, help='Connections waiting to be accepted.'),
    cfg.IntOpt('client_socket_timeout', default=900, help='Seconds a silent connection is kept.'),
    cfg.IntOpt('client_head_timeout', default=20, min=1,
               help='Seconds that the head of a request may take to come in, however it drips.'),
    cfg.IntOpt('client_connections', default=800, min=0,
               help='Connections one address may have open to a process, so that nobody takes all of '
                    'wsgi_default_pool_size; 0: any number. Behind a proxy all clients have its address.'),
    cfg.IntOpt('max_header_line', default=16384, help='Longest header line in bytes.'),
    cfg.IntOpt('wsgi_default_pool_size', default=1000, help='Requests served at once by one process.'),
    cfg.StrOpt('ssl_cert_file', deprecated_name='cert_file',
               help='Certificate chain; with it the API speaks HTTPS alone.'),
    cfg.StrOpt('ssl_key_file', deprecated_name='key_file', help='Its private key.'),
]
CONF = config.register(OPTS)


def paste_file(name):
    """The path of the Paste file: api_paste_config, else `name` beside the configuration files or in /etc."""
    wanted = CONF.api_paste_config or name
    return CONF.find_file(wanted) or wanted


def loadapp(path, name):
    """The application `name` of the Paste file at `path`. Raises ConfigError."""
    if not os.path.exists(path):
        raise ConfigError(f'The Paste file {path} does not exist: set the option that names it.')
    return paste_loadapp(f'config:{os.path.abspath(path)}', name=name)


class Server:
    """One application on one address. `app` is served from `start()` until `stop()`."""

    def __init__(self, name, app, host, port, sock=None):
        self.name, self.app, self.host, self.port = name, app, host, port
        self._sockets = [sock] if sock else []
        self._pool = self._thread = None

    def bind(self):
        """Take the address (before forking workers). Raises ConfigError when it is taken.

        Each worker has a socket of its own, so that the kernel spreads connections evenly: of a shared one, whoever
        is awake accepts them all. A worker's socket stays with the parent too: its successor finds those that wait.
        """
        if self._sockets:
            return
        try:
            first = concurrency.listen(self.host, self.port, backlog=CONF.backlog)
            self.port = first.getsockname()[1]
            if CONF.workers > 1:
                # The first only asked whether the address is free: sockets that share one do not.
                first.close()
                self._sockets = [self._wrap(concurrency.listen(self.host, self.port, CONF.backlog, reuse_port=True))
                                 for _ in range(CONF.workers)]
            else:
                self._sockets = [self._wrap(first)]
        except OSError as error:
            raise ConfigError(f'{self.name} cannot listen on {self.host}:{self.port}: {error.strerror}. Is it '
                              'running already? Otherwise choose another port.') from error

    @staticmethod
    def _wrap(sock):
        if not CONF.ssl_cert_file:
            return sock
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.load_cert_chain(CONF.ssl_cert_file, CONF.ssl_key_file)
        return tls.wrap_socket(sock, server_side=True)

    def become_worker(self, index):
        """Serve on the socket of this worker alone."""
        self._sockets = self._sockets[index:index + 1]

    def start(self):
        """Serve in a green thread."""
        self.bind()
        self._pool = concurrency.Pool(CONF.wsgi_default_pool_size)
        self._thread = concurrency.spawn(concurrency.serve, self._sockets[0], self._attributed, self._pool,
                                         socket_timeout=CONF.client_socket_timeout, max_line=CONF.max_header_line,
                                         head_timeout=CONF.client_head_timeout, connections=CONF.client_connections)
        LOG.info('%s listens on %s:%s', self.name, self.host, self.port)

    def _attributed(self, environ, start_response):
        began, answered = time.perf_counter(), []

        def start(status, headers, *exc_info):
            answered[:] = status[:1]
            return start_response(status, headers, *exc_info)
        with trace.daemon_scope(self.name):
            try:
                return self.app(environ, start)
            finally:
                counters.record(self.name, 'http', time.perf_counter() - began, answered == ['5'])

    def stop(self, timeout=30):
        """Take no more requests, then give running ones up to `timeout` seconds."""
        if self._thread is None:
            return
        self._thread.kill()
        self._sockets[0].close()
        with concurrency.Timeout(timeout, False):
            self._pool.waitall()
        self._thread = None
