"""Bulk upload: the regular files of an archive, one PUT each."""
from swift.middleware import copied, names
from swift.middleware.bulk import answers, archive, work
from swift.middleware.bulk.body import Body, Stop
from swift.proxy.subrequest import make_subrequest

_META = 'SCHILY.xattr.user.meta.'
_TYPE = 'SCHILY.xattr.user.mime_type'


class Extraction:
    """Puts the members of an archive and keeps count. `limits`: see the filter."""

    def __init__(self, req, app, base, limits):
        self._req, self._app, self._base, self._limits = req, app, base, limits
        self.fields = {'Number Files Created': 0, 'Response Status': '201 Created', 'Response Body': ''}
        self.errors, self._containers, self._gateway = [], set(), False

    def run(self, kind):
        """Do it: a generator of None (still at it), then the outcome is in `fields` and `errors`."""
        beat = work.Beat(self._limits.every)
        try:
            for member, file in archive.members(Body(self._req.environ), kind):
                self._put(member, file)
                if beat.due():
                    yield None
            self._conclude()
        except archive.ArchiveError as error:
            self._end('400 Bad Request', f'Invalid Tar File: {error}')
        except Stop as stop:
            self._end(stop.status, stop.text)

    def _end(self, status, text):
        self.fields['Response Status'], self.fields['Response Body'] = status, text

    def _conclude(self):
        if self.errors:
            self.fields['Response Status'] = '502 Bad Gateway' if self._gateway else '400 Bad Request'
        elif not self.fields['Number Files Created']:
            self._end('400 Bad Request', 'Invalid Tar File: No Valid Files')

    def _put(self, member, file):
        try:
            container, obj = self._place(member.name)
        except LookupError:
            return      # a file beside the containers: nothing to do with it
        except ValueError:
            self._failed(member.name, '400 Bad Request')
            return
        name = f'{container}/{obj}'
        if member.size > self._limits.max_file_size:
            self._failed(name, '413 Request Entity Too Large')
            return
        status = self._ensure(container) or self._put_object(member, file, container, obj)
        if int(status.split(' ', 1)[0]) // 100 == 2:
            self.fields['Number Files Created'] += 1
            return
        self._failed(name, status)

    def _place(self, name):
        """(container, object) of a member's name. LookupError when it names no object, ValueError when it is bad."""
        name.encode()
        parts = [part for part in name.split('/') if part != '.']
        if '..' in parts or '\0' in name:
            raise ValueError(name)
        path = '/'.join(parts).strip('/')
        prefix = '/'.join(part for part in (self._base.container, self._base.obj and self._base.obj.strip('/')) if part)
        try:
            return names.container_and_object(f'{prefix}/{path}' if prefix and path else path)
        except ValueError:
            raise LookupError(name) from None

    def _ensure(self, container):
        """Make the container once; the status line of what stands against it."""
        if container in self._containers:
            return None
        path = self._base.path(container)
        if len(self._containers) >= self._limits.max_containers:
            raise Stop('400 Bad Request',
                       f'More than {self._limits.max_containers} containers to create from tar.')
        response = self._ask('HEAD', path)
        if response.status_int == 404:
            response = self._ask('PUT', path)
        # Only who may write objects, not the container, is told no here and yes below.
        if response.status_int >= 300 and response.status_int not in (401, 403):
            return response.status
        self._containers.add(container)
        return None

    def _ask(self, method, path):
        response = make_subrequest(self._req.environ, method, path, source='EA').get_response(self._app)
        copied.close_body(response)
        return response

    def _put_object(self, member, file, container, obj):
        sub = make_subrequest(self._req.environ, 'PUT', self._base.path(container, obj), source='EA',
                              headers=self._headers(member))
        sub.environ['wsgi.input'], sub.content_length = file, member.size
        response = sub.get_response(self._app)
        copied.close_body(response)
        return response.status

    def _headers(self, member):
        made = {name: self._req.headers[name] for name in ('X-Delete-At', 'X-Delete-After')
                if name in self._req.headers}
        for name, value in member.pax_headers.items():
            text = value.encode(errors='surrogateescape').decode('latin-1')
            if not text.isprintable() and any(ord(each) < 32 or ord(each) == 127 for each in text):
                continue
            if name == _TYPE:
                made['Content-Type'] = text
            elif name.startswith(_META) and name[len(_META):].replace('-', '').replace('_', '').isalnum():
                meta = name[len(_META):].replace('_', '-')
                if meta.isascii():
                    made[f'X-Object-Meta-{meta}'] = text
        return made

    def _failed(self, name, status):
        self.errors.append([answers.quoted(name.encode(errors='replace').decode()), status])
        code = int(status.split(' ', 1)[0])
        self._gateway = self._gateway or code >= 500
        if code == 401:
            raise Stop('401 Unauthorized')
        if len(self.errors) >= self._limits.max_failed_extractions:
            raise Stop('400 Bad Request', 'Max extraction failures exceeded')
