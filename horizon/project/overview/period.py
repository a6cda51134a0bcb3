"""The time whose usage is shown."""
import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PRESETS = {'today': gettext_lazy('Today'), 'week': gettext_lazy('7 days'), 'days30': gettext_lazy('30 days'),
           'month': gettext_lazy('This month'), 'last_month': gettext_lazy('Last month')}
DEFAULT = 'week'
_DAY = datetime.timedelta(days=1)
_LONGEST = datetime.timedelta(days=3 * 366)


class Period:
    """From `start` to `end` (naive UTC datetimes); `preset` is its name or None; `problem` is why there is none."""

    def __init__(self, start, end, preset=None, problem=None):
        self.start, self.end, self.preset, self.problem = start, end, preset, problem

    @property
    def first(self):
        """Its first day."""
        return self.start.date()

    @property
    def last(self):
        """Its last day."""
        return (self.end - datetime.timedelta(microseconds=1)).date()

    def bins(self):
        """[(start, end)]: hours, days or weeks, so that there are some dozens at most."""
        length = self.end - self.start
        step = datetime.timedelta(hours=1) if length <= 2 * _DAY else _DAY if length <= 62 * _DAY else 7 * _DAY
        found, begin = [], self.start
        while begin < self.end:
            found.append((begin, min(begin + step, self.end)))
            begin += step
        return found

    @property
    def is_hourly(self):
        """Whether its bins are hours."""
        return self.end - self.start <= 2 * _DAY


def of(query, now=None):
    """The Period of ?period=NAME or ?start=DATE&end=DATE (both days are part of it); 7 days without."""
    now = now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    if query.get('start') or query.get('end'):
        return _typed(query, now)
    name = query.get('period') if query.get('period') in PRESETS else DEFAULT
    today = datetime.datetime.combine(now.date(), datetime.time())
    month = today.replace(day=1)
    start, end = {'today': (today, now), 'week': (today - 6 * _DAY, now), 'days30': (today - 29 * _DAY, now),
                  'month': (month, now), 'last_month': ((month - _DAY).replace(day=1), month)}[name]
    return Period(start, end, name)


def _typed(query, now):
    otherwise = of({}, now)
    try:
        first = datetime.date.fromisoformat(query.get('start') or '')
        last = datetime.date.fromisoformat(query.get('end') or now.date().isoformat())
        start = datetime.datetime.combine(first, datetime.time())
        end = min(datetime.datetime.combine(last + _DAY, datetime.time()), now)
    except (ValueError, OverflowError):
        otherwise.problem = _('Dates look like 2026-11-28.')
        return otherwise
    if start > now:
        otherwise.problem = _('This lies in the future: nothing was used yet.')
    elif start >= end:
        otherwise.problem = _('The first day must not come after the last one.')
    elif end - start > _LONGEST:
        otherwise.problem = _('Three years are the longest period.')
    else:
        return Period(start, end)
    return otherwise
