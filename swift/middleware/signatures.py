"""Signatures by the keys that owners keep with an account or a container: what TempURL and FormPost share."""
import base64
import binascii
import calendar
import hashlib
import hmac
import re
import time

from swift import conf as conf_file
from swift.exceptions import ConfigurationError
from swift.middleware.authorization import unauthorized
from swift.middleware.paths import account_path
from swift.proxy.info import get_account_info, get_container_info

DIGESTS = ('sha1', 'sha256', 'sha512')
# SHA-1 is still spoken by old clients, which is no reason to believe it by default.
DEFAULT_DIGESTS = 'sha256 sha512'
_BY_LENGTH = {40: 'sha1', 64: 'sha256', 128: 'sha512'}
_HEX = re.compile(r'[0-9a-fA-F]+')
_KEYS = ('temp-url-key', 'temp-url-key-2')
_ISO = ('%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d')
_LATEST = 2 ** 40


def allowed_digests(conf):
    """The names in option `allowed_digests`. Raises ConfigurationError."""
    names = conf_file.words(conf, 'allowed_digests', DEFAULT_DIGESTS)
    unknown = [name for name in names if name not in DIGESTS]
    if unknown or not names:
        raise ConfigurationError(f'allowed_digests = {" ".join(names)}: of {", ".join(DIGESTS)}')
    return sorted(set(names))


def info(conf):
    """What /info tells about digests."""
    names = allowed_digests(conf)
    return {'allowed_digests': names, 'deprecated_digests': [name for name in names if name == 'sha1']}


def parse(text, allowed):
    """(algorithm, digest) of a signature in hex or as `algorithm:base64`; None when it is none of those allowed."""
    algorithm, colon, rest = text.partition(':')
    try:
        if colon:
            digest = base64.b64decode(rest + '=' * (-len(rest) % 4), altchars=b'-_' if set('-_') & set(rest) else None,
                                      validate=True)
        elif _HEX.fullmatch(text):
            algorithm, digest = _BY_LENGTH.get(len(text)), bytes.fromhex(text)
        else:
            return None
    except (binascii.Error, ValueError):
        return None
    if algorithm not in allowed or len(digest) != hashlib.new(algorithm).digest_size:
        return None
    return algorithm, digest


def matches(signature, key, messages):
    """Whether `signature` (of `parse`) signs one of `messages` (bytes) with `key` (a WSGI string).

    Every message is tried whatever came before, so that the time tells nothing.
    """
    algorithm, digest = signature
    found = False
    for message in messages:
        found |= hmac.compare_digest(hmac.digest(key.encode('latin-1'), message, algorithm), digest)
    return found


def keys(environ, app):
    """(keys of the account, keys of the container) of the request's path."""
    pairs = []
    for found in (get_account_info(environ, app), get_container_info(environ, app)):
        meta = found.get('meta') or {}
        pairs.append([meta[name] for name in _KEYS if meta.get(name)])
    return pairs


def signed_scope(environ, app, signature, messages):
    """'account' or 'container': whose key signed one of `messages`; None when none did."""
    scope = None
    for name, found in zip(('account', 'container'), keys(environ, app)):
        for key in found:
            if matches(signature, key, messages) and scope is None:
                scope = name
    return scope


def authorize(environ, scope, user):
    """Let the request, and those that filters make for it, through within its account or container."""
    _version, account, container, _obj = account_path(environ)

    def within(req):
        try:
            _version, other, its_container, _obj = account_path(req.environ)
        except ValueError:
            return unauthorized(req.environ)
        if other == account and (scope == 'account' or its_container == container):
            return None
        return unauthorized(req.environ)
    environ.update({'swift.authorize': within, 'swift.authorize_override': True, 'swift_owner': False,
                    'REMOTE_USER': user})


def expiry(text):
    """Seconds since 1970 of `1500000000` or of ISO 8601 in UTC; None when it is neither or has passed."""
    moment = int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else _from_iso(text)
    return moment if moment is not None and time.time() < moment < _LATEST else None


def _from_iso(text):
    for form in _ISO:
        try:
            return calendar.timegm(time.strptime(text, form))
        except ValueError:
            continue
    return None
