"""What the hypervisors of the hosts have."""
import uuid

import sqlalchemy
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db import keys
from nova.db.models import ComputeNode
from nova.exception import HostNotFound, HypervisorNotFound


@db.retry
def upsert(host, values):
    """Record what a host has (columns by name); its first report enters it."""
    with db.writer() as session:
        if _change(session, host, values):
            return
        try:
            with session.begin_nested():
                session.add(ComputeNode(**{'uuid': str(uuid.uuid4()), **values, 'host': host}))
        except IntegrityError:
            _change(session, host, values)


def _change(session, host, values):
    return session.execute(sqlalchemy.update(ComputeNode).where(ComputeNode.host == host)
                           .values(**{**values, 'updated_at': db.utcnow()})
                           .execution_options(synchronize_session=False)).rowcount


def list():  # noqa: A001  (read with its module: compute_nodes.list)
    """All rows by id."""
    with db.reader() as session:
        return session.scalars(select(ComputeNode).order_by(ComputeNode.id)).all()


def get(host):
    """The row of a host. Raises HostNotFound."""
    with db.reader() as session:
        row = session.scalars(select(ComputeNode).where(ComputeNode.host == keys.text(host))).first()
    if row is None:
        raise HostNotFound(host=host)
    return row


def lock(host):
    """In the caller's transaction: nobody else promises room on `host` until it ends. False when there is no row."""
    with db.writer() as session:
        return session.scalar(select(ComputeNode.id).where(ComputeNode.host == host).with_for_update()) is not None


def get_by_id(hypervisor_id):
    """The row with an id or uuid. Raises HypervisorNotFound."""
    number = keys.row_id(hypervisor_id)
    match = ComputeNode.id == number if number else ComputeNode.uuid == keys.text(hypervisor_id, 36)
    with db.reader() as session:
        row = session.scalars(select(ComputeNode).where(match)).first()
    if row is None:
        raise HypervisorNotFound(hypervisor_id=str(hypervisor_id)[:80])
    return row
