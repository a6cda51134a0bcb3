"""What commands that work on this node, once or again and again, have in common: configuration, a parser, an end."""
import argparse
import sys

from oslo_config import cfg

from essex import config, db
from essex.db import migration
from essex.exception import ConfigError, EssexError


def parser(prog, description):
    """The parser of such a command."""
    made = argparse.ArgumentParser(prog=prog, description=description)
    made.add_argument('--config-file', action='append', default=[],
                      help='May be given several times. Else glance-api.conf and the command\'s own file in the usual '
                           'places, /etc/glance among them.')
    return made


def run(prog, options, function, own_file='glance-cache', needs_database=False):
    """Call function() with the configuration loaded; returns the exit status. Errors become a sentence."""
    files = [part for path in options.config_file for part in ('--config-file', path)]
    found = [path for name in ('glance-api', own_file) for path in cfg.find_config_files(project='glance', prog=name)]
    config.load('glance', files, prog=prog, config_files=None if files else found)
    try:
        if needs_database:
            migration.require('glance')
        return function()
    except ConfigError as error:
        raise SystemExit(f'{prog}: {error}') from error
    except EssexError as error:
        sys.stderr.write(f'{prog}: {error}\n')
        return 1
    finally:
        db.dispose()
