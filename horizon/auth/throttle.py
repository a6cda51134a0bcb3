"""How many failed log-ins a minute one address of browsers may cause.

Keystone limits them too, but sees one address for all who use the dashboard, and perhaps for the services beside it:
one who guesses would keep everybody out. Counts are in the cache; only failures count.
"""
import contextlib
import ipaddress

from django.core.cache import cache
from django.utils.translation import gettext as _

from horizon.api import errors
from horizon.auth.login import LoginFailed
from horizon.options import CONF

_SECONDS = 60
# Nobody guessed anything.
_INNOCENT = ('passcode', 'unreachable')


@contextlib.contextmanager
def attempt(request):
    """Around what proves who somebody is. Raises LoginFailed without entering when the address failed too often."""
    limit, key = CONF.horizon.failures_per_address, f'failures-{network(_address(request))}'
    # Before it is known how it ends: a hundred at once are a hundred.
    if limit and _count(key, 1) > limit:
        raise LoginFailed(_('Too many failed log-ins from your address. Wait a minute, then try again.'), 'throttled')
    try:
        yield
    except (LoginFailed, errors.ApiError) as error:
        if limit and not _is_guess(error):
            _count(key, -1)
        raise
    if limit:
        _count(key, -1)


def _is_guess(error):
    return error.reason == 'credentials' if isinstance(error, errors.ApiError) else error.reason not in _INNOCENT


def _count(key, change):
    cache.add(key, 0, _SECONDS)
    try:
        return cache.incr(key, change) if change > 0 else cache.decr(key, -change)
    except ValueError:
        return 0   # its minute ended just now


def _address(request):
    forwarded = request.META.get('HTTP_X_FORWARDED_FOR') if CONF.horizon.behind_tls_proxy else None
    # The last one is whom the proxy saw; those before are what that client claims.
    return forwarded.split(',')[-1].strip() if forwarded else request.META.get('REMOTE_ADDR', '')


def network(address):
    """What counts as one: an IPv4 address, the /64 of an IPv6 one; one for all that is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return 'unknown'
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False)[0])
