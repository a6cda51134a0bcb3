"""The sending end of SSYNC: offers what a partition holds to a peer, and sends it what it asks for."""
import contextlib
import time
from urllib.parse import quote

from essex import concurrency
from swift import backend
from swift.exceptions import SwiftError
from swift.obj import errors, metadata, partition, ssync_wire

_BATCH = 65536
# What identifies the file or is said in another way.
_NOT_SENT = ('name', 'Content-Length')


class SyncFailed(SwiftError):
    """The peer refused, or ended the exchange with an error."""


class Sender:
    """One exchange with a peer.

    `manager` is the diskfile.Manager and `device` the name of what is sent, `suffixes` those to offer (None: all).
    `timeout` and `conn_timeout` are seconds of each wait; `progress()` is called after each piece.
    """

    def __init__(self, manager, device, node, part, policy, suffixes=None, timeout=60, conn_timeout=0.5,
                 chunk_size=65536, reclaim_age=604800, progress=lambda: None):
        self.manager, self.device, self.node, self.part, self.policy = manager, device, node, part, policy
        self.path, self.suffixes = manager.partition_path(device, part, policy), suffixes
        self.timeout, self.conn_timeout, self.chunk_size = timeout, conn_timeout, chunk_size
        self.reclaim_age, self.progress = reclaim_age, progress
        self.sent = 0

    def run(self):
        """Bring the peer up to date. Returns {hash: names of its files} of all that it now has.

        Raises SyncFailed or BackendError; what was sent until then stays at the peer.
        """
        exchange = backend.Exchange(
            self.node, 'SSYNC', backend.path(self.node['device'], self.part),
            self._request_headers(), timeout=self.timeout, conn_timeout=self.conn_timeout, replication=True)
        answer = None
        try:
            answer = exchange.response()
            if answer.status != 200:
                raise SyncFailed(f'{self._peer()}: SSYNC gave {answer.status} {answer.reason}')
            lines = _Lines(answer, self._peer())
            offered = self._offer(exchange)
            wanted = list(self._wanted(lines))
            missed = self._send_updates(exchange, wanted, offered)
            lines.expect(ssync_wire.UPDATES_START)
            lines.expect(ssync_wire.UPDATES_END)
            exchange.finish()
            answer.drain()
            return {name: found.names for name, found in offered.items() if name not in missed}
        finally:
            # Whatever came between leaves the connection in the middle of something.
            if answer is not None:
                answer.close()
            exchange.close()

    def _request_headers(self):
        return {'Transfer-Encoding': 'chunked', 'X-Backend-Storage-Policy-Index': str(self.policy.idx)}

    def _found(self):
        return partition.walk(self.path, self.suffixes)

    def _line(self, found):
        return ssync_wire.encode_missing(found.hash, *found.moments[:3])

    def _peer(self):
        return f'{self.node["ip"]}:{self.node["port"]}/{self.node["device"]}/{self.part}'

    def _offer(self, exchange):
        offered, batch, size = {}, [ssync_wire.MISSING_START], 0
        for found in self._found():
            if found.moments is None:
                if not found.names:
                    # An empty directory: nothing to send, and nothing lost when it goes.
                    offered[found.hash] = found
                continue
            offered[found.hash] = found
            # A tombstone nobody needs any more is not to be brought back where it is gone.
            if found.moments.deleted and float(found.moments.data) < time.time() - self.reclaim_age:
                continue
            batch.append(self._line(found))
            size += len(batch[-1])
            if size >= _BATCH:
                exchange.send(b'\r\n'.join(batch) + b'\r\n')
                batch, size = [], 0
        batch.append(ssync_wire.MISSING_END)
        exchange.send(b'\r\n'.join(batch) + b'\r\n')
        return offered

    @staticmethod
    def _wanted(lines):
        lines.expect(ssync_wire.MISSING_START)
        while (line := lines.next()) != ssync_wire.MISSING_END:
            if line:
                try:
                    yield ssync_wire.decode_wanted(line)
                except ValueError as error:
                    raise SyncFailed(f'{lines.peer}: {error}') from None

    def _send_updates(self, exchange, wanted, offered):
        """Send what is wanted. Returns the hashes of what could not be sent."""
        missed = set()
        exchange.send(ssync_wire.UPDATES_START + b'\r\n')
        for name, data, meta in wanted:
            found = offered.get(name)
            if found is None:
                raise SyncFailed(f'{self._peer()} wants {name[:40]!r}, which was not offered')
            if self._send(exchange, found, data, meta):
                self.sent += 1
            else:
                missed.add(name)
            self.progress()
        exchange.send(ssync_wire.UPDATES_END + b'\r\n')
        return missed

    def _send(self, exchange, found, data, meta):
        """Send the parts of an object; False when it is not (or no more) what was offered."""
        directory, chosen = self._directory(found), found.chosen
        try:
            if chosen.tombstone:
                return self._send_deletion(exchange, directory, chosen.tombstone)
            if data:
                self._send_data(exchange, found)
            if meta and chosen.meta:
                self._send_meta(exchange, directory, chosen)
            return True
        except (FileNotFoundError, errors.DiskFileError):
            return False

    def _directory(self, found):
        return f'{self.path}/{found.hash[-3:]}/{found.hash}'

    @staticmethod
    def _send_deletion(exchange, directory, tombstone):
        found = concurrency.in_thread(_metadata, f'{directory}/{tombstone.name}')
        exchange.send(ssync_wire.encode_request(
            'DELETE', _url(found), {'X-Timestamp': tombstone.timestamp.internal}))
        return True

    def _send_data(self, exchange, found):
        with self._data(found) as (values, size, pieces):
            head = {'Content-Length': str(size), **_headers(values)}
            exchange.send(ssync_wire.encode_request('PUT', _url(values), head))
            for piece in pieces:
                exchange.send(piece)
                self.progress()

    @contextlib.contextmanager
    def _data(self, found):
        """(metadata, size, pieces) of the data that was offered. Raises DiskFileError; SyncFailed with the pieces."""
        file = self.manager.from_hash(self.device, self.part, found.hash, self.policy)
        with concurrency.in_thread(file.open, expired=True) as opened:
            if opened.data_timestamp != found.moments.data:
                raise errors.NotExist(f'{file.path} has changed since it was offered')
            yield opened.data_metadata, opened.size, self._pieces(opened)

    def _pieces(self, opened):
        try:
            while piece := concurrency.in_thread(opened.read, self.chunk_size):
                yield piece
        except errors.Quarantined as error:
            # The peer must never take what follows for the rest of the object: break off.
            raise SyncFailed(f'{opened.diskfile.path}: {error}') from error

    @staticmethod
    def _send_meta(exchange, directory, chosen):
        found = concurrency.in_thread(_metadata, f'{directory}/{chosen.meta.name}')
        typed = chosen.content_type
        if typed and typed.name != chosen.meta.name:
            earlier = concurrency.in_thread(_metadata, f'{directory}/{typed.name}')
            found.update({name: earlier[name] for name in ('Content-Type', 'Content-Type-Timestamp')
                          if name in earlier})
        exchange.send(ssync_wire.encode_request('POST', _url(found), _headers(found)))


