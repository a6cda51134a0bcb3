"""A database that Keystone of Diablo, of Essex's milestones 2 and 3, or of Essex itself left behind, read only."""
import sqlalchemy

from essex.exception import ConfigError

TABLES = ('tenants', 'users', 'roles', 'user_roles', 'token', 'credentials', 'services', 'endpoint_templates')
TABLES_OF_ESSEX = ('tenant', 'user', 'role', 'metadata', 'user_tenant_membership', 'ec2_credential', 'service',
                   'endpoint')


def read(url):
    """{table: [rows as dicts]} of those tables of the database that exist. Raises ConfigError."""
    try:
        engine = sqlalchemy.create_engine(url, future=True)
        with engine.connect() as connection:
            names = sqlalchemy.inspect(connection).get_table_names()
            if not {'tenants', 'tenant'} & set(names):
                raise ConfigError('The old database has no table `tenants` as that of Diablo, and no `tenant` as that '
                                  'of Essex.')
            return {name: _rows(connection, name) for name in (*TABLES, *TABLES_OF_ESSEX) if name in names}
    except sqlalchemy.exc.SQLAlchemyError as error:
        # The URL may hold a password: its own words are enough.
        raise ConfigError(f'The old database cannot be read: {type(error).__name__}.') from error


def _rows(connection, name):
    table = sqlalchemy.Table(name, sqlalchemy.MetaData(), autoload_with=connection)
    return [dict(row) for row in connection.execute(sqlalchemy.select(table)).mappings()]
