"""The first schema: projects, users, groups, roles, grants, catalog, revocations, credentials."""
from sqlalchemy import (
    BigInteger,
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

# Names and ids compare byte by byte on every database; MariaDB's default would ignore case.
OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def _key(length=64):
    return Column('id', String(length), primary_key=True)


def _name(name, length=64, nullable=False):
    return Column(name, String(length), nullable=nullable)


def _flag(name):
    return Column(name, Boolean, nullable=False)


def _time(name, nullable=True):
    kind = DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql').with_variant(mysql.DATETIME(fsp=6), 'mariadb')
    return Column(name, kind, nullable=nullable)


def _json(name):
    return Column(name, Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb'))


def _resources(meta):
    Table('project', meta, _key(), _name('name'), _name('domain_id'),
          Column('parent_id', String(64), ForeignKey('project.id')), _flag('is_domain'), _flag('enabled'),
          Column('description', Text, nullable=False), _json('options'), _json('extra'),
          UniqueConstraint('domain_id', 'name', name='uniq_project_name'), Index('ix_project_parent', 'parent_id'),
          **OPTIONS)
    Table('project_tag', meta,
          Column('project_id', String(64), ForeignKey('project.id', ondelete='CASCADE'), primary_key=True),
          Column('name', String(255), primary_key=True), **OPTIONS)


def _identity(meta):
    Table('user', meta, _key(), _name('domain_id'), _name('name', 255), _flag('enabled'),
          _name('default_project_id', nullable=True), _json('options'), _json('extra'),
          _time('created_at', nullable=False), _time('last_active_at'),
          Column('failed_auth_count', Integer, nullable=False), _time('failed_auth_at'),
          UniqueConstraint('domain_id', 'name', name='uniq_user_name'),
          Index('ix_user_default_project', 'default_project_id'), **OPTIONS)
    Table('password', meta, Column('id', Integer, primary_key=True, autoincrement=True),
          Column('user_id', String(64), ForeignKey('user.id', ondelete='CASCADE'), nullable=False),
          _name('password_hash', 255), _time('created_at', nullable=False), _time('expires_at'), _flag('self_service'),
          Index('ix_password_user', 'user_id', 'id'), **OPTIONS)
    Table('user_group', meta, _key(), _name('domain_id'), _name('name'), Column('description', Text, nullable=False),
          _json('extra'), UniqueConstraint('domain_id', 'name', name='uniq_group_name'), **OPTIONS)
    Table('user_group_membership', meta, Column('user_id', String(64), primary_key=True),
          Column('group_id', String(64), primary_key=True), Index('ix_membership_group', 'group_id'), **OPTIONS)


def _assignment(meta):
    Table('role', meta, _key(), _name('name', 255), _name('domain_id'), _name('description', 255, nullable=True),
          _json('options'), _json('extra'), UniqueConstraint('name', 'domain_id', name='uniq_role_name'), **OPTIONS)
    Table('implied_role', meta,
          Column('prior_role_id', String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True),
          Column('implied_role_id', String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True),
          Index('ix_implied_role_implied', 'implied_role_id'), **OPTIONS)
    Table('assignment', meta, Column('actor_type', String(8), primary_key=True),
          Column('actor_id', String(64), primary_key=True), Column('target_type', String(8), primary_key=True),
          Column('target_id', String(64), primary_key=True),
          Column('role_id', String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True),
          Column('inherited', Boolean, primary_key=True),
          Index('ix_assignment_target', 'target_type', 'target_id'), Index('ix_assignment_role', 'role_id'), **OPTIONS)


def _catalog(meta):
    Table('region', meta, _key(255), Column('parent_region_id', String(255), ForeignKey('region.id')),
          _name('description', 255), _json('extra'), **OPTIONS)
    Table('service', meta, _key(), _name('type', 255), _name('name', 255, nullable=True), Column('description', Text),
          _flag('enabled'), _json('extra'), **OPTIONS)
    Table('endpoint', meta, _key(),
          Column('service_id', String(64), ForeignKey('service.id', ondelete='CASCADE'), nullable=False),
          _name('interface', 8), Column('region_id', String(255), ForeignKey('region.id')),
          Column('url', Text, nullable=False), _flag('enabled'), _name('legacy_id', nullable=True), _json('extra'),
          Index('ix_endpoint_service', 'service_id'), Index('ix_endpoint_legacy', 'legacy_id'), **OPTIONS)


def _tokens(meta):
    fields = [_name(name, nullable=True) for name in ('user_id', 'project_id', 'domain_id', 'role_id', 'trust_id',
                                                      'consumer_id', 'access_token_id')]
    Table('revocation_event', meta, Column('id', Integer, primary_key=True, autoincrement=True),
          _name('audit_id', 32, nullable=True), _name('audit_chain_id', 32, nullable=True), *fields,
          _time('expires_at'), _time('issued_before', nullable=False), _time('revoked_at', nullable=False),
          Index('ix_revocation_revoked', 'revoked_at'), **OPTIONS)
    Table('credential', meta, _key(), _name('user_id'), _name('project_id', nullable=True), _name('type', 255),
          Column('encrypted_blob', Text, nullable=False), _name('key_hash'), _json('extra'),
          Index('ix_credential_user', 'user_id', 'type'), **OPTIONS)
    return Table('revision', meta, Column('name', String(32), primary_key=True),
                 Column('value', BigInteger, nullable=False), **OPTIONS)


def upgrade(migrate_engine):
    """Make every table, and the two revision counters at zero."""
    meta = MetaData()
    _resources(meta)
    _identity(meta)
    _assignment(meta)
    _catalog(meta)
    revision = _tokens(meta)
    with migrate_engine.begin() as connection:
        meta.create_all(connection)
        connection.execute(revision.insert(), [{'name': 'facts', 'value': 0}, {'name': 'revocations', 'value': 0}])
