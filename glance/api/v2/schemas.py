"""The JSON schemas of version 2, published and checked against."""
import copy

from essex import wsgi
from glance.image import rules, status
from glance.image.model import MEMBER_STATUSES, VISIBILITIES

_UUID = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$'
_TAGS = {'type': 'array', 'description': 'List of strings related to the image',
         'items': {'type': 'string', 'maxLength': 255}}


def _text(description, longest=None, null=True, **more):
    made = {'type': ['null', 'string'] if null else 'string', 'description': description, **more}
    if longest:
        made['maxLength'] = longest
    return made


def _size(description, **more):
    return {'type': 'integer', 'minimum': 0, 'maximum': 2147483647, 'description': description, **more}


def _read_only(schema):
    return {**schema, 'readOnly': True}


# What a request may set.
WRITABLE = {
    'id': _text('An identifier for the image', null=False, pattern=_UUID),
    'name': _text('Descriptive name for the image', 255),
    'visibility': {'type': 'string', 'description': 'Scope of image accessibility', 'enum': list(VISIBILITIES)},
    'protected': {'type': 'boolean', 'description': 'If true, image will not be deletable.'},
    'os_hidden': {'type': 'boolean', 'description': 'If true, image will not appear in default image list response.'},
    'owner': _text('Owner of the image', 255),
    'container_format': _text('Format of the container', 20),
    'disk_format': _text('Format of the disk', 20),
    'min_disk': _size('Amount of disk space (in GB) required to boot image.'),
    'min_ram': _size('Amount of ram (in MB) required to boot image.'),
    'tags': _TAGS,
}
# What the service says about an image.
_TOLD = {
    'status': {'type': 'string', 'description': 'Status of the image', 'enum': list(status.ALL)},
    'checksum': _text('md5 hash of image contents.', 32),
    'os_hash_algo': _text('Algorithm to calculate the os_hash_value', 64),
    'os_hash_value': _text('Hexdigest of the image contents using the algorithm specified by the os_hash_algo', 128),
    'size': {'type': ['null', 'integer'], 'description': 'Size of image file in bytes'},
    'virtual_size': {'type': ['null', 'integer'], 'description': 'Virtual size of image in bytes'},
    'created_at': _text('Date and time of image registration', null=False),
    'updated_at': _text('Date and time of the last image modification', null=False),
    'direct_url': _text('URL to access the image file kept in external store', null=False),
    'self': _text('An image self url', null=False),
    'file': _text('An image file url', null=False),
    'schema': _text('An image schema url', null=False),
    'locations': {'type': 'array', 'description': 'A set of URLs to access the image file kept in external store',
                  'items': {'type': 'object', 'required': ['url', 'metadata'], 'properties': {
                      'url': {'type': 'string', 'maxLength': 255}, 'metadata': {'type': 'object'},
                      'validation_data': {'type': 'object'}}}},
    'stores': _text('Store in which image data resides. Only present when the operator has enabled multiple stores. '
                    'May be a comma-separated list of store identifiers.', null=False),
}
# Properties that others give a meaning to; plain custom properties here.
_KNOWN = {
    'kernel_id': _text('ID of image stored in Glance that should be used as the kernel when booting an AMI-style '
                       'image.'),
    'ramdisk_id': _text('ID of image stored in Glance that should be used as the ramdisk when booting an AMI-style '
                        'image.'),
    'instance_uuid': _text('Metadata which can be used to record which instance this image is associated with.',
                           null=False),
    'architecture': _text('Operating system architecture', null=False),
    'os_distro': _text('Common name of operating system distribution', null=False),
    'os_version': _text('Operating system version as specified by the distributor.', null=False),
}

CREATE = {'type': 'object', 'properties': {**WRITABLE, **_TOLD, **{
    name: {'type': ['null', 'string']} for name in ('kernel_id', 'ramdisk_id')}},
    'additionalProperties': {'type': 'string'}}

