"""Queries on uploads under way."""
from sqlalchemy import delete, insert, or_, select, update

from essex import db
from glance.db.models import Upload as Row


def begin(**values):
    """Note an upload before it writes anything."""
    with db.writer() as session:
        session.execute(insert(Row).values(started_at=db.utcnow(), alive_at=db.utcnow(), **values))


def end(upload_id):
    """Drop the note; returns whether it was still there."""
    with db.writer() as session:
        return session.execute(delete(Row).where(Row.id == upload_id)).rowcount == 1


@db.retry
def still_alive(upload_id):
    """Refresh the note; returns whether it was still there."""
    with db.writer() as session:
        return session.execute(update(Row).where(Row.id == upload_id).values(alive_at=db.utcnow())).rowcount == 1


@db.retry
def claim(upload_id, new_id, host, life):
    """Take over a note under another id; returns whether it was still there."""
    with db.writer() as session:
        return session.execute(update(Row).where(Row.id == upload_id).values(
            id=new_id, host=host, life=life, alive_at=db.utcnow())).rowcount == 1


def of_host(host, silent_since):
    """The uploads this host began, and those of any host that gave no sign since a time."""
    with db.reader() as session:
        rows = session.execute(select(Row).where(or_(Row.host == host, Row.alive_at < silent_since))).scalars().all()
        return [row.to_dict() for row in rows]


def of_image(image_id):
    """The uploads to one image: none or one."""
    with db.reader() as session:
        return [row.to_dict() for row in session.execute(select(Row).where(Row.image_id == image_id)).scalars()]


def known(upload_ids):
    """Those of `upload_ids` that are noted."""
    with db.reader() as session:
        return set(session.execute(select(Row.id).where(Row.id.in_(list(upload_ids)))).scalars())
