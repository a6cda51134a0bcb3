"""Storage servers that run in this very process: small requests to them go without a connection.

A node in one process (swift-storage) tells its own container server of every object. As HTTP, this would be more than
a quarter of the processor time of a PUT; everything else about such a request stays the same.
"""
import functools
import io
import re
import sys
import types
from urllib.parse import unquote_to_bytes

from essex import concurrency
from swift.exceptions import BackendError, BackendTimeout

_BREAK = re.compile(r'[\r\n\0]')
_applications = {}      # (ip, port) -> WSGI application


def serve(ip, port, application):
    """Answer requests of this process to an address by `application`."""
    _applications[ip, port] = application


def application(node):
    """The application that serves a node's address here, or None."""
    return _applications.get((node['ip'], node['port']))


def forget():
    """Go by connections again (at the end of a test)."""
    _applications.clear()


def respond(app, node, method, target, headers, body, query, timeout):
    """The answer: node, status, reason, headers [(name, value)], body.

    Raises BackendError, BackendTimeout after `timeout` seconds, ValueError for what is no header.
    """
    environ = _environ(node, method, target, headers, body, query)
    # A thread of its own: whoever is tired of waiting does not break off what was begun, as with a connection.
    thread = concurrency.spawn(_call, app, node, environ)
    try:
        with concurrency.Timeout(timeout):
            return thread.wait()
    except concurrency.Timeout:
        raise BackendTimeout(node, 'waiting for an answer', 'timed out') from None
    except Exception as error:
        raise BackendError(node, 'waiting for an answer', error) from error


def _call(app, node, environ):
    begun = []
    body = app(environ, lambda *status_and_headers: begun.append(status_and_headers))
    try:
        content = b''.join(body)
    finally:
        if hasattr(body, 'close'):
            body.close()
    status, headers = begun[-1][:2]
    code, _, reason = status.partition(' ')
    return types.SimpleNamespace(node=node, status=int(code), reason=reason, headers=headers, body=content)


def _environ(node, method, target, headers, body, query):
    environ = {
        'REQUEST_METHOD': method, 'SCRIPT_NAME': '', 'PATH_INFO': unquote_to_bytes(target).decode('latin-1'),
        'QUERY_STRING': query, 'SERVER_NAME': node['ip'], 'SERVER_PORT': str(node['port']),
        'SERVER_PROTOCOL': 'HTTP/1.1', 'REMOTE_ADDR': node['ip'], 'CONTENT_LENGTH': str(len(body)),
        'wsgi.version': (1, 0), 'wsgi.url_scheme': 'http', 'wsgi.input': io.BytesIO(body), 'wsgi.errors': sys.stderr,
        'wsgi.multithread': True, 'wsgi.multiprocess': False, 'wsgi.run_once': False}
    for name, value in headers.items():
        if value is not None:
            text = str(value)
            if _BREAK.search(text):
                raise ValueError('a header holds a line break')
            environ[_key(name)] = text.strip(' \t')
    return environ


@functools.lru_cache(1024)
def _key(name):
    key = name.upper().replace('-', '_')
    return key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'
