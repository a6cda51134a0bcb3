"""Tables of the image service."""
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from essex import db
from essex.db.types import Timestamp
from essex.operation import OperationMixin, StepMixin

Base = db.declarative_base()

# MariaDB compares without case and without trailing blanks by default; names, tags and ids must be exact.
MARIADB = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_nopad_bin'}


class Image(Base):
    """One image. A deleted one stays as a row, for administrators and for lists of changes."""

    __tablename__ = 'images'
    __table_args__ = (Index('ix_images_listing', 'deleted', 'created_at', 'id'),
                      Index('ix_images_owner', 'owner', 'deleted'),
                      Index('ix_images_visibility', 'visibility', 'deleted'),
                      Index('ix_images_status', 'status'),
                      MARIADB)

    id = Column(String(36), primary_key=True)
    name = Column(String(255))
    owner = Column(String(255))
    status = Column(String(30), nullable=False)
    visibility = Column(String(20), nullable=False)
    protected = Column(Boolean(create_constraint=False), nullable=False, default=False)
    os_hidden = Column(Boolean(create_constraint=False), nullable=False, default=False)
    disk_format = Column(String(20))
    container_format = Column(String(20))
    size = Column(BigInteger)
    virtual_size = Column(BigInteger)
    checksum = Column(String(32))
    os_hash_algo = Column(String(64))
    os_hash_value = Column(String(128))
    min_disk = Column(Integer, nullable=False, default=0)
    min_ram = Column(Integer, nullable=False, default=0)
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)
    deleted_at = Column(Timestamp)
    deleted = Column(Boolean(create_constraint=False), nullable=False, default=False)


class Property(Base):
    """A custom property."""

    __tablename__ = 'image_properties'
    __table_args__ = (MARIADB,)

    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), primary_key=True)
    name = Column(String(255), primary_key=True)
    value = Column(Text)


class Tag(Base):
    """A tag."""

    __tablename__ = 'image_tags'
    __table_args__ = (Index('ix_image_tags_value', 'value'), MARIADB)

    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), primary_key=True)
    value = Column(String(255), primary_key=True)


class Member(Base):
    """A project that an image is shared with, and what it answered."""

    __tablename__ = 'image_members'
    __table_args__ = (Index('ix_image_members_member', 'member', 'status'), MARIADB)

    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), primary_key=True)
    member = Column(String(255), primary_key=True)
    can_share = Column(Boolean(create_constraint=False), nullable=False, default=False)
    status = Column(String(20), nullable=False, default='pending')
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)


class Location(Base):
    """One place that holds an image's data."""

    __tablename__ = 'image_locations'
    __table_args__ = (Index('ix_image_locations_image', 'image_id'), MARIADB)

    id = Column(Integer, primary_key=True, autoincrement=True)
    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), nullable=False)
    url = Column(Text, nullable=False)
    store = Column(String(255), nullable=False)
    meta = Column(db.JSON)
    # active, or pending_delete: given up, the data perhaps still there.
    status = Column(String(30), nullable=False, default='active', server_default='active')


class Upload(Base):
    """An upload under way: who runs it, so that whoever comes back can tell a dead one and undo it."""

    __tablename__ = 'image_uploads'
    __table_args__ = (MARIADB,)

    id = Column(String(36), primary_key=True)
    # Unique: the database itself keeps a second upload away from the image.
    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), nullable=False, unique=True)
    host = Column(String(255), nullable=False)
    life = Column(String(36), nullable=False)
    store = Column(String(255), nullable=False)
    failed_status = Column(String(30), nullable=False)
    started_at = Column(Timestamp, nullable=False)
    alive_at = Column(Timestamp, nullable=False)


class Operation(OperationMixin, Base):
    """An import under way, or one that has ended."""

    __table_args__ = (Index('ix_operations_queue_state', 'queue', 'state', mysql_length={'queue': 191}),
                      Index('ix_operations_resource', 'resource_id', 'state'),
                      Index('ix_operations_request', 'request_id'), Index('ix_operations_state', 'state'), MARIADB)


class OperationStep(StepMixin, Base):
    """One try of one step of an operation."""

    __table_args__ = (MARIADB,)


