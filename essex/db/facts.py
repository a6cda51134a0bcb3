"""What a service tells of its database."""
import os

import sqlalchemy

from essex.db import migration
from essex.db.engine import engine

_SIZE = {'postgresql': 'SELECT pg_database_size(current_database())',
         'mysql': 'SELECT SUM(data_length + index_length) FROM information_schema.tables '
                  'WHERE table_schema = DATABASE()'}


def describe(package):
    """{kind, name, host, bytes, version, newest} of the database of service `package`: nothing of who connects."""
    made = engine()
    url, kind = made.url, {'mariadb': 'mysql'}.get(made.dialect.name, made.dialect.name)
    return {'kind': kind, 'name': os.path.basename(url.database or ''), 'host': url.host, 'bytes': _size(made, kind),
            'version': migration.version(package), 'newest': migration.newest(package)}


def _size(made, kind):
    if kind == 'sqlite':
        files = (made.url.database + suffix for suffix in ('', '-wal'))
        return sum(os.path.getsize(path) for path in files if os.path.exists(path))
    with made.connect() as connection:
        return int(connection.execute(sqlalchemy.text(_SIZE[kind])).scalar() or 0)
