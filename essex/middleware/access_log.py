"""One log line a request: who, what, status, bytes, seconds. Tokens and signatures are left out."""
import logging
import time

from essex.middleware.request_id import hide_secrets

LOG = logging.getLogger('essex.access')


class AccessLog:
    """WSGI filter."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        began = time.perf_counter()
        code = length = '-'

        def start(status, headers, *exc_info):
            nonlocal code, length
            code = status[:3]
            length = next((value for name, value in headers if name.lower() == 'content-length'), '-')
            return start_response(status, headers, *exc_info)

        try:
            return self.app(environ, start)
        finally:
            caller = environ.get('essex.context')
            LOG.info('%s %s %s %s %s %s %.4f', environ.get('REMOTE_ADDR', '-'), caller.user_id if caller else '-',
                     environ['REQUEST_METHOD'],
                     hide_secrets(environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', ''),
                                  environ.get('QUERY_STRING', '')),
                     code, length, time.perf_counter() - began)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return AccessLog