class Task(Base):
    """What users see of an import. `operation_id` is what does it."""

    __tablename__ = 'tasks'
    __table_args__ = (Index('ix_tasks_owner', 'owner', 'created_at'), Index('ix_tasks_image', 'image_id'),
                      Index('ix_tasks_expires_at', 'expires_at'), MARIADB)

    id = Column(String(36), primary_key=True)
    type = Column(String(30), nullable=False)
    status = Column(String(30), nullable=False)
    owner = Column(String(255))
    image_id = Column(String(36))
    request_id = Column(String(64))
    user_id = Column(String(64))
    operation_id = Column(Integer)
    input = Column(db.JSON)
    result = Column(db.JSON)
    message = Column(Text)
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)
    expires_at = Column(Timestamp)


class Staged(Base):
    """Data that waits in a node's staging directory for the import of its image; `size` is None until it is whole."""

    __tablename__ = 'image_staging'
    __table_args__ = (MARIADB,)

    image_id = Column(String(36), ForeignKey('images.id', ondelete='CASCADE'), primary_key=True)
    # The file's name, that of a file which is made of it, and the node that has them: its name, and its address for
    # other nodes.
    name = Column(String(36), nullable=False)
    next = Column(String(36))
    host = Column(String(255), nullable=False)
    address = Column(String(255))
    size = Column(BigInteger)
    created_at = Column(Timestamp, nullable=False)
class NodeReference(Base):
    """A node that keeps a cache, by its URL."""

    __tablename__ = 'node_reference'
    __table_args__ = (UniqueConstraint('node_reference_url', name='uq_node_reference_node_reference_url'), MARIADB)

    node_reference_id = Column(Integer, primary_key=True, autoincrement=True)
    node_reference_url = Column(String(255), nullable=False)


class CachedImage(Base):
    """An image in the cache of a node. Times are seconds since 1970."""

    __tablename__ = 'cached_images'
    __table_args__ = (UniqueConstraint('image_id', 'node_reference_id', name='uq_cached_images_image_node'), MARIADB)

    id = Column(Integer, primary_key=True, autoincrement=True)
    image_id = Column(String(36), nullable=False)
    last_accessed = Column(Float(53), nullable=False, default=0.0)
    last_modified = Column(Float(53), nullable=False, default=0.0)
    size = Column(BigInteger, nullable=False, default=0)
    hits = Column(Integer, nullable=False, default=0)
    checksum = Column(String(128))
    node_reference_id = Column(Integer, ForeignKey('node_reference.node_reference_id', ondelete='CASCADE'),
                               nullable=False)


class Namespace(Base):
    """A collection of definitions, under a name that is unique in the cloud."""

    __tablename__ = 'metadef_namespaces'
    __table_args__ = (UniqueConstraint('namespace', name='uniq_metadef_namespace'),
                      Index('ix_metadef_namespace_owner', 'owner'), MARIADB)

    id = Column(Integer, primary_key=True, autoincrement=True)
    namespace = Column(String(80), nullable=False)
    display_name = Column(String(80))
    description = Column(Text)
    visibility = Column(String(20), nullable=False)
    protected = Column(Boolean(create_constraint=False), nullable=False, default=False)
    owner = Column(String(255))
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)


class Definition(Base):
    """A property, an object (properties that belong together) or a tag of a namespace; `body` is all but its name."""

    __tablename__ = 'metadef_items'
    __table_args__ = (UniqueConstraint('namespace_id', 'kind', 'name', name='uniq_metadef_item'), MARIADB)

    id = Column(Integer, primary_key=True, autoincrement=True)
    namespace_id = Column(Integer, ForeignKey('metadef_namespaces.id', ondelete='CASCADE'), nullable=False)
    kind = Column(String(10), nullable=False)
    name = Column(String(80), nullable=False)
    body = Column(db.JSON)
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)


class ResourceType(Base):
    """A kind of resource that definitions can be for, such as OS::Glance::Image."""

    __tablename__ = 'metadef_resource_types'
    __table_args__ = (MARIADB,)

    name = Column(String(80), primary_key=True)
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)


class Association(Base):
    """A namespace is for a kind of resource; its properties begin with `prefix` there."""

    __tablename__ = 'metadef_associations'
    __table_args__ = (MARIADB,)

    namespace_id = Column(Integer, ForeignKey('metadef_namespaces.id', ondelete='CASCADE'), primary_key=True)
    resource_type = Column(String(80), ForeignKey('metadef_resource_types.name'), primary_key=True)
    prefix = Column(String(80))
    properties_target = Column(String(80))
    created_at = Column(Timestamp, nullable=False)
    updated_at = Column(Timestamp, nullable=False)
