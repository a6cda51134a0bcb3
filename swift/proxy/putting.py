"""The body of a PUT on its way to the nodes.

A small one is read whole and sent with the request: no waiting for 100-continue, no threads. A large one waits until
enough nodes are ready for it, then each has a thread that takes pieces from a bounded queue, so that the slowest of
those that hold sets the pace and one that fails is left behind.
"""
import time

from essex import concurrency, http_body
from swift import digests
from swift.exceptions import BackendError
from swift.proxy.errors import refuse
from swift.proxy.fanout import Fanout

SMALL = 65536
_LARGE = 262144     # bytes of a fast client that are passed on at once
_PATIENCE = 0.05    # seconds that are waited for so many
_FAST = 0.02        # seconds in which a fast client sends them
_TURN = 8 << 20     # bytes of a fast client after which other uploads have their turn


class Source:
    """What the client sends. Raises Refusal: 408 when it stalls, 499 when it has gone, 413 when it is too much."""

    def __init__(self, environ, length, options, limit):
        self._input, self._left, self._limit = environ['wsgi.input'], length, limit
        self._chunk, self._timeout = options.client_chunk_size, options.client_timeout
        self.fast = False

    def read(self, count):
        """Up to `count` bytes; nothing at the end, which is where it should be."""
        if self._left is not None:
            if not self._left:
                return b''
            count = min(count, self._left)
        return self._counted(self._read(self._input.read, count))

    def _read(self, function, *args):
        try:
            with concurrency.Timeout(self._timeout):
                return function(*args)
        except (concurrency.Timeout, TimeoutError):
            raise refuse(408) from None
        except (OSError, ValueError):
            raise refuse(499) from None

    def _counted(self, piece):
        if self._left is not None:
            if not piece:
                raise refuse(499)
            self._left -= len(piece)
        else:
            self._limit -= len(piece)
            if self._limit < 0:
                raise refuse(413)
        return piece

    def all(self):
        """Everything: for a small body."""
        pieces = []
        while piece := self.read(SMALL):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b''.join(pieces)

    def piece(self):
        """The next bytes, none at the end: of a fast client's body many, since each piece costs the same.

        `fast` says whether it is one: then go on with read_on().
        """
        size = max(self._chunk, _LARGE) if self._left is None else min(max(self._chunk, _LARGE), self._left)
        if not size:
            return b''
        view, began = memoryview(bytearray(size)), time.monotonic()
        count = self._fill(view)
        self.fast = count == size and time.monotonic() - began < _FAST
        # Little is copied, lest it keep much memory while it waits.
        return view[:count] if count > size // 2 else bytes(view[:count])

    def read_on(self, view):
        """What follows at once, for a native thread: see http_body.read_on."""
        if self._left is not None:
            view = view[:self._left]
        count = http_body.read_on(self._input, view) if view else 0
        if count:
            self._counted(view[:count])
        return count

    def _fill(self, view):
        filled, patience = 0, time.monotonic() + _PATIENCE
        while filled < len(view):
            count = self._read(http_body.read_some, self._input, view[filled:], self._chunk)
            self._counted(view[:count])
            filled += count
            # What has come from a slow one goes on at once: the nodes wait no longer for it than we do.
            if not count or time.monotonic() > patience:
                break
        return filled


