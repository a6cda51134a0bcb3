"""keystone-manage: what an operator does to the installation itself."""
import argparse
import datetime
import functools
import grp
import os
import pwd
import sys

from essex import config, db
from essex.db import migration
from essex.exception import EssexError
from keystone.auth import receipts
from keystone.bootstrap import Answers, Bootstrap
from keystone.cmd import backends, federation, installation, legacy, tokens
from keystone.credential.store import Vault
from keystone.db import users
from keystone.managers import Managers
from keystone.token import provider  # noqa: F401 - declares [fernet_tokens]
from keystone.token.keys import KeyRepository

CONF = config.CONF

_ANSWERS = [
    # (option, variable, help)
    ('username', 'USERNAME', 'name of the administrator (admin)'),
    ('password', 'PASSWORD', 'password of the administrator; better in the environment, where ps does not show it'),
    ('project-name', 'PROJECT_NAME', 'project of the administrator (admin)'),
    ('role-name', 'ROLE_NAME', 'role of the administrator (admin)'),
    ('service-name', 'SERVICE_NAME', 'name of the identity service in the catalog (keystone)'),
    ('region-id', 'REGION_ID', 'region of the endpoints'),
    ('public-url', 'PUBLIC_URL', 'URL for users, such as http://cloud.example:5000'),
    ('internal-url', 'INTERNAL_URL', 'URL for the other services'),
    ('admin-url', 'ADMIN_URL', 'URL for administration'),
]


def db_sync(arguments):
    """Bring the database to the newest schema (or to VERSION). It is done in one step: --expand does it, --migrate and
    --contract then find nothing left. --check changes nothing: status 0 says that nothing is to do, 2 that something
    is."""
    at, newest = migration.version('keystone'), migration.newest('keystone')
    if arguments.check:
        print('the database is up to date' if at == newest else
              f'the database is at version {at} of {newest}: run `keystone-manage db_sync`')
        raise SystemExit(0 if at == newest else 2)
    if arguments.migrate or arguments.contract:
        if at != newest:
            raise SystemExit('keystone-manage: run `keystone-manage db_sync --expand` first.')
        print(f'nothing to do: database at version {at}')
        return
    print(f'database at version {migration.sync("keystone", arguments.version)}')


def db_version(arguments):
    """Print the version of the schema."""
    print(migration.version('keystone'))


def _ids(arguments):
    """(uid, gid) the keys shall belong to; None for whoever runs this."""
    try:
        uid = pwd.getpwnam(arguments.keystone_user).pw_uid if arguments.keystone_user else None
        gid = grp.getgrnam(arguments.keystone_group).gr_gid if arguments.keystone_group else None
    except KeyError as error:
        raise SystemExit(f'keystone-manage: {error.args[0]}') from error
    return uid, gid


def _setup(keys, arguments):
    made = keys.setup(*_ids(arguments))
    print(f'{keys.path}: ' + ('keys 0 (staged) and 1 (primary) made' if made else 'has keys already, left as they are'))


def _rotate(keys, arguments):
    removed = keys.rotate(*_ids(arguments))
    names = sorted(int(name) for name in os.listdir(keys.path) if name.isdigit())
    print(f'{keys.path}: primary is {names[-1]}, keys {names}, removed {removed}')


def _token_keys():
    options = CONF.fernet_tokens
    return KeyRepository(options.key_repository, 'fernet_setup', options.max_active_keys)


def fernet_setup(arguments):
    """Make the directory of token keys and its first keys."""
    _setup(_token_keys(), arguments)


def fernet_rotate(arguments):
    """Make a new primary token key. Copy the directory to every node that serves the API."""
    _rotate(_token_keys(), arguments)


def token_setup(arguments):
    """As fernet_setup."""
    fernet_setup(arguments)


def token_rotate(arguments):
    """As fernet_rotate."""
    fernet_rotate(arguments)


def receipt_setup(arguments):
    """Make the directory of the keys of authentication receipts and its first keys."""
    _setup(receipts.keys(), arguments)


def receipt_rotate(arguments):
    """Make a new primary key of authentication receipts. Copy the directory to every node that serves the API."""
    _rotate(receipts.keys(), arguments)


def reset_last_active(arguments):
    """Count every user's inactivity from now, so that none is disabled when the limit is put in force."""
    with db.writer() as session:
        print(f'{users.note_activity(session)} users count as active today')


def credential_setup(arguments):
    """Make the directory of credential keys and its first keys."""
    _setup(Vault().keys, arguments)


def credential_rotate(arguments):
    """Make a new primary credential key; needs every credential sealed with the present one."""
    vault = Vault()
    behind = vault.behind()
    if behind:
        raise SystemExit(f'keystone-manage: {behind} credentials are sealed with an older key, which the '
                         'rotation could remove: run `keystone-manage credential_migrate` first.')
    _rotate(vault.keys, arguments)


def credential_migrate(arguments):
    """Seal every credential with the primary key."""
    print(f'{Vault().migrate()} credentials sealed anew')


def bootstrap(arguments):
    """Make the default domain, the roles admin, manager, member, reader and service, an administrator with a
    project, and the identity service's region and endpoints. Changes nothing that is there, but for the
    administrator's password and the URLs."""
    values = {}
    for option, variable, _ in _ANSWERS:
        name = option.replace('-', '_')
        value = getattr(arguments, f'bootstrap_{name}') or os.environ.get(f'OS_BOOTSTRAP_{variable}')
        if value:
            values[name] = value
    if 'password' not in values:
        raise SystemExit('keystone-manage: give the password of the administrator in OS_BOOTSTRAP_PASSWORD.')
    answers = Answers(**values, immutable_roles=not arguments.no_immutable_roles)
    for kind, name, key, made in Bootstrap(Managers(), answers).run():
        print(f'{"made   " if made else "present"} {kind:8} {name} ({key})')


