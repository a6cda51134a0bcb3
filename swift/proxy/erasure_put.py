"""PUT of an erasure-coded object: every segment is encoded, every node gets the fragments of one index.

In two phases: first all data, which nodes keep but show nobody; then, when enough have it on disk, the word that makes
it durable. Whatever dies before that word leaves what was there before, whoever dies after it leaves enough fragments.
"""
import hashlib
import time
import uuid

from essex import concurrency, failpoint
from swift import erasure
from swift.exceptions import BackendError
from swift.proxy import fanout, footers, putting, responses
from swift.proxy.errors import refuse

_DEPTH = 4      # fragments that wait for one node
_OVERRIDE = 'X-Object-Sysmeta-Container-Update-Override-'


def put(controller, headers, source, length, timestamp):
    """Keep what `source` (putting.Source) gives, of `length` bytes or None; the response. Raises Refusal."""
    code, expected = controller.policy.code, headers.pop('Etag', None)
    headers = {name: value for name, value in headers.items() if not name.lower().startswith(erasure.SYSMETA)}
    boundary = uuid.uuid4().hex
    headers.update({
        'Transfer-Encoding': 'chunked', 'Expect': '100-continue', 'X-Backend-Obj-Metadata-Footer': 'yes',
        'X-Backend-Obj-Multiphase-Commit': 'yes', 'X-Backend-Obj-Multipart-Mime-Boundary': boundary})
    if length is not None:
        headers['X-Backend-Obj-Content-Length'] = str(code.archive_size(length))
    sets = controller.header_sets(headers, code.replicas)
    nodes, _ = controller.nodes_for_writing()
    sending = Sending(controller.app, nodes, controller.part, controller.target, sets, code,
                      controller.ring.get_part_nodes(controller.part), boundary)
    sending.run()
    if any(each.status in (409, 412) for each in sending.answers):
        sending.abandon()
        return responses.error(412) if any(each.status == 412 for each in sending.answers) else responses.empty(202)
    if len(sending.connected) < code.quorum:
        sending.abandon()
        return controller.unavailable('PUT', sending.problems, f' ({len(sending.connected)} nodes would take '
                                      f'fragments, {code.quorum} are needed)')
    etag = sending.store(source, expected, {name for name in headers if name.startswith(_OVERRIDE)},
                         lambda: footers.of(controller.environ))
    return responses.empty(201, [('Etag', etag), ('Last-Modified', timestamp.http_date)])


