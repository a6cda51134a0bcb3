"""Passcodes that were used, and the row that those who count credentials hold."""
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, String, Table

OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def upgrade(migrate_engine):
    """Make the table and the row."""
    meta = MetaData()
    with migrate_engine.begin() as connection:
        # Known, so that the new table can refer to the one and the row go into the other.
        meta.reflect(connection, only=('credential', 'revision'))
        Table('passcode_step', meta,
              Column('credential_id', String(64), ForeignKey('credential.id', ondelete='CASCADE'), primary_key=True),
              Column('step', BigInteger, nullable=False), **OPTIONS)
        meta.create_all(connection)
        connection.execute(meta.tables['revision'].insert().values(name='credentials', value=0))
