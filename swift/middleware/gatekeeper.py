"""Keeps what is between us and the storage nodes from going in and out: system metadata, backend headers, times."""
import functools

from swift.headers import is_sys_meta, is_transient_sys_meta, true_value

_KINDS = ('account', 'container', 'object')


@functools.lru_cache(4096)
def _is_internal(name):
    """Whether a header (any case) is none of a client's business, in either direction."""
    lower = name.lower()
    return (lower.startswith('x-backend') or is_transient_sys_meta(lower)
            or any(is_sys_meta(kind, lower) for kind in _KINDS))


@functools.lru_cache(4096)
def _is_taken(key):
    """Whether a key of the environment is an internal header, or a time that clients do not set."""
    return key.startswith('HTTP_X_') and _is_internal(key[5:].replace('_', '-'))


class Gatekeeper:
    """WSGI filter, right behind catch_errors.

    With `shunt_inbound_x_timestamp` a client's X-Timestamp goes to X-Backend-Inbound-X-Timestamp, for container sync.
    """

    def __init__(self, app, conf):
        self.app = app
        self._shunt = true_value(conf.get('shunt_inbound_x_timestamp', 'true'))
        self._reserved = true_value(conf.get('allow_reserved_names_header', 'false'))

    def __call__(self, environ, start_response):
        reserved = environ.get('HTTP_X_ALLOW_RESERVED_NAMES') if self._reserved else None
        for key in [key for key in environ if _is_taken(key)]:
            del environ[key]
        if reserved:
            environ['HTTP_X_BACKEND_ALLOW_RESERVED_NAMES'] = reserved
        if self._shunt and 'HTTP_X_TIMESTAMP' in environ:
            environ['HTTP_X_BACKEND_INBOUND_X_TIMESTAMP'] = environ.pop('HTTP_X_TIMESTAMP')

        def start(status, headers, exc_info=None):
            shown = [pair for pair in headers if not _is_internal(pair[0])]
            return start_response(status, shown, *((exc_info,) if exc_info else ()))

        return self.app(environ, start)


def filter_factory(global_conf, **local_conf):
    """Paste."""
    conf = {**global_conf, **local_conf}
    return lambda app: Gatekeeper(app, conf)
