"""JSON schemas, compiled once when an application is built."""
import ipaddress
import uuid

import fastjsonschema

from essex.exception import ValidationError


def _is_uuid(value):
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _is_address(kind):
    def check(value):
        try:
            kind(value)
        except ValueError:
            return False
        return True
    return check


FORMATS = {'uuid': _is_uuid, 'ipv4': _is_address(ipaddress.IPv4Address), 'ipv6': _is_address(ipaddress.IPv6Address),
           'cidr': _is_address(ipaddress.ip_network)}


# {text of a schema: its function}: the faces of a service, and the tests, build applications of the same schemas.
_compiled = {}


def compile_schema(schema):
    """A function that checks a value and raises ValidationError; None for no schema."""
    if schema is None:
        return None
    key = repr(schema)
    if key not in _compiled:
        _compiled[key] = _compile(schema)
    return _compiled[key]


def _compile(schema):
    # use_default would write defaults into the body: validation must not change what it checks.
    check = fastjsonschema.compile(schema, formats=FORMATS, use_default=False)

    def validate(value):
        try:
            check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise ValidationError(_explain(error)) from None
    return validate


def _explain(error):
    where = '/'.join(error.path[1:]) or 'the body'
    what = error.message
    if what.startswith(error.name):
        what = what[len(error.name):].strip()
    shown = repr(error.value)
    if len(shown) > 80:
        shown = shown[:77] + '...'
    return f'Invalid input for {where}: {what}. The value was: {shown}'
