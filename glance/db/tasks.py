"""Queries on tasks."""
import dataclasses
import datetime
import uuid

from sqlalchemy import and_, delete, func, insert, or_, select, update

from essex import db
from glance.db.models import Task as Row
from glance.exception import UnknownMarker

SORT_KEYS = ('id', 'type', 'status', 'owner', 'created_at', 'updated_at', 'expires_at')


@dataclasses.dataclass
class Task:
    """One task."""

    id: str
    type: str
    status: str = 'pending'
    owner: str = None
    image_id: str = None
    request_id: str = None
    user_id: str = None
    operation_id: int = None
    input: dict = None
    result: dict = None
    message: str = ''
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None
    expires_at: datetime.datetime = None


_FIELDS = [getattr(Row, field.name) for field in dataclasses.fields(Task)]


def new_id():
    """An id for a task."""
    return str(uuid.uuid4())


def _alive():
    return or_(Row.expires_at.is_(None), Row.expires_at > db.utcnow())


def add(task):
    """Enter a task."""
    task.created_at = task.updated_at = db.utcnow()
    with db.writer() as session:
        session.execute(insert(Row).values(**dataclasses.asdict(task)))


def change(task_id, **values):
    """Set columns of a task."""
    with db.writer() as session:
        session.execute(update(Row).where(Row.id == task_id).values(updated_at=db.utcnow(), **values))


def get(task_id):
    """The task, or None when there is none or it has expired."""
    with db.reader() as session:
        row = session.execute(select(*_FIELDS).where(Row.id == task_id, _alive())).first()
        return Task(*row) if row else None


def of_image(image_id):
    """The tasks of an image, newest first."""
    with db.reader() as session:
        rows = session.execute(select(*_FIELDS).where(Row.image_id == image_id, _alive())
                               .order_by(Row.created_at.desc(), Row.id.desc()))
        return [Task(*row) for row in rows]


def find(filters, owner, order, limit, marker=None):
    """A page of tasks with the given columns, of `owner` (None: everybody's), in `order` ((key, direction) pairs)."""
    order = [*order, *((key, 'desc') for key in ('created_at', 'id') if key not in dict(order))]
    conditions = [_alive(), *(getattr(Row, name) == value for name, value in filters.items())]
    if owner is not None:
        conditions.append(Row.owner == owner)
    with db.reader() as session:
        if marker is not None:
            conditions.append(_after(session, marker, order, conditions))
        statement = select(*_FIELDS).where(*conditions)
        for key, direction in order:
            statement = statement.order_by(getattr(_sortable(key), direction)())
        return [Task(*row) for row in session.execute(statement.limit(limit))]


# A time that is missing sorts behind all others, everywhere alike.
_NEVER = datetime.datetime(9999, 1, 1)


def _sortable(key):
    column = getattr(Row, key)
    if key == 'expires_at':
        return func.coalesce(column, _NEVER)
    return func.coalesce(column, '') if key == 'owner' else column


def _after(session, marker, order, conditions):
    """The condition that a task comes after the one called `marker`."""
    values = session.execute(select(*[_sortable(key) for key, _ in order]).where(Row.id == marker, *conditions)).first()
    if values is None:
        raise UnknownMarker(f'The marker {marker[:80]} is not the ID of a task you can see.')
    steps, equal = [], []
    for (key, direction), value in zip(order, values, strict=True):
        column = _sortable(key)
        steps.append(and_(*equal, column < value if direction == 'desc' else column > value))
        equal.append(column == value)
    return or_(*steps)


@db.retry
def expire():
    """Drop the tasks whose time is over; returns how many."""
    with db.writer() as session:
        return session.execute(delete(Row).where(Row.expires_at <= db.utcnow())).rowcount
