"""Servers, and what they are made from. Only instances keep their rows after deletion."""
from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import relationship

from essex import db
from essex.db.types import JSON, Timestamp, TimestampMixin
from nova.db.models.base import Base


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
