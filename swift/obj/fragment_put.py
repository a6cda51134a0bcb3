"""PUT of a fragment archive: by the proxy in two phases, or whole by a peer that has rebuilt or moved it.

The proxy sends the archive, then what it knows only at the end (footers), and waits. What arrived is synced and kept,
but nobody is shown it. Only when enough nodes have said so with a second `100 Continue`, the proxy sends the word that
makes it durable; an object half of whose fragments were lost on the way is never to be seen.
"""
import time

from essex import failpoint, http_body
from swift import erasure
from swift.headers import true_value, whole
from swift.obj import footers, fragments, updates
from swift.obj.answers import Answer
from swift.obj.errors import Deleted, NotExist
from swift.obj.mime import BadMime, Parts
from swift.obj.requests import Refused, read
from swift.timestamp import Timestamp

_PIECE = 524288
_PROMISED = [footers.PROMISE, ('X-Obj-Multiphase-Commit', 'yes')]


def handle(server, request):
    """Keep an archive. 201; 400, 408, 409, 412, 422, 499, 507."""
    _ = request.timestamp, request.delete_at
    if not request.content_type:
        raise Refused(400, 'No content type')
    server.manager.check(request.device)
    upload = _Upload(server, request)
    try:
        return upload.run()
    except BadMime as error:
        # A proxy that died looks like that.
        raise Refused(499, f'Client Disconnect: {error}') from None
    except OSError:
        server.manager.doubt(request.device)
        raise
    finally:
        upload.end()


