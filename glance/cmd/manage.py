"""glance-manage: the database of the image service, and what an operator does by hand."""
import argparse
import datetime
import sys

from oslo_config import cfg

from essex import config, db
from essex.db import migration
from essex.exception import ConfigError
from glance import daemons
from glance.db import images


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
