"""Volumes: reading, listing, and changing them one at a time."""
import sqlalchemy
from sqlalchemy import func, select

from essex import db
from nova.db import keys, paging, volume_filters, volume_transfers
from nova.db.models import Volume, VolumeSnapshot
from nova.volume import states
from nova.volume.exception import VolumeMarkerNotFound, VolumeNotFound

_FRESH = {'populate_existing': True}


def get(uuid):
    """The row. Raises VolumeNotFound."""
    row = find(uuid)
    if row is None:
        raise VolumeNotFound(volume_id=str(uuid)[:80])
    return row


def find(uuid):
    """The row, or None."""
    with db.reader() as session:
        return session.scalars(select(Volume).where(Volume.uuid == keys.text(uuid, 36))
                               .execution_options(**_FRESH)).first()


def get_for(context, uuid):
    """The row if the caller may see it: own project's, or any for administrators. Raises VolumeNotFound."""
    return _seen(context, get(uuid), uuid)


def hold_for(context, uuid):
    """As get_for, in the caller's transaction: until its end nobody else holds the volume."""
    with db.writer():
        row = hold(uuid)
        if row is None:
            raise VolumeNotFound(volume_id=str(uuid)[:80])
        return _seen(context, row, uuid)


def hold(uuid):
    """The row or None, held until the end of the caller's transaction."""
    with db.writer() as session:
        return session.scalars(select(Volume).where(Volume.uuid == keys.text(uuid, 36)).with_for_update(of=Volume)
                               .execution_options(**_FRESH)).first()


def _seen(context, row, uuid):
    if not context.is_admin and row.project_id != context.project_id:
        raise VolumeNotFound(volume_id=str(uuid)[:80])
    return row


def list_for(context, filters=None, limit=None, marker=None, sort=None, offset=None):
    """Rows the caller may see that pass `filters` (see nova.db.volume_filters), in pages, newest first.

    Administrators see their own project too, unless filters say all_tenants or name a project. Raises
    VolumeMarkerNotFound, InvalidFilter, InvalidSortKey.
    """
    statement = volume_filters.apply(select(Volume), Volume, dict(filters or {}), context)
    with db.reader() as session:
        last = _marker(context, marker) if marker is not None else None
        statement = paging.page(statement, volume_filters.order(Volume, sort), last, limit)
        return list(session.scalars(statement.offset(offset) if offset else statement))


def _marker(context, uuid):
    try:
        return get_for(context, uuid)
    except VolumeNotFound as error:
        raise VolumeMarkerNotFound(marker=str(uuid)[:80]) from error


@db.retry
def create(values):
    """Insert one; returns the row."""
    with db.writer() as session:
        row = Volume(**values)
        session.add(row)
        session.flush()
        session.refresh(row)
        return row


@db.retry
def change(uuid, **values):
    """Set columns of one that is there; whether it was."""
    columns = {getattr(Volume, name): value for name, value in values.items()}
    with db.writer() as session:
        return bool(session.execute(sqlalchemy.update(Volume).where(Volume.uuid == uuid).values(columns)
                                    .execution_options(synchronize_session=False)).rowcount)


@db.retry
def delete(uuid):
    """Have no such row, and no offer of it."""
    with db.writer() as session:
        volume_transfers.forget(uuid)
        session.execute(sqlalchemy.delete(Volume).where(Volume.uuid == uuid)
                        .execution_options(synchronize_session=False))


def is_being_copied(uuid):
    """Whether a snapshot or a volume is being made of it."""
    snapshot = select(VolumeSnapshot.id).where(VolumeSnapshot.volume_uuid == uuid,
                                               VolumeSnapshot.status == states.CREATING)
    clone = select(Volume.id).where(Volume.source_volid == uuid, Volume.status.in_(states.BEING_MADE))
    with db.reader() as session:
        return bool(session.scalar(select(sqlalchemy.or_(snapshot.exists(), clone.exists()))))


def gigabytes_by_host():
    """{host: gigabytes of its volumes}."""
    with db.reader() as session:
        return {host: int(total) for host, total in session.execute(
            select(Volume.host, func.sum(Volume.size)).group_by(Volume.host))}
