"""Projects that may use a volume type, and volumes offered to other projects."""
from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.dialects import mysql

OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}
_PRECISE = mysql.DATETIME(fsp=6)
_TIME = DateTime().with_variant(_PRECISE, 'mysql').with_variant(_PRECISE, 'mariadb')


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    Table('volume_types', meta, autoload_with=migrate_engine)
    Table('volume_type_projects', meta, Column('id', Integer, primary_key=True),
          Column('volume_type_id', Integer, ForeignKey('volume_types.id'), nullable=False),
          Column('project_id', String(64), nullable=False),
          UniqueConstraint('volume_type_id', 'project_id', name='uq_volume_type_projects'), **OPTIONS)
    Table('volume_transfers', meta, Column('id', Integer, primary_key=True),
          Column('uuid', String(36), nullable=False, unique=True),
          Column('volume_uuid', String(36), nullable=False, unique=True),
          Column('project_id', String(64), nullable=False, index=True), Column('display_name', String(255)),
          Column('key_hash', String(64), nullable=False), Column('created_at', _TIME, nullable=False), **OPTIONS)
    meta.create_all(migrate_engine)
