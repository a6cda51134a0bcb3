"""The address a client used, so that links lead back the way it came."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.StrOpt('public_endpoint', help='URL that clients use for this service, when it differs from the Host they '
                                       'send (behind a proxy that rewrites it).'),
]
CONF = config.register(OPTS)


def base_url(req, configured=None):
    """scheme://host[:port][/script] without a trailing slash, as the client addressed this application."""
    fixed = configured or CONF.public_endpoint
    if fixed:
        return fixed.rstrip('/') + req.script_name.rstrip('/')
    return req.application_url.rstrip('/')
