"""Listings in bytewise order of the names: they read what they return, and step over the inside of each subdir.

Names compare as the UTF-8 bytes they are stored as, which is also the order of Python's text.
"""
import dataclasses

_LAST = '\U0010ffff'


@dataclasses.dataclass
class Query:
    """What is asked. `marker` and `end_marker` are exclusive; with `reverse` the listing starts below `marker`.

    `path` (containers) lists one pseudo-directory without subdirs. Reserved names (they start with NUL) are shown
    with `reserved`, or when the prefix is one.
    """

    limit: int = 10000
    marker: str = ''
    end_marker: str = ''
    prefix: str = ''
    delimiter: str = ''
    path: str = None
    reverse: bool = False
    reserved: bool = False

    def __post_init__(self):
        if self.path is not None:
            self.prefix = self.path = f'{self.path.rstrip("/")}/' if self.path else ''
            self.delimiter = '/'


@dataclasses.dataclass(frozen=True)
class Subdir:
    """Stands for all names that start with `name`, which ends with the delimiter."""

    name: str


def after(prefix):
    """The least text that is greater than everything that starts with `prefix`; None when there is none."""
    while prefix and prefix[-1] == _LAST:
        prefix = prefix[:-1]
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    # Surrogates are no characters of UTF-8.
    return prefix[:-1] + chr(0xe000 if following == 0xd800 else following)


class Rows:
    """Reads rows of a table by name. `columns` begin with the name; `policy` restricts, None does not."""

    def __init__(self, opened, table, columns, policy=None):
        self._opened = opened
        self._select = f'SELECT {", ".join(columns)} FROM {table} WHERE deleted = 0'  # noqa: S608
        self._policy = () if policy is None else (policy,)
        if policy is not None:
            self._select += ' AND storage_policy_index = ?'

    def between(self, low, high, reverse, limit):
        """Rows (tuples) between bounds, each (operator, name) or None."""
        query, values = self._select, list(self._policy)
        for bound in (low, high):
            if bound:
                query += f' AND name {bound[0]} ?'
                values.append(bound[1])
        cursor = self._opened.cursor()
        cursor.row_factory = None
        return cursor.execute(f'{query} ORDER BY name {"DESC" if reverse else ""} LIMIT ?', (*values, limit))


def run(rows, query):
    """The answer to a Query: tuples of `rows` and Subdirs, at most `query.limit`."""
    low, high = _bounds(query)
    if not query.delimiter:
        return rows.between(low, high, query.reverse, query.limit).fetchall()
    found, start = [], query.end_marker if query.reverse else query.marker
    while len(found) < query.limit:
        asked, seen, inside = query.limit - len(found), 0, None
        for row in rows.between(low, high, query.reverse, asked):
            inside = _visit(query, row, found, start)
            seen += 1
            if inside is not None:
                break
        if inside is None and seen < asked:
            break
        low, high = _beyond(low, high, row[0], inside, query.reverse)
        if low is None and high is None:
            break
    return found


def _beyond(low, high, name, inside, reverse):
    """The bounds behind a name, or behind the subdir it is in."""
    if reverse:
        return low, ('<', name if inside is None else inside)
    if inside is None:
        return ('>', name), high
    following = after(inside)
    return (('>=', following), high) if following else (None, None)


def _visit(query, row, found, start):
    """Put a row or its subdir into `found`; returns the subdir to step over, if it is in one."""
    name = row[0]
    end = name.find(query.delimiter, len(query.prefix))
    if query.path is not None:
        if name == query.path:
            return None
        if end >= 0 and len(name) > end + 1:
            return name[:end + 1]
    elif end >= 0:
        inside = name[:end + len(query.delimiter)]
        if inside != start:
            found.append(Subdir(inside))
        return inside
    found.append(row)
    return None


def _bounds(query):
    marker, end = (query.end_marker, query.marker) if query.reverse else (query.marker, query.end_marker)
    lows = [('>', marker)] if marker else []
    highs = [('<', end)] if end else []
    if query.prefix:
        lows.append(('>=', query.prefix))
        following = after(query.prefix)
        if following:
            highs.append(('<', following))
    if not query.reserved and not query.prefix.startswith('\0'):
        lows.append(('>=', '\x01'))
    low = max(lows, key=lambda bound: (bound[1], bound[0] == '>'), default=None)
    high = min(highs, key=lambda bound: bound[1], default=None)
    return low, high
