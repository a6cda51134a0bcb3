"""The journal of imports, tasks as users see them, and the data that waits on a node."""
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from essex.db.types import JSON, Timestamp

MARIADB = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_nopad_bin'}


def flag(name):
    """A boolean column without a CHECK, which MariaDB and SQLite would name differently."""
    return Column(name, Boolean(create_constraint=False), nullable=False)


def _journal(meta):
    Table('operations', meta, Column('id', Integer, primary_key=True),
          Column('kind', String(64), nullable=False),
          Column('action', String(64), nullable=False), Column('resource_id', String(64), nullable=False),
          Column('project_id', String(64)), Column('user_id', String(64)), Column('request_id', String(64)),
          Column('context', JSON), Column('state', String(16), nullable=False), Column('queue', String(255)),
          Column('owner', String(255)), Column('heartbeat', Timestamp), Column('not_before', Timestamp),
          Column('step', Integer, nullable=False), Column('attempts', Integer, nullable=False),
          Column('restart_at', Integer), flag('cancel'), flag('told'), Column('progress', Integer, nullable=False),
          Column('data', JSON), Column('error', Text), Column('error_type', String(255)),
          Column('created_at', Timestamp, nullable=False), Column('updated_at', Timestamp, nullable=False),
          Column('finished_at', Timestamp),
          Index('ix_operations_queue_state', 'queue', 'state', mysql_length={'queue': 191}),
          Index('ix_operations_request', 'request_id'), Index('ix_operations_state', 'state'),
          Index('ix_operations_resource', 'resource_id', 'state'), **MARIADB)
    Table('operation_steps', meta, Column('id', Integer, primary_key=True),
          Column('operation_id', Integer, nullable=False, index=True), Column('name', String(64), nullable=False),
          flag('undo'), Column('host', String(255)), Column('started_at', Timestamp, nullable=False),
          Column('finished_at', Timestamp), Column('result', String(16)), Column('error', Text), **MARIADB)


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    meta.reflect(migrate_engine, only=['images'])
    _journal(meta)
    Table('tasks', meta,
          Column('id', String(36), primary_key=True),
          Column('type', String(30), nullable=False),
          Column('status', String(30), nullable=False),
          Column('owner', String(255)),
          Column('image_id', String(36)),
          Column('request_id', String(64)),
          Column('user_id', String(64)),
          Column('operation_id', Integer),
          Column('input', JSON),
          Column('result', JSON),
          Column('message', Text),
          Column('created_at', Timestamp, nullable=False),
          Column('updated_at', Timestamp, nullable=False),
          Column('expires_at', Timestamp),
          Index('ix_tasks_owner', 'owner', 'created_at'),
          Index('ix_tasks_image', 'image_id'),
          Index('ix_tasks_expires_at', 'expires_at'),
          **MARIADB)
    Table('image_staging', meta,
          Column('image_id', String(36), ForeignKey('images.id', ondelete='CASCADE'), primary_key=True),
          Column('name', String(36), nullable=False),
          Column('next', String(36)),
          Column('host', String(255), nullable=False),
          Column('address', String(255)),
          Column('size', BigInteger),
          Column('created_at', Timestamp, nullable=False),
          **MARIADB)
    meta.create_all(migrate_engine)
