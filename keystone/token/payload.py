"""What is inside a Fernet token: the versioned msgpack layout as published, readable by any Keystone.

Ids of 32 hexadecimal digits are packed into 16 bytes; a pair (is_bytes, value) says which form follows. Domains
and trusts have always been written without that flag, but for the newer layouts 6 and 10.
"""
import base64
import uuid

import msgpack
from oslo_config import cfg

from essex import config
from keystone.exception import TokenNotFound
from keystone.token.model import Claims

CONF = config.register([
    # The order counts: it numbers the methods in the bit mask inside a token.
    cfg.ListOpt('methods', default=['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential'],
                help='Authentication methods, in the order that every Keystone sharing the keys uses. Those without '
                     'a plugin here are refused.'),
], 'auth')


def pack_id(value):
    """(is_bytes, value): 16 bytes where the id is a UUID."""
    try:
        packed = uuid.UUID(hex=value)
    except (ValueError, TypeError, AttributeError):
        return False, value
    return (True, packed.bytes) if packed.hex == value else (False, value)


def unpack_id(pair):
    """The id of what pack_id made."""
    is_bytes, value = pair
    if is_bytes:
        return uuid.UUID(bytes=value).hex
    return _text(value)


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def _pack_bare(value):
    """Without the flag: bytes, or text such as the name of the default domain."""
    return pack_id(value)[1]


def _unpack_bare(value):
    return uuid.UUID(bytes=value).hex if isinstance(value, bytes) and len(value) == 16 else _text(value)


def _pack_audits(audit_ids):
    return [base64.urlsafe_b64decode(audit_id + '==') for audit_id in audit_ids]


def _unpack_audits(values):
    return [base64.urlsafe_b64encode(value).rstrip(b'=').decode() for value in values]


def _pack_groups(group_ids):
    return [pack_id(group_id) for group_id in group_ids]


def _unpack_groups(pairs):
    return [unpack_id(pair) for pair in pairs]


def pack_methods(methods):
    """The bit mask of method names."""
    numbers = {name: 1 << index for index, name in enumerate(CONF.auth.methods)}
    return sum({numbers[name] for name in methods if name in numbers})


def unpack_methods(mask):
    """The method names of a bit mask, in the order of the configuration.

    No bit at all is what a signed EC2 or S3 request leaves: that method has no number.
    """
    return [name for index, name in enumerate(CONF.auth.methods) if mask & 1 << index] or ['ec2credential']


# What a layout is made of: (field of Claims, how it is packed, how it is read).
_USER = ('user_id', pack_id, unpack_id)
_METHODS = ('methods', pack_methods, unpack_methods)
_EXPIRES = ('expires_at', float, float)
_AUDITS = ('audit_ids', _pack_audits, _unpack_audits)
_PROJECT = ('project_id', pack_id, unpack_id)
_DOMAIN = ('domain_id', pack_id, unpack_id)
_SYSTEM = ('system', lambda system: 'all', lambda value: _text(value) == 'all')
_FEDERATION = [('group_ids', _pack_groups, _unpack_groups), ('idp_id', pack_id, unpack_id),
               ('protocol_id', str, _text)]
_END = [_EXPIRES, _AUDITS]
# By version number.
LAYOUTS = (
    [_USER, _METHODS, *_END],
    [_USER, _METHODS, ('domain_id', _pack_bare, _unpack_bare), *_END],
    [_USER, _METHODS, _PROJECT, *_END],
    [_USER, _METHODS, _PROJECT, *_END, ('trust_id', _pack_bare, _unpack_bare)],
    [_USER, _METHODS, *_FEDERATION, *_END],
    [_USER, _METHODS, _PROJECT, *_FEDERATION, *_END],
    [_USER, _METHODS, _DOMAIN, *_FEDERATION, *_END],
    [_USER, _METHODS, _PROJECT, ('access_token_id', pack_id, unpack_id), *_END],
    [_USER, _METHODS, _SYSTEM, *_END],
    [_USER, _METHODS, _PROJECT, *_END, ('app_cred_id', pack_id, unpack_id)],
    # The thumbprint is text that may look like an id: never packed.
    [_USER, _METHODS, _PROJECT, _DOMAIN, *_END, ('thumbprint', lambda value: (False, value), unpack_id)],
)


def version_of(claims):
    """The number of the layout that holds these Claims."""
    if claims.access_token_id is not None:
        return 7
    if claims.trust_id is not None:
        return 3
    if claims.thumbprint is not None:
        return 10
    if claims.app_cred_id is not None:
        return 9
    federated = claims.idp_id is not None
    if claims.project_id is not None:
        return 5 if federated else 2
    if claims.domain_id is not None:
        return 6 if federated else 1
    if claims.system:
        return 8
    return 4 if federated else 0


def pack(claims):
    """The bytes of Claims."""
    version = version_of(claims)
    return msgpack.packb([version, *(to(getattr(claims, name)) for name, to, _ in LAYOUTS[version])])


def unpack(packed, issued_at):
    """The Claims of bytes that `pack`, or another Keystone, made. Raises TokenNotFound on anything else."""
    try:
        version, *values = msgpack.unpackb(packed)
        layout = LAYOUTS[version] if version >= 0 else None
        read = {name: of(value) for (name, _, of), value in zip(layout, values, strict=True)}
    except (ValueError, TypeError, IndexError, AttributeError, msgpack.UnpackException) as error:
        raise TokenNotFound() from error
    return Claims(issued_at=issued_at, **read)
