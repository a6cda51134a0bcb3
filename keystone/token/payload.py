"""What is inside a Fernet token: the versioned msgpack layout as published, readable by any Keystone.

Ids of 32 hexadecimal digits are packed into 16 bytes; a pair (is_bytes, value) says which form follows.
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

UNSCOPED, DOMAIN, PROJECT, SYSTEM = 0, 1, 2, 8


def _pack_id(value):
    try:
        packed = uuid.UUID(hex=value)
    except (ValueError, TypeError):
        return False, value
    return (True, packed.bytes) if packed.hex == value else (False, value)


def _unpack_id(pair):
    is_bytes, value = pair
    if is_bytes:
        return uuid.UUID(bytes=value).hex
    return value.decode() if isinstance(value, bytes) else value


def _pack_domain(value):
    """Domains are packed without the flag: bytes, or the name of the default domain."""
    return _pack_id(value)[1]


def _unpack_domain(value):
    if isinstance(value, bytes) and len(value) == 16:
        return uuid.UUID(bytes=value).hex
    return value.decode() if isinstance(value, bytes) else value


def _pack_audit(audit_id):
    return base64.urlsafe_b64decode(audit_id + '==')


def _unpack_audit(value):
    return base64.urlsafe_b64encode(value).rstrip(b'=').decode()


def pack_methods(methods):
    """The bit mask of method names."""
    numbers = {name: 1 << index for index, name in enumerate(CONF.auth.methods)}
    return sum({numbers[name] for name in methods if name in numbers})


def unpack_methods(mask):
    """The method names of a bit mask, in the order of the configuration."""
    return [name for index, name in enumerate(CONF.auth.methods) if mask & 1 << index]


def pack(claims):
    """The bytes of Claims."""
    head = [_pack_id(claims.user_id), pack_methods(claims.methods)]
    tail = [float(claims.expires_at), [_pack_audit(audit_id) for audit_id in claims.audit_ids]]
    if claims.project_id is not None:
        fields = [PROJECT, *head, _pack_id(claims.project_id), *tail]
    elif claims.domain_id is not None:
        fields = [DOMAIN, *head, _pack_domain(claims.domain_id), *tail]
    elif claims.system:
        fields = [SYSTEM, *head, 'all', *tail]
    else:
        fields = [UNSCOPED, *head, *tail]
    return msgpack.packb(fields)


def unpack(packed, issued_at):
    """The Claims of bytes that `pack`, or another Keystone, made. Raises TokenNotFound on anything else."""
    try:
        version, user, mask, *rest = msgpack.unpackb(packed)
        scope = {}
        if version == PROJECT:
            scope['project_id'] = _unpack_id(rest.pop(0))
        elif version == DOMAIN:
            scope['domain_id'] = _unpack_domain(rest.pop(0))
        elif version == SYSTEM:
            scope['system'] = rest.pop(0) in ('all', b'all')
        elif version != UNSCOPED:
            raise TokenNotFound()
        expires_at, audits = rest
        return Claims(_unpack_id(user), unpack_methods(mask), [_unpack_audit(each) for each in audits], issued_at,
                      expires_at, **scope)
    except (ValueError, TypeError, IndexError, msgpack.UnpackException) as error:
        raise TokenNotFound() from error
