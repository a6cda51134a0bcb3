"""keystone-manage's commands about tokens that are signed or kept."""
import os
import shutil

from essex import config
from keystone.token.jws import make_key_pair
from keystone.token.stored import StoredProvider

CONF = config.CONF


def create_jws_keypair(arguments):
    """Make private.pem and public.pem for JWS tokens. Put the private key into [jwt_tokens]
    jws_private_key_repository and the public one into jws_public_key_repository of every node."""
    directory = arguments.key_directory or os.getcwd()
    paths = {name: os.path.join(directory, f'{name}.pem') for name in ('private', 'public')}
    there = [path for path in paths.values() if os.path.exists(path)]
    if there and not arguments.force:
        raise SystemExit(f'keystone-manage: {there[0]} exists; --force replaces the pair.')
    for name, text in zip(('private', 'public'), make_key_pair(), strict=True):
        temporary = f'{paths[name]}.new'
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if name == 'private' else 0o644)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(text)
        if arguments.keystone_user or arguments.keystone_group:
            shutil.chown(temporary, arguments.keystone_user, arguments.keystone_group)
        os.rename(temporary, paths[name])
        print(f'{paths[name]} written')


def token_flush(arguments):
    """Remove the tokens that are over from where [token] driver keeps them. Of use with [token] provider = uuid."""
    gone = StoredProvider().store.flush()
    print('tokens go by themselves there' if gone is None else f'{gone} tokens removed')


def add(add_command):
    """Declare the commands; `add_command(function)` returns a parser."""
    add_command(token_flush)
    made = add_command(create_jws_keypair)
    made.add_argument('--key-directory', metavar='DIRECTORY', help='where to (default: here)')
    made.add_argument('--force', action='store_true', help='replace a pair that is there')
    made.add_argument('--keystone-user', metavar='USER', help='owner of the files')
    made.add_argument('--keystone-group', metavar='GROUP', help='group of the files')
