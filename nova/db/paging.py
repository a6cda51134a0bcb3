"""Pages by key: a page goes on after the values of the last row seen, so rows that come or go move nothing."""
from sqlalchemy import and_, false, or_


def page(statement, keys, marker=None, limit=None):
    """`statement` ordered by `keys`, from after `marker` on, at most `limit` rows.

    `keys` are (column, 'asc' or 'desc'); the last is unique. `marker` is the last row seen. NULLs come last.
    """
    for column, direction in keys:
        if column.nullable:
            statement = statement.order_by(column.is_(None))
        statement = statement.order_by(column.asc() if direction == 'asc' else column.desc())
    if marker is not None:
        statement = statement.where(_after(keys, marker))
    return statement if limit is None else statement.limit(limit)


def _after(keys, marker):
    alternatives, equal = [], []
    for column, direction in keys:
        value = getattr(marker, column.key)
        alternatives.append(and_(*equal, _beyond(column, direction, value)))
        equal.append(column.is_(None) if value is None else column == value)
    return or_(*alternatives)


def _beyond(column, direction, value):
    if value is None:
        return false()
    if isinstance(value, bool):    # false comes before true, but databases do not compare them
        beyond = false() if value is (direction == 'asc') else column.is_(not value)
    else:
        beyond = column > value if direction == 'asc' else column < value
    return or_(beyond, column.is_(None)) if column.nullable else beyond
