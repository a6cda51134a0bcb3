"""Nova's tables. Rows of live things have deleted_at NULL; only instances keep their rows after deletion.

Counts (quota use, host load) are never stored: they are sums over these rows, so they cannot drift.
"""
from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import relationship

from essex import db
from essex.db.types import JSON, Timestamp, TimestampMixin
from essex.operation import OperationMixin, StepMixin

Base = db.declarative_base()


class Operation(OperationMixin, Base):
    """Long work on a server, a snapshot ...: see essex.operation."""


class OperationStep(StepMixin, Base):
    """One try of a step of an operation."""


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


class Flavor(TimestampMixin, Base):
    """A size of server. `flavorid` is the id users see."""

    __tablename__ = 'flavors'

    id = Column(Integer, primary_key=True)
    flavorid = Column(String(255), nullable=False, unique=True)
    name = Column(String(255), nullable=False, unique=True)
    memory_mb = Column(Integer, nullable=False)
    vcpus = Column(Integer, nullable=False)
    root_gb = Column(Integer, nullable=False, default=0)
    ephemeral_gb = Column(Integer, nullable=False, default=0)
    swap_mb = Column(Integer, nullable=False, default=0)
    rxtx_factor = Column(Float, nullable=False, default=1.0)
    is_public = Column(Boolean, nullable=False, default=True)
    disabled = Column(Boolean, nullable=False, default=False)
    description = Column(Text)
    extra_specs = Column(JSON, nullable=False, default=dict)
    access = relationship('FlavorAccess', cascade='all, delete-orphan', lazy='raise')


class FlavorAccess(TimestampMixin, Base):
    """A project that may use a flavor which is not public."""

    __tablename__ = 'flavor_access'

    flavor_id = Column(Integer, ForeignKey('flavors.id', ondelete='CASCADE'), primary_key=True)
    project_id = Column(String(64), primary_key=True)


class Instance(TimestampMixin, Base):
    """A server. Sizes are copied from the flavor at creation: a changed flavor changes no server."""

    __tablename__ = 'instances'
    __table_args__ = (Index('ix_instances_project', 'project_id', 'deleted_at', 'created_at'),
                      Index('ix_instances_host', 'host', 'deleted_at', mysql_length={'host': 191}),
                      Index('ix_instances_reservation', 'reservation_id'))

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    project_id = Column(String(64), nullable=False)
    user_id = Column(String(64), nullable=False)
    display_name = Column(String(255), nullable=False)
    display_description = Column(String(255))
    hostname = Column(String(255), nullable=False)
    reservation_id = Column(String(32), nullable=False)
    launch_index = Column(Integer, nullable=False, default=0)

    vm_state = Column(String(32), nullable=False, default='building')
    task_state = Column(String(32))
    power_state = Column(Integer, nullable=False, default=0)
    progress = Column(Integer, nullable=False, default=0)
    locked_by = Column(String(16))                      # NULL, 'owner' or 'admin'
    locked_reason = Column(String(255))

    host = Column(String(255))
    node = Column(String(255))
    availability_zone = Column(String(255))
    launched_at = Column(Timestamp)
    terminated_at = Column(Timestamp)
    deleted_at = Column(Timestamp)

    flavor_id = Column(Integer)                         # flavors.id when created; the flavor may be gone since
    # {'flavorid', 'name', 'memory_mb', 'vcpus', 'root_gb', 'ephemeral_gb', 'swap_mb', 'rxtx_factor', 'extra_specs'}
    flavor = Column(JSON, nullable=False)
    memory_mb = Column(Integer, nullable=False)
    vcpus = Column(Integer, nullable=False)
    root_gb = Column(Integer, nullable=False)
    ephemeral_gb = Column(Integer, nullable=False, default=0)
    swap_mb = Column(Integer, nullable=False, default=0)
    # Promised besides while it is being resized: at first for the new sizes, then for the way back. Quotas and hosts
    # count them with the sizes.
    held_memory_mb = Column(Integer, nullable=False, default=0, server_default='0')
    held_vcpus = Column(Integer, nullable=False, default=0, server_default='0')
    held_disk_gb = Column(Integer, nullable=False, default=0, server_default='0')

    image_ref = Column(String(255))
    # The image as Glance described it when the server was created: {'id', 'name', 'disk_format', 'container_format',
    # 'size', 'min_ram', 'min_disk', 'properties': {...}}
    image_meta = Column(JSON, nullable=False, default=dict)
    kernel_id = Column(String(255))
    ramdisk_id = Column(String(255))
    root_device_name = Column(String(255), default='/dev/vda')
    config_drive = Column(Boolean, nullable=False, default=False)

    key_name = Column(String(255))
    key_data = Column(Text)
    user_data = Column(Text)                            # base64, as the API got it
    metadata_ = Column('metadata', JSON, nullable=False, default=dict)
    tags = Column(JSON, nullable=False, default=list)
    access_ip_v4 = Column(String(15))
    access_ip_v6 = Column(String(39))
    # [{'network_id'?: uuid, 'fixed_ip'?: address}], None: what the cloud gives by default
    requested_networks = Column(JSON)
    scheduler_hints = Column(JSON, nullable=False, default=dict)
    # Cached network info, written by the network side: list of VIFs, see nova.network.model.
    network_info = Column(JSON, nullable=False, default=list)
    personality = Column(JSON)                          # [{'path', 'contents' (base64)}]
    config_options = Column(JSON, nullable=False, default=dict)   # disk_config, console_type ...

    @property
    def name(self):
        """The domain's name on the hypervisor."""
        return f'instance-{self.id:08x}'


