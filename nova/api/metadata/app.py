"""The metadata service's WSGI application. Who asks is known by the address he asks from, nothing else."""
import logging

import webob
from oslo_config import cfg

from essex import config
from essex.wsgi.request import Request
from nova.api.metadata import ec2, openstack
from nova.api.metadata.cache import Cache
from nova.db import metadata

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.BoolOpt('use_forwarded_for', default=False,
                help='Take the address of a server from X-Forwarded-For. Only behind a proxy that sets it: else any '
                     "server reads any other's metadata."),
]
CONF = config.register(OPTS)

_LONGEST_PATH, _LONGEST_PASSWORD = 512, 1020
_MISSING = 'The resource could not be found.'


class Application:
    """See /latest/meta-data and /openstack/latest."""

    def __init__(self, cache=None):
        self._cache = cache or Cache()

    def __call__(self, environ, start_response):
        req = Request(environ)
        try:
            response = self._answer(req)
        except Exception:
            LOG.exception('%s %s failed', req.method, req.path_info[:_LONGEST_PATH])
            response = _text('The metadata service could not answer. Its log has the cause.', 500)
        return response(environ, start_response)

    def _answer(self, req):
        path = req.environ.get('PATH_INFO') or '/'
        if len(path) > _LONGEST_PATH:
            return _text('The path is too long.', 414)
        parts = [part for part in path.split('/') if part]
        posts_password = req.method == 'POST' and len(parts) == 3 and parts[2] == 'password'
        if req.method not in ('GET', 'HEAD') and not posts_password:
            return webob.Response(status=405, text='Only GET is possible here.', content_type='text/plain',
                                  headers={'Allow': 'GET, HEAD'})
        if not parts:
            return _text('\n'.join((*ec2.VERSIONS, ec2.LATEST)))
        address = self._address(req)
        described = self._cache.get(address) if address else None
        if described is None:
            return _text(_MISSING, 404)
        if posts_password:
            return self._set_password(req, described, parts)
        return _reply(self._find(described, parts), parts)

    @staticmethod
    def _address(req):
        if CONF.use_forwarded_for and req.headers.get('X-Forwarded-For'):
            # The last one is what the proxy itself saw; those before it, anybody may have sent.
            address = req.headers['X-Forwarded-For'].split(',')[-1].strip()
        else:
            address = req.environ.get('REMOTE_ADDR', '')
        address = address.removeprefix('::ffff:')
        return address if len(address) <= 39 and '\0' not in address else None

    @staticmethod
    def _find(described, parts):
        first, rest = parts[0], parts[1:]
        if first in ec2.VERSIONS or first == ec2.LATEST:
            return ec2.find(ec2.tree(described), rest)
        if first != 'openstack':
            return None
        if not rest:
            return '\n'.join((*openstack.VERSIONS, ec2.LATEST))
        if rest[0] == 'content':
            return openstack.content(described).get(rest[1]) if len(rest) == 2 else None
        if rest[0] in openstack.VERSIONS or rest[0] == ec2.LATEST:
            return ec2.find(openstack.tree(described, rest[0]), rest[1:])
        return None

    def _set_password(self, req, described, parts):
        version = parts[1]
        known = version == ec2.LATEST or (version in openstack.VERSIONS and version >= '2013-04-04')
        if parts[0] != 'openstack' or not known:
            return _text(_MISSING, 404)
        if (req.content_length or 0) > _LONGEST_PASSWORD or not req.content_length:
            return _text(f'A password of 1 to {_LONGEST_PASSWORD} bytes is expected.', 400)
        try:
            text = req.body.decode('ascii')
        except UnicodeDecodeError:
            return _text('The password has to be encrypted and encoded in base64.', 400)
        if '\0' in text or not metadata.set_password(described.row.uuid, text):
            return _text('The password is set already.', 409)
        self._cache.forget(self._address(req))
        return _text('')


def _reply(found, parts):
    if found is None:
        return _text(_MISSING, 404)
    body = ec2.render(found)
    if isinstance(body, bytes):
        return webob.Response(body=body, content_type='application/octet-stream')
    if parts[-1].endswith('.json'):
        return webob.Response(body=body.encode(), content_type='application/json', charset=None)
    return _text(body)


def _text(text, status=200):
    return webob.Response(status=status, text=text, content_type='text/plain', charset='UTF-8')


def app_factory(global_conf, **local_conf):
    """Paste."""
    return Application()
