"""Objects of containers with versions: each PUT makes a version, the object itself is a static link to the current."""
import mimetypes
from urllib.parse import quote

import webob

from swift.headers import true_value
from swift.middleware import copied, listing_hash, names, symlink
from swift.middleware.object_versioning import calls
from swift.middleware.object_versioning import hidden as versions
from swift.middleware.object_versioning.calls import DELETED, Refused, ask, settle, want_success
from swift.middleware.segments import text
from swift.timestamp import Timestamp

_OVERRIDE = 'X-Object-Sysmeta-Container-Update-Override-Etag'


class ObjectRequest:
    """One request about an object; `info` is that of its container."""

    def __init__(self, req, app, info):
        self._req, self._app, self._info = req, app, info
        self._enabled = versions.is_enabled(info['sysmeta'])
        self._base = names.of(req.environ)
        self._path = self._base.path(self._base.container, self._base.obj)
        self._id = names.query(req.environ).get('version-id') if 'version-id' in req.query_string else None
        if self._id is not None and self._id != versions.NULL:
            try:
                self._id = Timestamp(self._id).normal
            except ValueError:
                raise Refused(text(400, 'Invalid version parameter\n')) from None

    def respond(self):
        """The Response. Raises Refused."""
        method = self._req.method
        if method in ('GET', 'HEAD'):
            return self._read() if self._id else self._read_current()
        if self._id:
            handle = {'DELETE': self._delete_version, 'PUT': self._make_current}.get(method)
            if handle is None:
                raise Refused(text(400, f'{method} to a specific version is not allowed\n'))
            return handle()
        handle = {'PUT': self._put, 'DELETE': self._delete}.get(method) if self._enabled else None
        if method == 'POST':
            handle = self._post
        return handle() if handle else self._req.get_response(self._app)

    def _hidden(self, version_id):
        return self._base.path(versions.container_of(self._base.container),
                               versions.object_of(self._base.obj, version_id))

    def _current(self):
        """(the HEAD of the object itself, its version id: None when there is none, `null` when it is no link)."""
        found = settle(ask(self._req, self._app, 'HEAD', self._path, {'X-Newest': 'true'}, query='symlink=get'))
        if found.status_int == 404:
            return found, None
        want_success(found, 'Looking at the object that is there')
        return found, self._linked(found.headers.get(symlink.TARGET, '')) or versions.NULL

    def _linked(self, target):
        return versions.linked(target, self._base.container, self._base.obj)

    # Reading

    def _read_current(self):
        response = self._req.get_response(self._app)
        if response.status_int // 100 == 2 or response.status_int in (304, 412, 416):
            itself = response.headers.get(symlink.TARGET, '')    # with symlink=get
            current = self._linked(response.headers.pop(symlink.FOLLOWED, itself))
            response.headers['X-Object-Version-Id'] = current or versions.NULL
            if self._linked(itself):
                shown = quote(f'{self._base.container}/{self._base.obj}')
                response.headers['X-Symlink-Target'] = f'{shown}?version-id={current}'
            elif current:
                response.headers['Content-Location'] = f'{quote(self._path)}?version-id={current}'
        return response

    def _read(self):
        if self._id == versions.NULL:
            _, current = self._current()
            if current != versions.NULL:
                calls.authorize(self._req, self._info['read_acl'])
                return text(404, 'Not Found\n')
            self._req.query_string = calls.without(self._req.query_string, 'version-id')
            return self._read_current()
        calls.authorize(self._req, self._info['read_acl'])
        response = calls.forward(self._req, self._app, self._hidden(self._id),
                                 query=calls.without(self._req.query_string, 'version-id'))
        response.headers['X-Object-Version-Id'] = self._id
        if response.status_int < 300 and response.headers.get('Content-Type', '').startswith('application/x-deleted'):
            settle(response)
            return webob.Response(status=404, headerlist=[('X-Object-Version-Id', self._id),
                                                          ('Content-Type', DELETED), ('Content-Length', '0')])
        return response

    # Writing

    def _put(self):
        req = self._req
        calls.authorize(req, self._info['write_acl'])
        current, known = self._current()
        if req.headers.pop('If-None-Match', '').strip() == '*' and known:
            return text(412, 'A precondition for this request was not met.\n')
        if known == versions.NULL:
            self._keep_null(current)
        when = Timestamp.now()
        listed = req.headers.get(_OVERRIDE)
        counted = _Counted(req.environ['wsgi.input'])
        req.environ['wsgi.input'] = counted
        content_type = self._content_type()
        response = calls.forward(req, self._app, self._hidden(when.normal), {
            'X-Timestamp': when.internal, 'Content-Type': content_type})
        if response.status_int != 201:
            return response
        etag = response.headers['Etag'].strip('"')
        size = req.headers.get('X-Object-Sysmeta-Slo-Size', str(counted.count))
        self._link(when.normal, etag, size, content_type, listed, when)
        response.headers['X-Object-Version-Id'] = when.normal
        return response

    def _content_type(self):
        given = self._req.headers.get('Content-Type')
        if given and not true_value(self._req.headers.get('X-Detect-Content-Type', '')):
            return given
        self._req.headers.pop('X-Detect-Content-Type', None)
        if 'X-Symlink-Target' in self._req.headers:
            return 'application/symlink'
        return mimetypes.guess_type(self._base.obj)[0] or 'application/octet-stream'

    def _link(self, version_id, etag, size, content_type, listed, when):
        """Have the object be a link to one of its versions; `listed` is what listings are to know of it besides."""
        target = f'{versions.container_of(self._base.container)}/{versions.object_of(self._base.obj, version_id)}'
        made = {'X-Symlink-Target': names.to_header(target), 'Content-Type': content_type.split(';swift_bytes=')[0],
                'X-Symlink-Target-Etag': etag, symlink.BYTES: str(size), symlink.EXTEND: 'true', versions.LINK: 'true',
                'X-Timestamp': Timestamp(when, offset=1).internal}
        if listed:
            made[_OVERRIDE] = listed
        for name in ('X-Delete-At', 'X-Delete-After'):
            if name in self._req.headers:
                made[name] = self._req.headers[name]
        want_success(settle(ask(self._req, self._app, 'PUT', self._path, made)), 'Making the new version current')

    def _keep_null(self, head):
        """Make a version of an object from the time before versions."""
        found = ask(self._req, self._app, 'GET', self._path, {'X-Newest': 'true'}, query='symlink=get')
        if found.status_int == 404:
            settle(found)
            return
        want_success(found, 'Reading the object that is there')
        version_id = Timestamp(found.headers.get('X-Timestamp') or head.headers['X-Timestamp']).normal
        kept = {name: value for name, value in copied.described(found.headers, as_stored=True).items() if value}
        kept['X-Timestamp'] = version_id
        answer = settle(calls.store(self._req, self._app, self._hidden(version_id), kept, found))
        settle(found)
        if answer.status_int != 409:    # it was kept before
            want_success(answer, 'Keeping the version that is there')

    def _delete(self):
        calls.authorize(self._req, self._info['write_acl'])
        current, known = self._current()
        if known == versions.NULL:
            self._keep_null(current)
        when = Timestamp.now()
        marker = settle(ask(self._req, self._app, 'PUT', self._hidden(when.normal), {
            'Content-Type': DELETED, 'X-Timestamp': when.internal}))
        want_success(marker, 'Noting the deletion')
        self._req.headers['X-Timestamp'] = when.internal
        response = self._req.get_response(self._app)
        response.headers['X-Object-Version-Id'] = when.normal
        return response

    def _delete_version(self):
        calls.authorize(self._req, self._info['write_acl'])
        _, current = self._current()
        if self._id == versions.NULL:
            if current != versions.NULL:
                return text(404, 'Not Found\n')
            self._req.query_string = calls.without(self._req.query_string, 'version-id')
            response, current = self._req.get_response(self._app), None
        else:
            if current == self._id:
                want_success(settle(ask(self._req, self._app, 'DELETE', self._path)), 'Deleting the current version')
                current = None
            response = ask(self._req, self._app, 'DELETE', self._hidden(self._id))
        response.headers['X-Object-Version-Id'] = self._id
        if current:
            response.headers['X-Object-Current-Version-Id'] = current
        return response

    def _make_current(self):
        req = self._req
        if self._id == versions.NULL:
            return text(400, 'The null version cannot be made current\n')
        if req.content_length or ('chunked' in req.headers.get('Transfer-Encoding', '').lower()
                                  and req.environ['wsgi.input'].read(1)):
            return text(400, 'PUT with a version-id takes no body\n')
        calls.authorize(req, self._info['write_acl'])
        found = settle(ask(req, self._app, 'HEAD', self._hidden(self._id), {'X-Newest': 'true'}, query='symlink=get'))
        if found.status_int == 404:
            return text(404, 'Not Found\n')
        want_success(found, 'Looking at the version')
        content_type = found.headers.get('Content-Type', 'application/octet-stream')
        if content_type.startswith('application/x-deleted'):
            return text(404, 'Not Found\n')
        current, known = self._current()
        if known == versions.NULL:
            self._keep_null(current)
        etag = found.headers['Etag'].strip('"')
        slo = found.headers.get('X-Object-Sysmeta-Slo-Etag')
        size = found.headers.get('X-Object-Sysmeta-Slo-Size') or found.headers.get('Content-Length', '0')
        listed = listing_hash.join(etag, {'slo_etag': slo}) if slo else None
        self._link(self._id, etag, size, content_type, listed, Timestamp.now())
        return webob.Response(status=201, headerlist=[
            ('Etag', etag), ('X-Object-Version-Id', self._id), ('X-Object-Current-Version-Id', self._id),
            ('Content-Type', 'text/html; charset=UTF-8'), ('Content-Length', '0')])

    def _post(self):
        calls.authorize(self._req, self._info['write_acl'])
        _, current = self._current()
        if current in (None, versions.NULL):
            return self._req.get_response(self._app)
        response = calls.forward(self._req, self._app, self._hidden(current))
        if response.status_int == 202 and 'Content-Type' in self._req.headers:
            # Listings tell the type of the link.
            settle(ask(self._req, self._app, 'POST', self._path, {'Content-Type': self._req.headers['Content-Type']}))
        response.headers['X-Object-Version-Id'] = current
        return response


class _Counted:
    """A request's body that knows how much of it was read."""

    def __init__(self, stream):
        self._stream, self.count = stream, 0

    def read(self, *size):
        piece = self._stream.read(*size)
        self.count += len(piece)
        return piece

    def __getattr__(self, name):
        return getattr(self._stream, name)


