"""The path of a request to the proxy: version, account, container and object."""
from urllib.parse import quote

from swift.headers import utf8


class BadPath(ValueError):
    """Not UTF-8, or with a NUL: 412."""


def split(path_info, reserved=False):
    """(version, account, container, object) of PATH_INFO as text; what is not there is None.

    ValueError when a name before the last is empty, BadPath when the path is no text that may be a name. `reserved`
    names, those with a NUL, are for filters that keep things out of sight.
    """
    if '\0' in path_info and not reserved:
        raise BadPath('a NUL in the path')
    try:
        parts = utf8(path_info).split('/', 4)
    except UnicodeError:
        raise BadPath('no UTF-8') from None
    if parts[0] or len(parts) < 2:
        raise ValueError('no path')
    if len(parts) > 2 and not parts[-1]:
        parts.pop()
    if not all(parts[1:]):
        raise ValueError('an empty name in the path')
    return (*parts[1:], None, None, None)[:4]


def quoted(names):
    """The path of text names, URL-encoded."""
    return quote('/' + '/'.join(names))


def quoted_path(environ):
    """The path of a request, URL-encoded."""
    return quote((environ.get('SCRIPT_NAME', '') + environ['PATH_INFO']).encode('latin-1'))
