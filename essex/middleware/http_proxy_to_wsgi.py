"""Believe a reverse proxy about the scheme and host the client used, where the operator says there is one."""
from oslo_config import cfg

from essex import config

OPTS = [cfg.BoolOpt('enable_proxy_headers_parsing', default=False,
                    help='Believe X-Forwarded-Proto, -Host, -Prefix and -For. Only behind a proxy that sets them.')]
CONF = config.register(OPTS, 'oslo_middleware')


class ProxyHeaders:
    """WSGI filter."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        # Who is at the other end of the connection, whatever he says of others.
        environ['essex.peer_address'] = environ.get('REMOTE_ADDR', '')
        if CONF.oslo_middleware.enable_proxy_headers_parsing:
            self._apply(environ)
        return self.app(environ, start_response)

    @staticmethod
    def _apply(environ):
        scheme = environ.get('HTTP_X_FORWARDED_PROTO')
        if scheme in ('http', 'https'):
            environ['wsgi.url_scheme'] = scheme
        host = environ.get('HTTP_X_FORWARDED_HOST')
        if host:
            environ['HTTP_HOST'] = host.split(',')[0].strip()
        prefix = environ.get('HTTP_X_FORWARDED_PREFIX')
        if prefix:
            environ['SCRIPT_NAME'] = prefix.rstrip('/') + environ.get('SCRIPT_NAME', '')
        address = environ.get('HTTP_X_FORWARDED_FOR')
        if address:
            # The last one is whom the proxy saw; those before are what that client claims.
            environ['REMOTE_ADDR'] = address.split(',')[-1].strip()


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return ProxyHeaders
