"""Callers without a token: refused, let in to read, or, in a service without Keystone, everybody."""
from oslo_config import cfg

from essex import config
from essex.context import RequestContext
from essex.exception import Unauthorized
from essex.wsgi import Request
from glance.api.faults import render

OPTS = [
    cfg.BoolOpt('allow_anonymous_access', default=False,
                help='Let callers without a valid token read what the policy lets anybody read: public images.'),
]
CONF = config.register(OPTS)


class Anonymous:
    """WSGI filter of a service without Keystone: every caller is an administrator without a project."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        environ['essex.context'] = RequestContext(is_admin=True, roles=('admin',),
                                                  request_id=environ.get('essex.request_id'))
        return self.app(environ, start_response)


class Identified:
    """WSGI filter behind authtoken, which has delayed its decision: who is nobody is refused here, or let in."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if 'essex.context' not in environ:
            if not CONF.allow_anonymous_access:
                error = Unauthorized('The request you have made requires authentication: send a valid token in '
                                     'X-Auth-Token.')
                return render(error.code, error.title, str(error), error, Request(environ))(environ, start_response)
            # No role and no project: whatever is more than reading is refused by the policy.
            environ['essex.context'] = RequestContext(request_id=environ.get('essex.request_id'))
        return self.app(environ, start_response)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return Anonymous


def identified_factory(global_conf, **local_conf):
    """Paste."""
    return Identified
