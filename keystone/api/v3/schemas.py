"""Pieces that the JSON schemas of v3 bodies are made of."""

BOOLEAN = {'type': 'boolean'}
ID = {'type': 'string', 'minLength': 1, 'maxLength': 64}
ID_OR_NULL = {'type': ['string', 'null'], 'minLength': 1, 'maxLength': 64}
REGION_ID = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'\S'}
REGION_ID_OR_NULL = {'type': ['string', 'null'], 'minLength': 1, 'maxLength': 255}
# At least one character that is no space.
NAME = {'type': 'string', 'minLength': 1, 'maxLength': 64, 'pattern': r'\S'}
LONG_NAME = {**NAME, 'maxLength': 255}
# Fits MariaDB's TEXT whatever the characters.
DESCRIPTION = {'type': ['string', 'null'], 'maxLength': 16000}
SHORT_DESCRIPTION = {'type': ['string', 'null'], 'maxLength': 255}
URL = {'type': 'string', 'minLength': 1, 'maxLength': 2000, 'pattern': r'\S'}
TAG = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[^,/]*$'}
TAGS = {'type': 'array', 'items': TAG, 'uniqueItems': True, 'maxItems': 80}
PASSWORD = {'type': 'string', 'minLength': 1}
IMMUTABLE = {'type': 'object', 'additionalProperties': False,
             'properties': {'immutable': {'type': ['boolean', 'null']}}}

# Roles by id or name.
ROLES = {'type': 'array', 'items': {'type': 'object', 'properties': {'id': ID, 'name': LONG_NAME},
                                    'oneOf': [{'required': ['id']}, {'required': ['name']}]}}


def member(name, properties, required=()):
    """The schema of {"name": {...}}. Attributes beside `properties` are the caller's own, kept as they are."""
    inner = {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': True}
    if not required:
        inner['minProperties'] = 1
    return {'type': 'object', 'properties': {name: inner}, 'required': [name], 'additionalProperties': False}


def closed(properties, required=()):
    """The schema of an object with these members alone."""
    return {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}
