"""Limits of names and metadata, and the times of expiry: refused before any storage node hears of them."""
import time

from swift.headers import utf8
from swift.proxy.errors import refuse

_MIN_EXPIRY, _MAX_EXPIRY = 0, 9999999999


def name(kind, text, limit):
    """See that a name is not too long. Raises Refusal."""
    length = len(text.encode())
    if length > limit:
        raise refuse(400, f'{kind} name length of {length} longer than {limit}')


def metadata(kind, headers, limits):
    """See that user metadata is within the limits. `headers` are (name, value) pairs, names title-cased."""
    prefix = f'X-{kind.title()}-Meta-'
    count = size = 0
    for header, value in headers:
        if len(value) > limits.max_header_size:
            raise refuse(400, f'Header value too long: {header[:limits.max_meta_name_length]}')
        if not header.startswith(prefix):
            continue
        if '\n' in value or '\r' in value or '\0' in value:
            raise refuse(400, f'A line break in {header}')
        key = header[len(prefix):]
        _item(header, key, value, limits)
        count, size = count + 1, size + len(key) + len(value)
        if count > limits.max_meta_count:
            raise refuse(400, f'Too many metadata items; max {limits.max_meta_count}')
        if size > limits.max_meta_overall_size:
            raise refuse(400, f'Total metadata too large; max {limits.max_meta_overall_size}')


def _item(header, key, value, limits):
    if not key:
        raise refuse(400, 'Metadata name cannot be empty')
    if len(key) > limits.max_meta_name_length:
        raise refuse(400, f'Metadata name too long: {header}')
    if len(value) > limits.max_meta_value_length:
        raise refuse(400, f'Metadata value longer than {limits.max_meta_value_length}: {header}')
    if not value.isascii():
        try:
            utf8(value)
        except UnicodeError:
            raise refuse(400, 'Metadata must be valid UTF-8') from None


def expiry(headers):
    """X-Delete-At (text of seconds) of `headers`, from X-Delete-After where that is given; None without either."""
    after, at = headers.get('X-Delete-After'), headers.get('X-Delete-At')
    now = time.time()
    if after is not None:
        seconds = _whole(after, 'X-Delete-After')
        if seconds < 0:
            raise refuse(400, 'X-Delete-After in past')
        at = str(int(now + seconds))
    if at is None:
        return None
    moment = _whole(at, 'X-Delete-At')
    if moment < now and headers.get('X-Backend-Replication') is None:
        raise refuse(400, 'X-Delete-At in past')
    return str(max(_MIN_EXPIRY, min(moment, _MAX_EXPIRY)))


def _whole(text, header):
    text = text.strip()
    if not text.isascii() or not text.removeprefix('-').isdecimal() or len(text) > 20:
        raise refuse(400, f'Non-integer {header}')
    return int(text)
