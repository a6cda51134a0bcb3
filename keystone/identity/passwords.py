"""Password hashes, computed off the event loop: how new ones are made, and every form that is verified.

New ones are made as `[identity] password_hash_algorithm` says. What verifies beside them: sha512_crypt (`$6$`),
which Essex wrote, and salted SHA-1 (`{SSHA}`) of directories.
"""
import logging

import bcrypt
from oslo_config import cfg
from passlib import hash as schemes

from essex import concurrency, config
from essex.exception import ConfigError
from keystone.exception import PasswordTooLong

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.StrOpt('password_hash_algorithm', default='bcrypt',
               choices=['bcrypt', 'bcrypt_sha256', 'scrypt', 'pbkdf2_sha512'],
               help='How new passwords are hashed. Older hashes go on being accepted.'),
    cfg.IntOpt('password_hash_rounds',
               help='Work factor. bcrypt and bcrypt_sha256: 4 to 31, each step doubles the time an attacker, and a '
                    'log-in, needs (12 when unset); scrypt: log2 of N (16); pbkdf2_sha512: iterations (60000).'),
    cfg.IntOpt('scrypt_block_size', default=8, min=1, help='Parameter r of scrypt.'),
    cfg.IntOpt('scrypt_parallelism', default=1, min=1, help='Parameter p of scrypt.'),
    cfg.IntOpt('salt_bytesize', default=16, min=0, max=96, help='Bytes of salt of scrypt and pbkdf2_sha512.'),
    cfg.IntOpt('max_password_length', default=4096, min=1, max=4096,
               help='Characters of a password that count. bcrypt reads 72 bytes of them.'),
]
CONF = config.register(OPTS, 'identity')
config.register([cfg.BoolOpt('strict_password_check', default=False,
                             help='Refuse passwords that are longer than what counts, instead of cutting them.')])

_BCRYPT_BYTES = 72
# (fewest, most, default) rounds.
_ROUNDS = {'bcrypt': (4, 31, 12), 'bcrypt_sha256': (4, 31, 12), 'scrypt': (1, 31, 16),
           'pbkdf2_sha512': (1, 2 ** 32 - 1, 60000)}
_VERIFIED = {'$bcrypt-sha256$': schemes.bcrypt_sha256, '$scrypt$': schemes.scrypt,
             '$pbkdf2-sha512$': schemes.pbkdf2_sha512, '$6$': schemes.sha512_crypt, '{SSHA}': schemes.ldap_salted_sha1}
# A salt nobody uses, to spend the time of a check where there is nothing to check against.
_NO_SALT = b'.' * 22


def rounds():
    """The work factor in force. Raises ConfigError when the algorithm has no such one."""
    algorithm, value = CONF.identity.password_hash_algorithm, CONF.identity.password_hash_rounds
    low, high, default = _ROUNDS[algorithm]
    if value is None:
        return default
    if not low <= value <= high:
        raise ConfigError(f'[identity] password_hash_rounds of {algorithm} is from {low} to {high}, not {value}.')
    return value


def _bytes(password):
    return password[:CONF.identity.max_password_length].encode('utf-8', 'surrogatepass')


def check_length(password):
    """Raises PasswordTooLong where `strict_password_check` refuses what would be cut."""
    limit, algorithm = CONF.identity.max_password_length, CONF.identity.password_hash_algorithm
    if algorithm == 'bcrypt':
        limit = min(limit, _BCRYPT_BYTES)
    if CONF.strict_password_check and len(password.encode('utf-8', 'surrogatepass')) > limit:
        raise PasswordTooLong(size=limit)


def make(password):
    """The hash to store for a password. Raises PasswordTooLong."""
    check_length(password)
    return concurrency.in_thread(_compute, _bytes(password), CONF.identity.password_hash_algorithm)


def _compute(password, algorithm):
    options = CONF.identity
    if algorithm == 'bcrypt':
        return bcrypt.hashpw(password[:_BCRYPT_BYTES], bcrypt.gensalt(rounds())).decode()
    scheme, settings = getattr(schemes, algorithm), {'rounds': rounds()}
    if algorithm != 'bcrypt_sha256':
        settings['salt_size'] = options.salt_bytesize
    if algorithm == 'scrypt':
        settings.update(block_size=options.scrypt_block_size, parallelism=options.scrypt_parallelism)
    return scheme.using(**settings).hash(password)


def is_hash(text):
    """Whether a password as an operator gave it is a hash already, of the kind that Essex takes as it is."""
    return schemes.sha512_crypt.identify(text)


def matches(password, password_hash):
    """Whether the password fits. Takes as long without a hash as with one, so that time tells nothing."""
    if password_hash is None:
        return concurrency.in_thread(_spend, _bytes(password))
    return concurrency.in_thread(_verify, _bytes(password), password_hash)


def _spend(password):
    """False, after the time a check against a new hash takes."""
    algorithm = CONF.identity.password_hash_algorithm
    if algorithm == 'bcrypt':
        bcrypt.hashpw(password[:_BCRYPT_BYTES], b'$2b$%02d$%s' % (rounds(), _NO_SALT))
    else:
        _compute(password, algorithm)
    return False


def _verify(password, password_hash):
    try:
        if password_hash.startswith('$2'):
            return bcrypt.checkpw(password[:_BCRYPT_BYTES], password_hash.encode())
        for prefix, scheme in _VERIFIED.items():
            if password_hash.startswith(prefix):
                return scheme.verify(password, password_hash)
    except ValueError:
        LOG.error('A stored password hash of the kind %s is malformed: it fits no password', password_hash[:4])
        return False
    LOG.error('A stored password hash is of an unknown kind: it fits no password')
    return _spend(password)
