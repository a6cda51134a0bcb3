"""Resizes of servers, and what servers are promised besides their own sizes while they are being resized."""
from sqlalchemy import Column, DateTime, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

_PRECISE = mysql.DATETIME(fsp=6)
_TIME = DateTime().with_variant(_PRECISE, 'mysql').with_variant(_PRECISE, 'mariadb')
_JSON = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')


def upgrade(migrate_engine):
    """Add the columns, make the table."""
    meta = MetaData(bind=migrate_engine)
    instances = Table('instances', meta, autoload=True)
    for name in ('held_memory_mb', 'held_vcpus', 'held_disk_gb'):
        Column(name, Integer, nullable=False, server_default='0').create(instances)
    Table('migrations', meta, Column('id', Integer, primary_key=True),
          Column('uuid', String(36), nullable=False, unique=True),
          Column('created_at', _TIME, nullable=False), Column('updated_at', _TIME),
          Column('instance_uuid', String(36), nullable=False, index=True),
          Column('project_id', String(64), nullable=False), Column('user_id', String(64), nullable=False),
          Column('status', String(32), nullable=False),
          Column('source_compute', String(255), nullable=False), Column('source_node', String(255)),
          Column('dest_compute', String(255)), Column('dest_node', String(255)), Column('dest_host', String(39)),
          Column('old_instance_type_id', Integer), Column('new_instance_type_id', Integer),
          Column('former', _JSON, nullable=False),
          Index('ix_migrations_host', 'source_compute', 'status', mysql_length={'source_compute': 191}),
          mysql_engine='InnoDB', mysql_charset='utf8mb4', mysql_collate='utf8mb4_bin',
          mariadb_engine='InnoDB', mariadb_charset='utf8mb4', mariadb_collate='utf8mb4_bin')
    meta.tables['migrations'].create()
