"""Rows as plain dicts ("refs"), and the few statements every table shares.

A ref carries the columns of its model plus whatever the caller stored beyond them (column `extra`).
"""
import dataclasses
import operator

from sqlalchemy import and_, delete, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from essex.exception import BadRequest

# The operators of a list filter: ?name__icontains=x
OPERATORS = ('contains', 'startswith', 'endswith')


@dataclasses.dataclass
class Hints:
    """What a list is cut down to: filters as (attribute, operator, value), a page, an upper bound; and its order."""

    filters: list = dataclasses.field(default_factory=list)
    limit: int = None
    marker: str = None
    truncated: bool = False
    sort_key: str = 'id'
    descending: bool = False

    def add(self, attribute, value, operator='equals'):
        """Another filter; returns self."""
        self.filters.append((attribute, operator, value))
        return self

    def value(self, attribute):
        """The value `attribute` must equal, or None."""
        return next((value for name, operator, value in self.filters if (name, operator) == (attribute, 'equals')),
                    None)


def columns(model):
    """The columns of `model` but `extra`."""
    return [column for column in model.__table__.columns if column.name != 'extra']


def ref(model, row):
    """The ref of a row mapping; stored extras never hide a column."""
    values = {column.name: row[column.name] for column in columns(model)}
    extra = row.get('extra')
    return {**extra, **values} if extra else values


def _refs(session, model, query):
    """The refs of a select of whole rows: one dict a row, made at once, since lists are long."""
    names = [column.name for column in model.__table__.columns]
    found = [dict(zip(names, row, strict=True)) for row in session.execute(query)]
    if 'extra' not in names:
        return found
    extras = [each.pop('extra') for each in found]
    return [{**extra, **each} if extra else each for each, extra in zip(found, extras, strict=True)]


def split(model, values):
    """`values` as columns, with the rest under `extra`."""
    known = {column.name for column in columns(model)}
    row = {key: value for key, value in values.items() if key in known}
    if 'extra' in model.__table__.columns:
        row['extra'] = {key: value for key, value in values.items() if key not in known} or None
    return row


def create(session, model, values, conflict):
    """Insert; raises `conflict` (an exception) when a unique value is taken."""
    table = model.__table__
    try:
        session.execute(insert(table).values(split(model, values)))
    except IntegrityError as error:
        raise conflict from error


def change(session, model, key, values, conflict):
    """Update the row with primary key `key`: new values replace, extras are merged, None drops an extra."""
    table = model.__table__
    row = split(model, values)
    new_extra = row.pop('extra', None)
    if new_extra:
        old = session.execute(select(table.c.extra).where(table.c.id == key)).scalar() or {}
        merged = {**old, **new_extra}
        row['extra'] = {name: value for name, value in merged.items() if value is not None} or None
    if not row:
        return
    try:
        session.execute(update(table).where(table.c.id == key).values(row))
    except IntegrityError as error:
        raise conflict from error


def remove(session, model, *conditions):
    """Delete the rows that fit; returns how many."""
    return session.execute(delete(model.__table__).where(*conditions)).rowcount


def get(session, model, *conditions, lock=False):
    """The ref of the one row that fits, or None. With `lock` it stays as it is until the transaction ends: others who
    want to lock or change it wait."""
    query = select(model.__table__).where(*conditions)
    row = session.execute(query.with_for_update() if lock else query).mappings().first()
    return ref(model, row) if row else None


def many(session, model, *conditions):
    """The refs of all rows that fit, by id."""
    table = model.__table__
    return _refs(session, model, select(table).where(*conditions).order_by(table.c.id))


def listing(session, model, hints, *conditions):
    """The refs that pass `hints`, in their order (by id); marks the hints when the limit cut the list."""
    table = model.__table__
    by = table.c[hints.sort_key]
    query = select(table).where(*conditions)
    query = query.order_by(by.desc(), table.c.id.desc()) if hints.descending else query.order_by(by, table.c.id)
    for attribute, name, value in hints.filters:
        if attribute in table.c:
            query = query.where(_condition(table.c[attribute], name, value))
    if hints.marker is not None:
        last = session.execute(select(by).where(table.c.id == hints.marker)).first()
        if last is None:
            raise BadRequest(f'The marker {hints.marker[:64]} is not in this collection.')
        beyond = operator.lt if hints.descending else operator.gt
        # Columns that lists are sorted by hold no NULL (checked where the request is read).
        query = query.where(or_(beyond(by, last[0]), and_(by == last[0], beyond(table.c.id, hints.marker))))
    if hints.limit is not None:
        query = query.limit(hints.limit + 1)
    refs = _refs(session, model, query)
    if hints.limit is not None and len(refs) > hints.limit:
        hints.truncated = True
        refs = refs[:hints.limit]
    return refs


def _condition(column, name, value):
    if name == 'equals':
        return column == value
    if name == 'in':
        return column.in_(value)
    folded = name.startswith('i') and name[1:] in OPERATORS
    if folded:
        column, value, name = func.lower(column), value.lower(), name[1:]
    # SQLite's LIKE ignores case, so only the end is matched with it.
    if name == 'contains':
        return func.replace(column, value, '') != column if value else true()
    if name == 'startswith':
        return func.substr(column, 1, len(value)) == value
    return column.endswith(value, autoescape=True)
