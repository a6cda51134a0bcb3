"""A look at the head of an answer, for filters that leave nearly all as they are: no objects are built for those."""
import itertools


def ahead(app, environ):
    """(status line, headers, body) of an application's answer; its body is not read beyond what starts it."""
    head = []

    def start(status, headers, exc_info=None):
        head[:] = status, headers
        return _no_write

    body = app(environ, start)
    if not head:
        pieces = iter(body)
        first = next(pieces, b'')
        body = _Begun(body, itertools.chain((first,), pieces))
    return head[0], head[1], body


def value(headers, name):
    """A header of a list of pairs (`name` in lower case), or None."""
    for each, found in headers:
        if each.lower() == name:
            return found
    return None


def extend(environ, key, added):
    """Add to a comma-separated header, by its key in the environment."""
    known = environ.get(key)
    environ[key] = f'{known},{added}' if known else added


class _Begun:
    def __init__(self, body, pieces):
        self._body, self._pieces = body, pieces

    def __iter__(self):
        return self._pieces

    def close(self):
        if hasattr(self._body, 'close'):
            self._body.close()


def _no_write(data):
    raise TypeError('write() of start_response is not supported')