class Connecting(Fanout):
    """A PUT whose body follows: `connected` has (Exchange, Job, whether it takes digests) of nodes that said 100.

    `frame` is the footers.Frame of one with footers.
    """

    def __init__(self, *args, frame=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.connected, self._frame = [], frame

    def _receive(self, exchange, job):
        answer = exchange.expect()
        if answer.status == 100:
            if self._frame and not self._frame.is_promised(answer):
                exchange.close()
                raise BackendError(exchange.node, 'sending data', 'it does not know of footers')
            self.connected.append((exchange, job, digests.OFFER in answer.headers))
            return None
        answer.body = answer.read()
        return answer

    def stream(self, source):
        """Send the pieces of `source` to the connected nodes and collect their answers. Raises Refusal."""
        depth = self._app.options.put_queue_depth
        writers = [Writer(*each, depth) for each in self.connected]
        sums, threads = digests.Digests(), self._app.threads
        if self._frame:
            for writer in writers:
                writer.put(self._frame.head)
        try:
            while piece := source.piece():
                for writer in writers:
                    writer.put(piece)
                threads.run(sums.update, piece)
                if source.fast and all(writer.idle for writer in writers):
                    threads.run(_relay, source, sums, writers)
                    for writer in writers:
                        writer.go_on()
                writers = self._alive(writers)
            tail = self._frame.tail(sums.trailers()) if self._frame else None
            for writer in writers:
                if tail:
                    writer.put(tail)
                writer.end(None if tail else sums.trailers())
            for writer in writers:
                writer.wait()
            writers = self._alive(writers)
        except BaseException:
            for writer in writers:
                writer.abort()
            raise
        return self._collect(writers)

    def _alive(self, writers):
        for writer in writers:
            if writer.failed is not None:
                writer.abort()
                self.problems.append(self._app.order_failed(writer.job.node, writer.failed))
        alive = [writer for writer in writers if writer.failed is None]
        if len(alive) < self._quorum:
            for writer in alive:
                writer.abort()
            raise refuse(503, f'Object PUT failed while data was sent: {"; ".join(self.problems)}.\n')
        return alive

    def _collect(self, writers):
        self._nodes = iter(())       # nobody else can take over now
        for writer in writers:
            writer.job.began = time.monotonic()
            self._waiting[writer.exchange] = writer.job
        self._receive = super()._receive
        self._jobs = []
        return self.run()

    def abandon(self):
        """Break off with all that are connected."""
        for exchange, *_ in self.connected:
            exchange.close()


def _relay(source, sums, writers):
    """Pass on what follows at once in one native thread, which hands nothing over, until somebody pauses."""
    buffer, left = memoryview(bytearray(_LARGE)), _TURN
    while left > 0 and (count := source.read_on(buffer)):
        piece = buffer[:count]
        left -= count
        sums.update(piece)
        taken = [writer.send_on(piece) for writer in writers]
        if not all(taken):
            break


class Writer:
    """Sends pieces to one node, in a thread of its own."""

    def __init__(self, exchange, job, takes_digests, depth):
        self.exchange, self.job, self.failed = exchange, job, None
        self._takes_digests, self._trailers = takes_digests, None
        self._queue, self._sending, self._rest = concurrency.Queue(depth), False, b''
        self._thread = concurrency.spawn(self._run)

    def put(self, piece):
        """Queue a piece; waits while the node is behind."""
        self._queue.put((self.exchange.send, piece))

    @property
    def idle(self):
        """Whether everything was sent that was queued."""
        return self._queue.empty() and not self._sending

    def send_on(self, piece):
        """Send in a native thread, while `idle`. Whether the node took it all; then, or when it failed: go_on()."""
        try:
            self._rest = self.exchange.send_on(piece)
        except BackendError as error:
            self.failed = error
        return not self._rest and self.failed is None

    def go_on(self):
        """Leave what send_on() did not send to our own thread."""
        if self._rest:
            self._queue.put((self.exchange.send_rest, self._rest))
            self._rest = b''

    def end(self, trailers):
        """Nothing more follows but trailers, for a node that takes them."""
        self._trailers = trailers if self._takes_digests else None
        self._queue.put(None)

    def wait(self):
        """Until everything is sent, or it failed."""
        self._thread.wait()

    def abort(self):
        """Break off."""
        self._thread.kill()
        self.exchange.close()

    def _run(self):
        try:
            while (queued := self._queue.get()) is not None:
                self._sending = True
                send, data = queued
                send(data)
                self._sending = False
            self.exchange.finish(self._trailers)
        except BackendError as error:
            self.failed = error
            # Whoever feeds us must not wait for room: it looks at `failed` after each piece.
            while self._queue.get() is not None:
                pass
