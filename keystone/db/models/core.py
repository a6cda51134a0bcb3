"""The tables. Domains are projects with is_domain set; names are unique within their domain.

Columns that must be unique together hold no NULL (two NULLs never collide), hence DOMAIN_ROOT and GLOBAL.
"""
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from essex import db
from essex.db.types import Timestamp

Base = db.declarative_base()

# What stands in project.domain_id of a row that is itself a domain.
DOMAIN_ROOT = '<<domain root>>'
# What stands in role.domain_id of a role that belongs to no domain.
GLOBAL = ''
# What stands in assignment.target_id of a grant on the system.
SYSTEM = 'system'


class Project(Base):
    __tablename__ = 'project'
    __table_args__ = (UniqueConstraint('domain_id', 'name', name='uniq_project_name'),
                      Index('ix_project_parent', 'parent_id'))

    id = Column(String(64), primary_key=True)
    name = Column(String(64), nullable=False)
    domain_id = Column(String(64), nullable=False)
    parent_id = Column(String(64), ForeignKey('project.id'))
    is_domain = Column(Boolean, nullable=False, default=False)
    enabled = Column(Boolean, nullable=False, default=True)
    description = Column(Text, nullable=False, default='')
    options = Column(db.JSON)
    extra = Column(db.JSON)


class ProjectTag(Base):
    __tablename__ = 'project_tag'

    project_id = Column(String(64), ForeignKey('project.id', ondelete='CASCADE'), primary_key=True)
    name = Column(String(255), primary_key=True)


class User(Base):
    __tablename__ = 'user'
    __table_args__ = (UniqueConstraint('domain_id', 'name', name='uniq_user_name'),
                      Index('ix_user_default_project', 'default_project_id'))

    id = Column(String(64), primary_key=True)
    domain_id = Column(String(64), nullable=False)
    name = Column(String(255), nullable=False)
    enabled = Column(Boolean, nullable=False, default=True)
    default_project_id = Column(String(64))
    options = Column(db.JSON)
    extra = Column(db.JSON)
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)
    last_active_at = Column(Timestamp)
    failed_auth_count = Column(Integer, nullable=False, default=0)
    failed_auth_at = Column(Timestamp)


class Password(Base):
    """The passwords a user has had; the one with the highest id is the one in force."""

    __tablename__ = 'password'
    __table_args__ = (Index('ix_password_user', 'user_id', 'id'),)

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(64), ForeignKey('user.id', ondelete='CASCADE'), nullable=False)
    password_hash = Column(String(255), nullable=False)
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)
    expires_at = Column(Timestamp)
    self_service = Column(Boolean, nullable=False, default=False)


class Group(Base):
    __tablename__ = 'user_group'
    __table_args__ = (UniqueConstraint('domain_id', 'name', name='uniq_group_name'),)

    id = Column(String(64), primary_key=True)
    domain_id = Column(String(64), nullable=False)
    name = Column(String(64), nullable=False)
    description = Column(Text, nullable=False, default='')
    extra = Column(db.JSON)


class Membership(Base):
    __tablename__ = 'user_group_membership'
    __table_args__ = (Index('ix_membership_group', 'group_id'),)

    user_id = Column(String(64), primary_key=True)
    group_id = Column(String(64), primary_key=True)


class Role(Base):
    __tablename__ = 'role'
    __table_args__ = (UniqueConstraint('name', 'domain_id', name='uniq_role_name'),)

    id = Column(String(64), primary_key=True)
    name = Column(String(255), nullable=False)
    domain_id = Column(String(64), nullable=False, default=GLOBAL)
    description = Column(String(255))
    options = Column(db.JSON)
    extra = Column(db.JSON)


class ImpliedRole(Base):
    __tablename__ = 'implied_role'
    __table_args__ = (Index('ix_implied_role_implied', 'implied_role_id'),)

    prior_role_id = Column(String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True)
    implied_role_id = Column(String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True)


class Assignment(Base):
    """A grant: who (user or group) has which role on what (project, domain or the system)."""

    __tablename__ = 'assignment'
    __table_args__ = (Index('ix_assignment_target', 'target_type', 'target_id'), Index('ix_assignment_role', 'role_id'))

    actor_type = Column(String(8), primary_key=True)
    actor_id = Column(String(64), primary_key=True)
    target_type = Column(String(8), primary_key=True)
    target_id = Column(String(64), primary_key=True)
    role_id = Column(String(64), ForeignKey('role.id', ondelete='CASCADE'), primary_key=True)
    inherited = Column(Boolean, primary_key=True, default=False)


class Region(Base):
    __tablename__ = 'region'

    id = Column(String(255), primary_key=True)
    parent_region_id = Column(String(255), ForeignKey('region.id'))
    description = Column(String(255), nullable=False, default='')
    extra = Column(db.JSON)


class Service(Base):
    __tablename__ = 'service'

    id = Column(String(64), primary_key=True)
    type = Column(String(255), nullable=False)
    name = Column(String(255))
    description = Column(Text)
    enabled = Column(Boolean, nullable=False, default=True)
    extra = Column(db.JSON)


class Endpoint(Base):
    """One URL of one interface; rows made by one v2.0 call share `legacy_id`."""

    __tablename__ = 'endpoint'
    __table_args__ = (Index('ix_endpoint_service', 'service_id'), Index('ix_endpoint_legacy', 'legacy_id'))

    id = Column(String(64), primary_key=True)
    service_id = Column(String(64), ForeignKey('service.id', ondelete='CASCADE'), nullable=False)
    interface = Column(String(8), nullable=False)
    region_id = Column(String(255), ForeignKey('region.id'))
    url = Column(Text, nullable=False)
    enabled = Column(Boolean, nullable=False, default=True)
    legacy_id = Column(String(64))
    extra = Column(db.JSON)


class RevocationEvent(Base):
    """Tokens that fit every given field and were issued up to `issued_before` are void."""

    __tablename__ = 'revocation_event'
    __table_args__ = (Index('ix_revocation_revoked', 'revoked_at'),)

    id = Column(Integer, primary_key=True, autoincrement=True)
    audit_id = Column(String(32))
    audit_chain_id = Column(String(32))
    user_id = Column(String(64))
    project_id = Column(String(64))
    domain_id = Column(String(64))
    role_id = Column(String(64))
    trust_id = Column(String(64))
    consumer_id = Column(String(64))
    access_token_id = Column(String(64))
    expires_at = Column(Timestamp)
    issued_before = Column(Timestamp, nullable=False)
    revoked_at = Column(Timestamp, nullable=False)


class Credential(Base):
    """A secret kept for a user (type ec2, totp, cert...); the blob is encrypted with the credential keys."""

    __tablename__ = 'credential'
    __table_args__ = (Index('ix_credential_user', 'user_id', 'type'),)

    id = Column(String(64), primary_key=True)
    user_id = Column(String(64), nullable=False)
    project_id = Column(String(64))
    type = Column(String(255), nullable=False)
    encrypted_blob = Column(Text, nullable=False)
    key_hash = Column(String(64), nullable=False)
    extra = Column(db.JSON)


class PasscodeStep(Base):
    """The newest time step whose passcode by a credential of type totp was used: none up to it is good any more."""

    __tablename__ = 'passcode_step'

    credential_id = Column(String(64), ForeignKey('credential.id', ondelete='CASCADE'), primary_key=True)
    step = Column(BigInteger, nullable=False)


class Revision(Base):
    """Counters that tell other processes that what they remember has changed (keystone/changes.py)."""

    __tablename__ = 'revision'

    name = Column(String(32), primary_key=True)
    value = Column(BigInteger, nullable=False, default=0)
