"""Access rules of application credentials: the calls to which the credential's owner limited it."""
import functools
import re

from os_service_types import ServiceTypes

# `**` is any depth, `*` and `{name}` are one segment.
_WILDCARD = re.compile(r'(\*\*|\*|\{[^/{}]*\})')


@functools.lru_cache(1000)
def _pattern(path):
    parts = _WILDCARD.split(path)
    return re.compile(''.join(
        '.*' if part == '**' else '[^/]+' if number % 2 else re.escape(part) for number, part in enumerate(parts)))


@functools.lru_cache(1)
def _types():
    return ServiceTypes()


def allow(rules, service_type, method, path):
    """Whether one of `rules` ({service, method, path}) has this call of the service whose type is `service_type`."""
    return any(rule['method'] == method and _same_service(rule['service'], service_type)
               and _pattern(rule['path']).fullmatch(path) for rule in rules)


def _same_service(named, own):
    return named == own or _types().is_match(named, own)
