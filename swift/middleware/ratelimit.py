"""How many writes and listings a second an account or a container takes. Requests wait their turn; who would wait
too long is sent away with 498.

The clock of each account and container is a number in the cache, which all proxies share.
"""
import logging
import time

from essex import concurrency
from swift import conf as conf_file
from swift.exceptions import ConfigurationError
from swift.middleware.authorization import text
from swift.middleware.quota_room import named
from swift.proxy import registry
from swift.proxy.info import get_account_info, get_container_info

LOG = logging.getLogger(__name__)

_WRITES = ('PUT', 'DELETE', 'POST', 'COPY')
_BLACKLISTED_WAIT = 1


class TooLong(Exception):
    """The turn of this request is later than anybody should wait."""


class Rates:
    """Requests a second by the number of objects: straight lines between the points `<prefix><size> = rate`."""

    def __init__(self, conf, prefix):
        self.points = sorted((self._size(name, prefix), conf_file.number(conf, name, 0, 0))
                             for name in conf if name.startswith(prefix))

    @staticmethod
    def _size(name, prefix):
        size = name[len(prefix):]
        if not size.isdecimal():
            raise ConfigurationError(f'{name}: {prefix}<number of objects> is needed')
        return int(size)

    def of(self, size):
        """The rate for `size` objects; None (no limit) below the first point."""
        found = None
        for (start, rate), after in zip(self.points, [*self.points[1:], None]):
            if size < start:
                break
            found = rate
            if after is not None and size < after[0]:
                found += (after[1] - rate) * (size - start) / (after[0] - start)
        return found


class RateLimit:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.account_rate = conf_file.number(conf, 'account_ratelimit', 0, 0)
        self.max_sleep = conf_file.number(conf, 'max_sleep_time_seconds', 60, 0)
        self.log_sleep = conf_file.number(conf, 'log_sleep_time_seconds', 0, 0)
        self.accuracy = conf_file.integer(conf, 'clock_accuracy', 1000, 1)
        self.buffer = conf_file.integer(conf, 'rate_buffer_seconds', 5, 0)
        self.allowed = set(conf_file.words(conf, 'account_whitelist'))
        self.barred = set(conf_file.words(conf, 'account_blacklist'))
        self.container_rates = Rates(conf, 'container_ratelimit_')
        self.listing_rates = Rates(conf, 'container_listing_ratelimit_')

    def __call__(self, environ, start_response):
        account, container, obj = named(environ)
        cache = environ.get('swift.cache')
        if account is None or cache is None or environ.get('swift.ratelimited'):
            return self.app(environ, start_response)
        # Requests that filters further in make are part of this one.
        environ['swift.ratelimited'] = True
        stated = self._stated(environ) if account not in self.allowed | self.barred else None
        if account in self.barred or stated == 'BLACKLIST':
            concurrency.sleep(_BLACKLISTED_WAIT)
            return text('497 Blacklisted', 'Your account has been blacklisted')(environ, start_response)
        if account in self.allowed or stated == 'WHITELIST':
            return self.app(environ, start_response)
        try:
            for key, rate in self.clocks(environ, account, container, obj, stated):
                self._wait(cache, key, rate, account)
        except TooLong:
            return text('498 Rate Limited', 'Slow down')(environ, start_response)
        return self.app(environ, start_response)

    def _stated(self, environ):
        """What the operator noted with the account: WHITELIST, BLACKLIST or writes a second."""
        return (get_account_info(environ, self.app, source='RL').get('sysmeta') or {}).get('global-write-ratelimit')

    def clocks(self, environ, account, container, obj, stated=None):
        """[(key of a clock, requests a second)] that a request has to keep to."""
        method, found = environ['REQUEST_METHOD'], []
        if container and not obj and method in ('PUT', 'DELETE') and self.account_rate:
            found.append((f'ratelimit/{account}', self.account_rate))
        if obj and method in _WRITES and self.container_rates.points:
            found.append((f'ratelimit/{account}/{container}', self.container_rates.of(self._size(environ))))
        if container and not obj and method == 'GET' and self.listing_rates.points:
            found.append((f'ratelimit_listing/{account}/{container}', self.listing_rates.of(self._size(environ))))
        if method in _WRITES and stated:
            try:
                found.append((f'ratelimit/global-write/{account}', float(stated)))
            except ValueError:
                LOG.warning('Account %s: X-Account-Sysmeta-Global-Write-Ratelimit is no number', account)
        return [(key, rate) for key, rate in found if rate and rate > 0]

    def _size(self, environ):
        return int(get_container_info(environ, self.app, source='RL').get('object_count') or 0)

    def _wait(self, cache, key, rate, account):
        seconds = self._turn(cache, key, rate)
        if self.log_sleep and seconds > self.log_sleep:
            LOG.warning('Ratelimit sleep log: %s for account %s, %s', seconds, account, key)
        if seconds > 0:
            concurrency.sleep(seconds)

    def _turn(self, cache, key, rate):
        """Seconds until the request's turn on a clock, which is moved on. Raises TooLong."""
        step = max(1, round(self.accuracy / rate))
        now = round(time.time() * self.accuracy)
        turn = cache.incr(key, step)
        if turn is None:
            # The cache does not answer: better too many requests than none.
            return 0
        if now - turn > self.buffer * self.accuracy:
            # Nobody came for a while: what was not used is not saved up.
            cache.set(key, now + step)
            return 0
        wait = max(turn - now - step, 0)
        if wait >= (self.max_sleep - 0.01) * self.accuracy:
            cache.decr(key, step)
            raise TooLong
        return wait / self.accuracy


def filter_factory(global_conf, **local_conf):
    """Paste: account_ratelimit, container_ratelimit_<size>, container_listing_ratelimit_<size>, max_sleep_time_seconds,
    log_sleep_time_seconds, clock_accuracy, rate_buffer_seconds, account_whitelist, account_blacklist."""
    conf = {**global_conf, **local_conf}
    made = RateLimit(None, conf)
    registry.register('ratelimit', account_ratelimit=made.account_rate, max_sleep_time_seconds=made.max_sleep,
                      container_ratelimits=made.container_rates.points,
                      container_listing_ratelimits=made.listing_rates.points)
    return lambda app: RateLimit(app, conf)
