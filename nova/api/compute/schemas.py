"""JSON schema pieces that several bodies share."""

NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'\S'}
UUID = {'type': 'string', 'format': 'uuid'}
BOOLEAN = {'anyOf': [{'type': 'boolean'}, {'type': 'string', 'enum': [
    'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', 'False', 'FALSE', 'false', '0', 'OFF', 'Off',
    'off', 'NO', 'No', 'no']}]}
METADATA = {'type': 'object', 'additionalProperties': False, 'patternProperties': {
    r'^[a-zA-Z0-9-_:. ]{1,255}$': {'type': 'string', 'maxLength': 255}}}
ADDRESS_V4 = {'anyOf': [{'type': 'string', 'format': 'ipv4'}, {'type': 'string', 'maxLength': 0}, {'type': 'null'}]}
ADDRESS_V6 = {'anyOf': [{'type': 'string', 'format': 'ipv6'}, {'type': 'string', 'maxLength': 0}, {'type': 'null'}]}
FLAVOR_REF = {'anyOf': [{'type': 'string', 'minLength': 1, 'maxLength': 2048}, {'type': 'integer', 'minimum': 0}]}
PERSONALITY = {'type': 'array', 'items': {
    'type': 'object', 'properties': {'path': {'type': 'string', 'minLength': 1, 'maxLength': 255},
                                     'contents': {'type': 'string'}},
    'required': ['path', 'contents'], 'additionalProperties': False}}
DISK_CONFIG = {'type': 'string', 'enum': ['AUTO', 'MANUAL']}


def count(minimum=0, maximum=2147483647):
    """A whole number, as a number or in a string."""
    return {'anyOf': [{'type': 'integer', 'minimum': minimum, 'maximum': maximum},
                      {'type': 'string', 'pattern': '^-?[0-9]+$', 'maxLength': 11}]}


def wrapped(name, properties, required=(), more=None):
    """A body {name: {...}} closed to other keys; `more` are further keys beside `name`."""
    inner = {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}
    return {'type': 'object', 'properties': {name: inner, **(more or {})}, 'required': [name],
            'additionalProperties': False}


def action(name, inner=None):
    """An action's body: {name: null} or what `inner` says."""
    return {'type': 'object', 'properties': {name: inner or {}}, 'required': [name], 'additionalProperties': False}


def is_true(value):
    """The boolean a BOOLEAN stands for."""
    return value is True or str(value).lower() in ('true', '1', 'on', 'yes')
