"""Asks Keystone about tokens, v3 or v2.0, once per token and cache period."""
import logging
import urllib.parse

from keystoneauth1 import exceptions as ks_exceptions

from essex.client import account, session
from essex.exception import ServiceUnavailable
from essex.middleware.auth_token import options
from essex.middleware.auth_token.cache import SharedCache, TokenCache
from essex.middleware.auth_token.validated import Validated

LOG = logging.getLogger(__name__)
# Longer ones are nobody's, and go through no proxy.
_LONGEST = 16384


class Validator:
    """The tokens of one process."""

    def __init__(self):
        options.check()
        self._options = options.CONF[options.GROUP]
        self._with_catalog = self._options.include_service_catalog
        self.cache = TokenCache(self._options.token_cache_size, self._options.token_cache_time)
        shared = self._options.memcached_servers and self._options.token_cache_time > 0
        self._shared = SharedCache(self._options) if shared else None

    def validate(self, token, allow_expired=False):
        """A Validated, or False. Raises ServiceUnavailable when Keystone is away and the token is not known.

        With `allow_expired` also for one that has expired no longer ago than Keystone allows.
        """
        # Header values cannot hold these, so it cannot be a token.
        if not token.isascii() or not token.isprintable() or len(token) > _LONGEST:
            return False
        # What is known of a token with the one question does not answer the other; no token has a line's end.
        name = f'expired\n{token}' if allow_expired else token
        found = self.cache.get(name)
        if found is not None:
            return found
        kept = self._shared.get(name) if self._shared else None
        document = kept[0] if kept else self._ask(token, allow_expired)
        found = self._read(document)
        until = self.cache.put(name, found, kept[1] if kept else found and not allow_expired and found.expires)
        if self._shared and not kept:
            self._shared.put(name, document if found else False, until)
        return found

    def _read(self, document):
        try:
            return document and Validated(document, self._with_catalog)
        except KeyError:
            return False

    def _ask(self, token, allow_expired):
        made = session.service_session()
        try:
            url, is_v3 = account.api_of(account.identity_url(), lambda: made.auth.get_access(made).version
                                        if hasattr(made.auth, 'get_access') else 'v3')
            if is_v3:
                url, headers = self._v3(url, token, allow_expired)
            else:
                url, headers = f'{url}/tokens/{urllib.parse.quote(token, safe="")}', {}
            response = made.get(url, headers=headers, raise_exc=False, authenticated=True, log=False,
                                connect_retries=self._options.http_request_max_retries, connect_retry_delay=0.2,
                                timeout=(self._options.http_connect_timeout, self._options.http_request_timeout))
        except ks_exceptions.ClientException as error:
            LOG.error('Keystone at %s cannot be asked about a token: %s', account.identity_url(), error)
            raise ServiceUnavailable('The identity service cannot be reached to check your token. '
                                     'Try again shortly.') from error
        return self._answer(response)

    def _v3(self, url, token, allow_expired):
        # The header says that access rules are obeyed here: without it Keystone refuses such tokens.
        headers = {'X-Subject-Token': token, 'OpenStack-Identity-Access-Rules': '1.0'}
        query = [name for name, asked in (('allow_expired=1', allow_expired), ('nocatalog', not self._with_catalog))
                 if asked]
        return f'{url}/auth/tokens{"?" + "&".join(query) if query else ""}', headers

    @staticmethod
    def _answer(response):
        """The document of an answer, False for a token that is not valid."""
        where, status = response.url.split('/tokens')[0], response.status_code
        if status in (400, 404):
            return False
        try:
            document = response.json() if status == 200 else {}
        except ValueError:
            document = {}
        if 'token' in document or 'access' in document:
            return document
        LOG.error('Keystone at %s answered %s to this service', where, status)
        raise ServiceUnavailable('The identity service refused to check your token: this service\'s own account '
                                 'is not set up. Its operator finds more in the log.')
