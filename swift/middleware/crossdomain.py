"""GET /crossdomain.xml: which sites' Flash, Silverlight and PDF readers may use the API."""
from webob import Response

from swift.proxy import registry

_ANYBODY = '<allow-access-from domain="*" secure="false" />'
_BODY = ('<?xml version="1.0"?>\n<!DOCTYPE cross-domain-policy SYSTEM '
         '"http://www.adobe.com/xml/dtds/cross-domain-policy.dtd" >\n<cross-domain-policy>\n{}\n</cross-domain-policy>')


class CrossDomain:
    """WSGI filter. `policy` is the XML between <cross-domain-policy> and its end."""

    def __init__(self, app, policy):
        self.app, self._body = app, _BODY.format(policy)

    def __call__(self, environ, start_response):
        if environ['PATH_INFO'] != '/crossdomain.xml' or environ['REQUEST_METHOD'] not in ('GET', 'HEAD'):
            return self.app(environ, start_response)
        response = Response(text=self._body, content_type='application/xml', charset='utf-8')
        return response(environ, start_response)


def filter_factory(global_conf, **local_conf):
    """Paste: cross_domain_policy."""
    policy = local_conf.get('cross_domain_policy', _ANYBODY)
    registry.register('crossdomain')
    return lambda app: CrossDomain(app, policy)
