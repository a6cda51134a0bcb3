"""Loads a pipeline of the Paste file, for the daemon and for foreign WSGI servers."""
from essex.db import migration
from essex.wsgi.server import loadapp, paste_file


def load(name):
    """The pipeline `name` (public or admin). Raises ConfigError: no such file, or a database of another version."""
    migration.require('keystone')
    return loadapp(paste_file('keystone-api-paste.ini'), name)
