"""Schema versions: the only importer of sqlalchemy-migrate.

A service keeps `<service>/db/migrations/` with `migrate.cfg` and `versions/NNN_name.py`, each with
`upgrade(migrate_engine)`. The library is imported for `sync` alone: a daemon only asks which version there is,
and would carry 10 MB for that.
"""
import configparser
import contextlib
import importlib
import os
import re

import sqlalchemy
from sqlalchemy.engine import Engine

from essex import db
from essex.exception import ConfigError


def _repository(package):
    module = importlib.import_module(f'{package}.db.migrations')
    return os.path.dirname(os.path.abspath(module.__file__))


def _engine():
    """The process's database as sqlalchemy-migrate knows it: it calls what 2.0-style engines refuse."""
    made = db.engine()
    return Engine(made.pool, made.dialect, made.url)


def sync(package, target=None):
    """Bring the database of service `package` to version `target` (newest by default); returns the version.

    Safe to call again, and by several hosts one after another.
    """
    from migrate import exceptions as versioning_exceptions
    from migrate.versioning import api as versioning
    path, engine = _repository(package), _engine()
    with contextlib.suppress(versioning_exceptions.DatabaseAlreadyControlledError):
        versioning.version_control(engine, path, version=0)
    versioning.upgrade(engine, path, target)
    return version(package)


def version(package):
    """The version the database is at; 0 when it holds nothing of ours yet."""
    settings = configparser.ConfigParser()
    settings.read(os.path.join(_repository(package), 'migrate.cfg'))
    name, repository = settings.get('db_settings', 'version_table'), settings.get('db_settings', 'repository_id')
    if not sqlalchemy.inspect(db.engine()).has_table(name):
        return 0
    table = sqlalchemy.table(name, sqlalchemy.column('repository_id'), sqlalchemy.column('version'))
    with db.reader() as session:
        found = session.execute(sqlalchemy.select(table.c.version).where(table.c.repository_id == repository)).scalar()
    return int(found or 0)


def newest(package):
    """The newest version the code knows."""
    names = os.listdir(os.path.join(_repository(package), 'versions'))
    return max((int(match[1]) for match in map(re.compile(r'(\d{3})_.*\.py$').match, names) if match), default=0)


def require(package):
    """Raise ConfigError unless the database is at the version this code was written for."""
    at, wanted = version(package), newest(package)
    if at != wanted:
        raise ConfigError(f'The database of {package} is at version {at}, this program needs {wanted}: '
                          f'run `{package}-manage db_sync`.')
