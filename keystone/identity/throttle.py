"""How many failed authentications a minute one address, and one user name, may cause.

Only failures count, so that busy services are not held up. A user is counted apart at an address where he has logged
in: a stranger who fails in his name does not keep him, or a service, out. What is counted is known to this process
alone: with several processes an attacker has as many times the limit. Names that do not exist are counted like others.
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
        # (user, address) pairs that were seen to log in, as keys; the oldest first.
        self._homes = collections.OrderedDict()
        self._lock = threading.Lock()

    def by_address(self):
        """A context: raises AttemptsExceeded instead of entering when the client's address is over its limit."""
        address = origin.current().address
        return self._counted(hash(('address', address)), CONF.auth.failures_per_address if address else 0)

    def by_user(self, *who):
        """As by_address, for the user that `who` names."""
        address = origin.current().address
        # Hashed: what somebody claims to be called may be long.
        home = hash(('home', address, *who)) if address else None
        return self._counted(home if home in self._homes else hash(('user', *who)), CONF.auth.failures_per_user, home)

    @contextlib.contextmanager
    def _counted(self, key, limit, home=None):
        if limit:
            self._check(key, limit)
        try:
            yield
        except Unauthorized:
            if limit:
                self._count(key)
            raise
        if home is not None:
            with self._lock:
                self._homes[home] = True
                self._homes.move_to_end(home)
                while len(self._homes) > _KEYS:
                    self._homes.popitem(last=False)

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
