"""Writing: bodies, ETags and values of user metadata are encrypted; conditions are put so that they still hold."""
import hashlib

from essex import http_body
from swift import cluster, conditions
from swift.middleware import looking
from swift.middleware.encryption import ciphers, keys, metadata
from swift.proxy import base, checks, footers
from swift.proxy.errors import Refusal, refuse

BODY_META = 'X-Object-Sysmeta-Crypto-Body-Meta'
ETAG = 'X-Object-Sysmeta-Crypto-Etag'
ETAG_MAC = 'X-Object-Sysmeta-Crypto-Etag-Mac'
OVERRIDE = 'X-Object-Sysmeta-Container-Update-Override-Etag'
_OVERRIDE_KEY = 'HTTP_X_OBJECT_SYSMETA_CONTAINER_UPDATE_OVERRIDE_ETAG'
_NO_BYTES = 'd41d8cd98f00b204e9800998ecf8427e'
_META, _SEALED_META = 'HTTP_X_OBJECT_META_', 'HTTP_X_OBJECT_TRANSIENT_SYSMETA_CRYPTO_META'
_RESERVED = ('HTTP_X_OBJECT_SYSMETA_CRYPTO_', _SEALED_META)
_CONDITIONS = ('HTTP_IF_MATCH', 'HTTP_IF_NONE_MATCH', 'HTTP_IF_RANGE')


class Encrypter:
    """WSGI application around `app`. With `disabled` nothing is encrypted any more; what was can still be asked for."""

    def __init__(self, app, swift_dir, disabled=False):
        self._app, self._swift_dir, self._disabled = app, swift_dir, disabled

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if method in ('GET', 'HEAD'):
            return self._with(environ, start_response, _masked(environ))
        if method not in ('PUT', 'POST'):
            return self._app(environ, start_response)
        changes = {key: None for key in environ if key.startswith(_RESERVED)}
        if self._disabled:
            return self._with(environ, start_response, changes)
        try:
            checks.metadata('object', [(base.header_name(key), value) for key, value in environ.items()
                                       if key.startswith('HTTP_')], cluster.load(self._swift_dir).constraints)
        except Refusal as refusal:
            return refusal.response(environ, start_response)
        found = environ[keys.CALLBACK]()
        changes.update(_sealed_metadata(environ, found))
        if method == 'POST':
            return self._with(environ, start_response, changes)
        body = Body(environ['wsgi.input'], environ, found)
        changes.update({'wsgi.input': body, footers.CALLBACK: body.finish, 'HTTP_ETAG': None, _OVERRIDE_KEY: None})

        def start(status, headers, exc_info=None):
            return start_response(status, [(name, body.etag if name.lower() == 'etag' and body.etag else value)
                                           for name, value in headers], *((exc_info,) if exc_info else ()))
        return self._with(environ, start, changes)

    def _with(self, environ, start_response, changes):
        """Go on with a changed environment; filters on the left find theirs as it was."""
        before = {key: environ[key] for key in changes if key in environ}
        for key, value in changes.items():
            if value is None:
                environ.pop(key, None)
            else:
                environ[key] = value
        try:
            return self._app(environ, start_response)
        finally:
            for key in changes:
                environ.pop(key, None)
            environ.update(before)


class Body:
    """The body of a PUT, encrypted as it is read; a `wsgi.input`. `etag` is known when it has been read."""

    def __init__(self, stream, environ, found):
        self._stream, self._keys = stream, found
        self._expected = environ.get('HTTP_ETAG', '').strip().strip('"').lower()
        self._listed = environ.get(_OVERRIDE_KEY)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._key, self._iv = ciphers.random_key(), ciphers.random_iv()
        self._cipher, self._scratch = ciphers.stream(self._key, self._iv), bytearray()
        self._empty, self.etag = True, None

    def read(self, size=-1):
        """As a file."""
        data = self._stream.read(size)
        if not data:
            return data
        self._empty = False
        self._md5.update(data)
        return self._cipher.update(data)

    def read_some(self, view, least):
        """See http_body.read_some()."""
        return self._encrypted(view, http_body.read_some(self._stream, view, least))

    def read_on(self, view):
        """See http_body.read_on()."""
        return self._encrypted(view, http_body.read_on(self._stream, view))

    def _encrypted(self, view, count):
        if count:
            self._empty = False
            data = view[:count]
            self._md5.update(data)
            # What it writes to may need a block more than there is, and must not be what it reads.
            if len(self._scratch) < count + ciphers.IV_BYTES:
                self._scratch = bytearray(count + ciphers.IV_BYTES)
            self._cipher.update_into(data, self._scratch)
            view[:count] = memoryview(self._scratch)[:count]
        return count

    def finish(self, metadata_of_object):
        """Add what is known now that the body has been read. Raises Refusal 422 when it is not what was announced."""
        self.etag = self._md5.hexdigest()
        if self._expected and self._expected != self.etag:
            raise refuse(422)
        if not self._empty:
            key, iv = self._keys.object, ciphers.random_iv()
            wrapped = ciphers.apply(key, iv, self._key), iv
            metadata_of_object.update({
                BODY_META: metadata.dump(self._iv, self._keys.id, wrapped),
                ETAG: metadata.seal(key, self.etag), ETAG_MAC: ciphers.mac(key, self.etag)})
        listed = metadata_of_object.get(OVERRIDE) or self._listed or self.etag
        if not (self._empty and listed == _NO_BYTES):
            metadata_of_object[OVERRIDE] = metadata.seal(self._keys.container, listed, self._keys.id)
        elif self._listed is not None:
            metadata_of_object[OVERRIDE] = self._listed


def _sealed_metadata(environ, found):
    """Changes that put encrypted values in the place of those of user metadata. An empty one tells nothing."""
    changes = {}
    for key, value in environ.items():
        if key.startswith(_META) and value:
            changes[key] = None
            changes[f'{_SEALED_META}_{key[len(_META):]}'] = metadata.seal(found.object, value)
    if changes:
        changes[_SEALED_META] = metadata.dump(key_id=found.id)
    return changes


def _masked(environ):
    """Changes that let storage nodes, which know no ETag, compare what stands for it."""
    changes = {}
    for name in _CONDITIONS:
        value = environ.get(name)
        if not value or value.strip() == '*' or name == 'HTTP_IF_RANGE' and conditions.seconds(value) is not None:
            continue
        tags, found = conditions.tags(value), environ[keys.CALLBACK].of_object()
        # Beside the ETags: what was written before encryption was switched on has those.
        macs = [f'"{ciphers.mac(key, tag)}"' for tag in tags for key in found]
        changes[name] = ', '.join([value, *macs])
    if changes:
        told = {'HTTP_X_BACKEND_ETAG_IS_AT': environ.get('HTTP_X_BACKEND_ETAG_IS_AT')}
        looking.extend(told, 'HTTP_X_BACKEND_ETAG_IS_AT', ETAG_MAC)
        changes.update(told)
    return changes
