"""Versions the older way: X-Versions-Location (a stack) and X-History-Location (a history) name a second container.

The factory also puts `object_versioning` in place, which works by X-Versions-Enabled: a container has one or the other.
"""
import json
import logging
from urllib.parse import urlencode

import webob

from swift import conf as options
from swift.middleware import copied, names
from swift.middleware.object_versioning import ObjectVersioning
from swift.middleware.segments import text
from swift.proxy import registry
from swift.proxy.info import clear_info_cache, get_container_info
from swift.proxy.subrequest import make_subrequest
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
LOCATION = 'X-Container-Sysmeta-Versions-Location'
MODE = 'X-Container-Sysmeta-Versions-Mode'
DELETED = 'application/x-deleted;swift_versions_deleted=1'
_HEADERS = {'stack': 'X-Versions-Location', 'history': 'X-History-Location'}


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    legacy = options.boolean(conf, 'allow_versioned_writes', False)
    enabled = options.boolean(conf, 'allow_object_versioning', False)
    if legacy:
        registry.register('versioned_writes', allowed_flags=['x-versions-location', 'x-history-location'])
    if enabled:
        registry.register('object_versioning')

    def make(app):
        made = VersionedWrites(app, legacy)
        return ObjectVersioning(made) if enabled else made
    return make


class Refused(Exception):
    """What ends the work with an answer."""

    def __init__(self, response):
        super().__init__(response.status)
        self.response = response


class VersionedWrites:
    """Filter: right of slo and dlo, so that manifests are kept as they are stored."""

    def __init__(self, app, allowed):
        self.app, self._allowed = app, allowed

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if names.is_object(environ):
            if method in ('PUT', 'DELETE') and names.of(environ):
                return self._object(environ, start_response, method)
            return self.app(environ, start_response)
        base = names.of(environ)
        if base and base.container and method in ('PUT', 'POST', 'GET', 'HEAD'):
            return self._container(webob.Request(environ), base)(environ, start_response)
        return self.app(environ, start_response)

    # Containers

    def _container(self, req, base):
        if req.method in ('PUT', 'POST'):
            refused = self._take_location(req)
            if refused is not None:
                return refused
        response = req.get_response(self.app)
        location = response.headers.get(LOCATION)
        if location:
            response.headers[_HEADERS.get(response.headers.get(MODE), _HEADERS['stack'])] = location
        if req.method in ('PUT', 'POST') and LOCATION in req.headers:
            clear_info_cache(req.environ, base.account, base.container)
        return response

    def _take_location(self, req):
        given = [mode for mode, header in _HEADERS.items() if req.headers.get(header)]
        if len(given) > 1:
            return text(400, 'Only one of X-Versions-Location or X-History-Location may be specified\n')
        removed = any(header in req.headers or req.headers.get(f'X-Remove-{header[2:]}')
                      for header in _HEADERS.values())
        if not given:
            if removed:
                req.headers.update({LOCATION: '', MODE: ''})
            return None
        if not self._allowed:
            return text(412, 'Versioned Writes is disabled\n')
        try:
            location = names.from_header(req.headers[_HEADERS[given[0]]]).strip('/')
        except ValueError:
            location = ''
        if not location or '/' in location or '\0' in location:
            return text(412, f'{_HEADERS[given[0]]} must name a container: no slashes\n')
        req.headers.update({LOCATION: names.to_header(location), MODE: given[0]})
        return None

    # Objects

    def _object(self, environ, start_response, method):
        info = get_container_info(environ, self.app, source='VW')
        location = info['sysmeta'].get('versions-location')
        if not location or info['status'] >= 300:
            return self.app(environ, start_response)
        req, base = webob.Request(environ), names.of(environ)
        try:
            archive = Archive(req, self.app, base, names.from_header(location))
            self._authorize(req, info)
            if method == 'PUT':
                archive.keep_current()
            elif info['sysmeta'].get('versions-mode') == 'history':
                archive.keep_deletion()
            else:
                response = archive.restore()
                if response is not None:
                    return response(environ, start_response)
        except Refused as refused:
            return refused.response(environ, start_response)
        return self.app(environ, start_response)

    @staticmethod
    def _authorize(req, info):
        """Ask before anything is copied on the user's behalf."""
        req.acl = req.environ['swift.acl'] = info['write_acl']
        authorize = req.environ.get('swift.authorize')
        refused = authorize(req) if authorize else None
        if refused is not None:
            raise Refused(refused)


