"""PUT of an object."""
import dataclasses
import logging
import time

from essex import failpoint, http_body
from swift import digests, headers
from swift.obj import footers, fragment_put, updates
from swift.obj.answers import Answer
from swift.obj.errors import Deleted, NotExist
from swift.obj.requests import Refused, read
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_SMALL = 65536      # bytes; what is smaller is taken whole and then written in one go
_BATCH = 524288     # bytes written in one go of larger ones, each upload has memory for so many
_FAST = 0.1         # seconds in which a fast sender sends a batch
_TURN = 8 << 20     # bytes of a fast sender after which other uploads to a disk have their turn


@dataclasses.dataclass
class _Put:
    """An object on its way: what is kept with it, its Writer, and the X-Delete-At (0 for none) of the one before."""

    metadata: dict
    writer: object
    expired_before: int


def handle(server, request):
    """Keep an object. 201; 400, 408, 409, 411, 412, 413, 422, 499, 507."""
    if request.policy.code:
        return fragment_put.handle(server, request)
    timestamp, delete_at = request.timestamp, request.delete_at
    if not request.content_type:
        raise Refused(400, 'No content type')
    length = request.length
    if (length or request.announced or 0) > server.max_file_size:
        raise Refused(413, 'Your request is too large.')
    if request.get('X-Backend-Obj-Multiphase-Commit'):
        raise Refused(501, 'Commits in phases are for erasure-coded objects')
    # Before the body is asked for: the proxy can still choose another node.
    server.manager.check(request.device)
    try:
        if length is not None and length < _SMALL and not footers.wanted(request):
            done = _small(server, request, length)
        else:
            done = _large(server, request, length)
    except OSError:
        server.manager.doubt(request.device)
        raise
    _tell(server, request, done, delete_at)
    return Answer(201, b'', {'ETag': f'"{done.writer.etag}"', 'Content-Type': 'text/html; charset=UTF-8',
                             'X-Backend-Timestamp': timestamp.internal})


def _tell(server, request, done, delete_at):
    failpoint.reach('object.update.before')
    if not server.updater.wanted(request, done.expired_before):
        return
    told = server.updater.of_container(request, 'PUT', _row(request, done))
    told += server.updater.of_expiry(request, done.expired_before, delete_at)
    server.updater.finish(request, told, done.writer)


def _row(request, done):
    values = {'x-size': str(done.writer.size), 'x-content-type': request.content_type, 'x-etag': done.writer.etag,
              'x-timestamp': request.timestamp.internal}
    return {**values, **updates.backend_overrides(request), **updates.overrides(done.metadata)}


def _small(server, request, length):
    body = _read_all(server, request, length)
    return server.manager.run(request.device, _write_small, server, request, body)


def _write_small(server, request, body):
    file = _file(server, request)
    expired_before = _check_existing(file, request)
    writer = file.create(len(body))
    try:
        writer.write(body)
        return _commit(server, request, writer, expired_before)
    except BaseException:
        writer.discard()
        raise


def _large(server, request, length):
    pool = server.manager.pool(request.device)
    upload = footers.Upload(request, server.client_timeout) if footers.wanted(request) else None
    received = _promise(request, upload) if length is None else None
    if upload:
        length = upload.length
    writer, expired_before = pool.run(_begin, server, request, length, received)
    try:
        if upload:
            trailers = _stream_parts(server, request, upload, writer, pool)
        else:
            _stream(server, request, length, writer, pool)
            trailers = getattr(request.environ['wsgi.input'], 'trailers', {})
        _settle(request, received, writer.size, trailers)
        return pool.run(_commit, server, request, writer, expired_before)
    except BaseException:
        pool.post(writer.discard)
        raise


def _promise(request, upload):
    """What of it is known here the proxy hears with 100 Continue: footers, and digests when it offers to tell the MD5
    after the data. A digests.Received for those, or None."""
    stream = request.environ['wsgi.input']
    if not getattr(stream, 'should_send_hundred_continue', False):
        return None
    told = [footers.PROMISE] if upload else []
    digested = headers.true_value(request.get(digests.OFFER))
    if digested:
        told.append((digests.OFFER, 'yes'))
    if told:
        stream.set_hundred_continue_response_headers(told)
    return digests.Received() if digested else None


def _settle(request, received, size, trailers):
    try:
        if request.announced not in (None, size):
            raise digests.Mismatch(f'{size} bytes came, {request.announced} were announced')
        if received is not None:
            received.settle(trailers)
    except digests.Mismatch as error:
        LOG.warning('PUT of %s refused: %s', request.environ['PATH_INFO'], error)
        raise Refused(422, f'Unprocessable Entity: {error}') from error


