"""Addresses of data as the database keeps them: sealed, where metadata_encryption_key is set.

They may hold the secrets of the stores. The form is that of the original: url-safe base64 of an initialisation vector
and the address, padded with a NUL and random bytes, in AES-CBC.
"""
import base64
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from oslo_config import cfg

from essex import config
from essex.exception import ConfigError

OPTS = [
    cfg.StrOpt('metadata_encryption_key', secret=True,
               help='Key of 16, 24 or 32 characters under which the addresses of image data are kept in the database. '
                    'Addresses that were kept without one stay readable. The same on every node.'),
]
CONF = config.register(OPTS)

_BLOCK = 16


def check():
    """Raise ConfigError unless the key, if there is one, is one."""
    _key()


def _key():
    key = (CONF.metadata_encryption_key or '').encode()
    if key and len(key) not in (16, 24, 32):
        raise ConfigError('metadata_encryption_key must have 16, 24 or 32 characters.')
    return key


def seal(url):
    """`url` as it is kept."""
    key = _key()
    if not key:
        return url
    vector, text = os.urandom(_BLOCK), url.encode() + b'\0'
    text += os.urandom(-len(text) % _BLOCK)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return base64.urlsafe_b64encode(vector + encryptor.update(text) + encryptor.finalize()).decode()


def open(kept):   # noqa: A001 - the opposite of seal
    """The address of what is kept. Raises ConfigError when it is sealed with another key."""
    # An address has a scheme; base64 knows no colon.
    if ':' in kept:
        return kept
    try:
        data = base64.urlsafe_b64decode(kept)
        decryptor = Cipher(algorithms.AES(_key()), modes.CBC(data[:_BLOCK])).decryptor()
        text, found, _ = (decryptor.update(data[_BLOCK:]) + decryptor.finalize()).partition(b'\0')
        url = text.decode()
        if found and ':' in url:
            return url
    except ValueError:
        pass   # as below: base64, padding or UTF-8 that is none
    raise ConfigError('An address of image data is sealed with another key than the metadata_encryption_key here.')
