"""The filter `keymaster`: derives the keys of containers and objects from root secrets, for the filter `encryption`.

A key is the HMAC-SHA256 of a path by a root secret, so none is stored. Which secret, and of which path, is told beside
what is encrypted (`key_id`), so that older secrets stay of use when a new one takes over.
"""
import base64
import binascii
import os
import re
import stat

from swift import conf as options
from swift.exceptions import ConfigurationError
from swift.middleware import names
from swift.middleware.encryption import ciphers
from swift.middleware.encryption.errors import CryptoError, UnknownSecret

CALLBACK = 'swift.callback.fetch_crypto_keys'
_OPTION = re.compile(r'encryption_root_secret(?:_(.+))?')
_LEAST = 32
_HOW = 'make one by `openssl rand -base64 32`'
# How the path is told: 1 as a file system joins paths (an object `/x` is `/x`), 2 as WSGI has it, 3 as text.
_VERSIONS = ('1', '2', '3')


def filter_factory(global_conf, **local_conf):
    """Paste: encryption_root_secret, encryption_root_secret_<id>, active_root_secret_id, meta_version_to_write, or
    keymaster_config_path: a file whose section [keymaster] has them."""
    master = from_conf(local_conf)
    return lambda app: KeyMaster(app, master)


def from_conf(conf):
    """The RootSecrets of options. Raises ConfigurationError."""
    path = conf.get('keymaster_config_path')
    if path:
        beside = [name for name in conf if _OPTION.fullmatch(name) or name in (
            'active_root_secret_id', 'meta_version_to_write')]
        if beside:
            raise ConfigurationError(f'keymaster_config_path is set, so {", ".join(sorted(beside))} belongs into '
                                     f'{path}, not beside it')
        _check_mode(path)
        conf = options.section(path, 'keymaster')
    return RootSecrets(_secrets(conf), conf.get('active_root_secret_id') or None,
                       conf.get('meta_version_to_write', '2').strip())


def _check_mode(path):
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except OSError as error:
        raise ConfigurationError(f'keymaster_config_path = {path}: {error.strerror}') from None
    if mode & 0o027:
        raise ConfigurationError(f'{path} holds the root secret and has mode {mode:04o}: nobody else may read or '
                                 'change it (chmod 600; 640 if its group is that of the proxy alone)')


def _secrets(conf):
    found = {}
    for name, value in conf.items():
        match = _OPTION.fullmatch(name)
        if match:
            found[match[1]] = _decoded(name, value)
    if not found:
        raise ConfigurationError(f'keymaster: encryption_root_secret is missing: {_HOW}')
    return found


def _decoded(name, text):
    # The text is a secret, or nearly one: no message shows it.
    try:
        secret = base64.b64decode(''.join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f'keymaster: {name} is no base64: {_HOW}') from None
    if len(secret) < _LEAST:
        raise ConfigurationError(f'keymaster: {name} has {len(secret)} bytes, at least {_LEAST} are needed: {_HOW}')
    return secret


class RootSecrets:
    """`secrets` are {id, or None for the one without: bytes}; `active` is the id of that for new objects."""

    def __init__(self, secrets, active=None, version='2'):
        if active not in secrets:
            raise ConfigurationError(f'keymaster: there is no encryption_root_secret_{active}' if active else
                                     'keymaster: active_root_secret_id must say which root secret is for new objects')
        if version not in _VERSIONS:
            raise ConfigurationError(f'keymaster: meta_version_to_write = {version}: 1, 2 or 3')
        self._secrets, self.active, self.version = secrets, active, version

    def __repr__(self):
        return f'<RootSecrets {[each or "(no id)" for each in self._secrets]}>'

    def get(self, secret_id):
        """The secret. Raises UnknownSecret."""
        try:
            return self._secrets[secret_id]
        except KeyError:
            raise UnknownSecret(f'the root secret {secret_id!r} is not configured here' if secret_id else
                                'the root secret without an id is not configured here') from None

    def all(self):
        """Every secret."""
        return self._secrets.values()


class KeyMaster:
    """WSGI filter, left of `encryption`: puts the RequestKeys of a request into its environment."""

    def __init__(self, app, master):
        self.app, self._master = app, master

    def __call__(self, environ, start_response):
        environ.pop(CALLBACK, None)
        base = names.of(environ)
        if base is not None and base.container is not None:
            environ[CALLBACK] = RequestKeys(self._master, environ['PATH_INFO'])
        return self.app(environ, start_response)


class Keys:
    """Two keys and what names them; `object` is None for a container."""

    __slots__ = ('container', 'id', 'object')

    def __init__(self, container, obj, key_id):
        self.container, self.object, self.id = container, obj, key_id


class RequestKeys:
    """The keys for a path (as WSGI has it). Called with the `key_id` of what is to be read, without one to write.

    What is read names its path itself: it may have been written under another one, by who has moved it since.
    """

    def __init__(self, master, path_info):
        self._master = master
        _, _, account, container, *obj = path_info.split('/', 4)
        self._container = f'/{account}/{container}'
        self._object = obj[0] if obj and obj[0] else None
        self._known = {}

    def __call__(self, key_id=None):
        """The Keys. Raises CryptoError."""
        if key_id is None:
            key_id = self._new_id()
        secret_id, container, path = self._place(key_id)
        return Keys(self._derived(secret_id, container), self._derived(secret_id, path), key_id)

    def container_key(self, key_id):
        """The container's key alone, for the rows of a listing. Raises CryptoError."""
        secret_id, container, _ = self._place(key_id)
        return self._derived(secret_id, container)

    def _place(self, key_id):
        """(id of the secret, path of the container, of the object) that a `key_id` tells, paths as bytes."""
        try:
            version, path, secret_id = key_id['v'], key_id['path'], key_id.get('secret_id')
            raw = path.encode('utf-8' if version == '3' else 'latin-1')
        except (KeyError, TypeError, AttributeError, UnicodeError):
            raise CryptoError('what names its key is damaged') from None
        if version not in _VERSIONS:
            raise CryptoError(f'keys of version {str(version)[:20]!r} are not known')
        if not isinstance(secret_id, str | None):
            raise CryptoError('what names its key is damaged')
        parts = raw.split(b'/', 3)
        # Of version 1 the path may be that of an object alone.
        whole = version != '1' and len(parts) == 4
        return secret_id, b'/'.join(parts[:3]) if whole else self._container.encode('latin-1'), raw

    def of_object(self):
        """The object's keys by every secret: one of them is that of what is there now."""
        paths = {self._path(version) for version in _VERSIONS[:2]}
        return [ciphers.derive(secret, path.encode('latin-1')) for secret in self._master.all() for path in paths]

    def _path(self, version):
        if version == '1':
            return os.path.join(self._container, self._object)
        path = f'{self._container}/{self._object}'
        return path.encode('latin-1').decode() if version == '3' else path

    def _new_id(self):
        made = {'v': self._master.version, 'path': self._path(self._master.version)}
        if self._master.active is not None:
            made['secret_id'] = self._master.active
        return made

    def _derived(self, secret_id, path):
        known = self._known.get((secret_id, path))
        if known is None:
            known = self._known[secret_id, path] = ciphers.derive(self._master.get(secret_id), path)
        return known
