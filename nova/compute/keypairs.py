"""Key pairs: made here, or public keys that users bring."""
import base64
import hashlib
import re

from cryptography import exceptions as crypto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from essex import concurrency, db
from nova import exception
from nova.compute import quota
from nova.db import keypairs

_NAME = re.compile(r'[A-Za-z0-9_ .@-]{1,255}\Z')
# What OpenSSH still lets in; ssh-dss has been refused since 7.0.
_SUPPORTED = ('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521')
_LONGEST = 65535
_RSA_BITS = 2048
_LEAST_RSA_BITS = 1024
RSA, ED25519, ECDSA = 'rsa', 'ed25519', 'ecdsa'


def list(context, user_id=None, limit=None, marker=None):  # noqa: A001  (read with its module: keypairs.list)
    """Rows of the caller (or of `user_id`, for administrators), by name. Raises InvalidMarker."""
    return keypairs.list_for_user(_owner(context, user_id), limit, marker)


def get(context, name, user_id=None):
    """The row. Raises KeypairNotFound."""
    return keypairs.get(_owner(context, user_id), name)


def delete(context, name, user_id=None):
    """Remove one; servers that were given it keep it. Raises KeypairNotFound."""
    keypairs.delete(_owner(context, user_id), name)


def create(context, name, key_type='ssh', user_id=None, algorithm=RSA):
    """Make a pair; returns (row, private key text in OpenSSH's or PEM form), which is kept nowhere."""
    _check(name, key_type)
    public, private = concurrency.in_thread(_generate, algorithm)
    return _store(context, _owner(context, user_id), name, key_type, f'{public} Generated-by-Nova'), private


def import_(context, name, public_key, key_type='ssh', user_id=None):
    """Take a user's public key; returns the row. Raises InvalidKeypair, KeypairExists, QuotaExceeded."""
    _check(name, key_type)
    return _store(context, _owner(context, user_id), name, key_type, checked(public_key))


def _owner(context, user_id):
    if user_id and user_id != context.user_id and not context.is_admin:
        raise exception.KeypairNotFound(name='', user_id=user_id)
    return user_id or context.user_id


def _check(name, key_type):
    if not isinstance(name, str) or not _NAME.match(name) or not name.strip():
        raise exception.InvalidKeypair(reason='Keypair name must be 1 to 255 characters of letters, digits, spaces, '
                                              'underscores, hyphens, periods and @.')
    if key_type != 'ssh':
        raise exception.InvalidKeypair(reason=f'type {str(key_type)[:40]!r} is not supported, only ssh is.')


@db.retry
def _store(context, user_id, name, key_type, public_key):
    with db.writer():
        quota.check(context.project_id, user_id=user_id, key_pairs=1)
        return keypairs.create({'user_id': user_id, 'name': name, 'type': key_type, 'public_key': public_key,
                                'fingerprint': fingerprint(public_key)})


def _generate(algorithm):
    if algorithm == ED25519:
        key, form = ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.OpenSSH
    elif algorithm == ECDSA:
        key, form = ec.generate_private_key(ec.SECP256R1()), serialization.PrivateFormat.OpenSSH
    else:
        key, form = rsa.generate_private_key(65537, _RSA_BITS), serialization.PrivateFormat.TraditionalOpenSSL
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return public.decode(), private.decode()


def checked(public_key):
    """A public key in OpenSSH's one-line form, stripped. Raises InvalidKeypair saying what is wrong with it."""
    if not isinstance(public_key, str) or len(public_key) > _LONGEST:
        raise exception.InvalidKeypair(reason=f'the public key must be a text of at most {_LONGEST} characters.')
    text = public_key.strip()
    # A second line would become a key of its own in the guest's authorized_keys.
    if not text.isprintable():
        raise exception.InvalidKeypair(reason='the public key must be one line, without control characters.')
    kind = text.split(' ', 1)[0]
    if kind not in _SUPPORTED:
        raise exception.InvalidKeypair(reason=f'it must begin with one of {", ".join(_SUPPORTED)}, as the line in an '
                                              f'id_*.pub file does; it begins with {kind[:40]!r}.')
    try:
        key = serialization.load_ssh_public_key(text.encode())
    except (ValueError, crypto.UnsupportedAlgorithm) as error:
        raise exception.InvalidKeypair(reason=f'the {kind} key cannot be read: {error}') from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        raise exception.InvalidKeypair(reason=f'an RSA key of {key.key_size} bits is too short; {_RSA_BITS} and more '
                                              'are safe.')
    return text


def fingerprint(public_key):
    """The MD5 fingerprint of a public key in OpenSSH's form, as the API has always shown it: 16 pairs with colons."""
    digest = hashlib.md5(base64.b64decode(public_key.split(' ')[1]), usedforsecurity=False).hexdigest()
    return ':'.join(digest[index:index + 2] for index in range(0, 32, 2))
