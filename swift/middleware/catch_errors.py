"""The outermost filter: gives a request its transaction id and trace span, and a plain 500 if all else fails.

The id is `tx<21 hex>-<10 hex of the time><suffix>`, in every response as X-Trans-Id and X-Openstack-Request-Id, and
sent along to the storage nodes, so that one id finds what a request did everywhere.
"""
import logging
import random
import re
import time

from essex import context, http_body, trace

LOG = logging.getLogger(__name__)
_GLOBAL = re.compile(r'req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_SUFFIX = re.compile(r'[^\w.@-]', re.ASCII)
_SUFFIX_LENGTH = 32
_ERROR = b'An error occurred'


def new_trans_id(suffix=''):
    """A fresh transaction id."""
    return f'tx{random.getrandbits(84):021x}-{int(time.time()):010x}{suffix}'


def is_traced():
    """Whether spans are recorded in this process: asked once, for the configuration is slow to ask."""
    return trace.CONF.trace.directory is not None


class CatchErrors:
    """WSGI filter. `trans_id_suffix` marks the cluster."""

    def __init__(self, app, conf):
        self.app, self._suffix = app, conf.get('trans_id_suffix', '')
        self._traced = is_traced()

    def __call__(self, environ, start_response):
        trans_id = environ['swift.trans_id'] = new_trans_id(self._suffix + _client_suffix(environ))
        sent = environ.get('HTTP_X_OPENSTACK_REQUEST_ID', '')
        global_id = sent if _GLOBAL.fullmatch(sent) else None
        token = context.bind(context.RequestContext(request_id=trans_id, global_request_id=global_id))
        try:
            if not self._traced:
                return self._call(environ, start_response, trans_id, {})
            with trace.span(f'{environ["REQUEST_METHOD"]} {environ.get("PATH_INFO", "")}', kind='http',
                            parent=environ.get('HTTP_X_ESSEX_SPAN')) as details:
                return self._call(environ, start_response, trans_id, details)
        finally:
            context.unbind(token)

    def _call(self, environ, start_response, trans_id, details):
        marks = [('X-Trans-Id', trans_id), ('X-Openstack-Request-Id', trans_id)]
        state = {}
        received = environ['wsgi.input'] = _Received(environ.get('wsgi.input'))

        def start(status, headers, exc_info=None):
            details['status'] = int(status[:3])
            state['status'] = details['status']
            state['length'] = next((int(value) for name, value in headers
                                    if name.lower() == 'content-length' and value.isdecimal()), None)
            kept = [pair for pair in headers if pair[0] not in ('X-Trans-Id', 'X-Openstack-Request-Id')]
            return start_response(status, kept + marks, *((exc_info,) if exc_info else ()))

        try:
            body = self.app(environ, start)
        except Exception:
            status = received.failed or '500 Internal Error'
            say = LOG.info if received.failed else LOG.exception
            say('%s %s failed: %s (txn: %s)', environ['REQUEST_METHOD'], environ.get('PATH_INFO'), status, trans_id)
            if state:
                raise
            start_response(status, [('Content-Type', 'text/plain'),
                                                  ('Content-Length', str(len(_ERROR))), *marks])
            return [_ERROR]
        if isinstance(body, (list, tuple)) or state.get('length') is None:
            return body
        return _Checked(body, environ, state)


class _Received:
    """The body of a request; `failed` is the status of a client that went away, or did not go on, while it was read."""

    def __init__(self, original):
        self._original, self.failed = original, None

    def read(self, *args):
        return self._watched(self._original.read, args)

    def readline(self, *args):
        return self._watched(self._original.readline, args)

    def read_some(self, view, least):
        """See http_body.read_some."""
        return self._watched(http_body.read_some, (self._original, view, least))

    def read_on(self, view):
        """See http_body.read_on."""
        return http_body.read_on(self._original, view)

    def _watched(self, call, args):
        try:
            return call(*args)
        except TimeoutError:
            self.failed = '408 Request Timeout'
            raise
        except (OSError, ValueError):
            # ValueError: a chunk that is none.
            self.failed = '499 Client Disconnect'
            raise

    def __iter__(self):
        return iter(self.readline, b'')

    def __getattr__(self, name):
        return getattr(self._original, name)


class _Checked:
    """A body of which no more is sent than was told, and that is broken off when it is less."""

    def __init__(self, body, environ, state):
        self._body, self._left = body, state['length']
        self._empty = environ['REQUEST_METHOD'] == 'HEAD' or state['status'] in (204, 304)

    def __iter__(self):
        for piece in self._body:
            if len(piece) > self._left and not self._empty:
                LOG.error('an answer is longer than its Content-Length: cut off')
                piece = piece[:self._left]
            self._left -= len(piece)
            if piece:
                yield piece
        if self._left > 0 and not self._empty:
            raise ShortBody(f'{self._left} bytes of an answer are missing')

    def close(self):
        """Close what is below."""
        if hasattr(self._body, 'close'):
            self._body.close()


class ShortBody(Exception):
    """Fewer bytes than Content-Length told: the connection must be closed, not kept."""


def _client_suffix(environ):
    extra = environ.get('HTTP_X_TRANS_ID_EXTRA')
    return '-' + _SUFFIX.sub('', extra)[:_SUFFIX_LENGTH] if extra else ''


def filter_factory(global_conf, **local_conf):
    """Paste."""
    conf = {**global_conf, **local_conf}
    return lambda app: CatchErrors(app, conf)
