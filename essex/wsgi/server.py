"""Serving a WSGI application on a socket."""
import logging
import os
import ssl

from oslo_config import cfg
from paste.deploy import loadapp as paste_loadapp

from essex import concurrency, config, trace
from essex.exception import ConfigError

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.HostAddressOpt('bind_host', default='0.0.0.0', help='Address the daemon listens on.'),
    cfg.StrOpt('api_paste_config', help='The Paste file. Unset: the one beside the configuration file.'),
    cfg.IntOpt('backlog', default=1024, help='Connections waiting to be accepted.'),
    cfg.IntOpt('client_socket_timeout', default=900, help='Seconds a silent connection is kept.'),
    cfg.IntOpt('max_header_line', default=16384, help='Longest header line in bytes.'),
    cfg.IntOpt('wsgi_default_pool_size', default=1000, help='Requests served at once by one process.'),
    cfg.StrOpt('ssl_cert_file', help='Certificate chain; with it the API speaks HTTPS alone.'),
    cfg.StrOpt('ssl_key_file', help='Its private key.'),
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
        self._socket = sock
        self._pool = self._thread = None

    def bind(self):
        """Take the address (before forking workers). Raises ConfigError when it is taken."""
        if self._socket is None:
            try:
                self._socket = concurrency.listen(self.host, self.port, backlog=CONF.backlog)
            except OSError as error:
                raise ConfigError(f'{self.name} cannot listen on {self.host}:{self.port}: {error.strerror}. Is it '
                                  'running already? Otherwise choose another port.') from error
            self.port = self._socket.getsockname()[1]
            if CONF.ssl_cert_file:
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                tls.minimum_version = ssl.TLSVersion.TLSv1_2
                tls.load_cert_chain(CONF.ssl_cert_file, CONF.ssl_key_file)
                self._socket = tls.wrap_socket(self._socket, server_side=True)

    def start(self):
        """Serve in a green thread."""
        self.bind()
        self._pool = concurrency.Pool(CONF.wsgi_default_pool_size)
        self._thread = concurrency.spawn(concurrency.serve, self._socket, self._attributed, self._pool,
                                         socket_timeout=CONF.client_socket_timeout, max_line=CONF.max_header_line)
        LOG.info('%s listens on %s:%s', self.name, self.host, self.port)

    def _attributed(self, environ, start_response):
        with trace.daemon_scope(self.name):
            return self.app(environ, start_response)

    def stop(self, timeout=30):
        """Take no more requests, then give running ones up to `timeout` seconds."""
        if self._thread is None:
            return
        self._thread.kill()
        self._socket.close()
        with concurrency.Timeout(timeout, False):
            self._pool.waitall()
        self._thread = None
