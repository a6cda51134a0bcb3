"""Public keys of users."""
import sqlalchemy
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db import keys, paging
from nova.db.models import KeyPair
from nova.exception import InvalidMarker, KeypairExists, KeypairNotFound


def get(user_id, name):
    """The row. Raises KeypairNotFound."""
    with db.reader() as session:
        row = session.scalars(select(KeyPair).where(KeyPair.user_id == user_id,
                                                    KeyPair.name == keys.text(name))).first()
    if row is None:
        raise KeypairNotFound(name=name, user_id=user_id)
    return row


def list_for_user(user_id, limit=None, marker=None):
    """Rows by name; `marker` is the name of the last one seen."""
    last = None
    if marker is not None:
        try:
            last = get(user_id, marker)
        except KeypairNotFound as error:
            raise InvalidMarker(marker=str(marker)[:80]) from error
    statement = select(KeyPair).where(KeyPair.user_id == user_id)
    with db.reader() as session:
        return list(session.scalars(paging.page(statement, [(KeyPair.name, 'asc'), (KeyPair.id, 'asc')], last, limit)))


@db.retry
def create(values):
    """Insert one; returns the row. Raises KeypairExists."""
    row = KeyPair(**values)
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            raise KeypairExists(name=values['name']) from error
        return row


@db.retry
def delete(user_id, name):
    """Remove one. Raises KeypairNotFound."""
    with db.writer() as session:
        gone = session.execute(sqlalchemy.delete(KeyPair).where(KeyPair.user_id == user_id,
                                                                KeyPair.name == keys.text(name)))
        if not gone.rowcount:
            raise KeypairNotFound(name=name, user_id=user_id)
