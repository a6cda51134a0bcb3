"""The cache of infos, tokens and rates (`swift.cache`): within the process, or memcached when servers are configured.

Both have get(key), set(key, value, seconds), incr(key, delta, seconds), decr, delete(key). Values are JSON-able.
"""
import collections
import hashlib
import json
import logging
import time

from pymemcache.client.hash import HashClient

from swift import conf as options
from swift.exceptions import ConfigurationError

LOG = logging.getLogger(__name__)
_ENTRIES = 20000
_NEVER = float('inf')
_LONG = 30 * 86400      # memcached takes longer times for dates


class ProcessCache:
    """The least recently used of `entries` values goes first. Do not change what you get."""

    def __init__(self, entries=_ENTRIES):
        self._entries, self._limit = collections.OrderedDict(), entries

    def get(self, key, default=None):
        """The value, or `default` when there is none, or its time is over."""
        found = self._entries.get(key)
        if found is None:
            return default
        if found[1] < time.monotonic():
            self._entries.pop(key, None)
            return default
        self._entries.move_to_end(key)
        return found[0]

    def set(self, key, value, seconds=0):
        """Keep a value for `seconds`; 0 is until there is no room."""
        self._entries[key] = (value, time.monotonic() + seconds if seconds else _NEVER)
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def incr(self, key, delta=1, seconds=0):
        """Add to a number, which begins at 0 and never gets below; the new number."""
        value = max(0, int(self.get(key, 0)) + int(delta))
        until = self._entries.get(key, (0, None))[1]
        self._entries[key] = (value, until or (time.monotonic() + seconds if seconds else _NEVER))
        return value

    def decr(self, key, delta=1, seconds=0):
        """Subtract."""
        return self.incr(key, -int(delta), seconds)

    def delete(self, key):
        """Forget."""
        self._entries.pop(key, None)


class Memcached:
    """memcached servers; keys are hashed. A server that does not answer is left alone for a while: all is a miss."""

    def __init__(self, servers, connect_timeout, io_timeout, dead_seconds=60, pool_size=2, tls=None):
        self._client = HashClient(
            servers, connect_timeout=connect_timeout, timeout=io_timeout, use_pooling=True, max_pool_size=pool_size,
            retry_attempts=1, retry_timeout=dead_seconds, dead_timeout=dead_seconds, ignore_exc=True, tls_context=tls)

    @staticmethod
    def _key(key):
        return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()

    def get(self, key, default=None):
        """The value, or `default`."""
        found = self._try(self._client.get, self._key(key))
        try:
            return default if found is None else json.loads(found)
        except ValueError:
            return default

    def set(self, key, value, seconds=0):
        """Keep a value for `seconds`; 0 is as long as there is room."""
        self._try(self._client.set, self._key(key), json.dumps(value).encode(), expire=_expiry(seconds))

    def incr(self, key, delta=1, seconds=0):
        """Add to a number, which begins at 0 and never gets below; the new number, or None when there is no answer."""
        name, delta = self._key(key), int(delta)
        change = self._client.incr if delta >= 0 else self._client.decr
        for _ in range(3):
            value = self._try(change, name, abs(delta), noreply=False)
            if value:
                return int(value)
            if value == 0 and delta < 0:
                return 0
            start = max(0, delta)
            if self._try(self._client.add, name, str(start).encode(), expire=_expiry(seconds), noreply=False):
                return start
        return None

    def decr(self, key, delta=1, seconds=0):
        """Subtract."""
        return self.incr(key, -int(delta), seconds)

    def delete(self, key):
        """Forget."""
        self._try(self._client.delete, self._key(key))

    def _try(self, call, *args, **kwargs):
        try:
            return call(*args, **kwargs)
        except Exception as error:
            # Whatever a cache says or fails with, requests go on without it.
            LOG.warning('memcached: %s', error)
            return None


def _expiry(seconds):
    whole = -(-seconds // 1) if seconds else 0
    return int(time.time() + whole) if whole > _LONG else int(whole)


class CacheFilter:
    """WSGI filter: gives requests the cache."""

    def __init__(self, app, cache):
        self.app, self.cache = app, cache

    def __call__(self, environ, start_response):
        environ.setdefault('swift.cache', self.cache)
        return self.app(environ, start_response)


def make(conf):
    """The cache that `memcache_servers` (or memcache.conf of swift_dir) names; without any, one of the process."""
    servers = conf.get('memcache_servers')
    if servers is None:
        servers = _from_file(conf.get('swift_dir', '/etc/swift'))
    addresses = [_address(text.strip()) for text in (servers or '').split(',') if text.strip()]
    if not addresses:
        return ProcessCache(options.integer(conf, 'cache_entries', _ENTRIES, 1))
    return Memcached(addresses, options.number(conf, 'connect_timeout', 0.3), options.number(conf, 'io_timeout', 2.0),
                     options.number(conf, 'error_suppression_interval', 60),
                     options.integer(conf, 'memcache_max_connections', 2, 1))


def _from_file(swift_dir):
    try:
        return options.section(f'{swift_dir}/memcache.conf', 'memcache', required=False).get('memcache_servers')
    except ConfigurationError:
        return None


def _address(text):
    host, colon, port = text.rpartition(':')
    if not colon or not port.isdecimal():
        return text.strip('[]'), 11211
    return host.strip('[]'), int(port)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    cache = make({**global_conf, **local_conf})
    return lambda app: CacheFilter(app, cache)
