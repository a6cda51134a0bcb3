"""Revocation events, and the counters by which processes notice changes."""
from sqlalchemy import and_, delete, insert, select, update

from keystone.db.models import Revision, RevocationEvent

_event, _revision = RevocationEvent.__table__, Revision.__table__
# The counter that moves with each event.
REVOCATIONS = 'revocations'


def pulse(session, last_id):
    """({counter: value}, [events after `last_id` as dicts, oldest first]) in one statement."""
    query = (select(_revision.c.name, _revision.c.value, _event)
             .outerjoin(_event, and_(_revision.c.name == REVOCATIONS, _event.c.id > last_id)).order_by(_event.c.id))
    rows = session.execute(query).mappings().all()
    counters = {row['name']: row['value'] for row in rows}
    return counters, [{column.name: row[column.name] for column in _event.c} for row in rows if row['id'] is not None]


def count_up(session, name):
    """Add one to a counter. Holds its row until the transaction ends, so that writers follow one another."""
    session.execute(update(_revision).where(_revision.c.name == name).values(value=_revision.c.value + 1))


def add(session, values):
    """Store an event."""
    session.execute(insert(_event).values(values))


def since(session, moment=None):
    """The events as dicts, oldest first; with a moment those made from then on."""
    query = select(_event).order_by(_event.c.id)
    if moment is not None:
        query = query.where(_event.c.revoked_at >= moment)
    return [dict(row) for row in session.execute(query).mappings()]


def purge(session, before):
    """Forget events made before a moment: no token they could fit is taken any more."""
    session.execute(delete(_event).where(_event.c.revoked_at < before))
