"""The database of a container: a row for each object and each deletion that is not yet forgotten."""
import uuid

from swift.db import listing, policies, schema
from swift.db.broker import Broker
from swift.timestamp import Timestamp, decode, encode

_COLUMNS = ('name', 'created_at', 'size', 'content_type', 'etag', 'deleted', 'storage_policy_index')
_INFO = ('account', 'container', 'created_at', 'put_timestamp', 'delete_timestamp', 'status', 'status_changed_at',
         'object_count', 'bytes_used', 'reported_put_timestamp', 'reported_delete_timestamp', 'reported_object_count',
         'reported_bytes_used', 'hash', 'id', 'x_container_sync_point1', 'x_container_sync_point2',
         'reconciler_sync_point', 'storage_policy_index')
_CHUNK = 500            # names looked up by one statement


class ContainerBroker(Broker):
    """The database of a container at `path`."""

    kind = 'container'
    statements = schema.CONTAINER
    stat_table, write_table, item_table = 'container_stat', 'container_info', 'object'
    item_columns, reclaim_columns = _COLUMNS, ('created_at',)

    def _first_row(self, made, put_timestamp, policy_index):
        made.execute('INSERT INTO container_info (account, container, created_at, id, put_timestamp, '
                     'status_changed_at, storage_policy_index) VALUES (?, ?, ?, ?, ?, ?, ?)',
                     (self._account, self._container, Timestamp.now().internal, str(uuid.uuid4()), put_timestamp,
                      put_timestamp, policy_index or 0))
        made.execute('INSERT INTO policy_stat (storage_policy_index) VALUES (?)', (policy_index or 0,))

    # Objects

    @staticmethod
    def record(name, timestamp, size, content_type, etag, deleted=0, policy_index=0, ctype_timestamp=None,
               meta_timestamp=None):
        """The row of an object as it waits in the pending file; timestamps are text."""
        return (name, timestamp, size, content_type, etag, deleted, policy_index, ctype_timestamp, meta_timestamp)

    def put_object(self, *values, **named):
        """Note an object; see `record`."""
        self.append(self.record(*values, **named))

    def delete_object(self, name, timestamp, policy_index=0):
        """Note that an object is deleted."""
        self.append(self.deletion(name, timestamp, policy_index))

    @classmethod
    def deletion(cls, name, timestamp, policy_index=0):
        """The row of a deleted object."""
        return cls.record(name, timestamp, 0, 'application/deleted', 'noetag', 1, policy_index)

    def item_of_record(self, record):
        name, timestamp, size, content_type, etag, deleted, policy, ctype, meta = (*record, *[None] * 9)[:9]
        if ctype or meta:
            data = Timestamp(timestamp)
            ctype = Timestamp(ctype or data)
            timestamp = encode(data, ctype, Timestamp(meta or ctype))
        elif '_' in timestamp:
            timestamp = Timestamp(timestamp).short
        return {'name': name, 'created_at': timestamp, 'size': int(size), 'content_type': content_type, 'etag': etag,
                'deleted': int(deleted), 'storage_policy_index': int(policy or 0)}

    @staticmethod
    def item_of_row(item):
        """A row that another replica sent, checked."""
        decode(item['created_at'])
        return {'name': str(item['name']), 'created_at': item['created_at'], 'size': int(item['size']),
                'content_type': str(item['content_type']), 'etag': str(item['etag']),
                'deleted': int(bool(item['deleted'])), 'storage_policy_index': int(item.get('storage_policy_index', 0))}

    def _merge(self, opened, items):
        for start in range(0, len(items), _CHUNK):
            self._merge_chunk(opened, items[start:start + _CHUNK])

    def _merge_chunk(self, opened, items):
        names = list({item['name'] for item in items})
        found = opened.execute(f'SELECT {", ".join(_COLUMNS)} FROM object WHERE deleted IN (0, 1) AND name IN '  # noqa: S608
                               f'({", ".join("?" * len(names))})', names)
        stored = {(row['name'], row['storage_policy_index']): dict(row) for row in found}
        known, changed = set(stored), {}
        for item in items:
            item.setdefault('storage_policy_index', 0)
            key = item['name'], item['storage_policy_index']
            newer = _newer(stored.get(key), item)
            if newer is not None:
                stored[key] = newer
                changed.pop(key, None)
                changed[key] = newer
        opened.executemany('DELETE FROM object WHERE name = ? AND deleted IN (0, 1) AND storage_policy_index = ?',
                           [key for key in changed if key in known])
        opened.executemany(f'INSERT INTO object ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})',  # noqa: S608
                           [tuple(row[column] for column in _COLUMNS) for row in changed.values()])

    def list_objects(self, query, policy_index=None):
        """Answer a listing.Query: (name, created_at, size, content_type, etag) or listing.Subdir each.

        `policy_index` is that of the container when None.
        """
        with self.connection() as opened:
            if policy_index is None:
                policy_index = self._stat(opened, 'storage_policy_index')[0]
            return listing.run(listing.Rows(opened, 'object', _COLUMNS[:5], policy_index), query)

    # About the container

    def get_info(self):
        """A dict of all that the row about the container says; counts are those of its own policy."""
        self.commit_pending()
        with self.connection() as opened:
            return self._info(opened)

    def _info(self, opened):
        return {**dict(self._stat(opened, *_INFO)), 'db_state': 'unsharded'}

    def look(self):
        """`get_info` and the metadata (JSON) by one look, without the rows that wait."""
        with self.connection() as opened:
            row = dict(self._stat(opened, *_INFO, 'metadata'))
        return row, row.pop('metadata')

    @property
    def account(self):
        """The account's name."""
        if self._account is None:
            self._read_names()
        return self._account

    @property
    def container(self):
        """The container's name."""
        if self._container is None:
            self._read_names()
        return self._container

    def _read_names(self):
        with self.connection() as opened:
            self._account, self._container = self._stat(opened, 'account', 'container')

    @property
    def storage_policy_index(self):
        """The index of the container's policy."""
        with self.connection() as opened:
            return self._stat(opened, 'storage_policy_index')[0]

    def empty(self):
        """Whether it holds no object of any policy."""
        self.commit_pending()
        with self.connection() as opened:
            return not opened.execute('SELECT 1 FROM policy_stat WHERE object_count > 0').fetchone()

    def _deleted(self, opened):
        return deleted_info(self._stat(opened, 'object_count', 'put_timestamp', 'delete_timestamp'))

    def reported(self, put_timestamp, delete_timestamp, object_count, bytes_used):
        """Note what the account has been told."""
        with self.transaction() as opened:
            self._set(opened, 'reported_put_timestamp = ?, reported_delete_timestamp = ?, reported_object_count = ?, '
                              'reported_bytes_used = ?', (put_timestamp, delete_timestamp, object_count, bytes_used))

    def _new_life(self, opened):
        # The account has not heard of this copy, and container sync's second point is of the other's share of rows.
        self._set(opened, "reported_put_timestamp = '0', reported_delete_timestamp = '0', reported_object_count = 0, "
                          'reported_bytes_used = 0, x_container_sync_point2 = x_container_sync_point1', ())

    # Policies

    def set_storage_policy_index(self, policy_index, timestamp=None):
        """Give the container another policy, as of a time (now)."""
        timestamp = timestamp or Timestamp.now().internal
        with self.transaction() as opened:
            opened.execute('INSERT OR IGNORE INTO policy_stat (storage_policy_index) VALUES (?)', (policy_index,))
            if self._stat(opened, 'storage_policy_index')[0] != policy_index:
                self._set(opened, 'storage_policy_index = ?', (policy_index,))
                self._status_changed(opened, timestamp)

    def get_policy_stats(self):
        """{policy index: {'object_count', 'bytes_used'}}."""
        self.commit_pending()
        return self.read_policy_stats()

    def read_policy_stats(self):
        """As `get_policy_stats`, without the rows that wait."""
        with self.connection() as opened:
            return {row[0]: {'object_count': row[1], 'bytes_used': row[2]} for row in opened.execute(
                'SELECT storage_policy_index, object_count, bytes_used FROM policy_stat')}

    def has_multiple_policies(self):
        """Whether there are live objects of another policy than the container's."""
        self.commit_pending()
        with self.connection() as opened:
            return bool(opened.execute(
                'SELECT 1 FROM policy_stat WHERE object_count > 0 AND storage_policy_index != '
                '(SELECT storage_policy_index FROM container_info)').fetchone())

    def has_misplaced(self):
        """Whether there are rows, also of deletions, of another policy than the container's."""
        with self.connection() as opened:
            return bool(opened.execute(
                'SELECT 1 FROM policy_stat WHERE storage_policy_index != '
                '(SELECT storage_policy_index FROM container_info)').fetchone())

    def get_misplaced_since(self, start, count):
        """Up to `count` rows after ROWID `start` of other policies than the container's, as dicts."""
        self.commit_pending()
        with self.connection() as opened:
            return [dict(row) for row in opened.execute(
                f'SELECT ROWID, {", ".join(_COLUMNS)} FROM object WHERE ROWID > ? AND storage_policy_index != '  # noqa: S608
                '(SELECT storage_policy_index FROM container_info) ORDER BY ROWID LIMIT ?', (start, count))]

    def get_reconciler_sync(self):
        """The ROWID up to which misplaced rows are in the reconciler's queue."""
        with self.connection() as opened:
            return self._stat(opened, 'reconciler_sync_point')[0]

    def update_reconciler_sync(self, point):
        """Move it."""
        with self.transaction() as opened:
            self._set(opened, 'reconciler_sync_point = ?', (point,))

    # Container sync

    def set_x_container_sync_points(self, point1, point2):
        """Set the ROWIDs container sync has reached; None leaves one as it is."""
        with self.transaction() as opened:
            for name, point in (('x_container_sync_point1', point1), ('x_container_sync_point2', point2)):
                if point is not None:
                    self._set(opened, f'{name} = ?', (point,))

    # Replication

    def merge_remote(self, info, remote):
        if policies.remote_is_better(info, remote):
            self.set_storage_policy_index(remote['storage_policy_index'])
        return super().merge_remote(info, remote)

    def get_replication_info(self):
        self.commit_pending()
        with self.connection() as opened:
            info = {**self._info(opened), 'max_row': self._max_row(opened),
                    'metadata': self._stat(opened, 'metadata')[0]}
        return {**info, 'count': info['object_count']}


def deleted_info(row):
    """Whether a container with such put_timestamp, delete_timestamp and object_count counts as deleted."""
    return row['delete_timestamp'] > row['put_timestamp'] and not int(row['object_count'] or 0)


def _newer(old, new):
    """The row that follows from two; None when the old one says it all."""
    if old is None:
        return new
    if not any(sign in row['created_at'] for row in (old, new) for sign in '+-'):
        return new if new['created_at'] > old['created_at'] else None
    # A row has three times: of its data, of its content type and of its other metadata.
    had, has = decode(old['created_at']), decode(new['created_at'])
    if not any(has[i] > had[i] for i in range(3)):
        return None
    data = new if has[0] > had[0] else old
    return {**data, 'content_type': (new if has[1] > had[1] else old)['content_type'],
            'created_at': encode(*(max(had[i], has[i]) for i in range(3)))}
