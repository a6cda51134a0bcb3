"""Usage over time as bars, drawn on the server."""
import math

from django.utils.translation import gettext as _

from horizon.ui.templatetags.ui import parse_time

WIDTH, HEIGHT = 460, 140
_LEFT, _BOTTOM, _TOP = 34, 20, 8


def averages(servers, bins, key):
    """What was had of `key` (vcpus, memory_mb, local_gb) in each bin on average."""
    sums = [0.0] * len(bins)
    for each in servers:
        begun, ended = _naive(each['started_at']), _naive(each.get('ended_at'))
        for number, (start, end) in enumerate(bins):
            if begun is None or begun >= end or (ended is not None and ended <= start):
                continue
            seconds = (min(ended or end, end) - max(begun, start)).total_seconds()
            sums[number] += each[key] * seconds / (end - start).total_seconds()
    return sums


def _naive(text):
    found = parse_time(text)
    return found and found.replace(tzinfo=None)


def top_of(values):
    """A round number no value is above, 1 at least: a server that ran for minutes is no peak."""
    most = max(values, default=0)
    if most <= 1:
        return 1
    power = 10 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


class Chart:
    """One chart: `bars`, `lines` (of the scale) and `ticks` (of time) with coordinates for the template."""

    def __init__(self, label, unit, period, bins, values):
        self.label, self.unit, self.bins, self.values = label, unit, bins, values
        self.width, self.height, self.left, self.floor = WIDTH, HEIGHT, _LEFT, HEIGHT - _BOTTOM
        self._format = '%H:%M' if period.is_hourly else '%-d %b'
        self.top = top_of(values)

    @property
    def bars(self):
        """[{x, y, width, height, says}]."""
        step = (WIDTH - _LEFT) / max(1, len(self.bins))
        tall = self.floor - _TOP
        return [{'x': round(_LEFT + number * step + step * .1, 2), 'width': round(step * .8, 2),
                 'height': round(tall * value / self.top, 2), 'y': round(self.floor - tall * value / self.top, 2),
                 'says': f'{when}: {amount} {self.unit}'}
                for number, (value, (when, amount)) in enumerate(zip(self.values, self.rows, strict=True))]

    @property
    def lines(self):
        """[(y, value)] of the scale."""
        tall = self.floor - _TOP
        return [(round(self.floor - tall * share, 2), _short(self.top * share)) for share in (0, .5, 1)]

    @property
    def ticks(self):
        """[(x, text)]: some of the bins."""
        step, count = (WIDTH - _LEFT) / max(1, len(self.bins)), len(self.bins)
        every = max(1, math.ceil(count / 7))
        return [(round(_LEFT + (number + .5) * step, 2), self.bins[number][0].strftime(self._format))
                for number in range(0, count, every)]

    @property
    def rows(self):
        """[(when, amount)] for the table that says the same."""
        return [(start.strftime(self._format), _short(value))
                for (start, _end), value in zip(self.bins, self.values, strict=True)]

    @property
    def summary(self):
        """For those who do not see it."""
        return _('%(label)s: %(most)s %(unit)s at most, %(last)s %(unit)s at the end') % {
            'label': self.label, 'unit': self.unit, 'most': _short(max(self.values, default=0)),
            'last': _short(self.values[-1] if self.values else 0)}


def _short(value):
    return f'{value:.0f}' if value >= 100 or value == int(value) else f'{value:.2g}'


def charts(usage, period):
    """vCPUs and memory of a project's usage over a period."""
    bins, servers = period.bins(), usage['server_usages']
    memory = [value / 1024 for value in averages(servers, bins, 'memory_mb')]
    return [Chart(_('vCPUs in use'), '', period, bins, averages(servers, bins, 'vcpus')),
            Chart(_('Memory in use'), 'GB', period, bins, memory)]
