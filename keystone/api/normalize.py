"""Paste filter: a path with empty segments means the one without, as where a URL that ends with / got a path put
behind it (http://k:5000/v2.0/ and /tokens).

It stands before whatever looks at the path: access rules of application credentials have to see the one that is served.
"""
import re

_SLASHES = re.compile('//+')


def filter_factory(global_conf, **local_conf):
    """Paste."""
    def wrap(app):
        def normalized(environ, start_response):
            if '//' in environ.get('PATH_INFO', ''):
                environ['PATH_INFO'] = _SLASHES.sub('/', environ['PATH_INFO'])
            return app(environ, start_response)
        return normalized
    return wrap
