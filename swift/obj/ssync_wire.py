"""What both ends of SSYNC write: lines of the missing check, of its answer, and embedded requests.

A line offered by the sender is `<hash> <timestamp>[ m:<hex>,t:<hex>]`: the time of the data (or of the deletion), and
how much later, in hundred-thousandths of a second, metadata and content type are; `durable:False` says that a
fragment archive is not durable. The receiver answers
`<hash> d`, `m` or `dm`: which parts it wants; a bare hash is all.
"""
from urllib.parse import quote, unquote

from swift.timestamp import Timestamp

MISSING_START, MISSING_END = b':MISSING_CHECK: START', b':MISSING_CHECK: END'
UPDATES_START, UPDATES_END = b':UPDATES: START', b':UPDATES: END'
ERROR = b':ERROR:'
_NOT_DURABLE = 'durable:False'
MAX_LINE = 65536    # bytes, of a line or header of either phase


def encode_missing(object_hash, ts_data, ts_meta=None, ts_ctype=None, durable=True):
    """The line (bytes, without its end) that offers an object."""
    parts = [part for part in (_delta('m', ts_data, ts_meta), _delta('t', ts_data, ts_ctype),
                           None if durable else _NOT_DURABLE) if part]
    line = f'{quote(object_hash)} {quote(ts_data.internal)}'
    return (f'{line} {",".join(parts)}' if parts else line).encode('ascii')


def _delta(name, base, moment):
    if moment is None or moment == base:
        return None
    text = f'{name}:{moment.raw - base.raw:x}'
    return f'{text}__{moment.offset:x}' if moment.offset else text


def decode_missing(line):
    """(hash, ts_data, ts_meta, ts_ctype) of a line of the missing check. Raises ValueError."""
    parts = line.decode('ascii').split()
    if not 2 <= len(parts) <= 3:
        raise ValueError(f'{line[:80]!r} offers no object')
    object_hash, ts_data = unquote(parts[0]), Timestamp(unquote(parts[1]))
    if len(object_hash) != 32 or not set(object_hash) <= set('0123456789abcdef'):
        raise ValueError(f'{object_hash[:40]!r} is no hash of an object')
    moments = {'m': ts_data, 't': ts_data}
    for part in parts[2].split(',') if len(parts) == 3 else ():
        name, _, value = part.partition(':')
        # What later versions add is for those who know it.
        if name in moments:
            delta, _, offset = value.partition('__')
            moments[name] = Timestamp(Timestamp(ts_data.normal), int(offset or '0', 16), int(delta, 16))
    return object_hash, ts_data, moments['m'], moments['t']


def decode_durable(line):
    """Whether a line of the missing check offers what is durable."""
    return _NOT_DURABLE.encode() not in line.split(b' ')[-1].strip().split(b',')


def encode_wanted(object_hash, data, meta):
    """The line (bytes) that asks for the parts of an object."""
    return f'{quote(object_hash)} {"d" if data else ""}{"m" if meta else ""}'.encode('ascii')


def decode_wanted(line):
    """(hash, wants data, wants metadata) of a line of the answer. Raises ValueError."""
    parts = line.decode('ascii').split()
    if not parts:
        raise ValueError('an empty line asks for nothing')
    wanted = parts[1] if len(parts) > 1 else 'd'
    return unquote(parts[0]), 'd' in wanted, 'm' in wanted


def encode_request(method, path, headers):
    """The head of an embedded request (bytes); `headers` and `path` are WSGI strings."""
    lines = [f'{method} {path}', *(f'{name}: {value}' for name, value in headers.items())]
    if any(mark in line for line in lines for mark in '\r\n'):
        raise ValueError(f'{path}: a header holds a line break')
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')
