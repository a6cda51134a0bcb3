"""Paths as filters see them: WSGI strings, split into account, container and object."""
from swift.headers import utf8


def split_path(path, least, most, rest_with_last=False):
    """The segments of `/a/b/c`, padded with None to `most`. `rest_with_last` keeps slashes within the last one.

    ValueError when there are fewer than `least`, more than `most`, or an empty one that is not the last.
    """
    if not path.startswith('/') or '\0' in path:
        raise ValueError(f'not a path: {path!r}')
    parts = path[1:].split('/', most - 1) if rest_with_last else path[1:].split('/')
    if len(parts) > least and not parts[-1]:
        parts.pop()
    if not least <= len(parts) <= most or not all(parts):
        raise ValueError(f'not a path of {least} to {most} names: {path!r}')
    return parts + [None] * (most - len(parts))


def account_path(environ, least=2):
    """(version, account, container or None, object or None) of a request, as WSGI strings.

    ValueError when it is no such path, or not UTF-8.
    """
    path = environ['PATH_INFO']
    if not path.isascii():
        utf8(path)
    return split_path(path, least, 4, True)
