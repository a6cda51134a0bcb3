"""Python values to bytes and back: JSON's, and datetime, date, UUID, set, Decimal, bytes, big integers.

MessagePack rather than JSON, since its extension types cannot be imitated by a user's own data (a metadata
item named like a marker), and it is quick. Tuples arrive as lists, frozensets as sets.
"""
import datetime
import decimal
import uuid

import msgpack

from essex.rpc import errors

_DATETIME, _DATE, _UUID, _SET, _INTEGER, _DECIMAL = range(1, 7)
_PLAIN = (str, bytes, bool, int, float, type(None))


def dumps(value, what='The message'):
    """The bytes of `value`. Raises SerializationError that names the place of a value that cannot be sent."""
    try:
        return _pack(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        path, problem = _find_fault(value) or ('', str(error))
        raise errors.SerializationError(what=what, path=path or 'it', problem=problem) from error


def loads(data):
    """The value in `data`. Raises ValueError when it is not what dumps() makes."""
    try:
        return msgpack.unpackb(data, ext_hook=_decode, raw=False, strict_map_key=False)
    except (msgpack.UnpackException, TypeError, OverflowError, decimal.InvalidOperation) as error:
        raise ValueError(f'not a message: {error}') from error


def _pack(value):
    return msgpack.packb(value, default=_encode)


def _encode(value):
    if isinstance(value, datetime.datetime):
        return msgpack.ExtType(_DATETIME, value.isoformat().encode())
    if isinstance(value, datetime.date):
        return msgpack.ExtType(_DATE, value.isoformat().encode())
    if isinstance(value, uuid.UUID):
        return msgpack.ExtType(_UUID, value.bytes)
    if isinstance(value, (set, frozenset)):
        return msgpack.ExtType(_SET, _pack(list(value)))
    if isinstance(value, int):
        return msgpack.ExtType(_INTEGER, str(value).encode())
    if isinstance(value, decimal.Decimal):
        return msgpack.ExtType(_DECIMAL, str(value).encode())
    raise TypeError(f'is a {type(value).__module__}.{type(value).__qualname__}')


def _decode(code, data):
    if code == _DATETIME:
        return datetime.datetime.fromisoformat(data.decode())
    if code == _DATE:
        return datetime.date.fromisoformat(data.decode())
    if code == _UUID:
        return uuid.UUID(bytes=bytes(data))
    if code == _SET:
        return set(loads(data))
    if code == _INTEGER:
        return int(data.decode())
    if code == _DECIMAL:
        return decimal.Decimal(data.decode())
    raise ValueError(f'unknown extension type {code}')


def _find_fault(value, path='', above=()):
    """(path, problem) of the first part of `value` that cannot be packed, or None."""
    if id(value) in above:
        return path, 'contains itself'
    if isinstance(value, dict):
        for key, each in value.items():
            fault = _find_fault(key, f'the key {key!r} in {path or "it"}') \
                or _find_fault(each, f'{path}.{key}' if path else str(key), (*above, id(value)))
            if fault:
                return fault
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        for index, each in enumerate(value):
            fault = _find_fault(each, f'{path}[{index}]', (*above, id(value)))
            if fault:
                return fault
        return None
    try:
        _pack(value)
    except (TypeError, ValueError, OverflowError) as error:
        return path, str(error) if not isinstance(value, _PLAIN) else f'has no wire form: {error}'
    return None
