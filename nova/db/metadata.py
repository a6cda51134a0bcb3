"""What the metadata service asks: the live server at an address."""
from sqlalchemy import select

from essex import db
from nova.db import keys
from nova.db.models import FixedIp, Instance


def by_address(address):
    """The live server with a fixed address, or None."""
    return _one(select(Instance).join(FixedIp, FixedIp.instance_uuid == Instance.uuid)
                .where(FixedIp.address == keys.text(address, 39), Instance.deleted_at.is_(None)))


def by_uuid(uuid):
    """A live server, or None."""
    return _one(select(Instance).where(Instance.uuid == keys.text(uuid, 36), Instance.deleted_at.is_(None)))


def _one(statement):
    with db.reader() as session:
        return session.scalars(statement.execution_options(populate_existing=True)).first()


def version(address):
    """(uuid, updated_at) of the live server at an address: another pair when the server or its row is another."""
    with db.reader() as session:
        found = session.execute(
            select(Instance.uuid, Instance.updated_at)
            .join(FixedIp, FixedIp.instance_uuid == Instance.uuid)
            .where(FixedIp.address == keys.text(address, 39), Instance.deleted_at.is_(None))).first()
    return tuple(found) if found else None


@db.retry
def set_password(uuid, text):
    """Keep the (encrypted) password a server has made for itself, the first alone; False when it has one."""
    with db.writer() as session:
        row = session.scalars(select(Instance).where(Instance.uuid == uuid).with_for_update()).one()
        if (row.config_options or {}).get('password'):
            return False
        row.config_options = {**(row.config_options or {}), 'password': text}
        return True
