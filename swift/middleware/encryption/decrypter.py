"""Reading: objects, whole or in ranges, and listings as they were before they were encrypted."""
import logging
import re

from swift.middleware import looking
from swift.middleware.encryption import ciphers, keys, listing, metadata
from swift.middleware.encryption.encrypter import BODY_META, ETAG, OVERRIDE
from swift.middleware.encryption.errors import CryptoError
from swift.proxy import responses

LOG = logging.getLogger(__name__)
_BODY_META, _ETAG, _OVERRIDE = BODY_META.lower(), ETAG.lower(), OVERRIDE.lower()
_SEALED_META = 'x-object-transient-sysmeta-crypto-meta'
_OURS = ('x-object-sysmeta-crypto-', _SEALED_META)
_RANGE = re.compile(rb'content-range:\s*bytes (\d+)-(\d+)/', re.IGNORECASE)
_HEAD_LIMIT = 8192


class Decrypter:
    """WSGI application around `app`."""

    def __init__(self, app):
        self._app = app

    def object(self, environ, start_response):
        """GET or HEAD of an object."""
        status, headers, body = looking.ahead(self._app, environ)
        found = {name.lower(): value for name, value in headers if _is_ours(name.lower(), value)}
        if not found:
            start_response(status, headers)
            return body
        try:
            opened = _Opened(environ[keys.CALLBACK], found)
            shown = opened.headers(headers)
            if _BODY_META in found and environ['REQUEST_METHOD'] == 'GET' and status[:3] in ('200', '206'):
                body = _Decrypted(body, opened.body(headers))
        except CryptoError as error:
            _close(body)
            LOG.error('%s: cannot be decrypted: %s', environ['PATH_INFO'], error)
            return responses.error(500, f'This object cannot be decrypted: {error}.\n')(environ, start_response)
        start_response(status, shown)
        return body

    def container(self, environ, start_response):
        """GET of a container."""
        return listing.respond(self._app, environ, start_response, environ[keys.CALLBACK])


def _is_ours(name, value):
    return name.startswith(_OURS) or name == _OVERRIDE and metadata.MARK in value


class _Opened:
    """What was encrypted of one object, by its headers ({lower-case name: value})."""

    def __init__(self, fetch, found):
        self._fetch, self._found = fetch, found
        self._meta = metadata.load(found[_BODY_META]) if _BODY_META in found else None

    def _keys(self, meta):
        return self._fetch(meta.get('key_id') or {})

    def headers(self, stored):
        """The headers as they were sent, of those that are `stored`. Raises CryptoError."""
        etag, listed = self._etag(), self._listed()
        shown = []
        for name, value in stored:
            lower = name.lower()
            if lower == 'etag' and etag is not None:
                shown.append((name, etag))
            elif lower == _OVERRIDE and listed is not None:
                # Without a filter that says otherwise a listing shows the ETag: no copy has to be told.
                if listed != etag:
                    shown.append((name, listed))
            elif not lower.startswith(_OURS):
                shown.append((name, value))
        return shown + self._user_metadata()

    def _etag(self):
        if _ETAG not in self._found:
            return None
        if self._meta is None:
            raise CryptoError('nothing tells how its body was encrypted')
        data, meta = metadata.split(self._found[_ETAG])
        return metadata.unseal(self._keys(self._meta).object, data, meta)

    def _listed(self):
        if metadata.MARK not in self._found.get(_OVERRIDE, ''):
            return None
        data, meta = metadata.split(self._found[_OVERRIDE])
        return metadata.unseal(self._keys(meta).container, data, meta)

    def _user_metadata(self):
        sealed = {name[len(_SEALED_META) + 1:]: value for name, value in self._found.items()
                  if name.startswith(f'{_SEALED_META}-')}
        if not sealed:
            return []
        if _SEALED_META not in self._found:
            raise CryptoError('nothing tells how its metadata was encrypted')
        key = self._keys(metadata.load(self._found[_SEALED_META])).object
        return [(f'X-Object-Meta-{name.title()}', metadata.unseal(key, *metadata.split(value)))
                for name, value in sealed.items()]

    def body(self, stored):
        """A function that decrypts the pieces of the answer's body: yields as many bytes. Raises CryptoError."""
        try:
            iv, wrapped = self._meta['iv'], self._meta['body_key']
            key = ciphers.apply(self._keys(self._meta).object, wrapped['iv'], wrapped['key'])
            ciphers.stream(key, iv)
        except (KeyError, ValueError):
            raise CryptoError('what tells how its body was encrypted is damaged') from None
        if (looking.value(stored, 'content-type') or '').lower().startswith('multipart/byteranges'):
            return lambda pieces: _of_parts(pieces, key, iv)
        match = _RANGE.match(b'content-range: ' + (looking.value(stored, 'content-range') or '').encode('latin-1'))
        cipher = ciphers.stream(key, iv, int(match[1]) if match else 0)
        return lambda pieces: map(cipher.update, pieces)


def _of_parts(pieces, key, iv):
    """The pieces of a multipart/byteranges body, of each part what follows its head decrypted."""
    head, left, cipher = b'', 0, None
    for piece in pieces:
        while piece:
            if left:
                data, piece = piece[:left], piece[left:]
                left -= len(data)
                yield cipher.update(data)
                continue
            head += piece
            end = head.find(b'\r\n\r\n')
            if end < 0:
                # The end of it all looks like that too.
                if len(head) > _HEAD_LIMIT:
                    raise CryptoError('a part without a head')
                break
            match = _RANGE.search(head, 0, end)
            if not match:
                raise CryptoError('a part that does not say of which bytes')
            start, stop = int(match[1]), int(match[2]) + 1
            left, cipher = stop - start, ciphers.stream(key, iv, start)
            yield head[:end + 4]
            head, piece = b'', head[end + 4:]
    if head:
        yield head


class _Decrypted:
    """An iterable of bytes that closes what it is made of."""

    def __init__(self, body, decrypt):
        self._body, self._pieces = body, decrypt(body)

    def __iter__(self):
        return iter(self._pieces)

    def close(self):
        """Let go of it."""
        _close(self._body)


def _close(body):
    if hasattr(body, 'close'):
        body.close()
