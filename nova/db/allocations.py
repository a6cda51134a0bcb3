"""What a server has of the networks as a whole: the queries of nova.network.allocation."""
from sqlalchemy import exists, select

from essex import db
from essex.operation import models as operation_models
from nova.db import keys
from nova.db.models import FixedIp, FloatingIp, Instance, Operation, VirtualInterface


def lock_server(instance_uuid):
    """The row of a server, or None. Until the transaction ends others who change what it has wait."""
    with db.writer() as session:
        return session.scalars(select(Instance).where(Instance.uuid == keys.text(instance_uuid, 36)).with_for_update()
                               .execution_options(populate_existing=True)).first()


def held(instance_uuid):
    """[(network id, address)] of a server's cards, in the order they were made."""
    with db.reader() as session:
        return [tuple(row) for row in session.execute(
            select(VirtualInterface.network_id, FixedIp.address)
            .join(FixedIp, FixedIp.virtual_interface_id == VirtualInterface.id)
            .where(VirtualInterface.instance_uuid == instance_uuid).order_by(VirtualInterface.id))]


def has_floating(instance_uuid):
    """Whether a floating address points at the server."""
    with db.reader() as session:
        return session.scalar(select(exists().where(FloatingIp.fixed_ip_id == FixedIp.id,
                                                    FixedIp.instance_uuid == instance_uuid)))


def ownerless():
    """uuids of servers that are gone for good, but have cards or addresses.

    A deleted server whose deletion is still under way on its host may yet run there: it keeps its addresses.
    """
    with db.reader() as session:
        found = set()
        for column in (VirtualInterface.instance_uuid, FixedIp.instance_uuid):
            live = exists().where(Instance.uuid == column, Instance.deleted_at.is_(None))
            busy = exists().where(Operation.resource_id == column, Operation.state.in_(operation_models.OPEN))
            found.update(session.scalars(select(column).where(column.is_not(None), ~live, ~busy).distinct()))
        return sorted(found)
