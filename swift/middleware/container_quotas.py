"""Quotas of containers, set by their owners: X-Container-Meta-Quota-Bytes and -Quota-Count."""
from swift.headers import whole
from swift.middleware import quota_room
from swift.middleware.authorization import text
from swift.proxy import registry
from swift.proxy.info import get_container_info

_HEADERS = {'HTTP_X_CONTAINER_META_QUOTA_BYTES': 'Invalid bytes quota.',
            'HTTP_X_CONTAINER_META_QUOTA_COUNT': 'Invalid count quota.'}


class ContainerQuotas:
    """WSGI filter. The last object may be the one too many when several arrive at once: counts are a moment old."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if method not in ('PUT', 'POST'):
            return self.app(environ, start_response)
        _account, container, obj = quota_room.named(environ)
        if obj and method == 'PUT':
            return self._upload(environ, start_response)
        if container and not obj:
            for header, problem in _HEADERS.items():
                value = environ.get(header)
                if value and whole(value) is None:
                    return text(400, problem)(environ, start_response)
        return self.app(environ, start_response)

    def _upload(self, environ, start_response):
        info = get_container_info(environ, self.app, source='CQ')
        meta, acl = info.get('meta') or {}, info.get('write_acl')
        if not 200 <= info['status'] < 300:
            return self.app(environ, start_response)
        count = whole(meta.get('quota-count'))
        if count is not None and int(info['object_count']) + 1 > count:
            return quota_room.refuse(environ, acl)(environ, start_response)
        limit = whole(meta.get('quota-bytes'))
        room = None if limit is None else limit - int(info['bytes'])
        return quota_room.upload(self.app, environ, start_response, room, acl)


def filter_factory(global_conf, **local_conf):
    """Paste: no options."""
    registry.register('container_quotas')
    return ContainerQuotas
