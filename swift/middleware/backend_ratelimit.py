"""Bounds how many requests a second each device of a storage server takes; the rest get 529 and go elsewhere."""
import contextlib
import os
import time

from webob import Response

from swift import conf as options
from swift.exceptions import ConfigurationError

_METHODS = ('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'UPDATE', 'REPLICATE')


class _Bucket:
    """Lets `rate` a second pass, and after idling up to `buffer` seconds' worth at once."""

    __slots__ = ('_buffer', '_due', '_gap')

    def __init__(self, rate, buffer):
        self._gap, self._buffer, self._due = 1 / rate, buffer, 0.0

    def allows(self, now):
        due = max(self._due, now - self._buffer)
        if due > now:
            return False
        self._due = due + self._gap
        return True


class BackendRateLimit:
    """The filter. Options: requests_per_device_per_second (0: no limit), <method>_requests_per_device_per_second,
    requests_per_device_rate_buffer (seconds), and the same in backend-ratelimit.conf of swift_dir
    (backend_ratelimit_conf_path), read again every config_reload_interval seconds.
    """

    def __init__(self, app, conf, clock=time.monotonic):
        self.app, self._conf, self._clock = app, conf, clock
        self._path = conf.get('backend_ratelimit_conf_path', os.path.join(
            conf.get('swift_dir', '/etc/swift'), 'backend-ratelimit.conf'))
        self._reload = options.number(conf, 'config_reload_interval', 60, 0)
        self._checked, self._known = clock(), None
        self._rates, self._buffer, self._buckets = {}, 5.0, {}
        self._apply(self._file())

    def __call__(self, environ, start_response):
        now = self._clock()
        if self._reload and now - self._checked >= self._reload:
            self._checked = now
            self._read_again()
        if self._rates and not self._allowed(environ, now):
            answer = Response(status='529 Too Many Backend Requests', text='Too Many Backend Requests',
                              content_type='text/plain')
            return answer(environ, start_response)
        return self.app(environ, start_response)

    def _allowed(self, environ, now):
        method = environ['REQUEST_METHOD']
        device, _, rest = environ.get('PATH_INFO', '').lstrip('/').partition('/')
        if method not in _METHODS or not rest[:1].isdecimal():
            return True
        return all(self._bucket(device, key).allows(now) for key in (method, None) if self._rates.get(key))

    def _bucket(self, device, key):
        found = self._buckets.get((device, key))
        if found is None:
            found = self._buckets[(device, key)] = _Bucket(self._rates[key], self._buffer)
        return found

    def _file(self):
        try:
            state = os.stat(self._path).st_mtime_ns
        except OSError:
            self._known = None
            return {}
        self._known = state
        return options.section(self._path, 'backend_ratelimit')

    def _read_again(self):
        with contextlib.suppress(FileNotFoundError):
            if self._known == os.stat(self._path).st_mtime_ns:
                return
        # What cannot be read leaves the limits as they are: a running server does not stop for it.
        with contextlib.suppress(ConfigurationError):
            self._apply(self._file())

    def _apply(self, found):
        conf = {**self._conf, **found}
        rates = {None: options.number(conf, 'requests_per_device_per_second', 0, 0)}
        for method in _METHODS:
            rates[method] = options.number(conf, f'{method.lower()}_requests_per_device_per_second', 0, 0)
        self._rates = {key: rate for key, rate in rates.items() if rate}
        self._buffer = options.number(conf, 'requests_per_device_rate_buffer', 1, 0)
        self._buckets = {}


def filter_factory(global_conf, **local_conf):
    """Paste's factory."""
    conf = {**global_conf, **local_conf}
    return lambda app: BackendRateLimit(app, conf)
