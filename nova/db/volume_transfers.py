"""Volumes offered to other projects."""
import uuid as uuids

import sqlalchemy
from sqlalchemy import select

from essex import db
from nova.db import keys
from nova.db.models import VolumeTransfer
from nova.volume.exception import VolumeTransferNotFound


@db.retry
def create(volume, name, key_hash):
    """The row of a new offer, in place of an older one of the volume."""
    with db.writer() as session:
        forget(volume.uuid)
        row = VolumeTransfer(uuid=str(uuids.uuid4()), volume_uuid=volume.uuid, project_id=volume.project_id,
                             display_name=name, key_hash=key_hash)
        session.add(row)
        session.flush()
        return row


def get(uuid):
    """The row. Raises VolumeTransferNotFound."""
    with db.reader() as session:
        row = session.scalars(select(VolumeTransfer).where(VolumeTransfer.uuid == keys.text(uuid, 36))).first()
    if row is None:
        raise VolumeTransferNotFound(transfer_id=str(uuid)[:80])
    return row


def get_for(context, uuid):
    """The row of the caller's project, or any for administrators. Raises VolumeTransferNotFound."""
    row = get(uuid)
    if not context.is_admin and row.project_id != context.project_id:
        raise VolumeTransferNotFound(transfer_id=str(uuid)[:80])
    return row


def list_for(context, everywhere=False):
    """Rows of the caller's project, or of all, oldest first."""
    statement = select(VolumeTransfer).order_by(VolumeTransfer.id)
    if not everywhere:
        statement = statement.where(VolumeTransfer.project_id == context.project_id)
    with db.reader() as session:
        return session.scalars(statement).all()


def forget(volume_uuid):
    """Have no offer of a volume, in the caller's transaction; whether there was one."""
    with db.writer() as session:
        return bool(session.execute(sqlalchemy.delete(VolumeTransfer).where(VolumeTransfer.volume_uuid == volume_uuid)
                                    .execution_options(synchronize_session=False)).rowcount)
