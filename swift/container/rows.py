"""Rows of objects: as object servers send them, and as listings show them."""
import functools
import re
import time

from swift import headers
from swift.db.container import ContainerBroker
from swift.db.listing import Subdir
from swift.db.server import Refused, count
from swift.timestamp import Timestamp, decode

_NORMAL = 16            # characters of a timestamp without offset or further times
_SWIFT_BYTES = re.compile(r';\s*swift_bytes=(\d{1,19})', re.ASCII)


def record(request, name, timestamp, policy):
    """The row of a PUT from an object server. Refuses with 400."""
    given = request.headers
    try:
        ctype, meta = (Timestamp(given[key]).internal if key in given else None
                       for key in ('X-Content-Type-Timestamp', 'X-Meta-Timestamp'))
        return ContainerBroker.record(
            name, timestamp, count(given['X-Size']), headers.utf8(given['X-Content-Type']),
            headers.utf8(given['X-Etag']), 0, policy, ctype, meta)
    except KeyError as error:
        raise Refused(400, f'Missing header {error}') from None
    except ValueError as error:
        raise Refused(400, f'Invalid header: {error}') from None


def shown(found):
    """The JSON items of the rows of a listing.

    Parameters in a hash (slo_etag, symlink_target ...) stay: the middleware that hid them there takes them out.
    """
    return [_item(row) for row in found]


def _item(row):
    if isinstance(row, Subdir):
        return {'subdir': row.name}
    name, created_at, size, content_type, etag = row
    item = {'name': name, 'hash': etag, 'bytes': size, 'content_type': content_type,
            'last_modified': last_modified(created_at)}
    if 'swift_bytes=' in content_type:
        _real_bytes(item)
    return item


def last_modified(created_at):
    """The time of a row as listings show it: that of its metadata, the last of its three."""
    if len(created_at) == _NORMAL and created_at[10] == '.':
        return f'{_second(created_at[:10])}.{created_at[11:]}0'
    return decode(created_at)[2].isoformat


@functools.lru_cache(4096)
def _second(seconds):
    """YYYY-MM-DDTHH:MM:SS; rows written one after the other share it."""
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(int(seconds)))


def _real_bytes(item):
    """The size of what a manifest stands for, which is hidden in its content type."""
    match = _SWIFT_BYTES.search(item['content_type'])
    if match:
        item['bytes'] = int(match[1])
        item['content_type'] = _SWIFT_BYTES.sub('', item['content_type'], count=1)