class Migration(TimestampMixin, Base):
    """A resize of a server: see nova.db.resizes."""

    __tablename__ = 'migrations'
    __table_args__ = (Index('ix_migrations_host', 'source_compute', 'status', mysql_length={'source_compute': 191}),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    instance_uuid = Column(String(36), nullable=False, index=True)
    project_id = Column(String(64), nullable=False)
    user_id = Column(String(64), nullable=False)        # who asked for it
    status = Column(String(32), nullable=False)
    source_compute = Column(String(255), nullable=False)
    source_node = Column(String(255))
    dest_compute = Column(String(255))
    dest_node = Column(String(255))
    dest_host = Column(String(39))
    old_instance_type_id = Column(Integer)
    new_instance_type_id = Column(Integer)
    former = Column(JSON, nullable=False)               # columns of the server's row before, by name


class InstanceFault(Base):
    """Why a server failed; the newest is shown while it is in ERROR."""

    __tablename__ = 'instance_faults'

    id = Column(Integer, primary_key=True)
    instance_uuid = Column(String(36), nullable=False, index=True)
    code = Column(Integer, nullable=False)
    message = Column(Text, nullable=False)
    details = Column(Text)
    host = Column(String(255))
    request_id = Column(String(64))
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)


class KeyPair(TimestampMixin, Base):
    """A public key of a user."""

    __tablename__ = 'key_pairs'
    __table_args__ = (UniqueConstraint('user_id', 'name', name='uq_key_pairs_user_name'),)

    id = Column(Integer, primary_key=True)
    user_id = Column(String(64), nullable=False)
    name = Column(String(255), nullable=False)
    type = Column(String(16), nullable=False, default='ssh')
    fingerprint = Column(String(255), nullable=False)
    public_key = Column(Text, nullable=False)


class Quota(TimestampMixin, Base):
    """A project's own limit, where it differs from the default. -1: no limit."""

    __tablename__ = 'quotas'

    project_id = Column(String(64), primary_key=True)
    resource = Column(String(64), primary_key=True)
    hard_limit = Column(Integer, nullable=False)


class QuotaLock(Base):
    """A row per project (or user) that whoever adds to it holds until the commit; SQLite needs none."""

    __tablename__ = 'quota_locks'

    name = Column(String(80), primary_key=True)


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


class ConsoleToken(Base):
    """Leave to open one console until expires_at. Only a digest of the token is kept."""

    __tablename__ = 'console_tokens'

    token_hash = Column(String(64), primary_key=True)   # sha256 hex
    instance_uuid = Column(String(36), nullable=False, index=True)
    console_type = Column(String(32), nullable=False)
    host = Column(String(255), nullable=False)
    port = Column(Integer, nullable=False)
    internal_access_path = Column(String(255))
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)
    expires_at = Column(Timestamp, nullable=False, index=True)


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


class VolumeType(TimestampMixin, Base):
    """A kind of volume that users can ask for by name."""

    __tablename__ = 'volume_types'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    name = Column(String(255), nullable=False, unique=True)
    description = Column(String(255))
    is_public = Column(Boolean, nullable=False, default=True)
    extra_specs = Column(JSON, nullable=False, default=dict)