IMAGE = {
    'name': 'image',
    'properties': {**WRITABLE, **{name: _read_only(schema) for name, schema in _TOLD.items() if name != 'locations'},
                   'locations': _TOLD['locations'], **{name: {**schema, 'is_base': False}
                                                       for name, schema in _KNOWN.items()}},
    'additionalProperties': {'type': 'string'},
    'links': [{'rel': 'self', 'href': '{self}'}, {'rel': 'enclosure', 'href': '{file}'},
              {'rel': 'describedby', 'href': '{schema}'}],
}
MEMBER = {
    'name': 'member',
    'properties': {
        'member_id': _text('An identifier for the image member (tenantId)', null=False),
        'image_id': _text('An identifier for the image', null=False, pattern=_UUID),
        'created_at': _text('Date and time of image member creation', null=False),
        'updated_at': _text('Date and time of last modification of image member', null=False),
        'status': {'type': 'string', 'description': 'The status of this image member', 'enum': list(MEMBER_STATUSES)},
        'schema': _read_only({'type': 'string'}),
    },
}
_TASK = {
    'id': _text('An identifier for the task', null=False, pattern=_UUID),
    'type': {'type': 'string', 'description': 'The type of task represented by this content',
             'enum': ['import', 'api_image_import', 'location_import']},
    'status': {'type': 'string', 'description': 'The current status of this task',
               'enum': ['pending', 'processing', 'success', 'failure']},
    'input': {'type': ['null', 'object'], 'description': 'The parameters required by task, JSON blob'},
    'result': {'type': ['null', 'object'], 'description': 'The result of current task, JSON blob'},
    'owner': _text('An identifier for the owner of this task', null=False),
    'message': _text('Human-readable informative message only included when appropriate (usually on failure)',
                     null=False),
    'image_id': _text('Image associated with the task'),
    'request_id': _text('Human-readable informative request-id'),
    'user_id': _text('User associated with the task'),
    'expires_at': _text('Datetime when this resource would be subject to removal'),
    'created_at': _text('Datetime when this resource was created', null=False),
    'updated_at': _text('Datetime when this resource was updated', null=False),
    'self': _read_only({'type': 'string'}),
    'schema': _read_only({'type': 'string'}),
}
_BRIEF_TASK = {name: schema for name, schema in _TASK.items() if name not in ('input', 'result', 'message')}
_PAGE = [{'rel': 'first', 'href': '{first}'}, {'rel': 'next', 'href': '{next}'},
         {'rel': 'describedby', 'href': '{schema}'}]


def _collection(name, item, links):
    return {'name': name, 'links': links, 'properties': {
        name: {'type': 'array', 'items': copy.deepcopy(item)}, 'first': {'type': 'string'}, 'next': {'type': 'string'},
        'schema': {'type': 'string'}}}


DOCUMENTS = {'image': IMAGE, 'images': _collection('images', IMAGE, _PAGE), 'member': MEMBER,
             'members': _collection('members', MEMBER, [{'rel': 'describedby', 'href': '{schema}'}]),
             'task': {'name': 'task', 'properties': _TASK},
             'tasks': _collection('tasks', {'name': 'task', 'properties': _BRIEF_TASK}, _PAGE)}

TASK_TYPES, TASK_STATUSES = _TASK['type']['enum'], _TASK['status']['enum']
ADD_TASK = {'type': 'object', 'required': ['type', 'input'], 'additionalProperties': False, 'properties': {
    'type': _TASK['type'], 'input': {'type': 'object'}}}
# Open: clients send a whole membership back with one field of it changed.
ADD_MEMBER = {'type': 'object', 'properties': {'member': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
              'required': ['member']}
ANSWER = {'type': 'object', 'properties': {'status': {'type': 'string'}}, 'required': ['status']}


def _with_formats(properties):
    """Properties of an image with the formats that the operator allows."""
    allowed = rules.CONF.image_format
    return {**properties, 'disk_format': {**properties['disk_format'], 'enum': [None, *allowed.disk_formats]},
            'container_format': {**properties['container_format'], 'enum': [None, *allowed.container_formats]}}


class SchemaController(wsgi.Controller):
    """/v2/schemas."""

    @wsgi.route('GET', '/schemas/image')
    def image(self, req):
        """The schema of an image."""
        return {**IMAGE, 'properties': _with_formats(IMAGE['properties'])}

    @wsgi.route('GET', '/schemas/images')
    def images(self, req):
        """The schema of a list of images."""
        document = copy.deepcopy(DOCUMENTS['images'])
        items = document['properties']['images']['items']
        items['properties'] = _with_formats(items['properties'])
        return document

    @wsgi.route('GET', '/schemas/member')
    def member(self, req):
        """The schema of a membership."""
        return DOCUMENTS['member']

    @wsgi.route('GET', '/schemas/members')
    def members(self, req):
        """The schema of a list of memberships."""
        return DOCUMENTS['members']

    @wsgi.route('GET', '/schemas/task')
    def task(self, req):
        """The schema of a task."""
        return DOCUMENTS['task']

    @wsgi.route('GET', '/schemas/tasks')
    def tasks(self, req):
        """The schema of a list of tasks."""
        return DOCUMENTS['tasks']
