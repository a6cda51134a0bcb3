"""Resizes: what each made of a server, and what is held for it until it is confirmed or reverted."""
import datetime
import uuid

import sqlalchemy
from sqlalchemy import select

from essex import db
from nova.db import keys
from nova.db.models import Instance, Migration

# Status of a resize, with the original's words. FINISHED: it waits to be confirmed or reverted.
PREPARING, MIGRATING, MIGRATED, FINISHED = 'pre-migrating', 'migrating', 'post-migrating', 'finished'
CONFIRMING, REVERTING, CONFIRMED, REVERTED, ERROR = 'confirming', 'reverting', 'confirmed', 'reverted', 'error'
OPEN = (PREPARING, MIGRATING, MIGRATED, FINISHED, CONFIRMING, REVERTING)
NOTHING_HELD = {'held_memory_mb': 0, 'held_vcpus': 0, 'held_disk_gb': 0}


def add(**values):
    """Insert one in the caller's transaction; returns its id."""
    with db.writer() as session:
        row = Migration(uuid=str(uuid.uuid4()), status=PREPARING, **values)
        session.add(row)
        session.flush()
        return row.id


def unconfirmed(instance_uuid):
    """The resize of a server that is neither confirmed nor reverted, or None."""
    with db.reader() as session:
        return session.scalars(select(Migration).where(
            Migration.instance_uuid == instance_uuid, Migration.status.in_(OPEN))
            .order_by(Migration.id.desc()).limit(1)).first()


def waiting(host, seconds):
    """[(server's uuid, project id, user id)] of the resizes on a host that are finished for `seconds`."""
    before = db.utcnow() - datetime.timedelta(seconds=seconds)
    with db.reader() as session:
        return [tuple(row) for row in session.execute(
            select(Migration.instance_uuid, Migration.project_id, Migration.user_id)
            .where(Migration.source_compute == host, Migration.status == FINISHED, Migration.updated_at <= before)
            .order_by(Migration.id))]


@db.retry
def set_status(migration_id, status, **values):
    """Say how far one is; harmless when it is gone. One that has ended stays as it ended."""
    with db.writer() as session:
        session.execute(sqlalchemy.update(Migration).where(Migration.id == migration_id, Migration.status.in_(OPEN))
                        .values(status=status, **values)
                        .execution_options(synchronize_session=False))


@db.retry
def change_server(instance_uuid, migration_id, status, **columns):
    """Set columns of a server (sizes, what is held) and the status of its resize, in one transaction."""
    with db.writer() as session:
        table = Instance.__table__
        session.execute(sqlalchemy.update(table).where(table.c.uuid == instance_uuid, table.c.deleted_at.is_(None))
                        .values(**columns))
        set_status(migration_id, status)


def end_all(instance_uuid):
    """In the caller's transaction: no resize of a server is open any more."""
    with db.writer() as session:
        session.execute(sqlalchemy.update(Migration).where(
            Migration.instance_uuid == instance_uuid, Migration.status.in_(OPEN))
            .values(status=ERROR).execution_options(synchronize_session=False))


def list_for(filters, limit):
    """Newest first. `filters`: {'host' (either side), 'source_compute', 'instance_uuid', 'status': text}."""
    statement = select(Migration).order_by(Migration.id.desc()).limit(limit)
    for name, value in filters.items():
        wanted = keys.text(value)
        if wanted is None:
            return []
        if name == 'host':
            statement = statement.where((Migration.source_compute == wanted) | (Migration.dest_compute == wanted))
        else:
            statement = statement.where(getattr(Migration, name) == wanted)
    with db.reader() as session:
        return list(session.scalars(statement))
