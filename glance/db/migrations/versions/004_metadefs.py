"""Definitions of metadata: namespaces, what they define, and the kinds of resources they are for."""
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from essex.db.types import JSON, Timestamp

MARIADB = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_nopad_bin'}


def flag(name):
    """A boolean column without a CHECK, which MariaDB and SQLite would name differently."""
    return Column(name, Boolean(create_constraint=False), nullable=False)


def _times():
    return Column('created_at', Timestamp, nullable=False), Column('updated_at', Timestamp, nullable=False)


def _namespace():
    return Column('namespace_id', Integer, ForeignKey('metadef_namespaces.id', ondelete='CASCADE'), nullable=False)


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    Table('metadef_namespaces', meta, Column('id', Integer, primary_key=True, autoincrement=True),
          Column('namespace', String(80), nullable=False), Column('display_name', String(80)),
          Column('description', Text), Column('visibility', String(20), nullable=False), flag('protected'),
          Column('owner', String(255)), *_times(),
          UniqueConstraint('namespace', name='uniq_metadef_namespace'),
          Index('ix_metadef_namespace_owner', 'owner'), **MARIADB)
    Table('metadef_items', meta, Column('id', Integer, primary_key=True, autoincrement=True), _namespace(),
          Column('kind', String(10), nullable=False), Column('name', String(80), nullable=False),
          Column('body', JSON), *_times(),
          UniqueConstraint('namespace_id', 'kind', 'name', name='uniq_metadef_item'), **MARIADB)
    Table('metadef_resource_types', meta, Column('name', String(80), primary_key=True), *_times(), **MARIADB)
    Table('metadef_associations', meta,
          Column('namespace_id', Integer, ForeignKey('metadef_namespaces.id', ondelete='CASCADE'), primary_key=True),
          Column('resource_type', String(80), ForeignKey('metadef_resource_types.name'), primary_key=True),
          Column('prefix', String(80)), Column('properties_target', String(80)), *_times(), **MARIADB)
    with migrate_engine.begin() as connection:
        meta.create_all(connection)
