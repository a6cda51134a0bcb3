"""Tables of delegation: trusts, application credentials with their access rules, OAuth1 consumers and tokens.

Role ids reference no row: a role that is gone counts for nothing, and its id never comes back.
"""
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from essex import db
from essex.db.types import Timestamp
from keystone.db.models.core import Base


class Trust(Base):
    """What a trustor lets a trustee do in his place. Deleted ones stay until trust_flush."""

    __tablename__ = 'trust'
    __table_args__ = (Index('ix_trust_trustor', 'trustor_user_id'), Index('ix_trust_trustee', 'trustee_user_id'),
                      Index('ix_trust_project', 'project_id'), Index('ix_trust_redelegated', 'redelegated_trust_id'))

    id = Column(String(64), primary_key=True)
    trustor_user_id = Column(String(64), nullable=False)
    trustee_user_id = Column(String(64), nullable=False)
    project_id = Column(String(64))
    impersonation = Column(Boolean, nullable=False)
    deleted_at = Column(Timestamp)
    expires_at = Column(Timestamp)
    remaining_uses = Column(Integer)
    redelegated_trust_id = Column(String(64))
    redelegation_count = Column(Integer, nullable=False, default=0)


class TrustRole(Base):
    __tablename__ = 'trust_role'

    trust_id = Column(String(64), ForeignKey('trust.id', ondelete='CASCADE'), primary_key=True)
    role_id = Column(String(64), primary_key=True)


class AppCred(Base):
    """A password for a program: some roles of a user on one project. The secret is kept as a hash."""

    __tablename__ = 'application_credential'
    __table_args__ = (UniqueConstraint('user_id', 'name', name='uniq_application_credential_name'),
                      Index('ix_application_credential_project', 'project_id'))

    id = Column(String(64), primary_key=True)
    name = Column(String(255), nullable=False)
    user_id = Column(String(64), nullable=False)
    project_id = Column(String(64), nullable=False)
    secret_hash = Column(String(255), nullable=False)
    description = Column(Text)
    expires_at = Column(Timestamp)
    # None: not said, which restricts as False does.
    unrestricted = Column(Boolean)


class AppCredRole(Base):
    __tablename__ = 'application_credential_role'
    __table_args__ = (Index('ix_application_credential_role', 'role_id'),)

    application_credential_id = Column(String(64), ForeignKey('application_credential.id', ondelete='CASCADE'),
                                       primary_key=True)
    role_id = Column(String(64), primary_key=True)


class AccessRule(Base):
    """One request form an application credential may be used for; a user's credentials share them."""

    __tablename__ = 'access_rule'
    __table_args__ = (UniqueConstraint('user_id', 'service', 'path', 'method', name='uniq_access_rule'),)

    id = Column(String(64), primary_key=True)
    user_id = Column(String(64), nullable=False)
    service = Column(String(255), nullable=False)
    path = Column(String(255), nullable=False)
    method = Column(String(16), nullable=False)


class AppCredAccessRule(Base):
    __tablename__ = 'application_credential_access_rule'
    __table_args__ = (Index('ix_application_credential_access_rule', 'access_rule_id'),)

    application_credential_id = Column(String(64), ForeignKey('application_credential.id', ondelete='CASCADE'),
                                       primary_key=True)
    access_rule_id = Column(String(64), ForeignKey('access_rule.id'), primary_key=True)


class Consumer(Base):
    """A program that users may let act for them (OAuth 1.0a).

    HMAC needs secrets as they are: this one and those of tokens are sealed, `key_hash` tells with which key.
    """

    __tablename__ = 'consumer'

    id = Column(String(64), primary_key=True)
    description = Column(Text)
    secret = Column(Text, nullable=False)
    key_hash = Column(String(64), nullable=False)
    extra = Column(db.JSON)


class RequestToken(Base):
    """A consumer's wish to act for somebody on a project, until it is exchanged for an access token."""

    __tablename__ = 'request_token'
    __table_args__ = (Index('ix_request_token_consumer', 'consumer_id'),
                      Index('ix_request_token_user', 'authorizing_user_id'))

    id = Column(String(64), primary_key=True)
    secret = Column(Text, nullable=False)
    key_hash = Column(String(64), nullable=False)
    consumer_id = Column(String(64), ForeignKey('consumer.id', ondelete='CASCADE'), nullable=False)
    project_id = Column(String(64), nullable=False)
    verifier = Column(String(64))
    authorizing_user_id = Column(String(64))
    role_ids = Column(db.JSON)
    expires_at = Column(Timestamp)


class AccessToken(Base):
    """What a user lets a consumer do: some of his roles on a project."""

    __tablename__ = 'access_token'
    __table_args__ = (Index('ix_access_token_consumer', 'consumer_id'),
                      Index('ix_access_token_user', 'authorizing_user_id'),
                      Index('ix_access_token_project', 'project_id'))

    id = Column(String(64), primary_key=True)
    secret = Column(Text, nullable=False)
    key_hash = Column(String(64), nullable=False)
    consumer_id = Column(String(64), ForeignKey('consumer.id', ondelete='CASCADE'), nullable=False)
    authorizing_user_id = Column(String(64), nullable=False)
    project_id = Column(String(64), nullable=False)
    role_ids = Column(db.JSON)
    expires_at = Column(Timestamp)


class OauthNonce(Base):
    """A signed request that was used: it counts once."""

    __tablename__ = 'oauth_nonce'
    __table_args__ = (Index('ix_oauth_nonce_used', 'used_at'),)

    id = Column(String(64), primary_key=True)
    used_at = Column(Timestamp, nullable=False)
