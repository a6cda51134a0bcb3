"""Containers with versions: switching them on and off, counting and deleting."""
from urllib.parse import quote

from swift.headers import is_sys_meta
from swift.middleware import listing_hash, names
from swift.middleware.object_versioning import calls
from swift.middleware.object_versioning import hidden as versions
from swift.middleware.object_versioning.calls import ask, settle, want_success
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
            if versions.is_enabled(_sysmeta(found)):
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
        if enable or versions.is_versioned(_sysmeta(found)):
            req.headers[versions.CONTAINER] = names.to_header(versions.container_of(self._base.container))
            req.headers[versions.ENABLED] = str(enable)
        response = req.get_response(self._app)
        for name in (self._base.container, versions.container_of(self._base.container)):
            clear_info_cache(req.environ, self._base.account, name)
        return response

    def _delete(self):
        info = get_container_info(self._req.environ, self._app, source='OV')
        if not versions.is_versioned(info['sysmeta']):
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
        if not versions.is_versioned(_sysmeta(response)):
            return response
        return listing_hash.rewrite_items(self._counted(response), self._as_its_version)

    def _counted(self, response):
        """The response, whose bytes are those of all versions."""
        sysmeta = _sysmeta(response)
        if not versions.is_versioned(sysmeta):
            return response
        response.headers['X-Versions-Enabled'] = str(versions.is_enabled(sysmeta))
        found = settle(ask(self._req, self._app, 'HEAD', self._hidden))
        used, more = (each.headers.get('X-Container-Bytes-Used', '') for each in (response, found))
        if used.isdecimal() and more.isdecimal():
            response.headers['X-Container-Bytes-Used'] = str(int(used) + int(more))
        return response

    def _as_its_version(self, item):
        """An object that is a link to its current version is listed as that."""
        if '/%00versions%00' not in item.get('symlink_path', ''):
            return
        version_id = versions.linked(item['symlink_path'].split('/', 3)[3], self._base.container, item['name'])
        item['symlink_path'] = f'{quote(self._path)}/{quote(item["name"])}?version-id={version_id}'
        known, more = listing_hash.split(item['hash'])
        item['hash'] = listing_hash.join(item.pop('symlink_etag', known), more)
        item['bytes'] = item.pop('symlink_bytes', item['bytes'])
        item['version_symlink'] = True


def _sysmeta(response):
    """The system metadata in the headers of a container, as in get_container_info."""
    return {name[len('x-container-sysmeta-'):].lower(): value for name, value in response.headers.items()
            if is_sys_meta('container', name)}
