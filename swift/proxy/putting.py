"""The body of a PUT on its way to the nodes.

A small one is read whole and sent with the request: no waiting for 100-continue, no threads. A large one waits until
enough nodes are ready for it, then each has a thread that takes pieces from a bounded queue, so that the slowest of
those that hold sets the pace and one that fails is left behind.
"""
import time

from essex import concurrency
from swift.exceptions import BackendError
from swift.proxy.errors import refuse
from swift.proxy.fanout import Fanout

SMALL = 65536
_LARGE = 262144     # bytes of a fast client that are passed on at once
_PATIENCE = 0.05    # seconds that are waited for so many


class Source:
    """What the client sends. Raises Refusal: 408 when it stalls, 499 when it has gone, 413 when it is too much."""

    def __init__(self, environ, length, options, limit):
        self._input, self._left, self._limit = environ['wsgi.input'], length, limit
        self._chunk, self._timeout = options.client_chunk_size, options.client_timeout

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

    def pieces(self):
        """Everything, piece by piece: of a fast client's body larger ones, since each costs the same."""
        large = max(self._chunk, _LARGE)
        while self._left is None or self._left:
            view = memoryview(bytearray(large if self._left is None else min(large, self._left)))
            count = self._fill(view)
            if not count:
                return
            # Little is copied, lest it keep much memory while it waits.
            yield view[:count] if count > large // 2 else bytes(view[:count])

    def _fill(self, view):
        filled, patience = 0, time.monotonic() + _PATIENCE
        while filled < len(view):
            count = self._read(concurrency.read_some, self._input, view[filled:], self._chunk)
            self._counted(view[:count])
            filled += count
            # What has come from a slow one goes on at once: the nodes wait no longer for it than we do.
            if not count or time.monotonic() > patience:
                break
        return filled


class Connecting(Fanout):
    """A PUT whose body follows: `connected` has the (Exchange, Job) of nodes that said 100-continue."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.connected = []

    def _receive(self, exchange, job):
        answer = exchange.expect()
        if answer.status == 100:
            self.connected.append((exchange, job))
            return None
        answer.body = answer.read()
        return answer

    def stream(self, source):
        """Send the pieces of `source` to the connected nodes and collect their answers. Raises Refusal."""
        depth = self._app.options.put_queue_depth
        writers = [Writer(exchange, job, depth) for exchange, job in self.connected]
        try:
            for piece in source.pieces():
                for writer in writers:
                    writer.put(piece)
                writers = self._alive(writers)
            for writer in writers:
                writer.put(None)
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
        for exchange, _ in self.connected:
            exchange.close()


class Writer:
    """Sends pieces to one node, in a thread of its own."""

    def __init__(self, exchange, job, depth):
        self.exchange, self.job, self.failed = exchange, job, None
        self._queue = concurrency.Queue(depth)
        self._thread = concurrency.spawn(self._run)

    def put(self, piece):
        """Queue a piece (None is the end); waits while the node is behind."""
        self._queue.put(piece)

    def wait(self):
        """Until everything is sent, or it failed."""
        self._thread.wait()

    def abort(self):
        """Break off."""
        self._thread.kill()
        self.exchange.close()

    def _run(self):
        try:
            while (piece := self._queue.get()) is not None:
                self.exchange.send(piece)
            self.exchange.finish()
        except BackendError as error:
            self.failed = error
            # Whoever feeds us must not wait for room: it looks at `failed` after each piece.
            while self._queue.get() is not None:
                pass
