"""Lists in pages: limit, marker and the link to the next page."""
from urllib.parse import urlencode

from essex.exception import BadRequest


def limit_and_marker(req, max_limit=1000, zero_is_max=False):
    """(limit, marker) of a list request: 0 <= limit <= max_limit, marker a string or None.

    Raises BadRequest on a limit that is no whole number or negative.
    """
    values = req.query()
    text = values.get('limit', [None])[-1]
    if text is None:
        limit = max_limit
    else:
        if not text.isascii() or not text.isdigit():
            raise BadRequest(f'limit must be a whole number, not negative. The value was: {text[:40]!r}')
        limit = min(int(text[:9]), max_limit)
        if limit == 0 and zero_is_max:
            limit = max_limit
    return limit, values.get('marker', [None])[-1] or None


def next_link(req, url, last_id, limit):
    """`url` with the request's query, continued after `last_id`."""
    items = [(name, value) for name, values in req.query().items() if name not in ('marker', 'limit')
             for value in values]
    return f'{url}?{urlencode([*items, ("limit", limit), ("marker", last_id)])}'
