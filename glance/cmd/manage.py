"""glance-manage: the database of the image service, and what an operator does by hand."""
import argparse
import datetime
import pathlib
import sys

from oslo_config import cfg

from essex import config, db
from essex.db import migration
from essex.exception import ConfigError
from glance import daemons, metadef
from glance.api.v2.metadefs.schemas import NAMESPACE
from glance.db import images
from glance.metadef import files

# What `db check` ends with, as scripts know it.
_UP_TO_DATE, _EXPAND = 0, 3


def db_sync(options):
    """Bring the database to the newest version, or the one given."""
    if options.version is not None and options.version < migration.version('glance'):
        return db_downgrade(options)
    print(migration.sync('glance', options.version))
    return None


def db_expand(options):
    """Bring the database to the newest version while older daemons run: the words of a rolling upgrade."""
    print(migration.sync('glance'))


def db_migrate(options):
    """Move data after `db expand`: there is none to move."""
    migration.require('glance')
    print('No data to migrate.')


def db_contract(options):
    """Remove what older versions used after `db migrate`: there is nothing to remove."""
    migration.require('glance')
    print('Nothing to contract.')


def db_check(options):
    """Say whether the database is at the newest version: ends with 0 if so, with 3 where `db expand` is to be run."""
    if migration.version('glance') == migration.newest('glance'):
        print('Database is up to date. No upgrades needed.')
        return _UP_TO_DATE
    print('The database needs `glance-manage db expand`.')
    return _EXPAND


def db_version(options):
    """Print the version the database is at."""
    print(migration.version('glance'))


def db_version_control(options):
    """Put an empty database under version control, as the first step of `db sync` does."""
    print(migration.version('glance') or migration.sync('glance', options.version or 0))


def db_downgrade(options):
    """Refused: versions only go up. Restore a backup instead."""
    raise ConfigError('Database versions only go up. Restore the backup that was made before the upgrade.')


def db_purge(options):
    """Drop what is kept of images that were deleted long ago, but not their rows: no id can be used again."""
    _purge(options, rows=False)


def db_purge_images_table(options):
    """Drop the rows of images that were deleted long ago. Their ids can be used again then."""
    _purge(options, rows=True)


def _purge(options, rows):
    before = db.utcnow() - datetime.timedelta(days=options.age_in_days)
    limit = 2 ** 31 - 1 if options.max_rows < 0 else options.max_rows
    print(f'{images.purge(before, limit, rows)} images purged')


def db_load_metadefs(options):
    """Bring definitions of metadata from files into the database; what is there already stays."""
    bodies = files.read(options.path or metadef_directory(), NAMESPACE)
    for name, done in files.load(bodies, options.merge, options.prefer_new, options.overwrite):
        print(f'{done:8} {name}')


def db_unload_metadefs(options):
    """Remove all definitions of metadata."""
    print(f'{files.unload()} namespaces removed')


def db_export_metadefs(options):
    """Write all definitions of metadata to files."""
    for path in files.export(options.path):
        print(path)


def metadef_directory():
    """Where the definitions that come along are."""
    return str(pathlib.Path(metadef.__file__).parent / 'definitions')


def recover(options):
    """Undo dead uploads and end unfinished deletions now; the daemon does the same from time to time."""
    daemons.run_once(daemons.manager())


def _parser():
    parser = argparse.ArgumentParser(prog='glance-manage', description=__doc__)
    parser.add_argument('--config-file', action='append', default=[], help='May be given several times.')
    commands = parser.add_subparsers(dest='command', required=True)

    def command(function, *names):
        made = commands.add_parser(names[0], aliases=names[1:], help=function.__doc__)
        made.set_defaults(run=function)
        return made
    for function, *names in ((db_sync, 'db_sync', 'db_upgrade', 'upgrade'), (db_expand, 'db_expand'),
                             (db_version_control, 'db_version_control', 'version_control'),
                             (db_downgrade, 'db_downgrade', 'downgrade')):
        made = command(function, *names)
        made.add_argument('version', nargs='?', type=int)
        made.add_argument('current', nargs='?', help='Read for scripts of the Essex era; not needed.')
    for function in (db_migrate, db_contract, db_check, db_version):
        command(function, function.__name__)
    for function in (db_purge, db_purge_images_table):
        purge = command(function, function.__name__)
        purge.add_argument('--age_in_days', type=int, default=30 if function is db_purge else 180)
        purge.add_argument('--max_rows', type=int, default=100, help='At most so many; -1: all.')
    command(recover, 'recover')
    load = command(db_load_metadefs, 'db_load_metadefs')
    load.add_argument('--path', help='directory of *.json, one a namespace')
    load.add_argument('--merge', action='store_true', help='add to namespaces that exist what they lack')
    load.add_argument('--prefer_new', action='store_true', help='with --merge: what both define is taken from the file')
    load.add_argument('--overwrite', action='store_true', help='put the files in the place of what exists')
    command(db_unload_metadefs, 'db_unload_metadefs')
    export = command(db_export_metadefs, 'db_export_metadefs')
    export.add_argument('--path', required=True, help='directory to write to')
    return parser


def main(argv=None):
    """Run one command."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    at = arguments.index('db') if 'db' in arguments[:-1] else None
    if at is not None:
        arguments[at:at + 2] = [f'db_{arguments[at + 1]}']   # today's spelling: `db sync`
    options = _parser().parse_args(arguments)
    files = [part for path in options.config_file for part in ('--config-file', path)]
    config.load('glance', files, prog='glance-manage', config_files=None if files else default_files())
    try:
        return options.run(options)
    except ConfigError as error:
        raise SystemExit(f'glance-manage: {error}') from error
    finally:
        db.dispose()


def default_files():
    """The daemons' configuration files, as both hold the database's address."""
    return cfg.find_config_files(project='glance', prog='glance-api')


if __name__ == '__main__':
    main()
