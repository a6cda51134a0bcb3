"""Trusts and the roles they hand on."""
from sqlalchemy import insert, or_, select, update

from essex import db
from keystone.db import records
from keystone.db.models import Trust, TrustRole

_trust, _role = Trust.__table__, TrustRole.__table__


def get(session, trust_id):
    """The trust with `role_ids`, or None; deleted, expired and used up ones too."""
    query = select(_trust, _role.c.role_id).outerjoin(_role, _role.c.trust_id == _trust.c.id)
    rows = session.execute(query.where(_trust.c.id == trust_id).order_by(_role.c.role_id)).mappings().all()
    if not rows:
        return None
    return {**records.ref(Trust, rows[0]), 'role_ids': [row['role_id'] for row in rows if row['role_id']]}


def add(session, values, role_ids):
    """Store a trust."""
    session.execute(insert(_trust).values(values))
    if role_ids:
        session.execute(insert(_role), [{'trust_id': values['id'], 'role_id': role_id} for role_id in role_ids])


def search(session, trustor_id=None, trustee_id=None):
    """The trusts that are not deleted, of this trustor, for this trustee, by id."""
    conditions = [_trust.c.deleted_at.is_(None)]
    if trustor_id is not None:
        conditions.append(_trust.c.trustor_user_id == trustor_id)
    if trustee_id is not None:
        conditions.append(_trust.c.trustee_user_id == trustee_id)
    return records.many(session, Trust, *conditions)


def use(session, trust_id):
    """Count one use down; returns whether there was one left."""
    query = update(_trust).where(_trust.c.id == trust_id, _trust.c.deleted_at.is_(None), _trust.c.remaining_uses > 0)
    return session.execute(query.values(remaining_uses=_trust.c.remaining_uses - 1)).rowcount > 0


def family(session, trust_ids):
    """These ids and those of all trusts handed on from them that are not deleted."""
    found, new = [], list(trust_ids)
    while new:
        found += new
        query = select(_trust.c.id).where(_trust.c.redelegated_trust_id.in_(new), _trust.c.deleted_at.is_(None))
        new = [each for each in session.execute(query).scalars() if each not in found]
    return found


def concerning(session, user_ids=(), project_ids=()):
    """Ids of the trusts, not deleted, by or for these users, or on these projects."""
    query = select(_trust.c.id).where(_trust.c.deleted_at.is_(None), or_(
        _trust.c.trustor_user_id.in_(user_ids), _trust.c.trustee_user_id.in_(user_ids),
        _trust.c.project_id.in_(project_ids)))
    return session.execute(query).scalars().all()


def mark_deleted(session, trust_ids):
    """These trusts are over."""
    session.execute(update(_trust).where(_trust.c.id.in_(trust_ids)).values(deleted_at=db.utcnow()))


def flush(session, before, project_id=None, trustor_id=None, trustee_id=None):
    """Forget the trusts that were deleted or expired before a moment; returns how many."""
    conditions = [or_(_trust.c.deleted_at < before, _trust.c.expires_at < before)]
    for column, value in ((_trust.c.project_id, project_id), (_trust.c.trustor_user_id, trustor_id),
                          (_trust.c.trustee_user_id, trustee_id)):
        if value is not None:
            conditions.append(column == value)
    return records.remove(session, Trust, *conditions)
