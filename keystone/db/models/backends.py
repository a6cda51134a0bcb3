"""Tables of other sources of users: federation, and directories whose users get public ids here."""
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from essex import db
from essex.db.types import Timestamp
from keystone.db.models.core import Base


class IdentityProvider(Base):
    __tablename__ = 'identity_provider'
    __table_args__ = (Index('ix_identity_provider_domain', 'domain_id'),)

    id = Column(String(64), primary_key=True)
    domain_id = Column(String(64), nullable=False)
    enabled = Column(Boolean, nullable=False, default=False)
    description = Column(Text)
    # Minutes for which the groups of an assertion last; None: as configured.
    authorization_ttl = Column(Integer)


class RemoteId(Base):
    """What an identity provider calls itself in assertions. Belongs to one provider only."""

    __tablename__ = 'idp_remote_ids'
    __table_args__ = (Index('ix_remote_id_idp', 'idp_id'),)

    remote_id = Column(String(255), primary_key=True)
    idp_id = Column(String(64), ForeignKey('identity_provider.id', ondelete='CASCADE'), nullable=False)


class Protocol(Base):
    __tablename__ = 'federation_protocol'

    id = Column(String(64), primary_key=True)
    idp_id = Column(String(64), ForeignKey('identity_provider.id', ondelete='CASCADE'), primary_key=True)
    mapping_id = Column(String(64), nullable=False)
    remote_id_attribute = Column(String(64))


class Mapping(Base):
    __tablename__ = 'mapping'

    id = Column(String(64), primary_key=True)
    rules = Column(db.JSON, nullable=False)
    schema_version = Column(String(5), nullable=False, default='1.0')


class ServiceProvider(Base):
    __tablename__ = 'service_provider'

    id = Column(String(64), primary_key=True)
    enabled = Column(Boolean, nullable=False, default=False)
    description = Column(Text)
    auth_url = Column(String(256), nullable=False)
    sp_url = Column(String(256), nullable=False)
    relay_state_prefix = Column(String(256), nullable=False)


class FederatedUser(Base):
    """Who a user is to an identity provider."""

    __tablename__ = 'federated_user'
    __table_args__ = (
        UniqueConstraint('idp_id', 'protocol_id', 'unique_id', name='uniq_federated_user'),
        ForeignKeyConstraint(['protocol_id', 'idp_id'], ['federation_protocol.id', 'federation_protocol.idp_id'],
                             ondelete='CASCADE'),
        Index('ix_federated_user_user', 'user_id'), Index('ix_federated_user_protocol', 'protocol_id', 'idp_id'))

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(64), ForeignKey('user.id', ondelete='CASCADE'), nullable=False)
    idp_id = Column(String(64), nullable=False)
    protocol_id = Column(String(64), nullable=False)
    unique_id = Column(String(255), nullable=False)


class ExpiringMembership(Base):
    """A group an identity provider put a user in; holds for the provider's authorization_ttl."""

    __tablename__ = 'expiring_user_group_membership'
    __table_args__ = (Index('ix_expiring_membership_group', 'group_id'),
                      Index('ix_expiring_membership_idp', 'idp_id'))

    user_id = Column(String(64), ForeignKey('user.id', ondelete='CASCADE'), primary_key=True)
    group_id = Column(String(64), primary_key=True)
    idp_id = Column(String(64), ForeignKey('identity_provider.id', ondelete='CASCADE'), primary_key=True)
    expires_at = Column(Timestamp, nullable=False)


class IdMapping(Base):
    """The id by which the API knows a user or group of a directory."""

    __tablename__ = 'id_mapping'
    __table_args__ = (UniqueConstraint('domain_id', 'entity_type', 'local_id', name='uniq_id_mapping'),)

    public_id = Column(String(64), primary_key=True)
    domain_id = Column(String(64), nullable=False)
    entity_type = Column(String(8), nullable=False)
    local_id = Column(String(255), nullable=False)
