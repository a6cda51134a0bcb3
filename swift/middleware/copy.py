"""Server-side copy: COPY with Destination, PUT with X-Copy-From. A GET of the source becomes the body of a PUT."""
import io
from urllib.parse import parse_qsl, quote, urlencode

import webob

from swift import cluster
from swift.headers import is_user_meta, true_value
from swift.middleware import copied, names
from swift.middleware.segments import text
from swift.proxy.subrequest import make_subrequest

_CONDITIONS = ('Range', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since')


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    return lambda app: ServerSideCopy(app, conf)


class CopyError(ValueError):
    """A copy that is asked for wrongly: the status and text of the answer."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class ServerSideCopy:
    """Filter: right of the authentication, left of everything that changes what an object's bytes are."""

    def __init__(self, app, conf):
        self.app, self._swift_dir = app, conf.get('swift_dir', '/etc/swift')
        self._largest = int(conf['max_file_size']) if 'max_file_size' in conf else None

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        copies = method == 'COPY' or (method == 'PUT' and 'HTTP_X_COPY_FROM' in environ)
        if method == 'OPTIONS':
            environ['swift.copies'] = True
        if not copies or not names.is_object(environ):
            return self.app(environ, start_response)
        try:
            source, target, req = _from_copy(environ) if method == 'COPY' else _from_put(environ)
            return self._copy(req, source, target)(req.environ, start_response)
        except CopyError as error:
            return text(error.status, f'{error}\n')(environ, start_response)

    def _copy(self, req, source, target):
        params = dict(parse_qsl(req.query_string, keep_blank_values=True))
        if params.get('multipart-manifest') == 'put':
            raise CopyError(405, 'Multipart Manifest PUTs cannot be COPY requests')
        found = self._open_source(req, source, params)
        if found.status_int not in (200, 206):
            return found
        try:
            self._check_size(found)
            body = copied.Input(found)
            env, headers = self._sink(req, target, found, params)
            sink = make_subrequest(env, 'PUT', target.path(target.container, target.obj), headers=headers,
                                   query=_sink_query(params, found))
            sink.environ['swift.orig_req_method'] = req.environ.get('swift.orig_req_method', req.method)
            sink.environ['wsgi.input'], sink.content_length = body, found.content_length
            response = sink.get_response(self.app)
        finally:
            copied.close_body(found)
        if body.failed:
            return text(503, f'The source broke off: {body.failed}\n')
        return _tell_source(response, source, found, sink)

    def _open_source(self, req, source, params):
        query = dict(params)
        if query.get('multipart-manifest') == 'get':
            query['format'] = 'raw'
        sub = make_subrequest(req.environ, 'GET', source.path(source.container, source.obj), query=urlencode(query),
                              source='SSC', headers={'X-Newest': 'true'})
        for name in _CONDITIONS:
            if name in req.headers and not (name == 'If-None-Match' and req.headers[name].strip() == '*'):
                sub.headers[name] = req.headers[name]
        # A filter further out may have another ETag for the source.
        if 'X-Backend-Etag-Is-At' in req.headers:
            sub.headers['X-Backend-Etag-Is-At'] = req.headers['X-Backend-Etag-Is-At']
        return sub.get_response(self.app)

    def _check_size(self, found):
        if self._largest is None:
            self._largest = cluster.load(self._swift_dir).constraints.max_file_size
        if found.content_length is None:
            raise CopyError(413, 'The source is put together of too many segments to be copied at once.')
        if found.content_length > self._largest:
            raise CopyError(413, f'The source is larger than the {self._largest} bytes of one object.')

    @staticmethod
    def _sink(req, target, found, params):
        """(environment, headers) of the PUT: the source's metadata below the client's."""
        manifest = params.get('multipart-manifest') == 'get'
        link = params.get('symlink') == 'get'
        kept = {} if true_value(req.headers.get('X-Fresh-Metadata')) else copied.described(found.headers)
        kept['Content-Type'] = found.headers.get('Content-Type', '')
        if manifest and 'X-Object-Manifest' in found.headers:
            kept['X-Object-Manifest'] = found.headers['X-Object-Manifest']
        if link:
            kept.update((name, found.headers[name]) for name in found.headers
                        if name.lower().startswith('x-symlink-target'))
        kept = {name.title(): value for name, value in kept.items()}
        for name, value in req.headers.items():
            if _is_for_sink(name.lower(), value):
                kept[name.title()] = value
        if 'X-Delete-After' in req.headers:
            kept.pop('X-Delete-At', None)
        if _is_plain(found, manifest):
            kept['Etag'] = found.headers.get('Etag', '').strip('"')
        return req.environ, {name: value for name, value in kept.items() if value or is_user_meta('object', name)}


def _is_plain(found, manifest):
    """Whether the source's ETag is the MD5 of the bytes that are copied."""
    return (found.status_int == 200 and 'X-Static-Large-Object' not in found.headers
            and ('X-Object-Manifest' not in found.headers or manifest)
            and len(found.headers.get('Etag', '').strip('"')) == 32 and '"' not in found.headers['Etag'])


def _is_for_sink(name, value):
    if name == 'if-none-match':
        return value.strip() == '*'
    return (name not in ('host', 'content-length', 'transfer-encoding', 'etag', 'range', 'destination',
                         'destination-account', 'x-copy-from', 'x-copy-from-account', 'x-fresh-metadata', 'x-newest',
                         'expect', 'connection', 'x-backend-etag-is-at')
            and not name.startswith(('if-', 'x-auth', 'x-storage-token', 'x-service-token')))


def _sink_query(params, found):
    kept = {name: value for name, value in params.items()
            if name not in ('multipart-manifest', 'format', 'symlink', 'version-id', 'part-number', 'heartbeat')}
    if params.get('multipart-manifest') == 'get' and 'X-Static-Large-Object' in found.headers:
        kept['multipart-manifest'] = 'put'
    return urlencode(kept)


def _tell_source(response, source, found, sink):
    if response.status_int // 100 != 2:
        return response
    response.headers['X-Copied-From'] = quote(f'{source.container}/{source.obj}')
    response.headers['X-Copied-From-Account'] = quote(source.account)
    if 'Last-Modified' in found.headers:
        response.headers['X-Copied-From-Last-Modified'] = found.headers['Last-Modified']
    if 'X-Object-Version-Id' in found.headers:
        response.headers['X-Copied-From-Version-Id'] = found.headers['X-Object-Version-Id']
    for name, value in sink.headers.items():
        if is_user_meta('object', name) or name.lower() == 'x-delete-at':
            response.headers[name] = value
    return response


def _from_put(environ):
    """(source, target, request) of a PUT with X-Copy-From."""
    req = webob.Request(environ)
    target = _target(environ)
    account = _account(req.headers.get('X-Copy-From-Account'), target.account, 'X-Copy-From-Account')
    value, question, query = req.headers['X-Copy-From'].partition('?')
    source = _named(value, 'X-Copy-From', target.version, account)
    if question:
        environ['QUERY_STRING'] = '&'.join(part for part in (environ.get('QUERY_STRING'), query) if part)
    if req.content_length:
        raise CopyError(400, 'Copy requests require a zero byte body')
    if 'chunked' in environ.get('HTTP_TRANSFER_ENCODING', '').lower() and environ['wsgi.input'].read(1):
        raise CopyError(400, 'Copy requests require a zero byte body')
    environ['wsgi.input'] = io.BytesIO()
    return source, target, req


def _from_copy(environ):
    """(source, target, request) of a COPY with Destination."""
    req = webob.Request(environ)
    source = _target(environ)
    if 'Destination' not in req.headers:
        raise CopyError(412, 'Destination header required')
    if req.content_length:
        raise CopyError(400, 'Copy requests require a zero byte body')
    account = _account(req.headers.get('Destination-Account'), source.account, 'Destination-Account')
    return source, _named(req.headers['Destination'], 'Destination', source.version, account), req


def _target(environ):
    found = names.of(environ)
    if found is None or not found.obj:
        raise CopyError(412, 'Bad path')
    return found


def _account(value, default, header):
    if value is None:
        return default
    try:
        account = names.from_header(value)
    except ValueError:
        account = ''
    if not account or '/' in account or '\0' in account:
        raise CopyError(412, f'{header} header must name an account: no slashes')
    return account


def _named(value, header, version, account):
    try:
        container, obj = names.container_and_object(names.from_header(value))
    except ValueError:
        raise CopyError(412, f'{header} header must be of the form <container name>/<object name>') from None
    if '\0' in container + obj:
        raise CopyError(412, f'{header} header must be of the form <container name>/<object name>')
    return names.Names(version, account, container, obj)
