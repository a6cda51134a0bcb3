"""UUID tokens, where the database keeps them."""
from sqlalchemy import delete, insert, select

from keystone.db.models import StoredToken

_token = StoredToken.__table__


def add(session, values):
    """Store a token."""
    session.execute(insert(_token).values(values))


def get(session, token_id, now):
    """What a token claims, or None; not once its time is over."""
    query = select(_token.c.extra).where(_token.c.id == token_id, _token.c.expires > now)
    return session.execute(query).scalar()


def remove(session, token_id):
    """Remove a token."""
    session.execute(delete(_token).where(_token.c.id == token_id))


def flush(session, now, at_most=1000):
    """Remove tokens whose time is over; returns how many."""
    over = session.execute(select(_token.c.id).where(_token.c.expires <= now).limit(at_most)).scalars().all()
    if over:
        session.execute(delete(_token).where(_token.c.id.in_(over)))
    return len(over)
