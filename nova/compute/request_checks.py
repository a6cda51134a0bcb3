"""Checks of what users say of a server: names, metadata, files, user data, addresses. Reads nothing."""
import base64
import binascii
import ipaddress

from nova import exception
from nova.compute import quota
from nova.compute.request import UNCHANGED

_USER_DATA = 65535
# Beyond any quota: one request must not be able to fill the database.
_MOST_AT_ONCE = 1000


def invalid(what, reason):
    """The error to raise for a part of the request."""
    return exception.InvalidServerRequest(what=what, reason=reason)


def counts(request):
    """How many servers at least and at most."""
    if not 1 <= request.min_count <= _MOST_AT_ONCE or not 1 <= request.max_count <= _MOST_AT_ONCE:
        raise invalid('min_count and max_count', f'they must be 1 to {_MOST_AT_ONCE}.')
    if request.min_count > request.max_count:
        raise invalid('min_count', 'min_count must be <= max_count.')


def metadata(project_id, items, allowed=None):
    """Metadata as the API lets it be set: few enough, keys and values texts of at most 255 characters."""
    quota.check_items(project_id, 'metadata_items', len(items), allowed)
    for key, value in items.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise invalid('metadata', f'the value of {str(key)[:80]!r} must be a text.')
        if not key.strip() or len(key) > 255:
            raise invalid('metadata', 'a key must have 1 to 255 characters.')
        if len(value) > 255:
            raise invalid('metadata', f'the value of {key!r} is longer than 255 characters.')
        if '\0' in key or '\0' in value:
            raise invalid('metadata', 'keys and values must not hold NUL characters.')


def personality(project_id, files, allowed):
    """Files to put into the server, within their quotas."""
    quota.check_items(project_id, 'injected_files', len(files), allowed)
    for each in files:
        path, contents = each['path'], each['contents']
        quota.check_items(project_id, 'injected_file_path_bytes', len(path.encode()), allowed)
        if not path.strip() or '\0' in path:
            raise invalid('personality', 'a path must not be empty or hold NUL characters.')
        size = len(_decoded(contents, f'personality file {path[:80]}'))
        quota.check_items(project_id, 'injected_file_content_bytes', size, allowed)


def user_data(text):
    """User data: base64, and short enough for the database."""
    if text is None:
        return
    if len(text) > _USER_DATA:
        raise invalid('user_data', f'User data too large. User data must be no larger than {_USER_DATA} bytes once '
                                   f'base64 encoded. Your data is {len(text)} bytes')
    _decoded(text, 'user_data')


def _decoded(text, what):
    try:
        return base64.b64decode(''.join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(what, 'it is not base64.') from error


_ADDRESSES = {'access_ip_v4': ('accessIPv4', ipaddress.IPv4Address),
              'access_ip_v6': ('accessIPv6', ipaddress.IPv6Address)}


def access_address(column, text):
    """accessIPv4 or accessIPv6 as that address is written usually; None for an empty one."""
    if not text:
        return None
    name, kind = _ADDRESSES[column]
    try:
        return str(kind(text))
    except ValueError as error:
        raise invalid(name, f'{str(text)[:80]!r} is no address of that kind.') from error


def texts(**named):
    """Texts that a column of 255 characters must be able to hold."""
    for name, text in named.items():
        if text is not None and (len(text) > 255 or '\0' in text):
            raise invalid(name, 'at most 255 characters, none of them NUL.')


def changed_columns(given):
    """{column: value} of the texts a server's user changes, checked; `given` may hold UNCHANGED."""
    values = {column: value for column, value in given.items() if value is not UNCHANGED}
    if 'display_name' in values:
        name = values['display_name']
        if not isinstance(name, str) or not name.strip():
            raise invalid('name', 'it must not be empty.')
        values['display_name'] = name.strip()
    texts(name=values.get('display_name'), description=values.get('display_description'),
          hostname=values.get('hostname'))
    for column in _ADDRESSES.keys() & values.keys():
        values[column] = access_address(column, values[column])
    return values
