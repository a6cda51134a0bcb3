"""Values as they come in query strings and headers, made into what they mean. All raise BadRequest."""
import csv
import datetime
import re

from essex.exception import BadRequest
from glance.image.query import OPERATORS

_TRUE = ('true', 'on', '1', 'yes', 'y', 't')
_FALSE = ('false', 'off', '0', 'no', 'n', 'f')
_BIG = 2 ** 63 - 1


def boolean(name, text):
    """A yes or no."""
    lowered = text.strip().lower()
    if lowered not in _TRUE + _FALSE:
        raise BadRequest(f'{name} must be true or false, not {text[:40]!r}.')
    return lowered in _TRUE


def number(name, text, most=_BIG):
    """A whole number that is not negative."""
    stripped = text.strip()
    if not re.fullmatch(r'[0-9]{1,19}', stripped) or int(stripped) > most:
        raise BadRequest(f'{name} must be a whole number from 0 to {most}, not {text[:40]!r}.')
    return int(stripped)


def moment(name, text):
    """A time in ISO 8601, as naive UTC."""
    try:
        # A plus sign that was not encoded arrives as a blank.
        text = text.strip()
        value = datetime.datetime.fromisoformat(text.replace(' ', '+') if 'T' in text else text)
    except ValueError as error:
        raise BadRequest(f'{name} must be a time such as 2012-04-05T12:30:00Z, not {text[:40]!r}.') from error
    if value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise BadRequest(f'{name} is a time out of range: {text[:40]!r}.') from error
    return value


def one_of(name, text, allowed):
    """One word of a list."""
    if text not in allowed:
        raise BadRequest(f'{name} must be one of {", ".join(allowed)}, not {text[:40]!r}.')
    return text


def choice(name, text):
    """The values of `x` or `in:a,b,"c,d"`."""
    if not text.startswith('in:'):
        return [text]
    try:
        rows = list(csv.reader([text[3:]], strict=True))
    except csv.Error as error:
        raise BadRequest(f'{name} has a malformed list: {error}.') from error
    values = [value for value in (rows[0] if rows else []) if value]
    if not values:
        raise BadRequest(f'{name}=in: needs at least one value.')
    return values


def comparison(name, text):
    """(operator, time) of `gt:2012-04-05T12:30:00Z`; a bare time means eq."""
    operator, colon, rest = text.partition(':')
    if colon and operator in OPERATORS:
        return operator, moment(name, rest)
    if colon and re.fullmatch(r'[a-z]+', operator):
        raise BadRequest(f'{name} knows the operators {", ".join(OPERATORS)}, not {operator[:20]!r}.')
    return 'eq', moment(name, text)


def page_limit(values, default, most):
    """The limit of a list."""
    return min(number('limit', values['limit']), most) if 'limit' in values else min(default, most)
