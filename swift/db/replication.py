"""The side of database replication that is asked: REPLICATE /device/partition/hash with a JSON list, a remote call.

    ["sync", max_row, hash, id, created_at, put_timestamp, delete_timestamp, metadata, ...]  -> our information
    ["merge_items", rows, id]                   rows of the database `id`, with their ROWIDs there
    ["merge_syncs", points]                     how far the sender has the rows of third databases
    ["complete_rsync", id]                      the file `id` in tmp is a copy of the sender's, put it in place
    ["rsync_then_merge", id]                    the same, but there is one: merge ours into it first

The file in tmp comes by rsync, or over HTTP: REPLICATE with the header `X-Backend-Replicate-File: <id>` and the file
as its body (not a call of the original, whose servers answer it with 400).
"""
import json
import logging
import os
import re

from essex import concurrency
from swift.db import files, sqlite
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.db.server import Refused, answer, is_partition, quoted_path
from swift.headers import utf8
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)

_HASH = re.compile(r'[0-9a-f]{32}')
_ID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.db)?')
_PIECE = 1 << 18
_BATCH = 1000
_LARGEST_CALL = 64 << 20    # bytes; a thousand rows are below two million


class Replication:
    """Answers the calls for databases of one kind."""

    def __init__(self, devices, broker_class):
        self._devices, self._broker_class = devices, broker_class
        self._calls = {'sync': self._sync, 'merge_items': self._merge_items, 'merge_syncs': self._merge_syncs,
                       'complete_rsync': self._complete_rsync, 'rsync_then_merge': self._rsync_then_merge}

    def respond(self, request):
        """The response to a REPLICATE request. Refuses what is malformed with 400."""
        device, path = self._path(request.environ['PATH_INFO'])
        name = request.headers.get('X-Backend-Replicate-File')
        if name is not None:
            return self._receive(request, device, path, _checked(name))
        call, arguments = self._parse(request)
        try:
            return concurrency.in_thread(call, self._broker_class(path), *arguments)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
            LOG.warning('REPLICATE %s: %s', quoted_path(request), error)
            raise Refused(400, 'Invalid arguments') from None

    def _path(self, path_info):
        parts = path_info.split('/')
        if len(parts) != 4 or parts[0] or not _HASH.fullmatch(parts[3]) or not is_partition(parts[2]):
            raise Refused(400, f'Invalid path: {path_info!r}')
        try:
            device = self._devices.path(utf8(parts[1]))
        except UnicodeDecodeError:
            raise Refused(412, 'Invalid UTF8 or contains NULL') from None
        return device, files.database_path(device, self._broker_class.kind, parts[2], parts[3])

    def _parse(self, request):
        body = request.body_file.read(_LARGEST_CALL + 1)
        if len(body) > _LARGEST_CALL:
            raise Refused(400, 'The call is too large')
        try:
            arguments = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, 'Invalid JSON') from None
        if not isinstance(arguments, list) or not arguments or arguments[0] not in list(self._calls):
            raise Refused(400, 'Invalid object type')
        return self._calls[arguments[0]], arguments[1:]

    # Rows and points

    def _sync(self, broker, max_row, remote_hash, remote_id, created_at, put_timestamp, delete_timestamp, metadata,
              *more):
        remote = {'id': remote_id, 'hash': remote_hash, 'max_row': max_row, 'created_at': created_at,
                  'put_timestamp': put_timestamp, 'delete_timestamp': delete_timestamp, 'metadata': metadata,
                  **dict(zip(('status_changed_at', 'count', 'storage_policy_index'), more))}
        _check(remote)
        if not broker.exists():
            raise DatabaseMissing(broker.path)
        info = broker.merge_remote(broker.get_replication_info(), remote)
        info['point'] = broker.get_sync(remote_id)
        return _json(info)

    @staticmethod
    def _merge_items(broker, items, remote_id):
        if not broker.exists():
            raise DatabaseMissing(broker.path)
        broker.merge_items([broker.checked_item(item) for item in items], _text(remote_id))
        return answer(202)

    @staticmethod
    def _merge_syncs(broker, points, *_):
        broker.merge_syncs([{'remote_id': str(point['remote_id']), 'sync_point': int(point['sync_point'])}
                            for point in points])
        return answer(202)

    # Whole files

    def _receive(self, request, device, path, name):
        """Write the body to `name` in the device's tmp."""
        files.make_directory(os.path.join(device, 'tmp'), device)
        target, size = os.path.join(device, 'tmp', name), request.content_length
        if size is None:
            raise Refused(400, 'Missing Content-Length')
        self._devices.check_room(device, size)
        file = concurrency.in_thread(open, target, 'wb')
        try:
            with file:
                left = size
                while left:
                    piece = request.environ['wsgi.input'].read(min(_PIECE, left))
                    if not piece:
                        raise Refused(499, 'The file did not come whole')
                    concurrency.in_thread(file.write, piece)
                    left -= len(piece)
                concurrency.in_thread(_flush, file)
        except BaseException:
            files.discard(target)
            raise
        return answer(201)

    def _complete_rsync(self, broker, name, *_):
        temporary = self._received(broker, name)
        files.make_directory(broker.directory, files.device_of(broker.path))
        with broker.locked():
            if broker.exists():
                files.discard(temporary)
                return answer(404, text='Not Found')
            self._adopt(temporary, name).put_in_place(broker.path)
        return answer(204)

    def _rsync_then_merge(self, broker, name, *_):
        temporary = self._received(broker, name)
        if not broker.exists():
            files.discard(temporary)
            return answer(404, text='Not Found')
        new = self._adopt(temporary, name)
        broker.commit_pending()
        point = _copy_rows(broker, new, -1)
        # Nobody writes while the last rows go over and the files change places; what is appended waits for the new.
        with broker.locked():
            broker.merge_pending_locked()
            # Whoever waits for this transaction finds the file moved when it ends, and is told to try again.
            with broker.transaction():
                _copy_rows(broker, new, point)
                new.take_over(broker)
                new.put_in_place(broker.path)
            broker.forget()
        return answer(204)

    def _received(self, broker, name):
        temporary = os.path.join(files.device_of(broker.path), 'tmp', _checked(name))
        if not os.path.exists(temporary):
            raise Refused(404, 'Not Found')
        return temporary

    def _adopt(self, temporary, name):
        """The broker of a received file, whole and with an id of its own. Refuses a broken one with 400."""
        new = self._broker_class(temporary)
        try:
            with sqlite.connection(temporary) as opened:
                found = opened.execute('PRAGMA quick_check(1)').fetchone()[0]
                if found != 'ok':
                    raise DatabaseCorrupt(found)
            new.newid(name.removesuffix('.db'))
        except DatabaseCorrupt as error:
            files.discard(temporary)
            LOG.error('A received database is broken: %s', error)
            raise Refused(400, 'The file is no database') from None
        finally:
            sqlite.forget(temporary)
        return new


def _check(remote):
    """See that what another replica says of itself is of the right kind: it stays with us. Raises ValueError."""
    _text(remote['id'])
    for name in ('created_at', 'put_timestamp', 'delete_timestamp', 'status_changed_at'):
        if name in remote:
            _time(remote[name])
    for name in ('count', 'storage_policy_index'):
        if not isinstance(remote.get(name, 0), int):
            raise ValueError(f'{name} is no number')
    for value, timestamp in json.loads(remote['metadata'] or '{}').values():
        _text(value)
        _time(timestamp)


def _text(value):
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no text')
    return value


def _time(value):
    # As text they are compared: so only the forms that sort.
    if value != '0' and Timestamp(_text(value)).internal != value:
        raise ValueError(f'{value!r} is no time')


def _copy_rows(source, target, point):
    while True:
        items = source.items_since(point, _BATCH)
        if not items:
            return point
        target.merge_items(items)
        point = items[-1]['ROWID']


def _flush(file):
    file.flush()
    os.fsync(file.fileno())


def _checked(name):
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise Refused(400, 'Invalid file name')
    return name


def _json(value):
    return answer(200, text=json.dumps(value), content_type='application/json')

