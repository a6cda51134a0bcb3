"""Making a static large object: the manifest is checked against its segments before it is stored."""
import hashlib
import json
import mimetypes

import webob

from swift.middleware import copied, listing_hash, names
from swift.middleware.bulk import answers, work
from swift.middleware.segments import text
from swift.middleware.slo import manifest
from swift.middleware.slo.get import Get
from swift.proxy.subrequest import make_subrequest

_LARGEST = 2 ** 63 - 1      # bytes; listings, and the databases below them, count no further


class Put:
    """PUT ?multipart-manifest=put."""

    def __init__(self, app, limits):
        self._app, self._limits = app, limits

    def __call__(self, req):
        base = names.of(req.environ)
        if base is None:
            return text(412, 'Bad URL')
        content_type = answers.wanted_type(req)
        if content_type is None:
            return text(406, 'Not Acceptable: text/plain, application/json, application/xml or text/xml.\n')
        if any(part.strip().lower().startswith('swift_') for part in req.headers.get('Content-Type', '').split(';')):
            return text(400, 'Invalid Content-Type, swift_* is not a valid parameter name.')
        try:
            entries = manifest.parse(self._read(req), f'/{base.container}/{base.obj}', self._limits)
        except manifest.ManifestError as error:
            return text(error.status, f'{error}\n')
        if names.query(req.environ).get('heartbeat', '').lower() in ('on', 'true', 'yes', '1', 't', 'y'):
            return self._with_heartbeat(req, base, entries, content_type)
        for outcome in self._store(req, base, entries):
            if outcome is not None:
                return self._told(outcome, content_type)

    def _read(self, req):
        if req.content_length is None and 'chunked' not in req.headers.get('Transfer-Encoding', '').lower():
            raise manifest.ManifestError(['Content-Length or chunked encoding is required.'], 411)
        limit = self._limits.size
        too_large = manifest.ManifestError([f'Manifest File > {limit} bytes'], 413)
        if req.content_length is not None and req.content_length > limit:
            raise too_large
        pieces, left = [], limit + 1
        while left:
            piece = req.environ['wsgi.input'].read(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        if not left:
            raise too_large
        body = b''.join(pieces)
        if req.content_length is not None and len(body) < req.content_length:
            raise manifest.ManifestError(['The body ended before its Content-Length.'], 499)
        return body

    @staticmethod
    def _told(outcome, content_type):
        response, errors = outcome
        if not errors:
            return response
        body = answers.render(content_type, {}, errors, 'upload')
        return webob.Response(status=response.status, body=body, content_type=content_type, charset='utf-8')

    def _with_heartbeat(self, req, base, entries, content_type):
        def events():
            for outcome in self._store(req, base, entries):
                if outcome is None:
                    yield None
                    continue
                response, errors = outcome
                fields = {'Response Status': response.status,
                          'Response Body': '' if response.status_int == 201 else response.text,
                          'Etag': response.headers.get('Etag', ''),
                          'Last Modified': response.headers.get('Last-Modified', '')}
                yield answers.render(content_type, fields, errors, 'upload')
                return
        return webob.Response(status=202, headerlist=[('Content-Type', f'{content_type}; charset=utf-8')],
                              app_iter=answers.beating(content_type, events()))

    def _store(self, req, base, entries):
        """A generator of None (still at it), at last (response, errors)."""
        heads, errors = {}, []
        paths = list(dict.fromkeys(entry['path'] for entry in entries if 'path' in entry))
        for done in work.results(lambda path: (path, self._head(req, base, path)), paths, self._limits.workers,
                                 self._limits.every):
            if done is None:
                yield None
            else:
                heads[done[0]] = done[1]
        records = [self._record(entry, heads, errors) for entry in entries]
        if errors:
            yield webob.Response(status=400, text='', content_type='text/plain', charset='utf-8'), errors
            return
        yield self._put(req, records), []

    def _head(self, req, base, path):
        container, obj = names.container_and_object(path)
        sub = make_subrequest(req.environ, 'HEAD', base.path(container, obj), source='SLO')
        # Through our own filter: a segment that is a large object counts as what it stands for.
        response = Get(self._app, None)(sub)
        copied.close_body(response)
        return response.status, {name.lower(): value for name, value in response.headers.items()}

    @staticmethod
    def _record(entry, heads, errors):
        if 'data' in entry:
            return entry
        status, head = heads[entry['path']]
        problem = None
        if not status.startswith('200'):
            problem = status
        elif not head.get('content-length', '').isdecimal() or 'etag' not in head:
            problem = '400 Bad Request'
        else:
            problem = _mismatch(entry, int(head['content-length']), head['etag'].strip('"'))
        if problem:
            errors.append([answers.quoted(entry['path']), problem])
            return None
        return manifest.stored(entry, head)

    def _put(self, req, records):
        etag, size = manifest.etag_and_size(records)
        if size > _LARGEST:
            return text(413, f'A large object has at most {_LARGEST} bytes.\n')
        given = req.headers.get('Etag', '').strip('"')
        if given and given.lower() != etag:
            return text(422, 'The ETag given is not that of the large object.\n')
        body = json.dumps(records).encode()
        stored = hashlib.md5(body, usedforsecurity=False).hexdigest()
        sub = webob.Request(dict(req.environ))
        sub.query_string = ''
        sub.headers.pop('Transfer-Encoding', None)
        sub.body = body
        sub.environ['swift.content_type_overridden'] = True   # swift_bytes is ours
        sub.headers.update({'Etag': stored, 'X-Static-Large-Object': 'True', 'X-Object-Sysmeta-Slo-Etag': etag,
                            'X-Object-Sysmeta-Slo-Size': str(size), 'Content-Type': _content_type(req, size),
                            'X-Object-Sysmeta-Container-Update-Override-Etag': self._listed(req, stored, etag)})
        response = sub.get_response(self._app)
        if response.status_int == 201:
            response.headers['Etag'] = f'"{etag}"'
        return response

    @staticmethod
    def _listed(req, stored, etag):
        """What the listing keeps: the S3 API has an ETag of its own for what was uploaded in parts."""
        params = {'slo_etag': etag}
        if 'X-Object-Sysmeta-S3api-Etag' in req.headers:
            params['s3_etag'] = req.headers['X-Object-Sysmeta-S3api-Etag']
        return listing_hash.join(stored, params)


def _mismatch(entry, size, etag):
    if entry['size_bytes'] is not None and entry['size_bytes'] != size:
        return 'Size Mismatch'
    if entry['etag'] is not None and entry['etag'] != etag:
        return 'Etag Mismatch'
    if entry['range'] is not None and not manifest.range_within(entry['range'], size):
        return 'Unsatisfiable Range'
    return 'Too Small; each segment must be at least 1 byte.' if size < 1 else None


def _content_type(req, size):
    given = req.headers.get('Content-Type')
    if not given or req.headers.pop('X-Detect-Content-Type', '').lower() in ('true', '1', 'yes', 'on', 't', 'y'):
        given = mimetypes.guess_type(req.path_info)[0] or 'application/octet-stream'
    return f'{given};swift_bytes={size}'
