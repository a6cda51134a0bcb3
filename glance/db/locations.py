"""Queries on places of data that are being given up, one copy of an image among several."""
import collections

from sqlalchemy import delete, func, select, update

from essex import db
from glance.db import location_key
from glance.db.models import Location as Row

# `id` is the row's.
Removal = collections.namedtuple('Removal', 'id image_id url store')
_PAGE = 500


def in_stores(names):
    """(row id, url) of each place in one of the stores."""
    last = 0
    while True:
        with db.reader() as session:
            rows = session.execute(select(Row.id, Row.url).where(Row.store.in_(names), Row.id > last)
                                   .order_by(Row.id).limit(_PAGE)).all()
        for row in rows:
            yield row.id, location_key.open(row.url)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


@db.retry
def move(row_id, store):
    """Say that a place is in another store; its data stays where it is."""
    with db.writer() as session:
        session.execute(update(Row).where(Row.id == row_id).values(store=store))


def begin_removal(image_id, store):
    """Give up the copy in `store`; returns whether there was one. The caller holds the image's row."""
    with db.writer() as session:
        return session.execute(update(Row).where(Row.image_id == image_id, Row.store == store, Row.status == 'active')
                               .values(status='pending_delete')).rowcount > 0


def count_elsewhere(image_id, store):
    """How many copies the image has outside `store`."""
    with db.reader() as session:
        return session.execute(select(func.count()).where(
            Row.image_id == image_id, Row.store != store, Row.status == 'active')).scalar()


def removals(image_id=None, limit=100):
    """The copies that were given up and may still be there, as Removals: of one image, or of all."""
    statement = select(Row.id, Row.image_id, Row.url, Row.store).where(Row.status == 'pending_delete')
    if image_id is not None:
        statement = statement.where(Row.image_id == image_id)
    with db.reader() as session:
        rows = session.execute(statement.order_by(Row.id).limit(limit)).all()
        return [Removal(row.id, row.image_id, location_key.open(row.url), row.store) for row in rows]


def finish_removal(removal):
    """Forget a copy whose data is gone."""
    with db.writer() as session:
        session.execute(delete(Row).where(Row.id == removal.id, Row.status == 'pending_delete'))
