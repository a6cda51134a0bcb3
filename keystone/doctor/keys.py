"""Keys of tokens and credentials: there, whole, and nobody else's to read."""
import glob
import os
import stat

from cryptography.fernet import Fernet

from essex import config
from keystone.credential.store import Vault
from keystone.doctor import error, warning
from keystone.exception import KeysMissing

CONF = config.CONF


def _readable_by_others(path):
    return stat.S_IMODE(os.stat(path).st_mode) & 0o077


def directory(path, command, at_most=None):
    """Findings about a directory of Fernet keys that `keystone-manage command` makes."""
    if not os.path.isdir(path):
        yield error(f'The key directory {path} does not exist.',
                    f'Run `keystone-manage {command}` as the user the daemon runs as.')
        return
    if _readable_by_others(path):
        yield error(f'Others than its owner can look into {path}.', f'chmod 700 {path}')
    numbers = sorted(int(name) for name in os.listdir(path) if name.isdigit())
    if not numbers:
        yield error(f'{path} holds no key.', f'Run `keystone-manage {command}`.')
        return
    for number in numbers:
        yield from _key(os.path.join(path, str(number)), command)
    if numbers[0] != 0:
        yield warning(f'{path} has no staged key (file 0).',
                      f'Run `keystone-manage {command.replace("setup", "rotate")}`, then copy the directory to '
                      'every node.')
    if at_most and len(numbers) > at_most:
        yield warning(f'{path} holds {len(numbers)} keys, more than max_active_keys = {at_most}.',
                      'The next rotation removes the oldest; until then tokens signed with them stay valid.')


def _key(path, command):
    try:
        with open(path, 'rb') as file:
            Fernet(file.read().strip())
        if _readable_by_others(path):
            yield error(f'Others than its owner can read the key {path}: whoever can, can make tokens or read '
                        'credentials.', f'chmod 600 {path}, and rotate the keys if anybody may have read it.')
    except PermissionError:
        yield error(f'The user who runs this cannot read the key {path}.',
                    f'Run the doctor as the daemon\'s user; keys are made for it with `keystone-manage {command} '
                    '--keystone-user USER --keystone-group GROUP`.')
    except ValueError:
        yield error(f'{path} is no Fernet key (32 bytes in base64).',
                    'Restore it from another node or a backup, or remove it and rotate.')


def of_tokens():
    """What signs tokens."""
    if CONF.token.provider == 'jws':
        for option in ('jws_private_key_repository', 'jws_public_key_repository'):
            yield from _pem(CONF.jwt_tokens[option], option)
    elif CONF.token.provider == 'fernet':
        yield from directory(CONF.fernet_tokens.key_repository, 'fernet_setup', CONF.fernet_tokens.max_active_keys)


def _pem(path, option):
    keys = glob.glob(os.path.join(path, '*.pem'))
    if not keys:
        yield error(f'[jwt_tokens] {option}: {path} holds no key (*.pem).', 'Run `keystone-manage create_jws_keypair`.')
    for key in keys if 'private' in option else ():
        if _readable_by_others(key):
            yield error(f'Others than its owner can read the private key {key}.', f'chmod 600 {key}')


def of_receipts():
    """What signs receipts, where several factors are asked for."""
    if CONF.fernet_receipts.key_repository:
        yield from directory(CONF.fernet_receipts.key_repository, 'receipt_setup',
                             CONF.fernet_receipts.max_active_keys)


def of_credentials():
    """What credentials are sealed with."""
    path = CONF.credential.key_repository
    yield from directory(path, 'credential_setup')
    if os.path.realpath(path) == os.path.realpath(CONF.fernet_tokens.key_repository):
        yield error(f'Tokens and credentials share the keys in {path}: a rotation of token keys makes credentials '
                    'unreadable.', 'Set [credential] key_repository to a directory of its own and run `keystone-manage '
                    'credential_setup` and `keystone-manage credential_migrate`.')
    try:
        behind = Vault().behind()
    except (KeysMissing, OSError, ValueError):
        return   # told above
    if behind:
        yield warning(f'{behind} credentials are sealed with an older key.',
                      'Run `keystone-manage credential_migrate`.')


CHECKS = (of_tokens, of_receipts, of_credentials)
