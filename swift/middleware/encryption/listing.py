"""Listings: the hash of each row was encrypted with the container's key."""
import orjson
import webob

from essex import concurrency
from swift.middleware import copied
from swift.middleware.encryption import ciphers, metadata
from swift.middleware.encryption.errors import CryptoError

UNKNOWN = '<unknown>'
_SIGN = b'swift_meta='
_MANY = 1 << 16     # bytes of a listing; to decrypt more takes so long that others should have their turn


def respond(app, environ, start_response, fetch):
    """The answer to a GET of a container, hashes decrypted by `fetch` (keys.RequestKeys)."""
    response = webob.Request(environ).get_response(app)
    if response.status_int == 200 and response.content_type == 'application/json':
        body = response.body
        if _SIGN in body:
            copied.close_body(response)
            response.body = (concurrency.in_thread(rewritten, body, fetch) if len(body) > _MANY
                             else rewritten(body, fetch))
    return response(environ, start_response)


def rewritten(body, fetch):
    """A JSON listing (bytes) with its hashes decrypted; those that cannot be are `<unknown>`."""
    try:
        items = orjson.loads(body)
    except ValueError:
        return body
    hashes = Hashes(fetch)
    for item in items if isinstance(items, list) else ():
        if metadata.MARK in item.get('hash', ''):
            item['hash'] = hashes.decrypted(item['hash'])
    return orjson.dumps(items)


class Hashes:
    """Decrypts rows of one listing: their keys are few, so the cipher of each is made once."""

    def __init__(self, fetch):
        self._fetch, self._ciphers = fetch, {}

    def decrypted(self, value):
        """The hash, or `<unknown>`."""
        try:
            data, meta = metadata.split(value)
            key = self._fetch.container_key(meta.get('key_id') or {})
            cipher = self._ciphers.get(key)
            if cipher is None:
                cipher = self._ciphers[key] = ciphers.stream(key, meta['iv'])
            cipher.reset_nonce(meta['iv'])
            return cipher.update(data).decode()
        except (CryptoError, KeyError, ValueError):
            return UNKNOWN
