"""Images, their properties, tags, members and locations, and the uploads under way."""
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from essex.db.types import JSON, Timestamp

MARIADB = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_nopad_bin'}


def flag(name):
    """A boolean column without a CHECK, which MariaDB and SQLite would name differently."""
    return Column(name, Boolean(create_constraint=False), nullable=False)


def image_id(**options):
    """The column that ties a row to its image."""
    options.setdefault('nullable', False)
    return Column('image_id', String(36), ForeignKey('images.id', ondelete='CASCADE'), **options)


def _images(meta):
    return Table(
        'images', meta,
        Column('id', String(36), primary_key=True),
        Column('name', String(255)),
        Column('owner', String(255)),
        Column('status', String(30), nullable=False),
        Column('visibility', String(20), nullable=False),
        flag('protected'),
        flag('os_hidden'),
        Column('disk_format', String(20)),
        Column('container_format', String(20)),
        Column('size', BigInteger),
        Column('virtual_size', BigInteger),
        Column('checksum', String(32)),
        Column('os_hash_algo', String(64)),
        Column('os_hash_value', String(128)),
        Column('min_disk', Integer, nullable=False),
        Column('min_ram', Integer, nullable=False),
        Column('created_at', Timestamp, nullable=False),
        Column('updated_at', Timestamp, nullable=False),
        Column('deleted_at', Timestamp),
        flag('deleted'),
        Index('ix_images_listing', 'deleted', 'created_at', 'id'),
        Index('ix_images_owner', 'owner', 'deleted'),
        Index('ix_images_visibility', 'visibility', 'deleted'),
        Index('ix_images_status', 'status'),
        **MARIADB)


def _details(meta):
    Table('image_properties', meta,
          image_id(primary_key=True),
          Column('name', String(255), primary_key=True),
          Column('value', Text),
          **MARIADB)
    Table('image_tags', meta,
          image_id(primary_key=True),
          Column('value', String(255), primary_key=True),
          Index('ix_image_tags_value', 'value'),
          **MARIADB)
    Table('image_members', meta,
          image_id(primary_key=True),
          Column('member', String(255), primary_key=True),
          flag('can_share'),
          Column('status', String(20), nullable=False),
          Column('created_at', Timestamp, nullable=False),
          Column('updated_at', Timestamp, nullable=False),
          Index('ix_image_members_member', 'member', 'status'),
          **MARIADB)
    Table('image_locations', meta,
          Column('id', Integer, primary_key=True, autoincrement=True),
          image_id(),
          Column('url', Text, nullable=False),
          Column('store', String(255), nullable=False),
          Column('meta', JSON),
          Index('ix_image_locations_image', 'image_id'),
          **MARIADB)


def _uploads(meta):
    Table('image_uploads', meta,
          Column('id', String(36), primary_key=True),
          image_id(unique=True),
          Column('host', String(255), nullable=False),
          Column('life', String(36), nullable=False),
          Column('store', String(255), nullable=False),
          Column('failed_status', String(30), nullable=False),
          Column('started_at', Timestamp, nullable=False),
          Column('alive_at', Timestamp, nullable=False),
          **MARIADB)


def upgrade(migrate_engine):
    """Make the tables."""
    meta = MetaData()
    _images(meta)
    _details(meta)
    _uploads(meta)
    meta.create_all(migrate_engine)
