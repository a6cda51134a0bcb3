"""AES with keys of 256 bits in counter mode: any byte can be decrypted without those before it."""
import base64
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NAME = 'AES_CTR_256'
KEY_BYTES, IV_BYTES = 32, 16
_BLOCK = 16
_COUNTERS = 1 << 128


def random_key():
    """The key of one object's body."""
    return os.urandom(KEY_BYTES)


def random_iv():
    """An initialisation vector: never used twice with one key, so each item has its own."""
    return os.urandom(IV_BYTES)


def stream(key, iv, offset=0):
    """What encrypts and decrypts (in counter mode that is the same) by update() from byte `offset` on. ValueError."""
    if len(key) != KEY_BYTES or len(iv) != IV_BYTES:
        raise ValueError(f'AES-256 in counter mode takes a key of {KEY_BYTES} bytes and a vector of {IV_BYTES}')
    blocks, rest = divmod(offset, _BLOCK)
    counter = (int.from_bytes(iv, 'big') + blocks) % _COUNTERS
    # CTR, not GCM: it is the published format, and a range of an object could not be authenticated without the rest.
    made = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(IV_BYTES, 'big'))).encryptor()
    made.update(bytes(rest))
    return made


def apply(key, iv, data):
    """`data` encrypted, or decrypted."""
    return stream(key, iv).update(data)


def mac(key, etag):
    """What stands for an ETag (text) in a comparison by who must not know it: base64 of its HMAC."""
    return base64.b64encode(hmac.digest(key, etag.encode('latin-1'), 'sha256')).decode()


def derive(secret, path):
    """The key that belongs to a path (bytes)."""
    return hmac.digest(secret, path, 'sha256')
