"""Tokens in memcached, under the keys of Essex: token-<id>, and usertokens-<user id> as a comma list of ids.

Values are JSON. memcached may drop a token before its end when it has no room: give it enough.
"""
import logging

import orjson
from oslo_config import cfg
from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheError

from essex import config
from essex.exception import ConfigError, ServiceUnavailable
from keystone.token.stores.base import TokenStore

LOG = logging.getLogger(__name__)

CONF = config.register([
    cfg.ListOpt('servers', default=['localhost:11211'], help='memcached servers that keep UUID tokens: host:port,...'),
], 'memcache')


class MemcacheStore(TokenStore):
    """memcached, one or more."""

    def __init__(self):
        try:
            servers = [(host.strip('[]'), int(port)) for host, _, port in
                       (server.strip().rpartition(':') for server in CONF.memcache.servers)]
        except ValueError as error:
            raise ConfigError(f'[memcache] servers has to be a list of host:port, not {CONF.memcache.servers}.'
                              ) from error
        self._client = HashClient(servers, use_pooling=True, connect_timeout=2, timeout=3, no_delay=True,
                                  retry_attempts=0, dead_timeout=5)

    def _call(self, method, *arguments, **more):
        try:
            return getattr(self._client, method)(*arguments, **more)
        except (OSError, MemcacheError) as error:
            LOG.error('memcached: %s', error)
            raise ServiceUnavailable('The store of tokens does not answer. Try again shortly.') from error

    def put(self, token_id, user_id, claims, until):
        until = int(until)
        if not self._call('set', f'token-{token_id}', orjson.dumps(claims), expire=until, noreply=False):
            raise ServiceUnavailable('The store of tokens took no token. Try again shortly.')
        self._index(f'usertokens-{user_id}', token_id.encode(), until)

    def _index(self, key, token_id, until):
        try:
            appended = self._client.append(key, b',' + token_id, noreply=False)
        except (OSError, MemcacheError):
            # No room for a longer list, or no server: `set` will tell.
            appended = False
        if appended:
            self._call('touch', key, expire=until, noreply=False)
        else:
            self._call('set', key, token_id, expire=until, noreply=False)

    def get(self, token_id):
        value = self._call('get', f'token-{token_id}')
        return None if value is None else orjson.loads(value)

    def remove(self, token_id):
        self._call('delete', f'token-{token_id}', noreply=False)

    def flush(self):
        return None
