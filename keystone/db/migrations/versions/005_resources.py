"""Policies, endpoint filters, limits and configurations of domains."""
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.dialects import mysql

OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def _key():
    return Column('id', String(64), primary_key=True)


def _owner(name, table, length=64, **more):
    return Column(name, String(length), ForeignKey(f'{table}.id', ondelete='CASCADE'), **more)


def _json(name, **more):
    kind = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')
    return Column(name, kind, **more)


def _policies(meta):
    Table('policy', meta, _key(), Column('type', String(255), nullable=False), _json('blob', nullable=False),
          _json('extra'), **OPTIONS)
    Table('policy_association', meta, _key(), _owner('policy_id', 'policy', nullable=False),
          _owner('endpoint_id', 'endpoint'), _owner('service_id', 'service'), _owner('region_id', 'region', 255),
          Index('ix_policy_association_policy', 'policy_id'), Index('ix_policy_association_endpoint', 'endpoint_id'),
          Index('ix_policy_association_service', 'service_id'), Index('ix_policy_association_region', 'region_id'),
          **OPTIONS)


def _endpoint_filters(meta):
    Table('endpoint_group', meta, _key(), Column('name', String(255), nullable=False), Column('description', Text),
          _json('filters', nullable=False), **OPTIONS)
    for kind in ('endpoint', 'endpoint_group'):
        Table(f'project_{kind}', meta, _owner(f'{kind}_id', kind, primary_key=True),
              _owner('project_id', 'project', primary_key=True), Index(f'ix_project_{kind}_project', 'project_id'),
              **OPTIONS)


def _limits(meta):
    Table('registered_limit', meta, _key(), _owner('service_id', 'service', nullable=False),
          Column('region_id', String(255), nullable=False), Column('resource_name', String(255), nullable=False),
          Column('default_limit', Integer, nullable=False), Column('description', Text),
          UniqueConstraint('service_id', 'region_id', 'resource_name', name='uniq_registered_limit'), **OPTIONS)
    Table('resource_limit', meta, _key(), _owner('registered_limit_id', 'registered_limit', nullable=False),
          _owner('owner_id', 'project', nullable=False), Column('resource_limit', Integer, nullable=False),
          Column('description', Text),
          UniqueConstraint('owner_id', 'registered_limit_id', name='uniq_resource_limit'),
          Index('ix_resource_limit_registered', 'registered_limit_id'), **OPTIONS)


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    with migrate_engine.begin() as connection:
        # Known, so that the new ones can refer to them.
        meta.reflect(connection, only=('project', 'endpoint', 'service', 'region'))
        _policies(meta)
        _endpoint_filters(meta)
        _limits(meta)
        Table('domain_config', meta, _owner('domain_id', 'project', primary_key=True),
              Column('section', String(64), primary_key=True), Column('name', String(128), primary_key=True),
              Column('value', Text, nullable=False), Column('sensitive', Boolean, nullable=False),
              Column('key_hash', String(64)), **OPTIONS)
        meta.create_all(connection)
