"""Requests signed as for S3 get a token and the account of their key's project.

For pipelines whose S3 filter leaves the string to sign, base64, in X-Auth-Token (or X-Storage-Token) and the signature
in Authorization, and names the access key as the account: `AWS KEY[:PROJECT]:SIGNATURE` or AWS4-HMAC-SHA256. Keystone
checks the signature; the account in the path becomes `<reseller_prefix><project id>`, or that of PROJECT. Requests
without these headers pass untouched. Stands before auth_token.
"""
import re

import webob

from essex.exception import ServiceUnavailable
from essex.middleware.ec2_token import ask

_V4 = re.compile(r'AWS4-HMAC-SHA256 .*?Credential=([^/,]+)/.*?Signature=([0-9a-fA-F]+)')


class S3Token:
    """WSGI filter."""

    def __init__(self, app, reseller_prefix='AUTH_', url=None):
        self.app, self._prefix, self._url = app, reseller_prefix, url

    def __call__(self, environ, start_response):
        signed = environ.get('HTTP_X_AUTH_TOKEN') or environ.get('HTTP_X_STORAGE_TOKEN')
        authorization = environ.get('HTTP_AUTHORIZATION')
        version, account, rest = _split(environ.get('PATH_INFO', ''))
        if not signed or not authorization or account is None:
            return self.app(environ, start_response)
        access, project, signature = _parse(authorization)
        if signature is None:
            return _fault('InvalidRequest', 'The Authorization header is not one of S3.')(environ, start_response)
        credentials = {'access': access, 'token': signed, 'signature': signature}
        try:
            token, document = ask(self._url, 's3tokens', {'credentials': credentials})
        except ServiceUnavailable as error:
            return _fault('ServiceUnavailable', str(error), 503)(environ, start_response)
        project = project or (document and _project(document))
        if not token or not project:
            return _fault('AccessDenied', 'Keystone did not accept the signature.')(environ, start_response)
        environ['HTTP_X_AUTH_TOKEN'] = token
        environ.pop('HTTP_X_STORAGE_TOKEN', None)
        environ['PATH_INFO'] = f'/{version}/{self._prefix}{project}{rest}'
        return self.app(environ, start_response)


def _split(path):
    """(version, account, the rest with its slash); account None in a path without one."""
    parts = path.split('/', 3)
    if len(parts) < 3 or parts[0] or not parts[1] or not parts[2]:
        return None, None, None
    return parts[1], parts[2], f'/{parts[3]}' if len(parts) > 3 else ''


def _parse(authorization):
    """(access key, project or None, signature); Nones when it is something else."""
    found = _V4.match(authorization)
    if found:
        return found[1], None, found[2]
    if not authorization.startswith('AWS '):
        return None, None, None
    key, _, signature = authorization[4:].strip().rpartition(':')
    access, _, project = key.partition(':')
    return (access, project or None, signature) if access and signature else (None, None, None)


def _project(document):
    if 'token' in document:
        return (document['token'].get('project') or {}).get('id')
    return (document['access']['token'].get('tenant') or {}).get('id')


def _fault(code, message, status=400):
    return webob.Response(status=status, content_type='text/xml', charset='UTF-8', text=(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'))


def filter_factory(global_conf, reseller_prefix='AUTH_', keystone_s3_url=None, auth_uri=None, **local_conf):
    """Paste: `auth_uri` names Keystone with its version where it is not that of [keystone_authtoken]."""
    url = keystone_s3_url or (f'{auth_uri.rstrip("/")}/s3tokens' if auth_uri else None)
    return lambda app: S3Token(app, reseller_prefix, url)
