"""keystone-manage's commands that bring in what earlier identity services knew."""
import json

from keystone import legacy, legacy_2012
from keystone.db import legacy as old_database
from keystone.managers import Managers


def import_legacy(arguments):
    """Bring in tenants, users, roles, grants, EC2 credentials and, where tokens are kept, living tokens of a Keystone
    of Diablo, of Essex's milestones 2 and 3, or of Essex (2012.1), its services and endpoints too."""
    old = old_database.read(arguments.old_db)
    bring_in = legacy_2012.import_all if legacy_2012.is_it(old) else legacy.import_diablo
    _print(bring_in(Managers(), old))


def export_legacy_catalog(arguments):
    """Print the catalog of such a Keystone as the file of the catalog driver templated."""
    old = old_database.read(arguments.old_db)
    lines = legacy_2012.catalog_lines if legacy_2012.is_it(old) else legacy.catalog_lines
    print('\n'.join(lines(old)))


def import_nova_auth(arguments):
    """Bring in users, projects, roles and EC2 credentials that `nova-manage export auth` wrote. Ids are new."""
    with open(arguments.dump_file, encoding='utf-8') as file:
        try:
            dump = json.load(file)
        except ValueError as error:
            raise SystemExit(f'keystone-manage: {arguments.dump_file} is not JSON: {error}') from error
    try:
        _print(legacy.import_nova(Managers(), dump))
    except (KeyError, TypeError, AttributeError) as error:
        raise SystemExit(f'keystone-manage: {arguments.dump_file} is not what nova-manage export auth writes: '
                         f'{error!r} is missing or of another form.') from error


def _print(done):
    for what, number in sorted(done.items()):
        print(f'{number} {what}')
    if not done:
        print('nothing to bring in')


def add(add_command):
    """Declare the commands; `add_command(function)` returns a parser."""
    for command in (import_legacy, export_legacy_catalog):
        add_command(command).add_argument('old_db', metavar='OLD_DB_URL', help='such as mysql+pymysql://…/keystone')
    add_command(import_nova_auth).add_argument('dump_file', metavar='DUMP_FILE')
