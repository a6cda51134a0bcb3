"""Spans of what storage servers do for a request to the proxy, under its transaction id: `essex trace tx...`."""
from essex import context, trace
from swift.middleware.catch_errors import is_traced


class BackendTrace:
    """WSGI filter of storage servers; costs nothing where no spans are recorded."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        trans_id = environ.get('HTTP_X_TRANS_ID')
        if not trans_id or trans_id == '-':
            return self.app(environ, start_response)
        token = context.bind(context.RequestContext(request_id=trans_id))
        try:
            with trace.span(f'{environ["REQUEST_METHOD"]} {environ.get("PATH_INFO", "")}', kind='http',
                            parent=environ.get('HTTP_X_ESSEX_SPAN')) as details:

                def start(status, headers, exc_info=None):
                    details['status'] = int(status[:3])
                    return start_response(status, headers, *((exc_info,) if exc_info else ()))

                return self.app(environ, start)
        finally:
            context.unbind(token)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return lambda app: BackendTrace(app) if is_traced() else app
