"""Block storage."""
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import relationship

from essex import db
from essex.db.types import JSON, Timestamp, TimestampMixin
from nova.db.models.base import Base


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
