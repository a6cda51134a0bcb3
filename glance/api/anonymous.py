"""A filter for an image service without Keystone: every caller is an administrator without a project."""
from essex.context import RequestContext


class Anonymous:
    """WSGI filter."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        environ['essex.context'] = RequestContext(is_admin=True, roles=('admin',),
                                                  request_id=environ.get('essex.request_id'))
        return self.app(environ, start_response)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return Anonymous