def trust_flush(arguments):
    """Forget the trusts that were deleted or have expired."""
    before = db.utcnow()
    if arguments.date:
        try:
            before = datetime.datetime.strptime(arguments.date, '%d-%m-%Y')
        except ValueError as error:
            raise SystemExit(f'keystone-manage: --date has to be like 31-01-2030, not {arguments.date!r}.') from error
        if before > db.utcnow():
            raise SystemExit('keystone-manage: --date lies in the future.')
    count = Managers().trusts.flush(before, project_id=arguments.project_id, trustor_id=arguments.trustor_user_id,
                                    trustee_id=arguments.trustee_user_id)
    print(f'{count} trusts forgotten')


# What went away, with what does its work now.
_REMOVED = {
    'pki_setup': 'PKI tokens are gone: make keys with fernet_setup, or with create_jws_keypair.',
    'ssl_setup': 'certificates for TLS come from your certificate authority, and a server in front serves them.',
}
# Options of the log, as every era's command has them.
_LOG_OPTIONS = ('log-config', 'log-format', 'log-date-format', 'log-file', 'log-dir', 'syslog-log-facility')
_LOG_FLAGS = ('debug', 'verbose', 'use-syslog')


class _Parser(argparse.ArgumentParser):
    """Ends with status 1 where the command line is wrong, as this command always has."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(1, f'{self.prog}: {message}\n')


def _parser():
    parser = _Parser(
        prog='keystone-manage', description='Administers the installation of the identity service itself.',
        epilog='Commands read the same configuration as keystone-api; `COMMAND --help` tells more.')
    parser.add_argument('--config-file', action='append', metavar='PATH', dest='config_file',
                        help='configuration to read (default: keystone.conf in ~/.keystone, ~, /etc/keystone, /etc)')
    parser.add_argument('-d', '--debug', action='store_true', help='log at DEBUG')
    parser.add_argument('-v', '--verbose', action='store_true', help='log at INFO, as is the default')
    parser.add_argument('--use-syslog', action='store_true', help='log to syslog')
    for name in _LOG_OPTIONS:
        parser.add_argument(f'--{name}', metavar='VALUE', help=f'as the option {name.replace("-", "_")}')
    commands = parser.add_subparsers(title='commands', metavar='COMMAND')
    made = _add(commands, db_sync)
    made.add_argument('version', nargs='?', type=int, metavar='VERSION')
    phase = made.add_mutually_exclusive_group()
    for name in ('expand', 'migrate', 'contract', 'check'):
        phase.add_argument(f'--{name}', action='store_true')
    _add(commands, db_version)
    for command in (fernet_setup, fernet_rotate, token_setup, token_rotate, receipt_setup, receipt_rotate,
                    credential_setup, credential_rotate):
        made = _add(commands, command)
        made.add_argument('--keystone-user', metavar='USER', help='owner of the files')
        made.add_argument('--keystone-group', metavar='GROUP', help='group of the files')
    _add(commands, credential_migrate)
    _add(commands, reset_last_active)
    for area in (installation, backends, federation, tokens, legacy):
        area.add(functools.partial(_add, commands))
    _add_removed(commands)
    made = _add(commands, trust_flush)
    made.add_argument('--project-id', metavar='ID', help='only trusts on this project')
    made.add_argument('--trustor-user-id', metavar='ID', help='only trusts of this trustor')
    made.add_argument('--trustee-user-id', metavar='ID', help='only trusts for this trustee')
    made.add_argument('--date', metavar='DD-MM-YYYY', help='only what was over before that day (default: now)')
    made = _add(commands, bootstrap)
    for option, variable, text in _ANSWERS:
        made.add_argument(f'--bootstrap-{option}', metavar='VALUE', help=f'{text} [OS_BOOTSTRAP_{variable}]')
    made.add_argument('--immutable-roles', action='store_true', help='protect the roles made here (the default)')
    made.add_argument('--no-immutable-roles', action='store_true', help='do not protect the roles made here')
    return parser


def _add(commands, function):
    text = ' '.join(function.__doc__.split())
    parser = commands.add_parser(function.__name__.rstrip('_'), help=text.split('. ')[0], description=text)
    parser.set_defaults(run=function)
    return parser


def _log_arguments(arguments):
    """The options of the log as every daemon takes them."""
    values = {name: getattr(arguments, name.replace('-', '_')) for name in (*_LOG_OPTIONS, *_LOG_FLAGS)}
    return [f'--{name}' if value is True else f'--{name}={value}' for name, value in values.items() if value]


def _add_removed(commands):
    """Commands that are gone say so."""
    def refuse(arguments):
        raise SystemExit(f'keystone-manage: {arguments.command} is gone: {_REMOVED[arguments.command]}')
    for name in _REMOVED:
        commands.add_parser(name).set_defaults(run=refuse, command=name)


def main(argv=None):
    """Command line; ends the process with the exit status."""
    parser = _parser()
    arguments = parser.parse_args(sys.argv[1:] if argv is None else argv)
    if not hasattr(arguments, 'run'):
        parser.print_help()
        sys.exit(1)
    config.load('keystone', _log_arguments(arguments), arguments.config_file, prog='keystone-manage')
    try:
        arguments.run(arguments)
    except (EssexError, OSError) as error:
        print(f'keystone-manage: {error}', file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