def _begin(server, request, length, received):
    file = _file(server, request)
    expired_before = _check_existing(file, request)
    return file.create(request.announced if received else length, received), expired_before


def _file(server, request):
    return server.manager.get(request.device, request.partition, request.account, request.container, request.obj,
                              request.policy)


def _check_existing(file, request):
    """The X-Delete-At of what is there. Raises Refused 409 when that is as new, 412 when a condition says so."""
    metadata = {}
    try:
        with file.open(expired=True) as opened:
            metadata, existing = opened.metadata, opened.data_timestamp
    except Deleted as error:
        existing = error.timestamp
    except NotExist:
        existing = Timestamp(0)
    delete_at = int(metadata.get('X-Delete-At') or 0)
    unless = request.get('If-None-Match')
    if unless and metadata and not 0 < delete_at <= time.time():
        matches = [each.strip().strip('"') for each in unless.split(',')]
        if '*' in matches or metadata.get('ETag') in matches:
            raise Refused(412, 'Precondition Failed')
    if existing >= request.timestamp:
        raise Refused(409, 'There was a conflict: what is here is as new.', X_Backend_Timestamp=existing.internal)
    return delete_at


def _commit(server, request, writer, expired_before):
    expected = request.get('ETag', '').strip('"').lower()
    if expected and expected != writer.etag:
        raise Refused(422, 'Unprocessable Entity: ETag does not match what was received')
    metadata = {
        'X-Timestamp': request.timestamp.internal, 'Content-Type': request.content_type,
        'Content-Length': str(writer.size), 'ETag': writer.etag, **request.metadata(server.allowed)}
    writer.commit(metadata, update=server.updater.wanted(request, expired_before))
    return _Put(metadata, writer, expired_before)


def _read_all(server, request, length):
    pieces, left = [], length
    while left:
        piece = read(server.client_timeout, request.environ['wsgi.input'].read, left)
        if not piece:
            raise Refused(499, 'Client Disconnect')
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b''.join(pieces)


def _stream_parts(server, request, upload, writer, pool):
    """The object of a body with footers to the writer; the footers."""
    piece = upload.begin()
    if upload.length is not None:
        pool.run(writer.write, piece)
        _stream(server, request, upload.length, writer, pool)
        return upload.end()
    end = time.monotonic() + server.max_upload_time
    while piece := upload.read():
        _check_time(end)
        if writer.size + len(piece) > server.max_file_size:
            raise Refused(413, 'Your request is too large.')
        pool.run(writer.write, piece)
    return upload.end()


def _stream(server, request, length, writer, pool):
    """The body to the writer. While a fast sender's keeps coming, a thread of the disk reads it as well."""
    end = time.monotonic() + server.max_upload_time
    buffer = memoryview(bytearray(min(_BATCH, length or _BATCH)))
    while length is None or writer.size < length:
        began = time.monotonic()
        count = _fill(server, request, buffer, end, None if length is None else length - writer.size)
        if not count:
            return
        fast = count == len(buffer) and time.monotonic() - began < _FAST
        pool.run(_write_on, server, request, writer, buffer, count, fast, length)


def _write_on(server, request, writer, buffer, count, fast, length):
    """Write the first `count` bytes of `buffer`, then what follows at once, until it is another's turn."""
    until = writer.size + (_TURN if fast else 0)
    while count:
        if writer.size + count > server.max_file_size:
            raise Refused(413, 'Your request is too large.')
        writer.write(buffer[:count])
        if writer.size >= until:
            return
        # Footers may follow.
        view = buffer if length is None else buffer[:length - writer.size]
        count = http_body.read_on(request.environ['wsgi.input'], view)


def _check_time(end):
    if time.monotonic() > end:
        raise Refused(408, 'Request Timeout: max_upload_time is over')


def _fill(server, request, view, end, left):
    """Fill `view` from the body, of which `left` bytes follow (None: until it ends); returns the count.

    The time a client has for its next bytes is that for network_chunk_size of them.
    """
    stream, filled = request.environ['wsgi.input'], 0
    wanted = len(view) if left is None else min(len(view), left)
    while filled < wanted:
        _check_time(end)
        count = read(server.client_timeout, http_body.read_some, stream, view[filled:wanted], server.network_chunk_size)
        if not count:
            if left is None:
                break
            raise Refused(499, 'Client Disconnect')
        filled += count
    return filled
