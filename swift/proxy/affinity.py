"""Affinity: which regions and zones a proxy reads from first, and writes to first."""
import re

from swift.exceptions import ConfigurationError

_PLACE = re.compile(r'r(\d+)(?:z(\d+))?')
_LAST = float('inf')


def reading(text):
    """A function node -> priority, the lowest first, of `r1z1=100, r2=200`; None of an empty text."""
    order = {}
    for entry in _entries(text):
        place, equals, priority = entry.partition('=')
        if not equals or not priority.strip().isdecimal():
            raise ConfigurationError(f'read_affinity = {text}: entries look like r1z2=100 or r1=100')
        order[_place(place, 'read_affinity', text)] = int(priority)
    if not order:
        return None
    return lambda node: order.get((node['region'], node['zone']), order.get((node['region'], None), _LAST))


def writing(text):
    """A function node -> whether it is local, of `r1z1, r2`; None of an empty text."""
    places = {_place(entry, 'write_affinity', text) for entry in _entries(text)}
    if not places:
        return None
    return lambda node: (node['region'], node['zone']) in places or (node['region'], None) in places


def _entries(text):
    return [entry.strip() for entry in text.split(',') if entry.strip()]


def _place(entry, option, text):
    match = _PLACE.fullmatch(entry.strip())
    if not match:
        raise ConfigurationError(f'{option} = {text}: places look like r1z2 or r1')
    return int(match[1]), int(match[2]) if match[2] else None
