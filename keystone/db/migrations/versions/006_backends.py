"""Federation: providers, protocols, mappings, users from outside. Public ids of users in directories."""
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
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


def _key(name='id', length=64):
    return Column(name, String(length), primary_key=True)


def _text(name, length=64, nullable=False):
    return Column(name, String(length), nullable=nullable)


def _json(name, nullable=True):
    kind = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')
    return Column(name, kind, nullable=nullable)


def _of(table, name, **more):
    return Column(name, String(64), ForeignKey(f'{table}.id', ondelete='CASCADE'), **more)


def _federation(meta):
    Table('identity_provider', meta, _key(), _text('domain_id'), Column('enabled', Boolean, nullable=False),
          Column('description', Text), Column('authorization_ttl', Integer),
          Index('ix_identity_provider_domain', 'domain_id'), **OPTIONS)
    Table('idp_remote_ids', meta, _key('remote_id', 255), _of('identity_provider', 'idp_id', nullable=False),
          Index('ix_remote_id_idp', 'idp_id'), **OPTIONS)
    Table('federation_protocol', meta, _key(), _of('identity_provider', 'idp_id', primary_key=True),
          _text('mapping_id'), _text('remote_id_attribute', nullable=True), **OPTIONS)
    Table('mapping', meta, _key(), _json('rules', nullable=False), _text('schema_version', 5), **OPTIONS)
    Table('service_provider', meta, _key(), Column('enabled', Boolean, nullable=False), Column('description', Text),
          _text('auth_url', 256), _text('sp_url', 256), _text('relay_state_prefix', 256), **OPTIONS)


def _users(meta):
    time = DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql').with_variant(mysql.DATETIME(fsp=6), 'mariadb')
    Table('federated_user', meta, Column('id', Integer, primary_key=True, autoincrement=True),
          _of('user', 'user_id', nullable=False), _text('idp_id'), _text('protocol_id'), _text('unique_id', 255),
          UniqueConstraint('idp_id', 'protocol_id', 'unique_id', name='uniq_federated_user'),
          ForeignKeyConstraint(['protocol_id', 'idp_id'], ['federation_protocol.id', 'federation_protocol.idp_id'],
                               ondelete='CASCADE'),
          Index('ix_federated_user_user', 'user_id'), Index('ix_federated_user_protocol', 'protocol_id', 'idp_id'),
          **OPTIONS)
    Table('expiring_user_group_membership', meta, _of('user', 'user_id', primary_key=True), _key('group_id'),
          _of('identity_provider', 'idp_id', primary_key=True), Column('expires_at', time, nullable=False),
          Index('ix_expiring_membership_group', 'group_id'), Index('ix_expiring_membership_idp', 'idp_id'), **OPTIONS)
    Table('id_mapping', meta, _key('public_id'), _text('domain_id'), _text('entity_type', 8), _text('local_id', 255),
          UniqueConstraint('domain_id', 'entity_type', 'local_id', name='uniq_id_mapping'), **OPTIONS)


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    # What the new tables refer to.
    Table('user', meta, autoload_with=migrate_engine)
    _federation(meta)
    _users(meta)
    with migrate_engine.begin() as connection:
        meta.create_all(connection)
