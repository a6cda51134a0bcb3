"""Ids as users write them, before they reach the database: anything that cannot be one is simply not found.

PostgreSQL refuses NUL characters and numbers beyond its INTEGER with errors of its own.
"""
_LARGEST = 2 ** 31 - 1


def row_id(value):
    """The number a row can have, or None when `value` is no such number."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if 0 < number <= _LARGEST else None


def text(value, length=255):
    """`value` when a column of `length` could hold it, else None (which no column equals)."""
    return value if isinstance(value, str) and len(value) <= length and '\0' not in value else None
