"""Signed EC2 requests get a token: Keystone checks the signature, the rest of the pipeline sees X-Auth-Token.

Takes the signatures of query strings and forms (versions 0, 1, 2) and of the Authorization header (version 4). A
request that cannot be checked is answered 400 in EC2's own format. Stands before auth_token.
"""
import hashlib
import logging
import re
from xml.sax import saxutils

import webob
from keystoneauth1 import exceptions as ks_exceptions
from oslo_config import cfg

from essex import config, context
from essex.client import account, session
from essex.exception import ServiceUnavailable

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.StrOpt('keystone_ec2_url', help='Where Keystone checks EC2 signatures; /ec2tokens below auth_url when unset.'),
]
CONF = config.register(OPTS)

_AUTHORIZATION = re.compile(r'AWS4-HMAC-SHA256 .*?Credential=([^/,]+)/.*?Signature=([0-9a-fA-F]+)')


class Ec2Token:
    """WSGI filter. `url` of Keystone's ec2tokens, None for that of the configuration."""

    def __init__(self, app, url=None):
        self.app, self._url = app, url

    def __call__(self, environ, start_response):
        req = webob.Request(environ)
        try:
            params = {**req.GET.mixed(), **(req.POST.mixed() if req.method == 'POST' else {})}
        except UnicodeDecodeError:
            return _fault('InvalidParameterValue', 'The parameters are not UTF-8.')(environ, start_response)
        header = _AUTHORIZATION.match(req.headers.get('Authorization', ''))
        access, signature = header.groups() if header else (
            params.get('AWSAccessKeyId') or _credential(params),
            params.get('Signature') or params.get('X-Amz-Signature'))
        if not signature:
            return _fault('MissingParameter', 'Signature not provided')(environ, start_response)
        if not access:
            return _fault('MissingParameter', 'Access key not provided')(environ, start_response)
        try:
            token = self._token(req, access, signature, params)
        except ServiceUnavailable as error:
            return _fault('Unavailable', str(error), 503)(environ, start_response)
        if token is None:
            return _fault('AuthFailure', 'Keystone did not accept the signature.')(environ, start_response)
        environ['HTTP_X_AUTH_TOKEN'] = token
        return self.app(environ, start_response)

    def _token(self, req, access, signature, params):
        """The token of a request's signer, None when Keystone does not take the signature."""
        signed = {name: value for name, value in params.items() if name != 'Signature'}
        credentials = {'access': access, 'signature': signature, 'host': req.host, 'verb': req.method,
                       'path': req.path, 'params': signed, 'headers': dict(req.headers),
                       'body_hash': hashlib.sha256(req.body).hexdigest()}
        return ask(self._url or CONF.keystone_ec2_url, 'ec2tokens', {'ec2Credentials': credentials})[0]


def _credential(params):
    return (params.get('X-Amz-Credential') or '').split('/')[0] or None


def ask(url, name, body):
    """(token, the answer's document) from Keystone for a signature; (None, None) when it is refused.

    `url` or else /`name` of the configured Keystone. The service's own account asks: Keystone tells strangers nothing.
    Raises ServiceUnavailable when it is away.
    """
    made = session.service_session()
    try:
        if not url:
            known = account.api_of(account.identity_url(), lambda: made.auth.get_access(made).version)
            url = f'{known[0]}/{name}'
        response = made.post(url, json=body, raise_exc=False, authenticated=True, log=False)
        document = response.json() if response.status_code == 200 else {}
    except (ks_exceptions.ClientException, ValueError) as error:
        LOG.error('Keystone at %s cannot be asked about a signature: %s', url or account.identity_url(), error)
        raise ServiceUnavailable('The identity service cannot be reached to check your signature. '
                                 'Try again shortly.') from error
    if 'token' in document:
        return response.headers.get('X-Subject-Token'), document
    if 'access' in document:
        return document['access']['token']['id'], document
    LOG.info('Keystone refused a signature: %s', response.status_code)
    return None, None


def _fault(code, message, status=400):
    current = context.current()
    return webob.Response(status=status, content_type='text/xml', charset='UTF-8', text=(
        f'<?xml version="1.0"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{saxutils.escape(message)}'
        f'</Message></Error></Errors><RequestID>{current.request_id if current else ""}</RequestID></Response>'))


def filter_factory(global_conf, keystone_ec2_url=None, **local_conf):
    """Paste."""
    return lambda app: Ec2Token(app, keystone_ec2_url)
