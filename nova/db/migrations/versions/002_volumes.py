"""Block storage: volumes, their attachments, snapshots and types."""
import datetime
import uuid

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def _time(name, **options):
    precise = mysql.DATETIME(fsp=6)
    kind = DateTime().with_variant(precise, 'mysql').with_variant(precise, 'mariadb')
    return Column(name, kind, **options)


def _json(name, **options):
    kind = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')
    return Column(name, kind, **options)


def _common():
    return (Column('id', Integer, primary_key=True), Column('uuid', String(36), nullable=False, unique=True),
            _time('created_at', nullable=False), _time('updated_at'))


def _described():
    return (Column('project_id', String(64), nullable=False), Column('user_id', String(64), nullable=False),
            Column('display_name', String(255)), Column('display_description', String(255)),
            Column('size', Integer, nullable=False), Column('status', String(32), nullable=False),
            Column('reason', Text), Column('host', String(255), nullable=False), _json('metadata', nullable=False))


def upgrade(migrate_engine):
    """Make the tables, and the type of volumes that name none."""
    meta = MetaData()
    types = Table('volume_types', meta, *_common(), Column('name', String(255), nullable=False, unique=True),
                  Column('description', String(255)), Column('is_public', Boolean, nullable=False),
                  _json('extra_specs', nullable=False), **OPTIONS)
    Table('volumes', meta, *_common(), *_described(), Column('availability_zone', String(255)),
          Column('volume_type_id', Integer, ForeignKey('volume_types.id'), index=True),
          Column('snapshot_id', String(36)), Column('source_volid', String(36), index=True),
          Column('image_id', String(36)), Column('bootable', Boolean, nullable=False),
          Column('readonly', Boolean, nullable=False), _json('image_metadata'), _json('connection'),
          _time('launched_at'), Index('ix_volumes_project', 'project_id', 'created_at'),
          Index('ix_volumes_host', 'host', mysql_length={'host': 191}), **OPTIONS)
    Table('volume_attachments', meta, *_common(), Column('volume_uuid', String(36), nullable=False, unique=True),
          Column('instance_uuid', String(36), nullable=False), Column('device', String(32), nullable=False),
          Column('status', String(16), nullable=False), Column('delete_on_termination', Boolean, nullable=False),
          _time('attached_at'),
          UniqueConstraint('instance_uuid', 'device', name='uq_volume_attachments_instance_device'), **OPTIONS)
    Table('volume_snapshots', meta, *_common(), *_described(),
          Column('volume_uuid', String(36), nullable=False, index=True),
          Index('ix_volume_snapshots_project', 'project_id', 'created_at'), **OPTIONS)
    meta.create_all(migrate_engine)
    with migrate_engine.begin() as connection:
        connection.execute(types.insert().values(
            uuid=str(uuid.uuid4()), name='__DEFAULT__', description='Volumes that name no type', is_public=True,
            extra_specs='{}', created_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None)))