def _metadata(path):
    with open(path, 'rb') as file:
        return metadata.read(file.fileno(), path)


def _url(found):
    if 'name' not in found:
        raise errors.MetadataError('metadata without a name')
    return quote(found['name'])


def _headers(found):
    return {name: value for name, value in found.items() if name not in _NOT_SENT}


class _Lines:
    """The lines of an answer while it is being written."""

    def __init__(self, answer, peer):
        self._answer, self.peer, self._buffer = answer, peer, b''

    def next(self):
        """A line without its end. Raises SyncFailed when it is an error, or the peer broke off."""
        while b'\n' not in self._buffer:
            piece = self._answer.read(65536)
            if not piece:
                raise SyncFailed(f'{self.peer} broke off')
            self._buffer += piece
            if len(self._buffer) > _BATCH * 16 and b'\n' not in self._buffer:
                raise SyncFailed(f'{self.peer}: a line does not end')
        line, _, self._buffer = self._buffer.partition(b'\n')
        line = line.strip()
        if line.startswith(ssync_wire.ERROR):
            raise SyncFailed(f'{self.peer}: {line[:500].decode("latin-1")}')
        return line

    def expect(self, mark):
        """Skip to a mark; empty lines may come before it."""
        line = self.next()
        while not line:
            line = self.next()
        if line != mark:
            raise SyncFailed(f'{self.peer}: looking for {mark.decode()}, got {line[:80]!r}')