class Sending(putting.Connecting):
    """The archives of one object on their way. `primaries`: the nodes of the ring, which have each its own place."""

    def __init__(self, app, nodes, part, target, header_sets, code, primaries, boundary):
        super().__init__(app, nodes, part, 'PUT', target, header_sets, quorum=code.quorum)
        self._code, self._boundary = code, boundary
        self._own = {node['id']: index for index, node in enumerate(primaries)}
        self._index = {job: index for index, job in enumerate(self._jobs)}
        # MD5 of each archive, and of the object.
        self._sums = [hashlib.md5(usedforsecurity=False) for _ in range(code.total + 1)]

    def _choose(self, jobs):
        """A primary takes the fragments of its own place; others those that are left."""
        taken = [node for node in (next(self._nodes, None) for _ in jobs) if node is not None]
        own = {self._own[node['id']]: node for node in taken if node['id'] in self._own}
        left = list(taken)
        for job in jobs:
            job.node = own.get(self._index[job])
            if job.node is not None:
                left.remove(job.node)
        for job in jobs:
            if job.node is None and left:
                job.node = left.pop(0)

    def _receive(self, exchange, job):
        answer = exchange.expect()
        if answer.status == 100:
            promised = (answer.headers.get(name, '') for name in ('X-Obj-Metadata-Footer', 'X-Obj-Multiphase-Commit'))
            if not all(each.lower() == 'yes' for each in promised):
                exchange.close()
                raise BackendError(exchange.node, 'sending fragments', 'it does not know of phases')
            self.connected.append((exchange, job))
            return None
        answer.body = answer.read()
        return answer

    def store(self, source, expected, overridden, more):
        """Send, and make durable; returns the object's MD5. `expected` is the client's, or None. Raises Refusal.

        `overridden` are the headers that say what the listing is to show; more() is what filters add at the end.
        """
        writers = [_Archive(exchange, job, self._code.index_at(self._index[job])) for exchange, job in self.connected]
        try:
            writers, size, etag = self._send(writers, source)
            if expected and expected != etag:
                raise refuse(422)
            added = more()
            for writer in writers:
                writer.end(self._footers(writer, size, etag, overridden, added))
            for writer in writers:
                writer.wait()
            writers = self._alive(writers)
            writers = self._phase(writers, 100)
            failpoint.reach('proxy.commit.before')
            for writer in writers:
                writer.send(f'X-Document: put commit\r\n\r\ncommit\r\n--{self._boundary}--'.encode(), last=True)
                failpoint.reach('proxy.commit.during')
            self._phase(self._alive(writers), 201)
        except BaseException:
            for exchange, _ in self.connected:
                exchange.close()
            for writer in writers:
                writer.abort()
            raise
        return etag

    def _send(self, writers, source):
        for writer in writers:
            writer.put(footers.head(self._boundary))
        size, encoding = 0, None
        for segment in _segments(source, self._code.segment_size):
            size += len(segment)
            fragments = encoding.wait() if encoding is not None else None
            # While this one is encoded, the one before goes out and the next comes in.
            encoding = concurrency.spawn(concurrency.in_thread, self._encode, segment)
            if fragments:
                writers = self._distribute(writers, fragments)
        if encoding is not None:
            writers = self._distribute(writers, encoding.wait())
        return writers, size, self._sums[-1].hexdigest()

    def _encode(self, segment):
        """[(fragment, MD5 of its archive so far)]: what costs time, in a native thread."""
        fragments = self._code.encode(segment)
        for total, data in zip(self._sums, (*fragments, segment)):
            total.update(data)
        return [(data, total.hexdigest()) for data, total in zip(fragments, self._sums)]

    def _distribute(self, writers, fragments):
        for writer in writers:
            writer.put(*fragments[writer.index])
        return self._alive(writers)

    def _alive(self, writers):
        for writer in writers:
            if writer.failed is not None:
                self.problems.append(self._app.order_failed(writer.job.node, writer.failed))
                writer.abort()
        alive = [writer for writer in writers if writer.failed is None]
        if len(alive) < self._quorum:
            raise refuse(503, f'Object PUT failed while data was sent: {"; ".join(self.problems)}.\n')
        return alive

    def _footers(self, writer, size, etag, overridden, added):
        code = self._code
        metadata = {**added, 'Etag': writer.etag, erasure.ETAG: etag, erasure.LENGTH: str(size),
                    erasure.SCHEME: code.scheme, erasure.SEGMENT_SIZE: str(code.segment_size),
                    erasure.INDEX: str(writer.index)}
        # A listing shows the object, not a fragment; unless a filter knows better.
        metadata.update({f'{_OVERRIDE}{name}': value for name, value in (('Etag', etag), ('Size', str(size)))
                         if f'{_OVERRIDE}{name}' not in overridden | added.keys()})
        return footers.document(metadata, self._boundary) + b'\r\n'

    def _phase(self, writers, status):
        """Those of `writers` that answer with `status`: all, or enough and who came soon after. Raises Refusal 503."""
        waiting = {writer.exchange: writer for writer in writers}
        done, end = [], time.monotonic() + self._app.options.node_timeout
        hurried = False
        while waiting:
            if len(done) >= self._quorum and not hurried:
                end, hurried = min(end, time.monotonic() + self._app.options.post_quorum_timeout), True
            ready = fanout.readable(waiting, end - time.monotonic())
            if not ready:
                break
            done += [writer for writer in map(waiting.pop, ready) if self._answered(writer, status)]
        for exchange, writer in waiting.items():
            exchange.close()
            if not hurried:
                self.problems.append(self._app.order_failed(writer.job.node, 'waiting for an answer: timed out'))
        if len(done) < self._quorum:
            for writer in done:
                writer.exchange.close()
            raise refuse(503, f'Object PUT failed ({len(done)} nodes have kept fragments, {self._quorum} are needed): '
                              f'{"; ".join(self.problems)}.\n')
        return done

    def _answered(self, writer, status):
        try:
            answer = writer.exchange.expect()
            if answer.status == status:
                if status != 100:
                    answer.read()
                return True
            answer.drain()
        except BackendError as error:
            self.problems.append(self._app.order_failed(writer.job.node, error))
            return False
        self.problems.append(self._app.answered_badly(writer.job.node, answer, 'PUT') if answer.status >= 500
                             else f'{writer.job.node["device"]}: answered {answer.status}')
        return False


class _Archive:
    """Sends the archive of one index to one node, in a thread of its own."""

    def __init__(self, exchange, job, index):
        self.exchange, self.job, self.index, self.failed = exchange, job, index, None
        self.etag = hashlib.md5(usedforsecurity=False).hexdigest()
        self._queue = concurrency.Queue(_DEPTH)
        self._thread = concurrency.spawn(self._run)

    def put(self, piece, etag=None):
        """Queue a piece; waits while the node is behind. `etag` is the MD5 of the archive up to here."""
        self.etag = etag or self.etag
        self._queue.put(piece)

    def end(self, piece):
        """Queue the last piece before the node says how it is: the end of a body, after which another one comes."""
        self._queue.put(piece)
        self._queue.put(None)

    def wait(self):
        """Until everything is sent, or it failed."""
        self._thread.wait()

    def send(self, piece, last=False):
        """Send at once, when nothing is queued any more."""
        if self.failed is not None:
            return
        try:
            self.exchange.send(piece)
            if last:
                self.exchange.finish()
        except BackendError as error:
            self.failed = error

    def abort(self):
        """Break off."""
        self._thread.kill()
        self.exchange.close()

    def _run(self):
        while (piece := self._queue.get()) is not None:
            # Also when it failed: who feeds us must not wait for room, and looks at `failed` after each piece.
            self.send(piece)
        self.send(b'', last=True)


def _segments(source, size):
    """The body in pieces of `size` bytes, the last one of what is left."""
    pieces, held = [], 0
    for piece in iter(source.piece, b''):
        pieces.append(piece)
        held += len(piece)
        while held >= size:
            whole, rest = b''.join(pieces), held - size
            yield whole[:size] if rest else whole
            pieces, held = [whole[size:]] if rest else [], rest
    if pieces:
        yield b''.join(pieces)

