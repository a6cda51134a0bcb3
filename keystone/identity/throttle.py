"""How many failed authentications a minute one address, and one user name, may cause.

Only failures count, so that busy services are not held up. What is counted is known to this process alone:
with several processes an attacker has as many times the limit. Names that do not exist are counted like others.
"""
import collections
import contextlib
import math
import threading
import time

from oslo_config import cfg

from essex import config
from essex.exception import Unauthorized
from keystone import origin
from keystone.exception import AttemptsExceeded

OPTS = [
    cfg.IntOpt('failures_per_address', default=600, min=0,
               help='Failed authentications a minute from one address, after which it gets 429. 0: no limit.'),
    cfg.IntOpt('failures_per_user', default=60, min=0,
               help='Failed authentications a minute of one user, after which further ones get 429. 0: no limit.'),
]
CONF = config.register(OPTS, 'auth')

WINDOW = 60
# Keys kept in mind; beyond, the oldest windows are forgotten.
_KEYS = 20000


class Throttle:
    """Counts failures by key (a hash of whom it is about) in windows of a minute."""

    def __init__(self):
        # {key: [start of the window, failures in it]}, oldest window first.
        self._windows = collections.OrderedDict()
        self._lock = threading.Lock()

    def by_address(self):
        """A context: raises AttemptsExceeded instead of entering when the client's address is over its limit."""
        address = origin.current().address
        return self._counted(hash(('address', address)), CONF.auth.failures_per_address if address else 0)

    def by_user(self, *who):
        """As by_address, for the user that `who` names."""
        # Hashed: what somebody claims to be called may be long.
        return self._counted(hash(('user', *who)), CONF.auth.failures_per_user)

    @contextlib.contextmanager
    def _counted(self, key, limit):
        if limit:
            self._check(key, limit)
        try:
            yield
        except Unauthorized:
            if limit:
                self._count(key)
            raise

    def _check(self, key, limit):
        began, failures = self._windows.get(key, (0, 0))
        left = began + WINDOW - time.monotonic()
        if failures >= limit and left > 0:
            raise AttemptsExceeded(max(1, math.ceil(left)))

    def _count(self, key):
        now = time.monotonic()
        with self._lock:
            window = self._windows.get(key)
            if window is None or window[0] + WINDOW <= now:
                self._windows.pop(key, None)
                self._windows[key] = [now, 1]
            else:
                window[1] += 1
            while len(self._windows) > _KEYS:
                self._windows.popitem(last=False)
