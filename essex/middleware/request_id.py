"""The outermost filter: gives a request its id, its trace span, and a plain 500 if all else fails.

A caller's own id in X-Openstack-Request-Id becomes the global request id, by which a chain of requests is found.
"""
import logging
import re

from essex import context, trace
from essex.exception import EssexError
from essex.wsgi.request import json_response

LOG = logging.getLogger(__name__)
# Ours, and those of object storage.
VALID_ID = re.compile(r'req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
                      r'|tx[0-9a-f]{21}-[0-9a-f]{10}[\w.@-]{0,64}', re.ASCII)


class RequestId:
    """WSGI filter. `extra` names further headers that carry the id (X-Compute-Request-Id, ...)."""

    def __init__(self, app, extra=()):
        self.app, self.headers = app, ('X-Openstack-Request-Id', *extra)
        self._lower = {name.lower() for name in self.headers}

    def __call__(self, environ, start_response):
        request_id = environ['essex.request_id'] = context.new_request_id()
        sent = environ.get('HTTP_X_OPENSTACK_REQUEST_ID', '')
        global_id = environ['essex.global_request_id'] = sent if VALID_ID.fullmatch(sent) else None
        token = context.bind(context.RequestContext(request_id=request_id, global_request_id=global_id))
        state = {}

        def start(status, headers, *exc_info):
            state['status'] = int(status[:3])
            kept = [item for item in headers if item[0].lower() not in self._lower]
            return start_response(status, kept + [(name, request_id) for name in self.headers], *exc_info)

        try:
            with trace.span(f'{environ["REQUEST_METHOD"]} {environ.get("SCRIPT_NAME", "")}{_path(environ)}',
                            parent=environ.get('HTTP_X_ESSEX_SPAN'), kind='http') as details:
                result = self._call(environ, start, state)
                details['status'] = state.get('status')
                return result
        finally:
            context.unbind(token)

    def _call(self, environ, start, state):
        try:
            return self.app(environ, start)
        except Exception:
            LOG.exception('%s %s failed outside the application', environ['REQUEST_METHOD'], _path(environ))
            if state:
                raise
            body = {'error': {'code': 500, 'title': EssexError.title, 'message': EssexError.message}}
            return json_response(body, 500)(environ, start)


def _path(environ):
    return hide_secrets(environ.get('PATH_INFO', ''))


_IN_PATH = re.compile(r'(/tokens/+)[^/?]+')
_IN_QUERY = re.compile(r'((?:^|&)(?:token|signature|temp_url_sig|x-amz-signature|awsaccesskeyid)=)[^&]+', re.IGNORECASE)


def hide_secrets(path, query=''):
    """A path and query fit for a log: tokens and signatures replaced by ***."""
    shown = _IN_PATH.sub(r'\1***', path) if '/tokens/' in path else path
    return shown + '?' + _IN_QUERY.sub(r'\1***', query) if query else shown


def filter_factory(global_conf, extra_headers='', **local_conf):
    """Paste: `extra_headers` is a space-separated list."""
    return lambda app: RequestId(app, extra_headers.split())
