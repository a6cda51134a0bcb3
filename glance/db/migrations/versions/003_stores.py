"""Places of data that are being given up; what the nodes have in their caches."""
from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint

MARIADB = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_nopad_bin'}


def _caches(meta):
    nodes = Table('node_reference', meta,
                  Column('node_reference_id', Integer, primary_key=True, autoincrement=True),
                  Column('node_reference_url', String(255), nullable=False),
                  UniqueConstraint('node_reference_url', name='uq_node_reference_node_reference_url'),
                  **MARIADB)
    images = Table('cached_images', meta,
                   Column('id', Integer, primary_key=True, autoincrement=True),
                   Column('image_id', String(36), nullable=False),
                   Column('last_accessed', Float(53), nullable=False),
                   Column('last_modified', Float(53), nullable=False),
                   Column('size', BigInteger, nullable=False),
                   Column('hits', Integer, nullable=False),
                   Column('checksum', String(128)),
                   Column('node_reference_id', Integer,
                          ForeignKey('node_reference.node_reference_id', ondelete='CASCADE'), nullable=False),
                   UniqueConstraint('image_id', 'node_reference_id', name='uq_cached_images_image_node'),
                   **MARIADB)
    return nodes, images


def upgrade(migrate_engine):
    """Every place there is is an active one; no cache has anything yet."""
    meta = MetaData(migrate_engine)
    places = Table('image_locations', meta, autoload_with=migrate_engine)
    Column('status', String(30), nullable=False, server_default='active').create(places)
    for table in _caches(meta):
        table.create()
