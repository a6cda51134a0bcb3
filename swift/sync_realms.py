"""Container sync's realms: clusters that trust each other, and where a container may be synchronised to.

container-sync-realms.conf: a section a realm with `key`, `key2` (the former one) and `cluster_<name> = <URL>/v1/`.
"""
import configparser
import hashlib
import hmac
import logging
import os
import time
from urllib.parse import quote, urlsplit

LOG = logging.getLogger(__name__)


class Realms:
    """The realms of a file, read again when it has changed."""

    def __init__(self, path):
        self._path, self._mtime, self._checked = path, None, 0
        self._interval, self._realms = 300, {}
        self._read()

    def _read(self):
        self._checked = time.monotonic()
        try:
            mtime = os.path.getmtime(self._path)
        except FileNotFoundError:
            self._realms, self._mtime = {}, None
            return
        if mtime == self._mtime:
            return
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(self._path, encoding='utf-8')
            interval = parser.defaults().get('mtime_check_interval', '300')
            self._interval = max(1, int(interval))
        except (configparser.Error, UnicodeDecodeError, ValueError, OSError) as error:
            LOG.error('%s cannot be read, what it said before stays in force: %s', self._path, error)
            return
        self._mtime = mtime
        self._realms = {name.upper(): dict(parser.items(name)) for name in parser.sections()}

    def _current(self):
        if time.monotonic() - self._checked > self._interval:
            self._read()
        return self._realms

    def names(self):
        """The realms, in capitals."""
        return list(self._current())

    def keys(self, realm):
        """The secrets of a realm, the one to sign with first; none of one we do not know."""
        known = self._current().get(realm.upper(), {})
        return [known[name] for name in ('key', 'key2') if known.get(name)]

    def clusters(self, realm):
        """The clusters of a realm, in capitals."""
        return [name[len('cluster_'):].upper() for name in self._current().get(realm.upper(), {})
                if name.startswith('cluster_')]

    def endpoint(self, realm, cluster):
        """The URL of a cluster, ending in a slash, or None."""
        found = self._current().get(realm.upper(), {}).get(f'cluster_{cluster.lower()}')
        return found and found.rstrip('/') + '/'


def target(value, allowed_hosts, realms):
    """(URL, realm or None) of X-Container-Sync-To. ValueError, a sentence, for what the operator does not allow."""
    value = value.strip().rstrip('/')
    if value.startswith('//'):
        parts = value[2:].split('/')
        if len(parts) != 4 or not all(parts):
            raise ValueError('Invalid X-Container-Sync-To: //realm/cluster/account/container is needed')
        realm, cluster, account, container = parts
        endpoint = realms.endpoint(realm, cluster)
        if not endpoint:
            raise ValueError(f'No cluster endpoint for {quote(realm)} {quote(cluster)}')
        if not realms.keys(realm):
            raise ValueError(f'Realm {quote(realm)} has no key')
        _check_names(account, container)
        return f'{endpoint}{account}/{container}', realm.upper()
    try:
        parsed = urlsplit(value)
        host = parsed.hostname
        parsed.port     # noqa: B018  raises ValueError when it is none
    except ValueError:
        raise ValueError('Invalid X-Container-Sync-To: no URL') from None
    if parsed.scheme not in ('http', 'https'):
        raise ValueError('Invalid scheme in X-Container-Sync-To, must be "//", "http", or "https".')
    if not host or parsed.username or parsed.password or parsed.query or parsed.fragment:
        raise ValueError('X-Container-Sync-To must be scheme://host/v1/account/container without more')
    if host not in allowed_hosts:
        raise ValueError(f'Invalid host {host!r} in X-Container-Sync-To')
    parts = parsed.path.strip('/').split('/')
    if len(parts) != 3 or not all(parts):
        raise ValueError('Path required in X-Container-Sync-To: /v1/account/container')
    _check_names(*parts)
    return value, None


def _check_names(*parts):
    for part in parts:
        if part in ('.', '..') or any(ord(each) <= 32 or ord(each) == 127 for each in part):
            raise ValueError('Invalid path in X-Container-Sync-To')


def signature(method, path, timestamp, nonce, realm_key, user_key):
    """The HMAC-SHA1 (hex) of a request; `path` is URL-encoded, header values are WSGI strings."""
    signed = '\n'.join((method, path, timestamp, nonce, user_key)).encode('latin-1', 'replace')
    return hmac.new(realm_key.encode(), signed, hashlib.sha1).hexdigest()
