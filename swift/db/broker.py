"""What account and container databases have in common: their life, rows that wait, metadata, points of replication.

All calls block: a server makes them in a thread. A broker holds no connection and may be made for each request.
Timestamps are text in the normal or internal form, which sorts as text.
"""
import contextlib
import json
import logging
import os
import uuid

from swift.db import files, pending, reclaim, sqlite
from swift.db.errors import DatabaseCorrupt, DatabaseExists, DatabaseMissing
from swift.exceptions import DriveFull, DriveNotMounted, LockTimeout
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)

PENDING_CAP = 131072    # bytes after which the pending file is merged
_PATIENCE = 0.05        # seconds that rows wait for a busy database before they stay in the pending file


class Broker:
    """A database by the path of its file. Subclasses say which tables it has and how a row is merged."""

    kind = None             # 'account' or 'container'
    statements = None       # the tables
    stat_table = None       # the table of the one row about the database
    item_table = None
    item_columns = ()       # as replication sends them, without ROWID
    reclaim_columns = ()    # the timestamps of a deleted row that must be old before it is forgotten

    def __init__(self, path, account=None, container=None, lock_timeout=sqlite.LOCK_TIMEOUT):
        self.path, self.lock_timeout = path, lock_timeout
        self.directory, self.pending_path = os.path.dirname(path), f'{path}.pending'
        self._account, self._container = account, container
        self._patience = sqlite.LOCK_TIMEOUT

    def __repr__(self):
        return f'<{type(self).__name__} {self.path}>'

    # Life

    def exists(self):
        """Whether there is a file. What it holds is seen when it is used."""
        return os.path.exists(self.path)

    def device_path(self):
        """The directory of its device."""
        return files.device_of(self.path)

    def partition(self):
        """The partition (text) it is in."""
        return self.path.split(os.sep)[-4]

    def forget(self):
        """Close what is open: the file goes away."""
        sqlite.forget(self.path)

    def put_in_place(self, path):
        """Move the file, a copy in tmp, to `path`. The caller holds the lock of that directory."""
        self.forget()
        files.discard(f'{self.path}-journal')
        if not os.path.exists(path):
            # Left of a database that is gone, SQLite would apply it to this one.
            files.discard(f'{path}-journal')
        files.rename(self.path, path)

    def has_pending(self):
        """Whether rows wait."""
        return bool(pending.size(self.pending_path))

    def initialize(self, put_timestamp, policy_index=None):
        """Create the database. Raises DatabaseExists, DriveFull, DriveNotMounted."""
        files.make_directory(self.directory, files.device_of(self.path))
        temporary = os.path.join(files.temporary(self.path), f'{uuid.uuid4().hex}.db')
        with self.locked():
            if self.exists():
                raise DatabaseExists(self.path)
            sqlite.create(temporary, self.statements,
                          lambda made: self._first_row(made, Timestamp(put_timestamp).internal, policy_index))
            files.rename(temporary, self.path)

    def _first_row(self, made, put_timestamp, policy_index):
        raise TypeError(f'{type(self).__name__} has no _first_row()')

    def locked(self):
        """Keep everybody else from appending rows, merging them, moving or replacing the file."""
        return files.locked(self.directory, self.lock_timeout)

    @contextlib.contextmanager
    def connection(self):
        """A connection. A file that turns out to be no database is quarantined."""
        try:
            with sqlite.connection(self.path, self._patience) as opened:
                yield opened
        except DatabaseCorrupt as error:
            self.quarantine(error)
            raise

    @contextlib.contextmanager
    def transaction(self):
        """A connection with a writing transaction."""
        with self.connection() as opened, sqlite.transaction(opened):
            yield opened

    def quarantine(self, reason):
        """Move the database out of the way; replication brings another."""
        sqlite.forget(self.path)
        if not files.is_in_place(self.path):
            return
        where = files.set_aside(self.path, reason)
        if where:
            LOG.error('Quarantined %s to %s: %s', self.directory, where, reason)

    # Rows

    def append(self, record):
        """Add a row, durably; see `append_all`."""
        self.append_all([record])

    def append_all(self, records):
        """Add rows (tuples in the order of the pending file), on disk when this returns. Raises DatabaseMissing."""
        lines = [pending.line(record) for record in records]
        with self.locked():
            if not self.exists():
                raise DatabaseMissing(self.path)
            if pending.append(self.pending_path, lines) > PENDING_CAP:
                self._try_merge()

    def _try_merge(self):
        """Merge the rows that wait, if that can be: not when somebody reads the whole database just now (an audit, a
        copy), nor when the disk is full. They are safe where they are.
        """
        try:
            self._patience = _PATIENCE
            self._merge_pending()
        except (LockTimeout, DriveFull, DriveNotMounted) as error:
            LOG.info('%s: rows wait: %r', self.path, error)
        finally:
            self._patience = sqlite.LOCK_TIMEOUT

    def commit_pending(self, hurry=False):
        """Merge the rows that wait; in a `hurry`, if that can be had at once. Raises LockTimeout and whatever
        `connection` does.
        """
        if not pending.size(self.pending_path):
            return
        if not hurry:
            with self.locked():
                self._merge_pending()
            return
        try:
            with files.locked(self.directory, _PATIENCE):
                self._try_merge()
        except (LockTimeout, DriveFull, DriveNotMounted) as error:
            LOG.info('%s: rows wait: %r', self.path, error)

    def merge_pending_locked(self):
        """As `commit_pending`, for who holds the lock."""
        self._merge_pending()

    def _merge_pending(self):
        items = []
        for record in pending.read(self.pending_path):
            try:
                items.append(self.item_of_record(record))
            except (ValueError, TypeError) as error:
                LOG.warning('%s: a row cannot be read: %s', self.pending_path, error)
        if items:
            self.merge_items(items)
        # After the commit: a crash in between merges them twice, which changes nothing the second time.
        pending.clear(self.pending_path)

    def item_of_record(self, record):
        """A row as a dict, from its tuple in the pending file. Raises ValueError."""
        raise TypeError(f'{type(self).__name__} has no item_of_record()')

    def merge_items(self, items, source=None):
        """Merge rows (dicts); of two with the same name the newer stays. `source`: the id of the database they
        come from, whose sync point moves to their highest ROWID.
        """
        with self.transaction() as opened:
            self._merge(opened, items)
            if source and items:
                _advance(opened, 'incoming_sync', source, max(item['ROWID'] for item in items))

    def _merge(self, opened, items):
        raise TypeError(f'{type(self).__name__} has no _merge()')

    def get_items_since(self, start, count):
        """Up to `count` rows after ROWID `start` as dicts, in the order they came; deleted ones too."""
        self.commit_pending()
        return self.items_since(start, count)

    def items_since(self, start, count):
        """As `get_items_since`, without the rows that wait."""
        query = f'SELECT ROWID, {", ".join(self.item_columns)} FROM {self.item_table} WHERE ROWID > ? ' \
                'ORDER BY ROWID LIMIT ?'  # noqa: S608 - names of ours
        with self.connection() as opened:
            return [dict(row) for row in opened.execute(query, (start, count))]

    def get_max_row(self):
        """The highest ROWID ever given, -1 without any."""
        self.commit_pending()
        return self.max_row()

    def max_row(self):
        """As `get_max_row`, without the rows that wait."""
        with self.connection() as opened:
            return self._max_row(opened)

    def _max_row(self, opened):
        row = opened.execute('SELECT seq FROM sqlite_sequence WHERE name = ?', (self.item_table,)).fetchone()
        return row[0] if row else -1

    def reclaim(self, before, sync_before):
        """Forget rows deleted before a timestamp, metadata deleted as long ago, and sync points not used since.

        before: timestamp as text; sync_before: Unix seconds as text.
        """
        self.commit_pending()
        reclaim.run(self, before, sync_before)

    # About the database

    def _stat(self, opened, *columns):
        return opened.execute(f'SELECT {", ".join(columns)} FROM {self.stat_table}').fetchone()  # noqa: S608

    def _set(self, opened, assignments, values, where=''):
        opened.execute(f'UPDATE {self.write_table} SET {assignments} {where}', values)  # noqa: S608

    @property
    def write_table(self):
        """The table whose one row is changed."""
        return self.stat_table

    def update_put_timestamp(self, timestamp):
        """Move the put timestamp forward."""
        with self.transaction() as opened:
            self._set(opened, 'put_timestamp = ?', (timestamp, timestamp), 'WHERE put_timestamp < ?')

    def update_status_changed_at(self, timestamp):
        """Move the time of the last change between deleted and not forward."""
        with self.transaction() as opened:
            self._status_changed(opened, timestamp)

    def _status_changed(self, opened, timestamp):
        self._set(opened, 'status_changed_at = ?', (timestamp, timestamp), 'WHERE status_changed_at < ?')

    def delete_db(self, timestamp):
        """Mark the database deleted at a time and forget its metadata. Newer things stay."""
        self.commit_pending()
        with self.transaction() as opened:
            put, deleted, metadata = self._stat(opened, 'put_timestamp', 'delete_timestamp', 'metadata')
            if timestamp <= deleted:
                return
            self._merge_metadata(opened, dict.fromkeys(_metadata([metadata]), ('', timestamp)))
            self._set(opened, 'delete_timestamp = ?', (timestamp,))
            if timestamp > put:
                self._set(opened, "status = 'DELETED', status_changed_at = ?", (timestamp,))

    def merge_timestamps(self, created_at, put_timestamp, delete_timestamp):
        """Take the oldest creation and the newest put and deletion, of ours and another replica's."""
        with self.transaction() as opened:
            before = self._deleted(opened)
            self._set(opened, 'created_at = MIN(?, created_at), put_timestamp = MAX(?, put_timestamp), '
                              'delete_timestamp = MAX(?, delete_timestamp)',
                      (created_at, put_timestamp, delete_timestamp))
            if self._deleted(opened) != before:
                self._status_changed(opened, Timestamp.now().internal)

    def is_deleted(self, merged=True):
        """Whether it is deleted, or there is none. Not `merged`: without a look at the rows that wait."""
        if not self.exists():
            return True
        if merged:
            self.commit_pending()
        with self.connection() as opened:
            return self._deleted(opened)

    def _deleted(self, opened):
        raise TypeError(f'{type(self).__name__} has no _deleted()')

    def newid(self, remote_id):
        """Give a database that was copied from another an id of its own, and remember how far it has that one's rows.

        The rows it got, it got from `remote_id`; sync points of the other with third parties hold for it as well.
        """
        with self.transaction() as opened:
            self._set(opened, 'id = ?', (str(uuid.uuid4()),))
            _advance(opened, 'incoming_sync', remote_id, self._max_row(opened))
            self._new_life(opened)

    def _new_life(self, opened):
        """Called when a copy becomes a replica of its own."""

    def inconsistency(self):
        """What is wrong between the rows and the sums of them, as a sentence; None when nothing is."""

    # Metadata: {key: [value, timestamp]}; an empty value is a deleted one

    @property
    def metadata(self):
        """{key: [value, timestamp]}, deleted keys (value '') too."""
        with self.connection() as opened:
            return _metadata(self._stat(opened, 'metadata'))

    def update_metadata(self, updates, check=None):
        """Merge {key: (value, timestamp)}; of each key the newer stays. `check(merged)` may raise to refuse."""
        with self.transaction() as opened:
            self._merge_metadata(opened, updates, check)

    def _merge_metadata(self, opened, updates, check=None):
        merged = _metadata(self._stat(opened, 'metadata'))
        changed = False
        for key, (value, timestamp) in updates.items():
            if key not in merged or timestamp > merged[key][1]:
                merged[key] = [value, timestamp]
                changed = True
        if changed:
            if check:
                check(merged)
            self._set(opened, 'metadata = ?', (json.dumps(merged, sort_keys=True),))

    # Replication

    def get_replication_info(self):
        """What replicas tell each other: the stat row's timestamps, hash and id, `count`, `max_row`, `metadata`."""
        raise TypeError(f'{type(self).__name__} has no get_replication_info()')

    def merge_remote(self, info, remote):
        """Take what is newer in the information of another replica: times and metadata.

        info, remote: as `get_replication_info` gives them. Returns our information after it.
        """
        if remote.get('metadata') and remote['metadata'] != info['metadata']:
            self.update_metadata({str(key): (value, timestamp) for key, (value, timestamp) in
                                  json.loads(remote['metadata']).items()})
        times = [remote[name] for name in ('created_at', 'put_timestamp', 'delete_timestamp')]
        if times != [info[name] for name in ('created_at', 'put_timestamp', 'delete_timestamp')]:
            self.merge_timestamps(*times)
        return self.get_replication_info()

    def checked_item(self, item):
        """A row that another replica sent: only what we know, of the right types. Raises KeyError, ValueError."""
        checked = self.item_of_row(item)
        return {**checked, 'ROWID': int(item['ROWID'])}

    def take_over(self, old):
        """Take what only the database we replace knows: metadata, times, whose rows it has."""
        info = old.get_replication_info()
        self.merge_remote(self.get_replication_info(), info)
        # Not how far others have the rows of the old one: they have other ROWIDs here.
        self.merge_syncs(old.get_syncs())

    def get_sync(self, remote_id, incoming=True):
        """The ROWID up to which we have that database's rows (or it ours); -1 when never synchronised."""
        table = 'incoming_sync' if incoming else 'outgoing_sync'
        with self.connection() as opened:
            row = opened.execute(f'SELECT sync_point FROM {table} WHERE remote_id = ?', (remote_id,)).fetchone()  # noqa: S608
        return row[0] if row else -1

    def get_syncs(self, incoming=True):
        """All sync points: dicts with remote_id and sync_point."""
        table = 'incoming_sync' if incoming else 'outgoing_sync'
        with self.connection() as opened:
            return [dict(row) for row in opened.execute(f'SELECT remote_id, sync_point FROM {table}')]  # noqa: S608

    def merge_syncs(self, points, incoming=True):
        """Move sync points (dicts with remote_id and sync_point) forward."""
        table = 'incoming_sync' if incoming else 'outgoing_sync'
        with self.transaction() as opened:
            for point in points:
                _advance(opened, table, point['remote_id'], point['sync_point'])


def _advance(opened, table, remote_id, point):
    opened.execute(f'INSERT INTO {table} (remote_id, sync_point) VALUES (?, ?) ON CONFLICT (remote_id) '  # noqa: S608
                   'DO UPDATE SET sync_point = max(sync_point, excluded.sync_point)', (remote_id, point))


def _metadata(row):
    return json.loads(row[0]) if row and row[0] else {}
