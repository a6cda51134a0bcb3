"""Versions of objects: with X-Versions-Enabled on a container nothing is lost until it is deleted by its version."""
import webob

from swift.middleware import names
from swift.middleware.object_versioning import calls, hidden
from swift.middleware.object_versioning.containers import ContainerRequest
from swift.middleware.object_versioning.objects import ObjectRequest
from swift.middleware.segments import text
from swift.proxy.info import get_container_info


class ObjectVersioning:
    """Filter, made by versioned_writes: right of slo and dlo, left of symlink."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        base = names.of(environ)
        if base is None or not base.container or base.container.startswith('\0') or environ[
                'REQUEST_METHOD'] == 'OPTIONS':
            return self.app(environ, start_response)
        try:
            if base.obj:
                response = self._object(environ)
            else:
                response = ContainerRequest(webob.Request(environ), self.app).respond()
        except calls.Refused as refused:
            response = refused.response
        return (response or self.app)(environ, start_response)

    def _object(self, environ):
        """The Response, None when the container never had versions."""
        info = get_container_info(environ, self.app, source='OV')
        if not hidden.is_versioned(info['sysmeta']):
            if 'version-id=' not in environ.get('QUERY_STRING', ''):
                return None
            req = webob.Request(environ)
            if names.query(req.environ).get('version-id', 'null') == 'null':
                return None
            return text(400, 'version-aware operations require that the container is versioned\n')
        return ObjectRequest(webob.Request(environ), self.app, info).respond()