class Volume(TimestampMixin, Base):
    """A disk that outlives servers. Sizes in GB; a volume that is being extended has its new size already."""

    __tablename__ = 'volumes'
    __table_args__ = (Index('ix_volumes_project', 'project_id', 'created_at'),
                      Index('ix_volumes_host', 'host', mysql_length={'host': 191}))

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    project_id = Column(String(64), nullable=False)
    user_id = Column(String(64), nullable=False)
    display_name = Column(String(255))
    display_description = Column(String(255))
    size = Column(Integer, nullable=False)
    status = Column(String(32), nullable=False, default='creating')
    reason = Column(Text)                               # why the last thing that was tried failed
    host = Column(String(255), nullable=False)          # the node whose nova-volume keeps it
    availability_zone = Column(String(255))
    volume_type_id = Column(Integer, ForeignKey('volume_types.id'), index=True)
    volume_type = relationship('VolumeType', lazy='joined')
    snapshot_id = Column(String(36))                    # what it was made from; that may be gone since
    source_volid = Column(String(36), index=True)
    image_id = Column(String(36))
    bootable = Column(Boolean, nullable=False, default=False)
    readonly = Column(Boolean, nullable=False, default=False)
    metadata_ = Column('metadata', JSON, nullable=False, default=dict)
    image_metadata = Column(JSON)                       # of the image it was made from: {'image_id', 'disk_format' ...}
    # How a hypervisor gets at it, see nova.volume.driver; NULL until it is there.
    connection = Column(JSON)
    launched_at = Column(Timestamp)


class VolumeAttachment(TimestampMixin, Base):
    """A volume that is, is becoming or ceases to be a disk of a server."""

    __tablename__ = 'volume_attachments'
    __table_args__ = (UniqueConstraint('instance_uuid', 'device', name='uq_volume_attachments_instance_device'),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    volume_uuid = Column(String(36), nullable=False, unique=True)
    instance_uuid = Column(String(36), nullable=False)
    device = Column(String(32), nullable=False)         # /dev/vdb
    status = Column(String(16), nullable=False)         # attaching, attached, detaching
    delete_on_termination = Column(Boolean, nullable=False, default=False)
    attached_at = Column(Timestamp)


class VolumeSnapshot(TimestampMixin, Base):
    """What a volume held at an instant."""

    __tablename__ = 'volume_snapshots'
    __table_args__ = (Index('ix_volume_snapshots_project', 'project_id', 'created_at'),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    volume_uuid = Column(String(36), nullable=False, index=True)
    project_id = Column(String(64), nullable=False)
    user_id = Column(String(64), nullable=False)
    display_name = Column(String(255))
    display_description = Column(String(255))
    size = Column(Integer, nullable=False)
    status = Column(String(32), nullable=False, default='creating')
    reason = Column(Text)
    host = Column(String(255), nullable=False)
    metadata_ = Column('metadata', JSON, nullable=False, default=dict)


class VolumeMessage(Base):
    """What users are told of something that failed, for thirty days."""

    __tablename__ = 'volume_messages'
    __table_args__ = (Index('ix_volume_messages_project', 'project_id', 'created_at'),)

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    project_id = Column(String(64), nullable=False)
    resource_type = Column(String(32), nullable=False)  # VOLUME, VOLUME_SNAPSHOT
    resource_uuid = Column(String(36), nullable=False)
    event = Column(String(64), nullable=False)          # the kind of the operation that failed
    text = Column(Text, nullable=False)
    request_id = Column(String(64))
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)


class VolumeTypeProject(Base):
    """A project that may use a volume type which is not public."""

    __tablename__ = 'volume_type_projects'
    __table_args__ = (UniqueConstraint('volume_type_id', 'project_id', name='uq_volume_type_projects'),)

    id = Column(Integer, primary_key=True)
    volume_type_id = Column(Integer, ForeignKey('volume_types.id'), nullable=False)
    project_id = Column(String(64), nullable=False)


class VolumeTransfer(Base):
    """A volume that its project offers to whoever has the key."""

    __tablename__ = 'volume_transfers'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), nullable=False, unique=True)
    volume_uuid = Column(String(36), nullable=False, unique=True)
    project_id = Column(String(64), nullable=False, index=True)
    display_name = Column(String(255))
    key_hash = Column(String(64), nullable=False)       # SHA-256
    created_at = Column(Timestamp, nullable=False, default=db.utcnow)
