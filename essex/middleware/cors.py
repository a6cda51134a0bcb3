"""Cross-origin requests: browsers at the origins an operator lists may call the API (WHATWG Fetch)."""
import webob
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.ListOpt('allowed_origin', default=[], mutable=True, help='Origins whose pages may call this API, such as '
                                                   'https://dashboard.example. Empty: none.'),
    cfg.ListOpt('allow_methods', default=['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
                help='Methods such pages may use.'),
    cfg.ListOpt('allow_headers', default=['Content-Type', 'X-Auth-Token', 'X-Subject-Token', 'X-Openstack-Request-Id',
                                          'OpenStack-API-Version', 'X-OpenStack-Nova-API-Version', 'X-Project-Id'],
                help='Request headers such pages may send.'),
    cfg.ListOpt('expose_headers', default=['X-Subject-Token', 'X-Openstack-Request-Id', 'Location',
                                           'OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'],
                help='Response headers such pages may read.'),
    cfg.IntOpt('max_age', default=3600, help='Seconds a browser may remember the answer.'),
]
CONF = config.register(OPTS, 'cors')


class Cors:
    """WSGI filter."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        origin = environ.get('HTTP_ORIGIN')
        if not origin or origin not in CONF.cors.allowed_origin:
            return self.app(environ, start_response)
        if environ['REQUEST_METHOD'] == 'OPTIONS' and 'HTTP_ACCESS_CONTROL_REQUEST_METHOD' in environ:
            return self._preflight(origin)(environ, start_response)

        def start(status, headers, *exc_info):
            more = [('Access-Control-Allow-Origin', origin), ('Vary', 'Origin'),
                    ('Access-Control-Expose-Headers', ', '.join(CONF.cors.expose_headers))]
            return start_response(status, headers + more, *exc_info)

        return self.app(environ, start)

    @staticmethod
    def _preflight(origin):
        return webob.Response(status=204, headerlist=[
            ('Access-Control-Allow-Origin', origin), ('Vary', 'Origin'),
            ('Access-Control-Allow-Methods', ', '.join(CONF.cors.allow_methods)),
            ('Access-Control-Allow-Headers', ', '.join(CONF.cors.allow_headers)),
            ('Access-Control-Max-Age', str(CONF.cors.max_age))])


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return Cors
