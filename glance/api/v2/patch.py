"""JSON patch, in the two dialects of the Image API: read into operations, then applied to an image's record."""
import dataclasses
import re
from typing import Any

from essex.exception import BadRequest, Conflict, Forbidden, UnsupportedMediaType
from essex.wsgi.validation import compile_schema
from glance import policy
from glance.api.v2.schemas import WRITABLE
from glance.exception import PropertyMissing, ReservedField
from glance.image import places
from glance.image.model import OWN

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
    """One step of a patch: add, remove or replace a field, or one of its locations (number `index`)."""

    op: str
    value: Any
    name: str
    index: int = None


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
    return Operation(op, raw.get('value'), *_name(op, path))


def _name(op, path):
    """The field a JSON pointer points to, and the number of its part."""
    if not isinstance(path, str) or not path.startswith('/'):
        raise BadRequest(f'A path begins with a slash; this one is {str(path)[:80]!r}.')
    tokens = path[1:].split('/')
    if not all(tokens) or any(re.search(r'~(?![01])', token) for token in tokens):
        raise BadRequest(f'The path {path[:80]!r} has an empty part, ends with a slash or holds a stray ~.')
    if tokens[0] == 'locations':
        return _location(op, path, tokens[1:])
    if len(tokens) > 1:
        raise BadRequest(f'The path {path[:80]!r} is too deep: fields of an image have no parts.')
    return tokens[0].replace('~1', '/').replace('~0', '~'), None


def _location(op, path, rest):
    """`locations` and the number of one (None: the end, or the whole list)."""
    places.check_visible()
    if not rest and op != 'remove':
        return 'locations', None
    if len(rest) != 1 or op == 'replace' or not (re.fullmatch('[0-9]{1,4}', rest[0]) or (rest[0] == '-'
                                                                                         and op == 'add')):
        raise BadRequest(f'The path {path[:80]!r} is none that {op} knows: /locations/- or /locations/NUMBER.')
    return 'locations', None if rest[0] == '-' else int(rest[0])


def check_writable(name):
    """Raise ReservedField for a name that no request sets."""
    for names, why in ((DISALLOWED, 'made by the service'), (READ_ONLY, 'read-only'), (RESERVED, 'reserved')):
        if name in names:
            raise ReservedField(name=name, why=why)
    if name.startswith(OWN):
        raise ReservedField(name=name, why='reserved')


def check_value(name, value):
    """Raise ValidationError when `value` is of the wrong type for the field or property `name`."""
    _check_value({name: value})


def apply(context, image, operations):
    """Change the record `image` as the operations say. Raises what is not allowed or makes no sense."""
    for step in operations:
        if step.name == 'locations':
            _apply_to_locations(context, image, step)
            continue
        check_writable(step.name)
        if step.name == 'id':
            raise ReservedField(name='id', why='read-only')
        if step.name in WRITABLE:
            _apply_to_field(context, image, step)
        else:
            _apply_to_property(image, step)


def look_at_places(manager, context, operations):
    """Make what locations are given into what is known of them, before anything is held."""
    for step in operations:
        if step.name == 'locations' and step.op != 'remove':
            if step.index is None and isinstance(step.value, list):
                step.value = [manager.look_at(context, each) for each in step.value]
            elif step.op == 'add':
                step.value = manager.look_at(context, step.value)
            else:
                raise BadRequest('The value of /locations is a list.')


def _apply_to_locations(context, image, step):
    if step.op == 'remove':
        policy.enforce(context, 'delete_image_location', image)
        places.remove(image, step.index)
        return
    policy.enforce(context, 'set_image_location', image)
    if isinstance(step.value, list):
        if step.op == 'add' and image.locations:
            raise Conflict('The image has locations: add single ones to /locations/-.')
        places.replace(image, step.value)
    else:
        places.insert(image, step.value, step.index)


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
