"""Password hashes: bcrypt, computed off the event loop."""
import bcrypt
from oslo_config import cfg

from essex import concurrency, config
from essex.exception import BadRequest

OPTS = [
    cfg.IntOpt('password_hash_rounds', default=12, min=4, max=31,
               help='Work factor of bcrypt: each step doubles the time an attacker, and a log-in, needs.'),
    cfg.IntOpt('max_password_length', default=4096, min=1, help='Longer passwords are refused.'),
]
CONF = config.register(OPTS, 'identity')

# bcrypt itself reads no further; the field stores hashes of the first 72 bytes.
_BCRYPT_BYTES = 72
# A salt nobody uses, to spend the time of a check where there is nothing to check against.
_NO_SALT = b'.' * 22


def _bytes(password):
    return password.encode('utf-8', 'surrogatepass')[:_BCRYPT_BYTES]


def check_length(password):
    """Raises BadRequest when the password is too long to accept."""
    if len(password) > CONF.identity.max_password_length:
        raise BadRequest(f'A password has at most {CONF.identity.max_password_length} characters.')


def make(password):
    """The hash to store for a password."""
    check_length(password)
    salt = bcrypt.gensalt(CONF.identity.password_hash_rounds)
    return concurrency.in_thread(bcrypt.hashpw, _bytes(password), salt).decode()


def matches(password, password_hash):
    """Whether the password fits. Takes as long without a hash as with one, so that time tells nothing."""
    if password_hash is None:
        salt = b'$2b$%02d$%s' % (CONF.identity.password_hash_rounds, _NO_SALT)
        concurrency.in_thread(bcrypt.hashpw, _bytes(password), salt)
        return False
    return concurrency.in_thread(bcrypt.checkpw, _bytes(password), password_hash.encode())
