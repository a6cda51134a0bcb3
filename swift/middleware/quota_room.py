"""Uploads into what room a quota leaves: refused by their length, or cut off when they did not tell one."""
from webob import Request

from swift.headers import whole
from swift.middleware.authorization import text
from swift.middleware.paths import account_path


class Exceeded(OSError):
    """The body is longer than there is room for."""


class Bounded:
    """wsgi.input that breaks off after `room` bytes; `exceeded` tells whether it did."""

    def __init__(self, stream, room):
        self._stream, self._room, self.exceeded = stream, room, False

    def read(self, size=-1):
        """As of any file."""
        data = self._stream.read(size) if size is not None and size >= 0 else self._stream.read()
        self._room -= len(data)
        if self._room < 0:
            self.exceeded = True
            raise Exceeded('Upload exceeds quota.')
        return data

    def __getattr__(self, name):
        return getattr(self._stream, name)


def named(environ):
    """(account, container, object) of a request, None each when the path is of something else."""
    try:
        version, account, container, obj = account_path(environ)
    except ValueError:
        return None, None, None
    return (account, container, obj) if version in ('v1', 'v1.0') else (None, None, None)


def refuse(environ, acl, message='Upload exceeds quota.'):
    """413, or what the auth filter says: somebody who may not write learns nothing about quotas."""
    authorize = environ.get('swift.authorize')
    if authorize is not None:
        environ['swift.acl'] = acl
        refused = authorize(Request(environ))
        if refused is not None:
            return refused
    return text(413, message)


def upload(app, environ, start_response, room, acl, message='Upload exceeds quota.'):
    """Let an upload through that fits into `room` bytes (None: any)."""
    if room is None:
        return app(environ, start_response)
    length = whole(environ.get('CONTENT_LENGTH'))
    if room < 0 or length is not None and length > room:
        return refuse(environ, acl, message)(environ, start_response)
    if length is not None:
        return app(environ, start_response)
    environ['wsgi.input'] = bounded = Bounded(environ['wsgi.input'], room)
    try:
        response = Request(environ).get_response(app)
    except Exceeded:
        response = None
    if bounded.exceeded:
        response = refuse(environ, acl, message)
    return response(environ, start_response)
