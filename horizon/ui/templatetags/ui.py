"""Tags and filters of every template (built in: no {% load %})."""
import datetime
import functools
import json

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from horizon.ui import explain

register = template.Library()
_UNITS = ('B', 'KB', 'MB', 'GB', 'TB', 'PB')


@register.simple_tag
@functools.cache
def icon(name):
    """A drawing from icons.svg; decoration only, the text beside it says what it is."""
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
                       static('horizon/icons.svg'), name)


@register.filter
def size(number):
    """Bytes in words: 1.4 GB (powers of 1024)."""
    if number in (None, ''):
        return '-'
    value, unit = float(number), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f'{value:.0f} {_UNITS[unit]}' if value >= 100 or unit == 0 else f'{value:.3g} {_UNITS[unit]}'


@register.filter
def megabytes(number):
    """MiB in words."""
    if number in (None, ''):
        return '-'
    return size(float(number) * (1 << 20)) if number else '0 MB'


def parse_time(value):
    """An aware datetime of what services send (ISO text with or without zone, epoch seconds); None for none."""
    if value in (None, ''):
        return None
    if isinstance(value, int | float):
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    found = parse_datetime(str(value).replace(' UTC', 'Z'))
    return found if found is None or found.tzinfo else found.replace(tzinfo=datetime.UTC)


@register.filter
def ago(value):
    """A time as '3 minutes ago', the exact one on hover; live.js keeps it true."""
    found = parse_time(value)
    if found is None:
        return '-'
    passed = (datetime.datetime.now(datetime.UTC) - found).total_seconds()
    if passed < 0:
        words = _('in %s') % timesince(datetime.datetime.now(datetime.UTC), found, depth=1)
    elif passed < 60:
        words = _('just now')
    else:
        words = _('%s ago') % timesince(found, depth=1)
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', found.isoformat(),
                       found.astimezone(datetime.UTC).strftime('%Y-%m-%d %H:%M:%S'), words)


@register.filter
def duration(seconds):
    """Seconds in words: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 4 d."""
    if seconds in (None, ''):
        return '-'
    value = float(seconds)
    if value < 10:
        return f'{value:.1f} s'
    minutes, rest = divmod(int(value), 60)
    if not minutes:
        return f'{rest} s'
    hours, minutes_left = divmod(minutes, 60)
    if not hours:
        return f'{minutes} min {rest} s'
    return f'{hours} h {minutes_left} min' if hours < 48 else ngettext('%d day', '%d days', hours // 24) % (hours // 24)


@register.filter
def milliseconds(value):
    """A time in ms: 0.3 ms, 12 ms, 1.4 s."""
    if value in (None, ''):
        return '-'
    value = float(value)
    return f'{value / 1000:.1f} s' if value >= 1000 else f'{value:.0f} ms' if value >= 10 else f'{value:.1f} ms'


# A shape beside the colour.
_SHAPES = {'good': '<circle cx="6" cy="6" r="5"/>', 'bad': '<path d="M6 .8 11.4 11H.6z"/>',
           'busy': '<circle class="ring" cx="6" cy="6" r="4.2"/>',
           'idle': '<rect x="1.5" y="1.5" width="9" height="9" rx="2"/>'}


@register.simple_tag
def status(text, level):
    """A status: words, with a shape beside the colour. Levels: good, bad, busy, idle."""
    text = str(text)
    # The API's constants in small letters; what is words already stays.
    text = text.replace('_', ' ').lower() if text.isupper() else text
    shape = mark_safe(_SHAPES.get(level, _SHAPES['idle']))  # noqa: S308 - ours
    return format_html('<span class="status {}"><svg class="dot" viewBox="0 0 12 12" aria-hidden="true">{}</svg>{}'
                       '</span>', level, shape, text)


@register.inclusion_tag('ui/meter.html')
def meter(label, used, limit, more=0, unit=''):
    """Use of a quota as a bar: used (+ more, what a form would add) of limit; -1 or None: no limit."""
    unlimited = limit in (None, -1)
    whole = max(used + more, 1) if unlimited else max(limit, 1)
    shares = [0 if unlimited else min(100, 100 * part / whole) for part in (used, more)]
    over = not unlimited and used + more > limit
    # Megabytes read better in the unit that fits each figure.
    shown = megabytes if unit == 'MB' else str
    return {'label': label, 'used': used, 'total': shown(used + more), 'limit': limit if unlimited else shown(limit),
            'more': more, 'unlimited': unlimited, 'over': over,
            'first': round(shares[0], 2), 'second': round(min(shares[1], 100 - shares[0]), 2),
            'level': 'bad' if over else 'warn' if shares[0] + shares[1] >= 85 else 'good',
            'unit': '' if unit == 'MB' else unit, 'left': None if unlimited else max(0, limit - used - more)}


@register.simple_tag(takes_context=True)
def trace_link(context, request_id):
    """A request id, leading to its way through the cloud for those who may see that."""
    if not request_id:
        return ''
    login = context.get('login')
    if login is not None and login.is_admin:
        try:
            return format_html('<a href="{}"><code>{}</code></a>',
                               reverse('architecture:follow:show', args=[request_id]), request_id)
        except NoReverseMatch:
            pass   # a site without the architecture dashboard
    return format_html('<code>{}</code>', request_id)


@register.filter
def get(mapping, key):
    """mapping[key], None when there is none."""
    return mapping.get(key) if hasattr(mapping, 'get') else None


@register.filter
def poll_values(table, poll):
    """What a poll of a table asks with, as JSON: keys are what users call things."""
    return json.dumps({'poll': poll, 'table': table.name})


@register.simple_tag(takes_context=True)
def sort_address(context, column):
    """Address of the table's page sorted by a column."""
    return context['table'].page.sorted_by(column)


@register.simple_tag(takes_context=True)
def sort_direction(context, column):
    """aria-sort of a column, '' when the table is not sorted by it."""
    page = context['table'].page
    return (page and page.direction(column)) or ''


@register.inclusion_tag('ui/problem.html', takes_context=True)
def problem(context, error, tried=''):
    """An ApiError where what it kept away would be."""
    return {'problem': explain.Explained(error, tried), 'login': context.get('login')}
