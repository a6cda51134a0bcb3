"""Revocation events."""
from sqlalchemy import delete, insert, select

from keystone.db.models import RevocationEvent

_event = RevocationEvent.__table__


def add(session, values):
    """Store an event."""
    session.execute(insert(_event).values(values))


def after(session, last_id):
    """Events with a higher id, as mappings, oldest first."""
    return session.execute(select(_event).where(_event.c.id > last_id).order_by(_event.c.id)).mappings().all()


def purge(session, before):
    """Forget events made before a moment: no token they could fit is alive."""
    session.execute(delete(_event).where(_event.c.revoked_at < before))