class _Upload:
    """One archive on its way."""

    def __init__(self, server, request):
        self._server, self._request = server, request
        self._pool = server.manager.pool(request.device)
        self._input = request.environ['wsgi.input']
        self._two_phases = true_value(request.get('X-Backend-Obj-Multiphase-Commit'))
        in_parts = self._two_phases or footers.wanted(request)
        self._parts = Parts(self._more, footers.boundary(request)) if in_parts else None
        self._writer = self._file = None
        self._before = 0    # X-Delete-At of what is replaced
        self._until = time.monotonic() + server.max_upload_time

    def run(self):
        """The Answer."""
        length = self._length()
        self._pool.run(self._begin, length)
        self._stream(length)
        if self._parts:
            self._take_footers()
        metadata = self._metadata()
        durable = not self._two_phases and not true_value(self._request.get('X-Backend-No-Commit'))
        wanted = self._server.updater.wanted(self._request, self._before)
        self._pool.run(self._commit, metadata, wanted, durable)
        if self._two_phases:
            self._wait_for_commit()
            self._pool.run(fragments.make_durable, self._file, self._request.timestamp, self._index)
        if (durable or self._two_phases) and wanted:
            self._tell(metadata)
        return Answer(201, b'', {'ETag': f'"{metadata["ETag"]}"', 'Content-Type': 'text/html; charset=UTF-8',
                                 'X-Backend-Timestamp': self._request.timestamp.internal})

    def _commit(self, metadata, update, durable):
        self._writer.commit(metadata, update=update, durable=durable)

    def end(self):
        """Forget what was not committed. Harmless when all went well."""
        if self._writer is not None:
            self._pool.post(self._writer.discard)

    def _length(self):
        if not self._parts:
            return self._request.length
        return footers.length(self._request)

    def _begin(self, length):
        request = self._request
        self._file = self._server.manager.get(request.device, request.partition, request.account, request.container,
                                              request.obj, request.policy)
        self._before = self._check_existing()
        self._writer = self._file.create(length)

    def _check_existing(self):
        request, metadata, held = self._request, {}, ()
        try:
            with self._file.open(expired=True) as opened:
                metadata, existing = opened.metadata, opened.data_timestamp
                held = {each.index for each in opened.chosen.fragments[existing] if each.durable}
        except Deleted as error:
            existing = error.timestamp
        except NotExist:
            existing = Timestamp(0)
        if request.get('If-None-Match', '').strip() == '*' and metadata:
            raise Refused(412, 'Precondition Failed')
        # Another fragment of what is here is welcome.
        same = metadata and existing == request.timestamp and request.fragment_index not in (None, *held)
        if existing >= request.timestamp and not same:
            raise Refused(409, 'There was a conflict: what is here is as new.', X_Backend_Timestamp=existing.internal)
        return int(metadata.get('X-Delete-At') or 0)

    # What is sent

    def _stream(self, length):
        if self._parts:
            set_headers = getattr(self._input, 'set_hundred_continue_response_headers', None)
            if set_headers:
                set_headers(_PROMISED)
            footers.begin(self._parts)
            if length is not None:
                self._stream_known(length)
                if self._parts.read():
                    raise Refused(400, f'More than the {length} bytes that were announced')
                return
        received, writing = 0, None
        for piece in iter(self._parts.read if self._parts else self._more, b''):
            received += len(piece)
            if received > self._server.max_file_size:
                raise Refused(413, 'Your request is too large.')
            if writing is not None:
                writing.wait()
            writing = self._pool.submit(self._writer.write, piece)
        if writing is not None:
            writing.wait()
        if length is not None and received != length:
            raise Refused(499, f'Client Disconnect: {received} bytes of {length} came')

    def _stream_known(self, length):
        """As `_stream` of a body with footers whose archive has a known length: nothing is looked for in it."""
        if length > self._server.max_file_size:
            raise Refused(413, 'Your request is too large.')
        data = self._parts.known(length)
        left, writing = length - len(data), self._pool.submit(self._writer.write, data)
        buffers = [memoryview(bytearray(min(_PIECE, left))) for _ in range(2)]
        while left:
            view = buffers[0][:left]
            count = self._read(http_body.read_some, self._input, view, len(view))
            writing.wait()
            if not count:
                raise Refused(499, 'Client Disconnect')
            left -= count
            # While this goes to disk, the next comes in.
            writing = self._pool.submit(self._writer.write, view[:count])
            buffers.reverse()
        writing.wait()

    def _more(self):
        """The next bytes of the request, of one chunk at most: the sender may be waiting for us after it."""
        return self._read(getattr(self._input, 'read_chunk', self._input.read), _PIECE)

    def _read(self, function, *args):
        if time.monotonic() > self._until:
            raise Refused(408, 'Request Timeout: max_upload_time is over')
        return read(self._server.client_timeout, function, *args)

    def _take_footers(self):
        """What the sender says at the end counts like headers."""
        footers.take(self._parts, self._request)
        self._to_the_end()

    def _metadata(self):
        request, etag = self._request, self._writer.etag
        expected = request.get('ETag', '').strip('"').lower()
        if expected and expected != etag:
            raise Refused(422, 'Unprocessable Entity: ETag does not match what was received')
        index = whole(request.get(erasure.INDEX))
        if index is None or index >= request.policy.code.total:
            raise Refused(400, f'{erasure.INDEX} is missing, or none of this policy')
        if not request.get(erasure.ETAG) or not request.get(erasure.LENGTH):
            raise Refused(400, f'{erasure.ETAG} or {erasure.LENGTH} is missing')
        self._index = index
        return {'X-Timestamp': request.timestamp.internal, 'Content-Type': request.content_type,
                'Content-Length': str(self._writer.size), 'ETag': etag, **request.metadata(self._server.allowed)}

    def _wait_for_commit(self):
        failpoint.reach('object.commit.before')
        go_on = getattr(self._input, 'send_hundred_continue_response', None)
        if go_on:
            self._input.set_hundred_continue_response_headers([])
            go_on()
        head = self._parts.begin()
        if not head or head.get('x-document') != 'put commit':
            raise Refused(499, 'Client Disconnect: not to be kept')
        self._parts.text(footers.LIMIT)
        self._to_the_end()

    def _to_the_end(self):
        """Of the body: each phase has one, in chunks of its own."""
        while self._more():
            pass

    def _tell(self, metadata):
        server, request = self._server, self._request
        values = {'x-size': metadata[erasure.LENGTH], 'x-content-type': request.content_type,
                  'x-etag': metadata[erasure.ETAG], 'x-timestamp': request.timestamp.internal,
                  **updates.backend_overrides(request), **updates.overrides(metadata)}
        told = server.updater.of_container(request, 'PUT', values)
        told += server.updater.of_expiry(request, self._before, request.delete_at)
        writer, self._writer = self._writer, None
        server.updater.finish(request, told, writer)
