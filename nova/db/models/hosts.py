"""Hosts: the daemons that report, what their hypervisors have, and sets of them."""
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import relationship

from essex.db.types import JSON, Timestamp, TimestampMixin
from nova.db.models.base import Base


class Service(TimestampMixin, Base):
    """A daemon that has reported. It is up while last_seen_up is younger than service_down_time."""

    __tablename__ = 'services'
    __table_args__ = (UniqueConstraint('host', 'binary', name='uq_services_host_binary'),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    host = Column(String(255), nullable=False)
    binary = Column(String(64), nullable=False)
    topic = Column(String(64), nullable=False)
    availability_zone = Column(String(255), nullable=False, default='nova')
    disabled = Column(Boolean, nullable=False, default=False)
    disabled_reason = Column(String(255))
    forced_down = Column(Boolean, nullable=False, default=False)
    report_count = Column(Integer, nullable=False, default=0)
    last_seen_up = Column(Timestamp)
    started_at = Column(Timestamp)


class ComputeNode(TimestampMixin, Base):
    """What the hypervisor of a host has in all (not what is used: that is summed over instances)."""

    __tablename__ = 'compute_nodes'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    host = Column(String(255), nullable=False, unique=True)
    hypervisor_hostname = Column(String(255), nullable=False)
    hypervisor_type = Column(String(64), nullable=False)
    hypervisor_version = Column(Integer, nullable=False, default=0)
    host_ip = Column(String(39))
    vcpus = Column(Integer, nullable=False)
    memory_mb = Column(Integer, nullable=False)
    local_gb = Column(Integer, nullable=False)
    # Measured by the host: physical memory in use, free disk, guests that run.
    memory_mb_used_host = Column(Integer, nullable=False, default=0)
    disk_available_least = Column(Integer)
    running_vms = Column(Integer, nullable=False, default=0)
    cpu_info = Column(JSON)
    # Driver's capabilities and supported guests: {'architectures': [...], 'hypervisor_type': ..., 'virt_type': ...}
    capabilities = Column(JSON)


class Aggregate(TimestampMixin, Base):
    """A named set of hosts; metadata availability_zone makes it a zone."""

    __tablename__ = 'aggregates'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    name = Column(String(255), nullable=False, unique=True)
    metadata_ = Column('metadata', JSON, nullable=False, default=dict)
    hosts = relationship('AggregateHost', cascade='all, delete-orphan', lazy='selectin')


class AggregateHost(Base):
    """A host in an aggregate."""

    __tablename__ = 'aggregate_hosts'

    aggregate_id = Column(Integer, ForeignKey('aggregates.id', ondelete='CASCADE'), primary_key=True)
    host = Column(String(255), primary_key=True)
