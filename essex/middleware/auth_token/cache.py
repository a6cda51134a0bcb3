"""Validated tokens by digest: in this process, and beside it in memcached for all processes."""
import collections
import hashlib
import logging
import time

import orjson
from pymemcache.client.hash import HashClient

from essex.middleware.auth_token import protection

LOG = logging.getLogger(__name__)


class TokenCache:
    """Of this process alone; least recently used out first."""

    def __init__(self, size, seconds):
        self.size, self.seconds, self._items = size, seconds, collections.OrderedDict()

    @staticmethod
    def _key(token):
        # The token itself is a secret; its digest is not.
        return hashlib.sha256(token.encode('utf-8', 'surrogatepass')).digest()

    def get(self, token):
        """What is known of a token, False for one known to be invalid, None when it is not known."""
        key = self._key(token)
        item = self._items.get(key)
        if item is None:
            return None
        data, until = item
        if time.time() >= until:
            self._items.pop(key, None)
            return None
        self._items.move_to_end(key)
        return data

    def put(self, token, data, expires=None):
        """Remember `data` (or False) until the cache time or `expires` (epoch seconds); the time it is."""
        until = time.time() + self.seconds
        until = min(until, expires) if expires else until
        if self.seconds > 0:
            self._items[self._key(token)] = (data, until)
            while len(self._items) > self.size:
                self._items.popitem(last=False)
        return until


class SharedCache:
    """Of all processes, in memcached. What fails there is a miss, never an error."""

    def __init__(self, options):
        self._protection = protection.make(options.memcache_security_strategy, options.memcache_secret_key)
        self._client = HashClient(
            options.memcached_servers, connect_timeout=options.memcache_pool_socket_timeout,
            timeout=options.memcache_pool_socket_timeout, use_pooling=True, max_pool_size=options.memcache_pool_maxsize,
            pool_idle_timeout=options.memcache_pool_unused_timeout, retry_attempts=1,
            retry_timeout=options.memcache_pool_dead_retry, dead_timeout=options.memcache_pool_dead_retry,
            ignore_exc=True)

    def get(self, token):
        """(document or False, until in epoch seconds), None when nothing is known."""
        try:
            name, key = self._protection.keys(token)
            sealed = self._client.get(name)
            if sealed is None:
                return None
            found = orjson.loads(self._protection.open(key, sealed))
            document, until = found['document'], float(found['until'])
        except Exception as error:
            # Somebody else's values, forged ones, a dead server: Keystone is asked instead.
            LOG.warning('The cache of tokens is of no use just now: %s', error)
            return None
        return None if time.time() >= until else (document, until)

    def put(self, token, document, until):
        """Keep a document (or False) until then."""
        try:
            name, key = self._protection.keys(token)
            sealed = self._protection.seal(key, orjson.dumps({'document': document, 'until': until}))
            self._client.set(name, sealed, expire=max(1, int(until - time.time())))
        except Exception as error:
            LOG.warning('A token could not be cached: %s', error)
