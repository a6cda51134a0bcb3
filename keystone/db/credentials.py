"""Encrypted credentials."""
from sqlalchemy import delete, func, insert, or_, select, update

from keystone.db import revocations
from keystone.db.models import Credential, PasscodeStep

_step = PasscodeStep.__table__
# The counter whose row is held by who counts credentials in order to add one.
COUNTER = 'credentials'


def remove_of(session, user_id=None, project_ids=()):
    """Every credential of a user, or for one of these projects."""
    conditions = []
    if user_id is not None:
        conditions.append(Credential.user_id == user_id)
    if project_ids:
        conditions.append(Credential.project_id.in_(project_ids))
    if conditions:
        session.execute(delete(Credential.__table__).where(or_(*conditions)))


def add(session, values):
    """Store a row."""
    session.execute(insert(Credential.__table__).values(values))


def get(session, credential_id):
    """The row as a mapping, or None."""
    return session.execute(select(Credential.__table__).where(Credential.id == credential_id)).mappings().first()


def of_user(session, user_id, kind):
    """Rows of a user of one type, by id."""
    query = select(Credential.__table__).where(Credential.user_id == user_id, Credential.type == kind)
    return session.execute(query.order_by(Credential.id)).mappings().all()


def count(session, user_id):
    """How many credentials a user has. They stay as many until the transaction ends: others who count wait for it."""
    revocations.count_up(session, COUNTER)
    return session.execute(select(func.count()).where(Credential.user_id == user_id)).scalar()


def use_step(session, credential_id, step, now_step):
    """The passcode of a time step is used; returns whether it, and each after it, was unused.

    A step beyond `now_step` was used while the clock was wrong: it counts for nothing.
    """
    fresh = or_(_step.c.step < step, _step.c.step > now_step + 1)
    if session.execute(update(_step).where(_step.c.credential_id == credential_id, fresh).values(step=step)).rowcount:
        return True
    if session.execute(select(_step.c.step).where(_step.c.credential_id == credential_id)).first() is not None:
        return False
    session.execute(insert(_step).values(credential_id=credential_id, step=step))
    return True


def forget_step(session, credential_id):
    """No passcode of a new secret was used."""
    session.execute(delete(_step).where(_step.c.credential_id == credential_id))


def sealed(session):
    """((id,), key_hash, sealed text) of every row."""
    query = select(Credential.id, Credential.key_hash, Credential.encrypted_blob)
    return [((row.id,), row.key_hash, row.encrypted_blob) for row in session.execute(query).all()]


def reseal(session, key, text, key_hash):
    """Replace a sealed text."""
    change(session, *key, {'encrypted_blob': text, 'key_hash': key_hash})


def change(session, credential_id, values):
    """Update a row."""
    session.execute(update(Credential.__table__).where(Credential.id == credential_id).values(values))


def remove(session, credential_id):
    """Returns whether there was one."""
    return session.execute(delete(Credential.__table__).where(Credential.id == credential_id)).rowcount > 0
