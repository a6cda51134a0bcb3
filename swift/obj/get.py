"""GET and HEAD of an object."""
import random

from swift import conditions, ranges
from swift.obj import fragments
from swift.obj.answers import Answer
from swift.obj.body import Body, Sendable
from swift.obj.errors import Deleted, Expired, NotExist
from swift.obj.requests import Refused
from swift.timestamp import Timestamp

_SMALL = 65536      # bytes; smaller objects are read in the same go as they are opened in
_PIECES = 8         # disk chunks read in one go of larger ones
_SHOWN = ('x-object-sysmeta-', 'x-object-meta-', 'x-object-transient-sysmeta-')


def handle(server, request):
    """The object. 200, 206, 304; 404 (X-Backend-Timestamp tells of what was here), 412, 416, 507."""
    whole = request.method == 'GET' and 'HTTP_RANGE' not in request.environ
    try:
        opened, data = server.manager.run(request.device, _open, server, request, whole)
    except NotExist as error:
        return _missing(request, error)
    etags, modified = (_conditional_etag(request, opened.metadata),), opened.timestamp.ceil()
    shown = _headers(server, request, opened)
    refused = conditions.failing(request.environ, etags, modified)
    if refused:
        _release(server, request, opened, data)
        return Answer(refused, b'', shown)
    if request.method == 'HEAD':
        return Answer(200, (), shown, opened.size)
    if data is not None:
        return Answer(200, data, shown)
    counts = conditions.range_holds(request.environ, etags, modified)
    wanted = ranges.parse(request.get('Range'), opened.size) if counts else None
    return _body(server, request, opened, shown, wanted)


def _open(server, request, whole):
    """(Opened, its bytes when they are few and all are wanted; it is closed then)."""
    file = server.manager.get(request.device, request.partition, request.account, request.container, request.obj,
                              request.policy)
    if request.policy.code:
        file.selection = fragments.Selection(_preferences(request), request.fragment_index)
    now = float(request.timestamp) if request.get('X-Timestamp') else None
    opened = file.open(now, request.expired_too)
    if server.etag_validate_pct < 100 and random.uniform(0, 100) >= server.etag_validate_pct:   # noqa: S311
        opened.trust()
    try:
        if request.method == 'HEAD':
            opened.close()
        elif whole and opened.size < _SMALL:
            with opened:
                return opened, opened.read(_SMALL)
    except BaseException:
        opened.close()
        raise
    return opened, None


def _preferences(request):
    try:
        return fragments.preferences(request.get('X-Backend-Fragment-Preferences'))
    except ValueError as error:
        raise Refused(400, f'Invalid X-Backend-Fragment-Preferences: {error}') from None


def _release(server, request, opened, data):
    if data is None:
        server.manager.pool(request.device).post(opened.close)


def _missing(request, error):
    shown = {}
    if isinstance(error, Deleted):
        shown['X-Backend-Timestamp'] = error.timestamp.internal
    elif isinstance(error, Expired):
        latest = Timestamp(error.metadata['X-Timestamp'])
        shown = {'X-Backend-Timestamp': latest.internal, 'X-Timestamp': latest.normal,
                 'X-Backend-Delete-At': error.metadata['X-Delete-At'], 'X-Backend-Expired': 'true'}
    if request.get('If-Match', '').strip() == '*':
        return Answer(412, b'', shown)
    return Answer(404, 'Not Found', shown)


def _conditional_etag(request, metadata):
    """The ETag the client knows the object by: of the first header of X-Backend-Etag-Is-At that it has."""
    for name in request.get('X-Backend-Etag-Is-At', '').split(','):
        found = metadata.get(name.strip().title())
        if name and found:
            return found
    return metadata['ETag']


def _headers(server, request, opened):
    metadata = opened.metadata
    shown = {'Content-Type': metadata.get('Content-Type', 'application/octet-stream'),
             'ETag': f'"{metadata["ETag"]}"', 'Last-Modified': opened.timestamp.http_date,
             'X-Timestamp': opened.timestamp.normal, 'X-Backend-Timestamp': opened.timestamp.internal,
             'X-Backend-Data-Timestamp': opened.data_timestamp.internal,
             'X-Backend-Durable-Timestamp': opened.data_timestamp.internal, 'Accept-Ranges': 'bytes'}
    for name, value in metadata.items():
        if name.lower().startswith(_SHOWN):
            shown[name] = value
    for _, name in server.allowed:
        if name in metadata:
            shown[name] = metadata[name]
    if request.policy.code:
        del shown['X-Backend-Durable-Timestamp']
        shown.update(fragments.told(opened.chosen))
    if request.replication:
        shown['X-Backend-Content-Type-Timestamp'] = opened.content_type_timestamp.internal
    return shown


def _body(server, request, opened, shown, resolved):
    if resolved == []:
        _release(server, request, opened, None)
        return Answer(416, '<html><h1>Requested Range Not Satisfiable</h1></html>',
                      {**shown, 'Content-Range': f'bytes */{opened.size}'})
    status, multipart, length = 200, None, opened.size
    if resolved:
        status = 206
        if len(resolved) == 1:
            (start, end), = resolved
            shown['Content-Range'], length = f'bytes {start}-{end - 1}/{opened.size}', end - start
        else:
            multipart = ranges.Multipart(resolved, opened.size, shown['Content-Type'])
            shown['Content-Type'], length = multipart.content_type, multipart.content_length
    piece = server.disk_chunk_size * _PIECES
    kind = Body if multipart else Sendable
    body = kind(opened, server.manager.pool(request.device), piece, resolved, multipart,
                _keep_cache(server, request, opened))
    return Answer(status, body, shown, length)


def _keep_cache(server, request, opened):
    """Whether the page cache may keep what many will ask for."""
    private = request.get('X-Auth-Token') or request.get('X-Storage-Token')
    return opened.size < server.keep_cache_size and (server.keep_cache_private or not private)


