"""JSON patch, in the two dialects of the Image API: read into operations, then applied to an image's record."""
import dataclasses
import re
from typing import Any

from essex.exception import BadRequest, Forbidden, UnsupportedMediaType
from essex.wsgi.validation import compile_schema
from glance import policy
from glance.api.v2.schemas import WRITABLE
from glance.exception import PropertyMissing, ReservedField

V20 = 'application/openstack-images-v2.0-json-patch'
V21 = 'application/openstack-images-v2.1-json-patch'
_OPERATIONS = ('add', 'remove', 'replace')
DISALLOWED = ('direct_url', 'self', 'file', 'schema', 'stores')
READ_ONLY = ('created_at', 'updated_at', 'status', 'checksum', 'size', 'virtual_size', 'os_hash_algo',
             'os_hash_value')
RESERVED = ('location', 'deleted', 'deleted_at', 'is_public', 'properties')

_check_value = compile_schema({'type': 'object', 'properties': WRITABLE, 'additionalProperties': {'type': 'string'}})


@dataclasses.dataclass
class Operation:
    """One step of a patch: add, remove or replace a field."""

    op: str
    name: str
    value: Any = None


def read(req):
    """The operations of a PATCH request. Raises UnsupportedMediaType, BadRequest, Forbidden."""
    kind = req.content_type
    if kind not in (V20, V21):
        error = UnsupportedMediaType(f'A PATCH has the content type {V21} or {V20}, not {kind[:80]!r}.')
        error.headers = {'Accept-Patch': f'{V21}, {V20}'}
        raise error
    body = req.json
    if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
        raise BadRequest('The body of a PATCH is a list of operations, each an object.')
    return [_operation(each, kind) for each in body]


def _operation(raw, kind):
    if kind == V21:
        op, path = raw.get('op'), raw.get('path')
    else:
        named = [name for name in _OPERATIONS if name in raw]
        if len(named) != 1:
            raise BadRequest(f'Each operation has exactly one of {", ".join(_OPERATIONS)}.')
        op, path = named[0], raw[named[0]]
    if op not in _OPERATIONS:
        raise BadRequest(f'An operation is one of {", ".join(_OPERATIONS)}, not {str(op)[:40]!r}.')
    if op != 'remove' and 'value' not in raw:
        raise BadRequest(f'The operation {op} of {str(path)[:80]!r} has no value.')
    return Operation(op, _name(path), raw.get('value'))


def _name(path):
    """The field a JSON pointer points to."""
    if not isinstance(path, str) or not path.startswith('/'):
        raise BadRequest(f'A path begins with a slash; this one is {str(path)[:80]!r}.')
    tokens = path[1:].split('/')
    if not all(tokens) or any(re.search(r'~(?![01])', token) for token in tokens):
        raise BadRequest(f'The path {path[:80]!r} has an empty part, ends with a slash or holds a stray ~.')
    if tokens[0] == 'locations':
        raise Forbidden('Locations are not shown or changed by this service (show_multiple_locations).')
    if len(tokens) > 1:
        raise BadRequest(f'The path {path[:80]!r} is too deep: fields of an image have no parts.')
    return tokens[0].replace('~1', '/').replace('~0', '~')


def check_writable(name):
    """Raise ReservedField for a name that no request sets."""
    for names, why in ((DISALLOWED, 'made by the service'), (READ_ONLY, 'read-only'), (RESERVED, 'reserved')):
        if name in names:
            raise ReservedField(name=name, why=why)
    if name.startswith('os_glance'):
        raise ReservedField(name=name, why='reserved')


def check_value(name, value):
    """Raise ValidationError when `value` is of the wrong type for the field or property `name`."""
    _check_value({name: value})


def apply(context, image, operations):
    """Change the record `image` as the operations say. Raises what is not allowed or makes no sense."""
    for step in operations:
        check_writable(step.name)
        if step.name == 'id':
            raise ReservedField(name='id', why='read-only')
        if step.name in WRITABLE:
            _apply_to_field(context, image, step)
        else:
            _apply_to_property(image, step)


def _apply_to_field(context, image, step):
    if step.op == 'remove':
        raise Forbidden(f'{step.name} is a field of every image and cannot be removed.')
    check_value(step.name, step.value)
    if getattr(image, step.name) != step.value:
        authorise(context, image, step.name, step.value)
    setattr(image, step.name, step.value)


def authorise(context, image, name, value):
    """Ask the policy about fields that need more than the right to change the image."""
    if name == 'visibility' and value in ('public', 'community'):
        policy.enforce(context, 'publicize_image' if value == 'public' else 'communitize_image', image)
    if name == 'owner':
        policy.enforce(context, 'set_owner', image)


def _apply_to_property(image, step):
    if step.op != 'add' and step.name not in image.properties:
        raise PropertyMissing(name=step.name[:80], op=step.op)
    if step.op == 'remove':
        del image.properties[step.name]
        return
    check_value(step.name, step.value)
    image.properties[step.name] = step.value
