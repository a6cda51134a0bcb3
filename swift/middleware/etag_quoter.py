"""ETags in quotes, as HTTP has them, where an account or a container asks for it.

X-Account-Rfc-Compliant-Etags and X-Container-Rfc-Compliant-Etags: true, false, or empty to ask the next level.
"""
from webob import Request

from swift import conf as conf_file
from swift.headers import true_value
from swift.middleware.authorization import text
from swift.middleware.quota_room import named
from swift.proxy import registry
from swift.proxy.info import get_account_info, get_container_info

_SYSMETA = 'rfc-compliant-etags'
_WORDS = ('true', 'false', 'yes', 'no', 'on', 'off', '1', '0', 't', 'f', 'y', 'n')


class EtagQuoter:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app, self.default = app, conf_file.boolean(conf, 'enable_by_default', False)

    def __call__(self, environ, start_response):
        account, container, obj = named(environ)
        if account is None:
            return self.app(environ, start_response)
        if not obj:
            return self._level(environ, start_response, 'Container' if container else 'Account')
        response = Request(environ).get_response(self.app)
        etag = response.headers.get('Etag')
        if etag and not etag.startswith(('"', 'W/"')) and self._is_on(environ):
            response.headers['Etag'] = f'"{etag}"'
        return response(environ, start_response)

    def _level(self, environ, start_response, level):
        header, kept = f'X-{level}-Rfc-Compliant-Etags', f'X-{level}-Sysmeta-Rfc-Compliant-Etags'
        request = Request(environ)
        if request.method in ('PUT', 'POST') and header in request.headers:
            value = request.headers.pop(header).strip().lower()
            if value and value not in _WORDS:
                return text(400, f'{header} must be true or false, or empty')(environ, start_response)
            request.headers[kept] = str(true_value(value)) if value else ''

        def start(status, headers, *exc_info):
            more = [(header, value) for name, value in headers if name.lower() == kept.lower()]
            return start_response(status, headers + more, *exc_info)
        return self.app(environ, start)

    def _is_on(self, environ):
        for info in (get_container_info, get_account_info):
            value = (info(environ, self.app, source='EQ').get('sysmeta') or {}).get(_SYSMETA)
            if value:
                return true_value(value)
        return self.default


def filter_factory(global_conf, **local_conf):
    """Paste: enable_by_default."""
    conf = {**global_conf, **local_conf}
    registry.register('etag_quoter', enable_by_default=conf_file.boolean(conf, 'enable_by_default', False))
    return lambda app: EtagQuoter(app, conf)
