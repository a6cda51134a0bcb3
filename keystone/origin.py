"""Where the request being served came from: what limits, notifications and external authentication ask about."""
import contextvars
from urllib.parse import quote

import webob

from essex import wsgi

_environ = contextvars.ContextVar('keystone_environ', default=None)


class Origin:
    """The client, and what a trusted front established about him. Empty outside of any request."""

    def __init__(self, environ=None):
        self._environ = environ or {}

    @property
    def environ(self):
        """The WSGI environment; treat it as read-only."""
        return self._environ

    @property
    def address(self):
        """The client's address, or None."""
        return self._environ.get('REMOTE_ADDR')

    @property
    def agent(self):
        """His User-Agent, or None."""
        return self._environ.get('HTTP_USER_AGENT')

    @property
    def request_id(self):
        """The id of the request, or None."""
        return self._environ.get('essex.request_id')

    @property
    def remote_user(self):
        """(REMOTE_USER, REMOTE_DOMAIN) as the web server in front set them; no header of a client sets these."""
        return self._environ.get('REMOTE_USER'), self._environ.get('REMOTE_DOMAIN')

    def signed_request(self):
        """What an OAuth 1.0a signature covers: {uri (as the client called it), http_method, body, headers}."""
        req = webob.Request(self._environ)
        path = quote(self._environ['PATH_INFO'].encode('latin-1'), safe="/~!$&'()*+,;=:@")
        query = f'?{req.query_string}' if req.query_string else ''
        form = req.content_type == 'application/x-www-form-urlencoded'
        return {'uri': wsgi.base_url(req) + path + query, 'http_method': req.method,
                'body': req.body.decode('latin-1') if form else None,
                'headers': {'Authorization': req.headers.get('Authorization', ''), 'Content-Type': req.content_type}}

    def header(self, name):
        """A header of the request, or None."""
        return self._environ.get('HTTP_' + name.upper().replace('-', '_'))


def current():
    """The Origin of what this (green) thread is doing."""
    return Origin(_environ.get())


def bind(environ):
    """Say which request is served from now on; returns a token for `unbind`."""
    return _environ.set(environ)


def unbind(token):
    """Undo a `bind`."""
    _environ.reset(token)
