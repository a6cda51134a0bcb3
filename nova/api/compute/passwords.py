"""The administrator's password that answers may hold."""
import secrets
import string

from oslo_config import cfg

from essex import config

OPTS = [
    cfg.BoolOpt('enable_instance_password', default=True,
                help='Answer a create and a rebuild with a generated adminPass.'),
    cfg.IntOpt('password_length', default=12, min=8, help='Its length.'),
]
CONF = config.register(OPTS)

_SYMBOLS = ('23456789', 'ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz')


def answer(asked):
    """{'adminPass': what was asked, or a new one}; {} where passwords are not enabled."""
    return {'adminPass': asked or new(CONF.password_length)} if CONF.enable_instance_password else {}


def new(length):
    """A random password with a digit, a capital and a small letter, and none of 0 1 I O l."""
    letters = [secrets.choice(group) for group in _SYMBOLS]
    letters += [secrets.choice(''.join(_SYMBOLS)) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    assert set(letters) <= set(string.ascii_letters + string.digits)
    return ''.join(letters)
