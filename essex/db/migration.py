"""Schema versions: the only importer of sqlalchemy-migrate.

A service keeps `<service>/db/migrations/` with `migrate.cfg` and `versions/NNN_name.py`, each with
`upgrade(migrate_engine)`.
"""
import contextlib
import importlib
import os

from migrate import exceptions as versioning_exceptions
from migrate.versioning import api as versioning
from migrate.versioning.repository import Repository
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
    path, engine = _repository(package), _engine()
    with contextlib.suppress(versioning_exceptions.DatabaseAlreadyControlledError):
        versioning.version_control(engine, path, version=0)
    versioning.upgrade(engine, path, target)
    return version(package)


def version(package):
    """The version the database is at; 0 when it holds nothing of ours yet."""
    try:
        return int(versioning.db_version(_engine(), _repository(package)))
    except versioning_exceptions.DatabaseNotControlledError:
        return 0


def newest(package):
    """The newest version the code knows."""
    return int(Repository(_repository(package)).latest)


def require(package):
    """Raise ConfigError unless the database is at the version this code was written for."""
    at, wanted = version(package), newest(package)
    if at != wanted:
        raise ConfigError(f'The database of {package} is at version {at}, this program needs {wanted}: '
                          f'run `{package}-manage db_sync`.')
