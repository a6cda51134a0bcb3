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


def db_sync(options):
    """Bring the database to the newest version, or the one given."""
    print(migration.sync('glance', options.version))


def db_version(options):
    """Print the version the database is at."""
    print(migration.version('glance'))


def db_purge(options):
    """Drop the rows of images that were deleted long ago."""
    before = db.utcnow() - datetime.timedelta(days=options.age_in_days)
    print(f'{images.purge(before, options.max_rows)} images purged')


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
    command(db_sync, 'db_sync').add_argument('version', nargs='?', type=int)
    command(db_version, 'db_version')
    purge = command(db_purge, 'db_purge')
    purge.add_argument('--age_in_days', type=int, default=30)
    purge.add_argument('--max_rows', type=int, default=100)
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
    if arguments[:1] == ['db'] and len(arguments) > 1:
        arguments[:2] = [f'db_{arguments[1]}']   # today's spelling: `db sync`
    options = _parser().parse_args(arguments)
    files = [part for path in options.config_file for part in ('--config-file', path)]
    config.load('glance', files, prog='glance-manage', config_files=None if files else default_files())
    try:
        options.run(options)
    except ConfigError as error:
        raise SystemExit(f'glance-manage: {error}') from error
    finally:
        db.dispose()


def default_files():
    """The daemons' configuration files, as both hold the database's address."""
    return cfg.find_config_files(project='glance', prog='glance-api')


if __name__ == '__main__':
    main()
