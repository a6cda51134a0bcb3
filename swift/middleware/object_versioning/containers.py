"""Containers with versions: switching them on and off, counting and deleting."""
from swift.middleware import listing_hash, names
from swift.middleware.object_versioning import calls
from swift.middleware.object_versioning import hidden as versions
from swift.middleware.object_versioning.calls import CONTAINER, ENABLED, ask, settle, want_success
from swift.middleware.object_versioning.listing import Listing
from swift.middleware.segments import text
from swift.proxy.info import clear_info_cache, get_container_info

_LEGACY = ('X-Versions-Location', 'X-History-Location')


class ContainerRequest:
    """One request about a container."""

    def __init__(self, req, app):
        self._req, self._app = req, app
        self._base = names.of(req.environ)
        self._path = self._base.path(self._base.container)
        self._hidden = self._base.path(versions.container_of(self._base.container))

    def respond(self):
        """The Response. Raises Refused."""
        method = self._req.method
        if method in ('PUT', 'POST') and ('X-Versions-Enabled' in self._req.headers
                                          or any(self._req.headers.get(name) for name in _LEGACY)):
            return self._switch()
        if method == 'DELETE':
            return self._delete()
        if method == 'GET' and 'versions' in names.query(self._req.environ):
            return self._counted(Listing(self._req, self._app, self._base).respond())
        response = self._req.get_response(self._app)
        return self._shown(response) if method in ('GET', 'HEAD') else response

    def _switch(self):
        req = self._req
        calls.authorize(req, None)
        found = settle(ask(req, self._app, 'HEAD', self._path))
        legacy = any(req.headers.get(name) for name in _LEGACY)
        if 'X-Versions-Enabled' not in req.headers:
            if found.headers.get(ENABLED) == 'true':
                return text(400, 'Cannot use X-Versions-Location or X-History-Location: object versioning is enabled\n')
            return req.get_response(self._app)
        try:
            enable = calls.is_true(req.headers['X-Versions-Enabled'])
        except ValueError:
            return text(400, 'X-Versions-Enabled must be true or false\n')
        if enable and (legacy or any(found.headers.get(name) for name in _LEGACY)):
            return text(400, 'Cannot enable object versioning on a container that uses X-Versions-Location or '
                             'X-History-Location\n')
        if enable:
            policy = found.headers.get('X-Storage-Policy') or req.headers.get('X-Storage-Policy')
            made = ask(req, self._app, 'PUT', self._hidden, {'X-Storage-Policy': policy} if policy else {})
            want_success(settle(made), 'Making the container of the versions')
            req.headers.update({CONTAINER: names.to_header(versions.container_of(self._base.container)),
                                ENABLED: 'true'})
        elif found.headers.get(CONTAINER):
            req.headers[ENABLED] = 'false'
        response = req.get_response(self._app)
        for name in (self._base.container, versions.container_of(self._base.container)):
            clear_info_cache(req.environ, self._base.account, name)
        return response

    def _delete(self):
        info = get_container_info(self._req.environ, self._app, source='OV')
        if not info['sysmeta'].get('versions-cont'):
            return self._req.get_response(self._app)
        calls.authorize(self._req, None)
        found = settle(ask(self._req, self._app, 'HEAD', self._hidden))
        if found.status_int // 100 == 2 and int(found.headers.get('X-Container-Object-Count', 0)):
            return text(409, 'Delete all versions before deleting the container.\n')
        response = self._req.get_response(self._app)
        if response.status_int // 100 == 2 and found.status_int != 404:
            settle(ask(self._req, self._app, 'DELETE', self._hidden))
        return response

    def _shown(self, response):
        if not response.headers.get(CONTAINER):
            return response
        return listing_hash.rewrite_items(self._counted(response), _as_its_target)

    def _counted(self, response):
        """The response, whose bytes are those of all versions."""
        if not response.headers.get(CONTAINER):
            return response
        response.headers['X-Versions-Enabled'] = 'True' if response.headers.get(ENABLED) == 'true' else 'False'
        found = settle(ask(self._req, self._app, 'HEAD', self._hidden))
        used, more = (each.headers.get('X-Container-Bytes-Used', '') for each in (response, found))
        if used.isdecimal() and more.isdecimal():
            response.headers['X-Container-Bytes-Used'] = str(int(used) + int(more))
        return response


def _as_its_target(item):
    """An object that is a link to its current version is listed as that."""
    if '/%00versions%00' in item.get('symlink_path', ''):
        del item['symlink_path']
        item.pop('symlink_etag', None)
        item['bytes'] = item.pop('symlink_bytes', item['bytes'])
        item['version_symlink'] = True
