"""GET /healthcheck: 200 OK while the process serves, 503 while a file says it is being taken out of service."""
import os

import webob


class Healthcheck:
    """WSGI filter. While `disable_by_file` exists the answer is 503, so that a balancer drains the node."""

    def __init__(self, app, path='/healthcheck', disable_by_file=None):
        self.app, self.path, self.disable_by_file = app, path, disable_by_file

    def __call__(self, environ, start_response):
        if environ.get('PATH_INFO') != self.path or environ['REQUEST_METHOD'] not in ('GET', 'HEAD'):
            return self.app(environ, start_response)
        disabled = self.disable_by_file and os.path.exists(self.disable_by_file)
        response = webob.Response(status=503 if disabled else 200, text='DISABLED BY FILE' if disabled else 'OK',
                                  content_type='text/plain')
        return response(environ, start_response)


def filter_factory(global_conf, path='/healthcheck', disable_by_file=None, disable_path=None, **local_conf):
    """Paste."""
    # The second name is object storage's.
    return lambda app: Healthcheck(app, path, disable_by_file or disable_path)
