"""Which volumes are disks of which servers."""
import uuid as uuids

import sqlalchemy
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db.models import Instance, Service, Volume, VolumeAttachment
from nova.volume.exception import DeviceInUse


def of_volumes(volume_uuids):
    """{volume uuid: row} of those that have one: at most one statement."""
    wanted = list(volume_uuids)
    if not wanted:
        return {}
    with db.reader() as session:
        rows = session.scalars(select(VolumeAttachment).where(VolumeAttachment.volume_uuid.in_(wanted)))
        return {row.volume_uuid: row for row in rows}


def of_volume(volume_uuid):
    """The row, or None."""
    return of_volumes([volume_uuid]).get(volume_uuid)


def of_instances(instance_uuids):
    """{instance uuid: [rows in the order they were attached]}: at most one statement."""
    wanted, found = list(instance_uuids), {}
    if not wanted:
        return found
    with db.reader() as session:
        for row in session.scalars(select(VolumeAttachment).where(VolumeAttachment.instance_uuid.in_(wanted))
                                   .order_by(VolumeAttachment.id)):
            found.setdefault(row.instance_uuid, []).append(row)
    return found


def of_instance(instance_uuid):
    """The rows of a server in the order they were attached."""
    return of_instances([instance_uuid]).get(instance_uuid, [])


def of_the_lost():
    """Uuids of deleted servers that have volumes and whose host is gone for good: its nova-compute is said to be down
    by an administrator, or is forgotten."""
    with db.reader() as session:
        return list(session.scalars(
            select(VolumeAttachment.instance_uuid).distinct()
            .join(Instance, Instance.uuid == VolumeAttachment.instance_uuid)
            .outerjoin(Service, (Service.host == Instance.host) & (Service.binary == 'nova-compute'))
            .where(Instance.deleted_at.is_not(None), Instance.host.is_not(None),
                   Service.id.is_(None) | Service.forced_down)))


def with_volumes(instance_uuid):
    """[(attachment, volume)] of a server in the order they were attached."""
    with db.reader() as session:
        return [tuple(row) for row in session.execute(
            select(VolumeAttachment, Volume).join(Volume, Volume.uuid == VolumeAttachment.volume_uuid)
            .where(VolumeAttachment.instance_uuid == instance_uuid).order_by(VolumeAttachment.id))]


def create(volume_uuid, instance_uuid, device, status, attached_at=None, delete_on_termination=False):
    """Insert one, in the transaction that holds the volume; returns the row. Raises DeviceInUse."""
    row = VolumeAttachment(uuid=str(uuids.uuid4()), volume_uuid=volume_uuid, instance_uuid=instance_uuid,
                           device=device, status=status, attached_at=attached_at,
                           delete_on_termination=delete_on_termination)
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            raise DeviceInUse(instance_uuid=instance_uuid, device=device) from error
        return row


@db.retry
def change(volume_uuid, **values):
    """Set columns of the attachment of a volume, if it has one."""
    with db.writer() as session:
        session.execute(sqlalchemy.update(VolumeAttachment).where(VolumeAttachment.volume_uuid == volume_uuid)
                        .values(values).execution_options(synchronize_session=False))


@db.retry
def delete(volume_uuid):
    """Have the volume attached to nothing."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(VolumeAttachment).where(VolumeAttachment.volume_uuid == volume_uuid)
                        .execution_options(synchronize_session=False))
