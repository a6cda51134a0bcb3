"""nova-manage db and version."""
from importlib import metadata

from essex.db import migration
from nova.cmd.management import argument, command


@command('db')
@argument('version', 'schema version to stop at (the newest when left out)', convert=int)
def sync(version):
    """Bring the database to the newest schema. Safe to repeat."""
    print(f'database at version {migration.sync("nova", version)}')


@command('db')
def version():
    """Print the version of the schema."""
    print(migration.version('nova'))


@command('version')
def list_():
    """Print the version of this software."""
    print(metadata.version('essex'))
