"""Points in time as Swift writes them: seconds with five decimals, perhaps an offset that orders equal seconds.

`1500000000.00000` is the normal form, `1500000000.00000_0000000000000001` the internal one when the offset is not
zero. Names of data files, rows and X-Timestamp headers carry them; as text they sort in their own order.
"""
import datetime
import email.utils
import functools
import math
import time

_UNIT = 100000
_LIMIT = 10 ** 10 * _UNIT


@functools.total_ordering
class Timestamp:
    """A point in time. `value` is seconds (float, int, text in either form) or another Timestamp.

    `delta` moves it by hundred-thousandths of a second. ValueError when it is no time between 1970 and 2286.
    """

    __slots__ = ('offset', 'raw')

    def __init__(self, value, offset=0, delta=0):
        if isinstance(value, Timestamp):
            self.raw, self.offset = value.raw, value.offset + offset
        elif isinstance(value, str):
            text, _, more = value.partition('_')
            self.raw, self.offset = self._parse(text), offset + (int(more, 16) if more else 0)
        else:
            self.raw, self.offset = round(value * _UNIT), offset
        self.raw += delta
        if not 0 <= self.raw < _LIMIT or not 0 <= self.offset < 16 ** 16:
            raise ValueError(f'{value!r} is no timestamp')

    @staticmethod
    def _parse(text):
        seconds, point, decimals = text.partition('.')
        if seconds.isdecimal() and text.isascii() and (not point or decimals.isdecimal()) and len(decimals) <= 5:
            # Exact: floats round the fifth decimal of today's seconds now and then.
            return int(seconds) * _UNIT + int(decimals.ljust(5, '0') if decimals else 0)
        number = float(text)
        if not math.isfinite(number * _UNIT):
            raise ValueError(f'{text!r} is no timestamp')
        return round(number * _UNIT)

    @classmethod
    def now(cls, offset=0):
        """This moment."""
        return cls(time.time(), offset)

    @property
    def normal(self):
        """Seconds with five decimals, 16 characters wide."""
        return f'{self.raw // _UNIT:010d}.{self.raw % _UNIT:05d}'

    @property
    def internal(self):
        """The normal form, followed by `_` and the offset in 16 hex digits when there is one."""
        return f'{self.normal}_{self.offset:016x}' if self.offset else self.normal

    @property
    def short(self):
        """As `internal`, without leading zeros."""
        text = f'{self.raw // _UNIT}.{self.raw % _UNIT:05d}'
        return f'{text}_{self.offset:x}' if self.offset else text

    @property
    def isoformat(self):
        """UTC in ISO 8601 with microseconds and no zone, as in listings."""
        moment = datetime.datetime.fromtimestamp(self.raw // _UNIT, datetime.UTC)
        return f'{moment:%Y-%m-%dT%H:%M:%S}.{self.raw % _UNIT * 10:06d}'

    @property
    def http_date(self):
        """The date of Last-Modified: whole seconds, rounded up, so that If-Modified-Since never misses a change."""
        return email.utils.formatdate(self.ceil(), usegmt=True)

    def ceil(self):
        """Whole seconds, rounded up."""
        return -(-self.raw // _UNIT)

    def __float__(self):
        return self.raw / _UNIT

    def __int__(self):
        return self.raw // _UNIT

    def __bool__(self):
        return bool(self.raw or self.offset)

    def __str__(self):
        return self.internal

    __repr__ = __str__

    def __hash__(self):
        return hash((self.raw, self.offset))

    def __eq__(self, other):
        other = _coerce(other)
        return other is not None and (self.raw, self.offset) == (other.raw, other.offset)

    def __lt__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else (self.raw, self.offset) < (other.raw, other.offset)


def _coerce(value):
    if isinstance(value, Timestamp):
        return value
    try:
        return Timestamp(value)
    except (TypeError, ValueError):
        return None


def encode(first, second=None, third=None, explicit=False):
    """Up to three timestamps in one text: the first, then signed hex differences of one to the next.

    Missing ones equal the one before and are left out, unless `explicit`.
    """
    second = first if second is None else second
    third = second if third is None else third
    text = first.short
    if explicit or second.raw != first.raw or third.raw != second.raw:
        text += f'{second.raw - first.raw:+x}'
        if explicit or third.raw != second.raw:
            text += f'{third.raw - second.raw:+x}'
    return text


def decode(text, explicit=False):
    """The three timestamps of `encode`. With `explicit`, those left out are None. Raises ValueError."""
    head, deltas = text, []
    for position in range(len(text) - 1, 0, -1):
        if text[position] in '+-':
            deltas.insert(0, int(text[position:len(head)], 16))
            head = text[:position]
    if len(deltas) > 2:
        raise ValueError(f'{text!r} has more than three timestamps')
    made = [Timestamp(head)]
    for delta in deltas:
        made.append(Timestamp(made[-1].raw / _UNIT, delta=delta))
    while len(made) < 3:
        made.append(None if explicit else made[-1])
    return tuple(made)
