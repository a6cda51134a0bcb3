"""The form of mapping rules, versions 1.0 and 2.0 of the published schema."""
import string

from essex.exception import ValidationError
from essex.wsgi.validation import compile_schema

DEFAULT = '1.0'

_TEXT = {'type': 'string'}
_STRINGS = {'type': 'array', 'items': _TEXT}
_DOMAIN = {'type': 'object', 'additionalProperties': False, 'properties': {'id': _TEXT, 'name': _TEXT},
           'minProperties': 1}
_USER = {'type': 'object', 'additionalProperties': False, 'properties': {
    'id': _TEXT, 'name': _TEXT, 'email': _TEXT, 'domain': _DOMAIN, 'type': {'enum': ['ephemeral', 'local']}}}
_GROUP = {'type': 'object', 'oneOf': [
    {'required': ['id'], 'properties': {'id': _TEXT}, 'additionalProperties': False},
    {'required': ['name', 'domain'], 'properties': {'name': _TEXT, 'domain': _DOMAIN},
     'additionalProperties': False}]}
_ROLE = {'type': 'object', 'required': ['name'], 'properties': {'name': _TEXT}, 'additionalProperties': False}


def _project(version):
    properties = {'name': _TEXT, 'roles': {'type': 'array', 'items': _ROLE}}
    if version == '2.0':
        properties['domain'] = _DOMAIN
    return {'type': 'object', 'required': ['name', 'roles'], 'properties': properties, 'additionalProperties': False}


def _remote():
    tests = [{'type': 'object', 'required': ['type'], 'properties': {'type': _TEXT}, 'additionalProperties': False}]
    for name in ('any_one_of', 'not_any_of', 'blacklist', 'whitelist'):
        tests.append({'type': 'object', 'required': ['type', name], 'additionalProperties': False,
                      'properties': {'type': _TEXT, name: _STRINGS, 'regex': {'type': 'boolean'}}})
    return {'type': 'array', 'minItems': 1, 'items': {'type': 'object', 'anyOf': tests}}


def _rules(version):
    local = {'type': 'object', 'additionalProperties': False, 'properties': {
        'user': _USER, 'projects': {'type': 'array', 'items': _project(version)}, 'group': _GROUP,
        'groups': _TEXT, 'group_ids': _TEXT, 'domain': _DOMAIN}}
    return {'type': 'array', 'minItems': 1, 'items': {
        'type': 'object', 'required': ['local', 'remote'], 'additionalProperties': False,
        'properties': {'local': {'type': 'array', 'items': local}, 'remote': _remote()}}}


_CHECKS = {version: compile_schema({'type': 'object', 'properties': {'rules': _rules(version)}})
           for version in ('1.0', '2.0')}


def check(rules, version=DEFAULT):
    """Raises ValidationError unless `rules` are a list of rules of that version."""
    if version not in _CHECKS:
        raise ValidationError(f'There is no schema version {version} of mappings. There are: {", ".join(_CHECKS)}.')
    try:
        _CHECKS[version]({'rules': rules})
    except ValidationError as error:
        raise ValidationError(f'This is no mapping of schema version {version}. {error}') from None
    for rule in rules:
        _check_templates(rule['local'])


def _check_templates(value):
    if isinstance(value, str):
        fields(value)
    else:
        for item in value.values() if isinstance(value, dict) else value:
            _check_templates(item)


def fields(template):
    """[(text, number or None)] of a template such as "x-{0}". Raises ValidationError for anything but numbers."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValidationError(f'Invalid placeholder in {template!r} of a mapping: {error}.') from error
    for _, field, form, conversion in parts:
        # str.format would let a mapping look inside objects.
        if field is not None and (not field.isdecimal() or form or conversion):
            raise ValidationError(f'Invalid placeholder in {template!r} of a mapping: only {{0}}, {{1}}... are known.')
    return [(text, None if field is None else int(field)) for text, field, _, _ in parts]
