"""Trusts, application credentials with access rules, OAuth1 consumers and tokens."""
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


def _id(name='id', target=None, key=False, nullable=False, cascade='CASCADE'):
    references = [ForeignKey(f'{target}.id', ondelete=cascade)] if target else []
    if key or name == 'id':
        return Column(name, String(64), *references, primary_key=True)
    return Column(name, String(64), *references, nullable=nullable)


def _time(name, nullable=True):
    kind = DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql').with_variant(mysql.DATETIME(fsp=6), 'mariadb')
    return Column(name, kind, nullable=nullable)


def _json(name):
    return Column(name, Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb'))


def _sealed():
    return Column('secret', Text, nullable=False), _id('key_hash')


def _trusts(meta):
    Table('trust', meta, _id(), _id('trustor_user_id'), _id('trustee_user_id'), _id('project_id', nullable=True),
          Column('impersonation', Boolean, nullable=False), _time('deleted_at'), _time('expires_at'),
          Column('remaining_uses', Integer), _id('redelegated_trust_id', nullable=True),
          Column('redelegation_count', Integer, nullable=False),
          Index('ix_trust_trustor', 'trustor_user_id'), Index('ix_trust_trustee', 'trustee_user_id'),
          Index('ix_trust_project', 'project_id'), Index('ix_trust_redelegated', 'redelegated_trust_id'), **OPTIONS)
    Table('trust_role', meta, _id('trust_id', 'trust', key=True), _id('role_id', key=True), **OPTIONS)


def _application_credentials(meta):
    Table('application_credential', meta, _id(), Column('name', String(255), nullable=False), _id('user_id'),
          _id('project_id'), Column('secret_hash', String(255), nullable=False), Column('description', Text),
          _time('expires_at'), Column('unrestricted', Boolean),
          UniqueConstraint('user_id', 'name', name='uniq_application_credential_name'),
          Index('ix_application_credential_project', 'project_id'), **OPTIONS)
    Table('application_credential_role', meta,
          _id('application_credential_id', 'application_credential', key=True), _id('role_id', key=True),
          Index('ix_application_credential_role', 'role_id'), **OPTIONS)
    Table('access_rule', meta, _id(), _id('user_id'), Column('service', String(255), nullable=False),
          Column('path', String(255), nullable=False), Column('method', String(16), nullable=False),
          UniqueConstraint('user_id', 'service', 'path', 'method', name='uniq_access_rule'), **OPTIONS)
    Table('application_credential_access_rule', meta,
          _id('application_credential_id', 'application_credential', key=True),
          _id('access_rule_id', 'access_rule', key=True, cascade=None),
          Index('ix_application_credential_access_rule', 'access_rule_id'), **OPTIONS)


def _oauth1(meta):
    Table('consumer', meta, _id(), Column('description', Text), *_sealed(), _json('extra'), **OPTIONS)
    Table('request_token', meta, _id(), *_sealed(), _id('consumer_id', 'consumer'), _id('project_id'),
          _id('verifier', nullable=True), _id('authorizing_user_id', nullable=True), _json('role_ids'),
          _time('expires_at'), Index('ix_request_token_consumer', 'consumer_id'),
          Index('ix_request_token_user', 'authorizing_user_id'), **OPTIONS)
    Table('access_token', meta, _id(), *_sealed(), _id('consumer_id', 'consumer'), _id('authorizing_user_id'),
          _id('project_id'), _json('role_ids'), _time('expires_at'),
          Index('ix_access_token_consumer', 'consumer_id'), Index('ix_access_token_user', 'authorizing_user_id'),
          Index('ix_access_token_project', 'project_id'), **OPTIONS)
    Table('oauth_nonce', meta, _id(), _time('used_at', nullable=False), Index('ix_oauth_nonce_used', 'used_at'),
          **OPTIONS)


def upgrade(migrate_engine):
    """Make the tables of delegation."""
    meta = MetaData()
    _trusts(meta)
    _application_credentials(meta)
    _oauth1(meta)
    with migrate_engine.begin() as connection:
        meta.create_all(connection)
