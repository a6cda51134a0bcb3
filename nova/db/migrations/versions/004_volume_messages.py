"""What users of block storage are told when something failed."""
from sqlalchemy import Column, DateTime, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

_PRECISE = mysql.DATETIME(fsp=6)
_TIME = DateTime().with_variant(_PRECISE, 'mysql').with_variant(_PRECISE, 'mariadb')


def upgrade(migrate_engine):
    """Make the table."""
    meta = MetaData()
    Table('volume_messages', meta, Column('id', Integer, primary_key=True),
          Column('uuid', String(36), nullable=False, unique=True), Column('project_id', String(64), nullable=False),
          Column('resource_type', String(32), nullable=False), Column('resource_uuid', String(36), nullable=False),
          Column('event', String(64), nullable=False), Column('text', Text, nullable=False),
          Column('request_id', String(64)), Column('created_at', _TIME, nullable=False),
          Index('ix_volume_messages_project', 'project_id', 'created_at'),
          mysql_engine='InnoDB', mysql_charset='utf8mb4', mysql_collate='utf8mb4_bin',
          mariadb_engine='InnoDB', mariadb_charset='utf8mb4', mariadb_collate='utf8mb4_bin')
    meta.create_all(migrate_engine)
