"""JSON schemas of definitions, published and checked against."""
import copy

NAME = {'type': 'string', 'minLength': 1, 'maxLength': 80}
_LONG = {'type': ['string', 'null'], 'maxLength': 500}
_TEXT = {'type': 'string'}
_STAMP = {'type': 'string', 'readOnly': True, 'description': 'Date and time'}
_COUNT = {'type': 'integer', 'minimum': 0}
_STRINGS = {'type': 'array', 'items': _TEXT, 'uniqueItems': True}
_TYPE = {'type': 'string', 'enum': ['array', 'boolean', 'integer', 'number', 'object', 'string', 'null']}

# What a property may say of its values: a part of JSON schema, and the operators it is compared with.
PROPERTY_FIELDS = {
    'title': _TEXT, 'description': _TEXT, 'type': _TYPE, 'operators': {'type': 'array', 'items': _TEXT},
    'required': _STRINGS, 'minimum': {'type': 'number'}, 'maximum': {'type': 'number'}, 'maxLength': _COUNT,
    'minLength': _COUNT, 'pattern': _TEXT, 'enum': {'type': 'array'}, 'readonly': {'type': 'boolean'}, 'default': {},
    'items': {'type': 'object', 'properties': {'type': _TYPE, 'enum': {'type': 'array'}}}, 'maxItems': _COUNT,
    'minItems': _COUNT, 'uniqueItems': {'type': 'boolean'}, 'additionalItems': {'type': 'boolean'}}
_DEFINITION = {'type': 'object', 'required': ['title', 'type'], 'properties': PROPERTY_FIELDS,
               'additionalProperties': False}
# As namespaces show theirs; what counts is the key.
_NAMED_DEFINITION = {**_DEFINITION, 'properties': {'name': NAME, **PROPERTY_FIELDS}}
PROPERTY = {'type': 'object', 'required': ['name', 'title', 'type'], 'additionalProperties': False,
            'properties': {'name': NAME, **PROPERTY_FIELDS}}

_OBJECT_FIELDS = {'name': NAME, 'description': _TEXT, 'required': _STRINGS,
                  'properties': {'type': 'object', 'additionalProperties': _DEFINITION}}
_TOLD = {'self': {'type': 'string', 'readOnly': True}, 'schema': {'type': 'string', 'readOnly': True},
         'created_at': _STAMP, 'updated_at': _STAMP}
OBJECT = {'type': 'object', 'required': ['name'], 'properties': {**_OBJECT_FIELDS, **_TOLD},
          'additionalProperties': False}

TAG = {'type': 'object', 'required': ['name'], 'additionalProperties': False,
       'properties': {'name': NAME, 'created_at': _STAMP, 'updated_at': _STAMP}}
TAGS = {'type': 'object', 'required': ['tags'], 'properties': {'tags': {'type': 'array', 'items': TAG}}}

_LINK_FIELDS = {'name': {'type': 'string', 'minLength': 1, 'maxLength': 80, 'description': 'Resource type names should '
                         'be aligned with Heat resource types whenever possible'},
                'prefix': {'type': ['string', 'null'], 'maxLength': 80,
                           'description': 'What names of the namespace\'s properties begin with on this resource'},
                'properties_target': {'type': ['string', 'null'], 'maxLength': 80,
                                      'description': 'Which of a resource\'s kinds of metadata is meant'},
                'created_at': _STAMP, 'updated_at': _STAMP}
LINK = {'type': 'object', 'required': ['name'], 'properties': _LINK_FIELDS, 'additionalProperties': False}

_SPACE_FIELDS = {
    'namespace': {**NAME, 'description': 'The unique namespace text.'},
    'display_name': {'type': ['string', 'null'], 'maxLength': 80,
                     'description': 'The user friendly name for the namespace. Used by UI if available.'},
    'description': {**_LONG, 'description': 'Provides a user friendly description of the namespace.'},
    'visibility': {'type': 'string', 'enum': ['public', 'private'], 'description': 'Scope of namespace accessibility.'},
    'protected': {'type': 'boolean', 'description': 'If true, namespace will not be deletable.'},
    'owner': {'type': ['string', 'null'], 'maxLength': 255, 'description': 'Owner of the namespace.'}}
_RESOURCE_TYPES = {'type': 'array', 'items': LINK}
CHANGE_NAMESPACE = {
    'type': 'object', 'required': ['namespace'], 'additionalProperties': False,
    'properties': {**_SPACE_FIELDS, **_TOLD, 'resource_type_associations': _RESOURCE_TYPES,
                   'properties': {}, 'objects': {}, 'tags': {}}}
NAMESPACE = {
    'type': 'object', 'required': ['namespace'], 'additionalProperties': False,
    'properties': {**_SPACE_FIELDS, **_TOLD, 'resource_type_associations': _RESOURCE_TYPES,
                   'properties': {'type': 'object', 'additionalProperties': _NAMED_DEFINITION},
                   'objects': {'type': 'array', 'items': OBJECT},
                   'tags': {'type': 'array', 'items': TAG}}}


def _document(name, schema, **more):
    return {'name': name, **{key: copy.deepcopy(value) for key, value in schema.items() if key != 'type'}, **more}


def _collection(name, item, as_object=False):
    held = ({'type': 'object', 'additionalProperties': copy.deepcopy(item)} if as_object
            else {'type': 'array', 'items': copy.deepcopy(item)})
    return {'name': name, 'links': [{'rel': 'first', 'href': '{first}'}, {'rel': 'next', 'href': '{next}'},
                                    {'rel': 'describedby', 'href': '{schema}'}],
            'properties': {name: held, 'first': _TEXT, 'next': _TEXT, 'schema': _TEXT}}


DOCUMENTS = {
    'namespace': _document('namespace', NAMESPACE), 'namespaces': _collection('namespaces', NAMESPACE),
    'resource_type': _document('resource_type_association', LINK),
    'resource_types': _collection('resource_type_associations', LINK),
    'property': _document('property', PROPERTY), 'properties': _collection('properties', _DEFINITION, as_object=True),
    'object': _document('object', OBJECT), 'objects': _collection('objects', OBJECT),
    'tag': _document('tag', TAG), 'tags': _collection('tags', TAG)}
