"""Snapshots of volumes."""
import sqlalchemy
from sqlalchemy import func, select

from essex import db
from nova.db import keys, paging, volume_filters
from nova.db.models import Volume, VolumeSnapshot
from nova.volume import states
from nova.volume.exception import VolumeMarkerNotFound, VolumeSnapshotNotFound


def get(uuid):
    """The row. Raises VolumeSnapshotNotFound."""
    row = find(uuid)
    if row is None:
        raise VolumeSnapshotNotFound(snapshot_id=str(uuid)[:80])
    return row


def find(uuid):
    """The row, or None."""
    return _read(uuid)


def _read(uuid, hold=False):
    statement = select(VolumeSnapshot).where(VolumeSnapshot.uuid == keys.text(uuid, 36))
    with db.writer() if hold else db.reader() as session:
        return session.scalars((statement.with_for_update() if hold else statement)
                               .execution_options(populate_existing=True)).first()


def get_for(context, uuid):
    """The row if the caller may see it. Raises VolumeSnapshotNotFound."""
    return _seen(context, get(uuid))


def hold_for(context, uuid):
    """As get_for, in the caller's transaction: until its end nobody else holds the snapshot."""
    row = _read(uuid, hold=True)
    if row is None:
        raise VolumeSnapshotNotFound(snapshot_id=str(uuid)[:80])
    return _seen(context, row)


def _seen(context, row):
    if not context.is_admin and row.project_id != context.project_id:
        raise VolumeSnapshotNotFound(snapshot_id=row.uuid)
    return row


def list_for(context, filters=None, limit=None, marker=None, sort=None, offset=None):
    """Rows the caller may see that pass `filters`, in pages, newest first: as nova.db.volumes.list_for."""
    statement = volume_filters.apply(select(VolumeSnapshot), VolumeSnapshot, dict(filters or {}), context)
    with db.reader() as session:
        last = None
        if marker is not None:
            try:
                last = get_for(context, marker)
            except VolumeSnapshotNotFound as error:
                raise VolumeMarkerNotFound(marker=str(marker)[:80]) from error
        statement = paging.page(statement, volume_filters.order(VolumeSnapshot, sort), last, limit)
        return list(session.scalars(statement.offset(offset) if offset else statement))


def count_of(volume_uuid):
    """How many snapshots a volume has."""
    with db.reader() as session:
        return session.scalar(select(func.count(VolumeSnapshot.id)).where(VolumeSnapshot.volume_uuid == volume_uuid))


def of_volume(volume_uuid):
    """The snapshots of a volume, oldest first, in the caller's transaction: until its end nobody else holds them."""
    with db.writer() as session:
        return list(session.scalars(select(VolumeSnapshot).where(VolumeSnapshot.volume_uuid == volume_uuid)
                                    .order_by(VolumeSnapshot.id).with_for_update()
                                    .execution_options(populate_existing=True)))


def is_being_read(uuid):
    """Whether a volume is being made of the snapshot."""
    with db.reader() as session:
        return bool(session.scalar(select(func.count(Volume.id)).where(
            Volume.snapshot_id == uuid, Volume.status.in_(states.BEING_MADE))))


@db.retry
def create(values):
    """Insert one; returns the row."""
    with db.writer() as session:
        row = VolumeSnapshot(**values)
        session.add(row)
        session.flush()
        return row


@db.retry
def change(uuid, **values):
    """Set columns of one that is there; whether it was."""
    columns = {getattr(VolumeSnapshot, name): value for name, value in values.items()}
    with db.writer() as session:
        return bool(session.execute(sqlalchemy.update(VolumeSnapshot).where(VolumeSnapshot.uuid == uuid)
                                    .values(columns).execution_options(synchronize_session=False)).rowcount)


@db.retry
def delete(uuid):
    """Have no such row."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(VolumeSnapshot).where(VolumeSnapshot.uuid == uuid)
                        .execution_options(synchronize_session=False))
