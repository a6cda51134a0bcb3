"""JSON schema pieces that several bodies share."""
from nova.api.compute.schemas import BOOLEAN, UUID, action, is_true, wrapped

__all__ = ['BOOLEAN', 'META', 'METADATA', 'NUMBER', 'OPTIONAL_BOOLEAN', 'OPTIONAL_METADATA', 'OPTIONAL_UUID', 'TEXT',
           'UUID', 'action', 'is_true', 'wrapped']

# Today's clients send null for what is not asked.
TEXT = {'type': ['string', 'null'], 'maxLength': 255}
NUMBER = {'anyOf': [{'type': 'integer'}, {'type': 'string', 'pattern': '^-?[0-9]+$', 'maxLength': 11},
                    {'type': 'null'}]}
OPTIONAL_UUID = {'anyOf': [UUID, {'type': 'null'}]}
OPTIONAL_BOOLEAN = {'anyOf': [BOOLEAN, {'type': 'null'}]}
_ITEMS = {'patternProperties': {r'^.{1,255}$': {'type': 'string', 'maxLength': 255}}, 'additionalProperties': False}
_METADATA = {'type': 'object', **_ITEMS}
OPTIONAL_METADATA = {'anyOf': [_METADATA, {'type': 'null'}]}
METADATA = {'type': 'object', 'properties': {'metadata': _METADATA}, 'required': ['metadata'],
            'additionalProperties': False}
META = {'type': 'object', 'properties': {'meta': {**_METADATA, 'minProperties': 1, 'maxProperties': 1}},
        'required': ['meta'], 'additionalProperties': False}
