"""Places of data that are being given up."""
from sqlalchemy import Column, MetaData, String, Table


def upgrade(migrate_engine):
    """Every place there is is an active one."""
    places = Table('image_locations', MetaData(migrate_engine), autoload_with=migrate_engine)
    Column('status', String(30), nullable=False, server_default='active').create(places)
