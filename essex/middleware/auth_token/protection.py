"""What a shared cache sees of tokens: names that do not tell them, values that nobody else can change or read."""
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAC, _NONCE = 32, 12


def make(strategy, secret):
    """The protection named `None`, `MAC` or `ENCRYPT`."""
    return {'None': Plain, 'MAC': Mac, 'ENCRYPT': Encrypt}[strategy](secret.encode() if secret else b'')


class Plain:
    """No protection but that the token itself is not stored."""

    def __init__(self, secret):
        self._secret = secret

    def keys(self, token):
        """(the name a token's data has in the cache, the key that protects it)."""
        return f'tokens/{hashlib.sha256(token.encode()).hexdigest()}', None

    def seal(self, key, data):
        """Bytes to store."""
        return data

    def open(self, key, data):
        """What was sealed; ValueError when it was not sealed with `key`."""
        return data


class _Keyed(Plain):
    label = None

    def keys(self, token):
        # Both depend on the token: whoever knows the secret alone can still neither find nor forge an entry.
        made = hmac.digest(self._secret, self.label + token.encode(), 'sha512')
        return f'tokens/{made[:24].hex()}', made[32:]


class Mac(_Keyed):
    """HMAC-SHA256 before the data."""

    label = b'essex:mac:'

    def seal(self, key, data):
        return hmac.digest(key, data, 'sha256') + data

    def open(self, key, data):
        if not hmac.compare_digest(hmac.digest(key, data[_MAC:], 'sha256'), data[:_MAC]):
            raise ValueError('a cached token was changed')
        return data[_MAC:]


class Encrypt(_Keyed):
    """AES-256-GCM, the nonce before the data."""

    label = b'essex:encrypt:'

    def seal(self, key, data):
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, data, None)

    def open(self, key, data):
        try:
            return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], None)
        except (InvalidTag, ValueError):
            raise ValueError('a cached token was changed') from None
