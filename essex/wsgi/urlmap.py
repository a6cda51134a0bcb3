"""A Paste composite: applications by the beginning of the path, the longest first."""


class URLMap:
    """WSGI application that hands a request to the application mounted at the longest matching prefix."""

    def __init__(self, mounts):
        self.mounts = sorted(((prefix.rstrip('/'), app) for prefix, app in mounts.items()),
                             key=lambda mount: -len(mount[0]))

    def __call__(self, environ, start_response):
        path = environ.get('PATH_INFO', '')
        for prefix, app in self.mounts:
            if path == prefix or path.startswith(prefix + '/') or not prefix:
                environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + prefix
                environ['PATH_INFO'] = path[len(prefix):]
                return app(environ, start_response)
        raise LookupError(f'nothing is mounted at {path}: the composite needs an application at /')


def composite_factory(loader, global_conf, **local_conf):
    """Paste: each `prefix = name of an app or pipeline`."""
    return URLMap({prefix: loader.get_app(name, global_conf=global_conf) for prefix, name in local_conf.items()})