class Archive:
    """The versions of one object, kept below `<length of its name, 3 hex digits><name>/<timestamp>`."""

    def __init__(self, req, app, base, container):
        self._env, self._app, self._base, self._container = req.environ, app, base, container
        self._prefix = f'{len(base.obj.encode()):03x}{base.obj}/'
        self._path = base.path(base.container, base.obj)

    def _ask(self, method, path, **named):
        return make_subrequest(self._env, method, path, source='VW', authorized=True, **named).get_response(self._app)

    def keep_current(self):
        """Copy what is there now among the versions; nothing when nothing is."""
        found = self._ask('GET', self._path, headers={'X-Newest': 'true'}, query='symlink=get')
        if found.status_int == 404:
            copied.close_body(found)
            return
        self._want_success(found)
        if 'X-Object-Manifest' in found.headers:
            # Its segments are what counts, and those have versions of their own.
            copied.close_body(found)
            return
        when = Timestamp(found.headers.get('X-Timestamp') or 0)
        self._want_success(self._put(self._version(when), found))

    def keep_deletion(self):
        """Copy what is there, then note that it was deleted."""
        self.keep_current()
        marker = make_subrequest(self._env, 'PUT', self._version(Timestamp.now()), source='VW', authorized=True,
                                 headers={'Content-Type': DELETED})
        marker.environ['swift.content_type_overridden'] = True
        answer = marker.get_response(self._app)
        copied.close_body(answer)
        self._want_success(answer)

    def restore(self):
        """Put the newest version in the place of the current one: the answer, or None to go on with the deletion."""
        for version in self._versions():
            path = self._base.path(self._container, version['name'])
            if version['content_type'].startswith('application/x-deleted'):
                if self._exists():
                    return None
                copied.close_body(self._ask('DELETE', path))
                continue
            found = self._ask('GET', path, headers={'X-Newest': 'true'}, query='symlink=get')
            if found.status_int == 404:
                copied.close_body(found)
                continue
            self._want_success(found)
            self._want_success(self._put(self._path, found))
            # The answer to the user's request is that to the deletion of the version it used up.
            return self._ask('DELETE', path)
        return None

    def _exists(self):
        found = self._ask('HEAD', self._path, headers={'X-Newest': 'true'})
        copied.close_body(found)
        return found.status_int // 100 == 2

    def _versions(self):
        """Newest first, page by page."""
        marker = ''
        while True:
            query = urlencode({'format': 'json', 'prefix': self._prefix, 'reverse': 'on', 'marker': marker})
            found = self._ask('GET', self._base.path(self._container), query=query)
            body = copied.read_small(found, 64 << 20) or b'[]'
            if found.status_int == 404:
                return
            self._want_success(found)
            page = [item for item in json.loads(body) if 'name' in item]
            yield from page
            if not page:
                return
            marker = page[-1]['name']

    def _version(self, when):
        return self._base.path(self._container, self._prefix + when.internal)

    def _put(self, path, found):
        """Store a response's body and what goes with it at a path; the answer."""
        made = {name: value for name, value in copied.described(found.headers, as_stored=True).items() if value}
        if found.headers.get('Etag'):
            made['Etag'] = found.headers['Etag'].strip('"')
        sub = make_subrequest(self._env, 'PUT', path, source='VW', authorized=True, headers=made)
        # The type of a manifest tells its listing how many bytes it stands for.
        sub.environ.update({'swift.content_type_overridden': True, 'wsgi.input': copied.Input(found)})
        sub.content_length = found.content_length
        if found.content_length is None:
            sub.headers['Transfer-Encoding'] = 'chunked'
        try:
            return sub.get_response(self._app)
        finally:
            copied.close_body(found)

    def _want_success(self, response):
        code = response.status_int
        if code // 100 == 2:
            return
        copied.close_body(response)
        LOG.error('%s: its versions in %s: %s', self._path, self._container, response.status)
        if 400 <= code < 500:
            # The container of the versions is missing, or over its quota: the user can mend that.
            raise Refused(text(412, f'The container of the versions answered {response.status}.\n'))
        raise Refused(text(503, 'The version that is there cannot be kept now.\n'))
