"""Tables of policies, endpoint filters, limits and configurations of domains.

What belongs to a project, an endpoint, a service or a policy goes with it (ON DELETE CASCADE).
"""
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from essex import db
from keystone.db.models.core import Base


def _owner(table, length=64, **more):
    """A column that refers to a row of `table`, with which this row goes."""
    return Column(String(length), ForeignKey(f'{table}.id', ondelete='CASCADE'), **more)


class Policy(Base):
    """A policy file a service may fetch; nothing here reads it."""

    __tablename__ = 'policy'

    id = Column(String(64), primary_key=True)
    type = Column(String(255), nullable=False)
    blob = Column(db.JSON, nullable=False)
    extra = Column(db.JSON)


class PolicyAssociation(Base):
    """Where a policy holds: an endpoint, a service, or a service in a region. `id` is a digest of that place."""

    __tablename__ = 'policy_association'
    __table_args__ = (Index('ix_policy_association_policy', 'policy_id'),
                      Index('ix_policy_association_endpoint', 'endpoint_id'),
                      Index('ix_policy_association_service', 'service_id'),
                      Index('ix_policy_association_region', 'region_id'))

    id = Column(String(64), primary_key=True)
    policy_id = _owner('policy', nullable=False)
    endpoint_id = _owner('endpoint')
    service_id = _owner('service')
    region_id = _owner('region', 255)


class EndpointGroup(Base):
    """Endpoints that fit `filters` ({interface, service_id, region_id}), now and later."""

    __tablename__ = 'endpoint_group'

    id = Column(String(64), primary_key=True)
    name = Column(String(255), nullable=False)
    description = Column(Text)
    filters = Column(db.JSON, nullable=False)


class ProjectEndpoint(Base):
    __tablename__ = 'project_endpoint'
    __table_args__ = (Index('ix_project_endpoint_project', 'project_id'),)

    endpoint_id = _owner('endpoint', primary_key=True)
    project_id = _owner('project', primary_key=True)


class ProjectEndpointGroup(Base):
    __tablename__ = 'project_endpoint_group'
    __table_args__ = (Index('ix_project_endpoint_group_project', 'project_id'),)

    endpoint_group_id = _owner('endpoint_group', primary_key=True)
    project_id = _owner('project', primary_key=True)


class RegisteredLimit(Base):
    """The limit a project has of a resource unless it has one of its own. `region_id` '' stands for every region."""

    __tablename__ = 'registered_limit'
    __table_args__ = (UniqueConstraint('service_id', 'region_id', 'resource_name', name='uniq_registered_limit'),)

    id = Column(String(64), primary_key=True)
    service_id = _owner('service', nullable=False)
    region_id = Column(String(255), nullable=False, default='')
    resource_name = Column(String(255), nullable=False)
    default_limit = Column(Integer, nullable=False)
    description = Column(Text)


class Limit(Base):
    """The limit of one project or domain; service, region and resource are those of the registered limit."""

    __tablename__ = 'resource_limit'
    __table_args__ = (UniqueConstraint('owner_id', 'registered_limit_id', name='uniq_resource_limit'),
                      Index('ix_resource_limit_registered', 'registered_limit_id'))

    id = Column(String(64), primary_key=True)
    registered_limit_id = _owner('registered_limit', nullable=False)
    # A domain is a project too.
    owner_id = _owner('project', nullable=False)
    resource_limit = Column(Integer, nullable=False)
    description = Column(Text)


class DomainConfig(Base):
    """An option of a domain's own identity backend. A sensitive one is sealed, `key_hash` tells with which key."""

    __tablename__ = 'domain_config'

    domain_id = _owner('project', primary_key=True)
    section = Column(String(64), primary_key=True)
    name = Column(String(128), primary_key=True)
    value = Column(Text, nullable=False)
    sensitive = Column(Boolean, nullable=False, default=False)
    key_hash = Column(String(64))
