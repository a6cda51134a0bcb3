"""What is told about an encrypted item beside it: cipher, vector, and which key.

    {"cipher": "AES_CTR_256", "iv": <base64>, "key_id": {"path": ..., "v": "2"}}     and for a body
    {..., "body_key": {"iv": <base64>, "key": <base64, encrypted with the object's key>}}

JSON, URL-encoded: whole in a header of its own, or behind a value as `<value>; swift_meta=<JSON>`.
"""
import binascii
import json
from urllib.parse import quote_plus, unquote_plus

import orjson

from swift.middleware.encryption import ciphers
from swift.middleware.encryption.errors import CryptoError

MARK = '; swift_meta='
# What quote_plus() makes of what is in each of these texts, in the order in which it can be undone.
_QUOTED = (('+', ' '), ('%22', '"'), ('%3A', ':'), ('%2C', ','), ('%2F', '/'), ('%7B', '{'), ('%7D', '}'), ('%3D', '='),
           ('%2B', '+'))


def dump(iv=None, key_id=None, body_key=None):
    """The text of it. `body_key` is (encrypted key, its vector); vectors and keys are bytes."""
    made = {'cipher': ciphers.NAME}
    if iv is not None:
        made['iv'] = _encode(iv)
    if key_id is not None:
        made['key_id'] = key_id
    if body_key is not None:
        made['body_key'] = {'key': _encode(body_key[0]), 'iv': _encode(body_key[1])}
    return quote_plus(json.dumps(made, sort_keys=True))


def load(text):
    """The dict that `dump` made text of, vectors and keys as bytes. Raises CryptoError."""
    try:
        found = orjson.loads(_unquoted(text))
        if found['cipher'] != ciphers.NAME:
            raise CryptoError(f'the cipher {str(found["cipher"])[:40]!r} is not known')
        for holder in (found, found.get('body_key', {})):
            for name in ('iv', 'key'):
                if name in holder:
                    holder[name] = binascii.a2b_base64(holder[name], strict_mode=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CryptoError('what tells how it was encrypted is damaged') from None
    return found


def seal(key, text, key_id=None):
    """`text` (as WSGI has it) encrypted, with what tells how; `key_id` where nothing else names the key."""
    iv = ciphers.random_iv()
    return _encode(ciphers.apply(key, iv, text.encode('latin-1'))) + MARK + dump(iv, key_id)


def split(value):
    """(encrypted bytes, the dict of `load`) of what `seal` made. Raises CryptoError."""
    data, mark, told = value.partition(MARK)
    if not mark:
        raise CryptoError('nothing tells how it was encrypted')
    try:
        return binascii.a2b_base64(data, strict_mode=True), load(told)
    except ValueError:
        raise CryptoError('an encrypted value is damaged') from None


def unseal(key, data, meta):
    """The text of a `split` value. Raises CryptoError."""
    try:
        return ciphers.apply(key, meta['iv'], data).decode('latin-1')
    except (KeyError, ValueError):
        raise CryptoError('what tells how it was encrypted is damaged') from None


def _unquoted(text):
    # A listing has ten thousand of them: unquote_plus() would take most of its time.
    made = text
    for code, character in _QUOTED:
        made = made.replace(code, character)
    return unquote_plus(text) if '%' in made else made


def _encode(data):
    return binascii.b2a_base64(data, newline=False).decode()
