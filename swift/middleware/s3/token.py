"""s3token: Keystone vouches for requests of the S3 API that were signed with the EC2 keys of its users.

Stands right of s3api and left of keystoneauth. Keystone tells services alone whose a signature is, so it is asked with
the account of [keystone_authtoken] (the options of the filter authtoken, or the same ones here). With that account the
secret is read as well: signatures of chunks need it, and so it can be kept for a while in the cache of the proxies.
"""
import base64
import logging

from keystoneauth1 import exceptions as ks_exceptions

from essex.client import account, session
from essex.exception import ServiceUnavailable
from essex.middleware.auth_token import options as account_options
from essex.middleware.ec2_token import ask
from swift import conf as options
from swift.headers import wsgi
from swift.middleware.authorization import text
from swift.middleware.s3.signed import KEY

LOG = logging.getLogger(__name__)


class S3Token:
    """WSGI filter. `url` of Keystone's s3tokens, None for that of the configuration."""

    def __init__(self, app, prefix, url, seconds):
        self.app, self._prefix, self._url, self._seconds = app, prefix, url, seconds

    def __call__(self, environ, start_response):
        signed = environ.get(KEY)
        if signed is None or not signed.pending:
            return self.app(environ, start_response)
        try:
            self._check(signed, environ.get('swift.cache'))
        except ServiceUnavailable as error:
            signed.unavailable = str(error)
        return text(204, '')(environ, start_response)

    def _check(self, signed, cache):
        key = f's3api/secret/{signed.access}'
        known = cache.get(key) if cache is not None and self._seconds else None
        if known and signed.matches(known['secret']):
            signed.accept(**known)
            return
        document = self._ask(signed)
        if document is None:
            return
        found = {'account': self._prefix + document['project']['id'], 'identity': _identity(document),
                 'secret': self._secret(document['user']['id'], signed.access)}
        signed.accept(**found)
        if cache is not None and self._seconds and found['secret']:
            cache.set(key, found, self._seconds)

    def _ask(self, signed):
        """Keystone's token document for the signature, None when it does not take it. Raises ServiceUnavailable."""
        for signable in signed.strings_to_sign:
            credentials = {'access': signed.access, 'signature': signed.signature,
                           'token': base64.urlsafe_b64encode(signable.encode('utf-8', 'replace')).decode()}
            _token, document = ask(self._url, 's3tokens', {'credentials': credentials})
            if document and (document.get('token') or {}).get('project'):
                return document['token']
        return None

    @staticmethod
    def _secret(user_id, access):
        """The secret of a key pair, None when this service's account may not read it."""
        made = session.service_session()
        try:
            url, _v3 = account.api_of(account.identity_url(), lambda: made.auth.get_access(made).version)
            # Not logged: it is the secret.
            response = made.get(f'{url}/users/{user_id}/credentials/OS-EC2/{access}', raise_exc=False,
                                authenticated=True, log=False)
            if response.status_code == 200:
                return response.json()['credential']['secret']
            LOG.warning('Keystone does not tell this service secrets of EC2 keys (%s): signed chunks are refused',
                        response.status_code)
        except (ks_exceptions.ClientException, ValueError, KeyError) as error:
            LOG.warning('Keystone cannot be asked for the secret of a key: %s', type(error).__name__)
        return None


def _identity(token):
    """What auth_token tells of a token's user, as keys of the WSGI environment."""
    user, project = token['user'], token['project']
    found = {'IDENTITY_STATUS': 'Confirmed', 'USER_ID': user['id'], 'USER_NAME': user['name'],
             'USER_DOMAIN_ID': user['domain']['id'], 'USER_DOMAIN_NAME': user['domain']['name'],
             'PROJECT_ID': project['id'], 'PROJECT_NAME': project['name'],
             'PROJECT_DOMAIN_ID': project['domain']['id'], 'PROJECT_DOMAIN_NAME': project['domain']['name'],
             'ROLES': ','.join(role['name'] for role in token['roles']), 'SERVICE_ROLES': ''}
    return {f'HTTP_X_{name}': wsgi(value) for name, value in found.items()}


def filter_factory(global_conf, reseller_prefix='AUTH_', auth_uri=None, secret_cache_duration=60, **local_conf):
    """Paste; further options are those of [keystone_authtoken]."""
    seconds = options.integer({'secret_cache_duration': str(secret_cache_duration)}, 'secret_cache_duration', 60, 0)
    if local_conf:
        account_options.apply(local_conf)
    prefix = reseller_prefix if not reseller_prefix or reseller_prefix.endswith('_') else reseller_prefix + '_'
    url = f'{auth_uri.rstrip("/")}/s3tokens' if auth_uri else None
    return lambda app: S3Token(app, prefix, url, seconds)
