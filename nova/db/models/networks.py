"""Networks, addresses, and who may send what to them."""
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import relationship

from essex.db.types import TimestampMixin
from nova.db.models.base import Base


class SecurityGroup(TimestampMixin, Base):
    """A named set of rules; every project has one named `default`."""

    __tablename__ = 'security_groups'
    __table_args__ = (UniqueConstraint('project_id', 'name', name='uq_security_groups_project_name'),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    project_id = Column(String(64), nullable=False)
    user_id = Column(String(64))
    name = Column(String(255), nullable=False)
    description = Column(String(255))
    rules = relationship('SecurityGroupRule', cascade='all, delete-orphan', lazy='raise',
                         foreign_keys='SecurityGroupRule.parent_group_id', order_by='SecurityGroupRule.id')


class SecurityGroupRule(TimestampMixin, Base):
    """Traffic that may come in: from a CIDR, or from members of a group."""

    __tablename__ = 'security_group_rules'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    parent_group_id = Column(Integer, ForeignKey('security_groups.id', ondelete='CASCADE'), nullable=False, index=True)
    protocol = Column(String(16))                       # tcp, udp, icmp; NULL: all
    from_port = Column(Integer)
    to_port = Column(Integer)
    cidr = Column(String(43))
    group_id = Column(Integer, ForeignKey('security_groups.id', ondelete='CASCADE'), index=True)


class SecurityGroupMember(Base):
    """A server in a security group."""

    __tablename__ = 'security_group_members'

    security_group_id = Column(Integer, ForeignKey('security_groups.id'), primary_key=True)
    instance_uuid = Column(String(36), primary_key=True, index=True)


class Network(TimestampMixin, Base):
    """A network of the cloud: a bridge with DHCP, NAT and the metadata address."""

    __tablename__ = 'networks'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    label = Column(String(255), nullable=False)
    cidr = Column(String(43), nullable=False, unique=True)
    netmask = Column(String(39), nullable=False)
    gateway = Column(String(39), nullable=False)
    broadcast = Column(String(39))
    dhcp_server = Column(String(39))
    dhcp_start = Column(String(39), nullable=False)
    dns1 = Column(String(39))
    dns2 = Column(String(39))
    mtu = Column(Integer)
    bridge = Column(String(15))
    bridge_interface = Column(String(15))
    vlan = Column(Integer)
    multi_host = Column(Boolean, nullable=False, default=False)
    injected = Column(Boolean, nullable=False, default=False)
    project_id = Column(String(64), index=True)
    host = Column(String(255))                          # the node whose nova-network serves it
    priority = Column(Integer, nullable=False, default=0)


class VirtualInterface(TimestampMixin, Base):
    """A network card of a server."""

    __tablename__ = 'virtual_interfaces'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    address = Column(String(17), nullable=False, unique=True)
    network_id = Column(Integer, ForeignKey('networks.id'), nullable=False)
    instance_uuid = Column(String(36), nullable=False, index=True)


class FixedIp(TimestampMixin, Base):
    """An address of a network that is in use or reserved. An address without a row is free."""

    __tablename__ = 'fixed_ips'
    __table_args__ = (UniqueConstraint('network_id', 'address', name='uq_fixed_ips_network_address'),)

    id = Column(Integer, primary_key=True)
    network_id = Column(Integer, ForeignKey('networks.id', ondelete='CASCADE'), nullable=False)
    address = Column(String(39), nullable=False, index=True)
    virtual_interface_id = Column(Integer, ForeignKey('virtual_interfaces.id', ondelete='CASCADE'), index=True)
    instance_uuid = Column(String(36), index=True)
    reserved = Column(Boolean, nullable=False, default=False)
    host = Column(String(255))


class FloatingIp(TimestampMixin, Base):
    """A public address; project_id NULL: free in its pool."""

    __tablename__ = 'floating_ips'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    address = Column(String(39), nullable=False, unique=True)
    pool = Column(String(255), nullable=False, default='nova')
    interface = Column(String(15))
    project_id = Column(String(64), index=True)
    fixed_ip_id = Column(Integer, ForeignKey('fixed_ips.id', ondelete='SET NULL'), index=True)
    host = Column(String(255))
    auto_assigned = Column(Boolean, nullable=False, default=False)
