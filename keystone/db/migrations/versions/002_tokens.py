"""A table for UUID tokens."""
from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def upgrade(migrate_engine):
    """Make it."""
    meta = MetaData()
    moment = DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql').with_variant(mysql.DATETIME(fsp=6), 'mariadb')
    text = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')
    Table('token', meta, Column('id', String(64), primary_key=True), Column('user_id', String(64), nullable=False),
          Column('expires', moment, nullable=False), Column('extra', text), Index('ix_token_expires', 'expires'),
          Index('ix_token_user', 'user_id'), **OPTIONS)
    with migrate_engine.begin() as connection:
        meta.create_all(connection)
