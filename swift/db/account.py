"""The database of an account: a row for each container, with its counts as the container last reported them.

`reported_at` of a row is ours: when a server heard these counts. The original has no such column; there, counts that a
replica missed the news of may replace the right ones. Its servers pass over the column, and where they made the
database it is added.
"""
import uuid

from swift.db import listing, schema, sqlite
from swift.db.broker import Broker
from swift.timestamp import Timestamp

_COLUMNS = ('name', 'put_timestamp', 'delete_timestamp', 'object_count', 'bytes_used', 'deleted',
            'storage_policy_index', 'reported_at')
_COUNTS = ('object_count', 'bytes_used', 'storage_policy_index', 'reported_at')
_INFO = ('account', 'created_at', 'put_timestamp', 'delete_timestamp', 'status', 'status_changed_at',
         'container_count', 'object_count', 'bytes_used', 'hash', 'id')
_CHUNK = 500


class AccountBroker(Broker):
    """The database of an account at `path`."""

    kind = 'account'
    statements = schema.ACCOUNT
    stat_table, item_table = 'account_stat', 'container'
    item_columns, reclaim_columns = _COLUMNS, ('put_timestamp', 'delete_timestamp')

    def _first_row(self, made, put_timestamp, policy_index):
        made.execute('INSERT INTO account_stat (account, created_at, id, put_timestamp, status_changed_at) '
                     'VALUES (?, ?, ?, ?, ?)', (self._account, Timestamp.now().internal, str(uuid.uuid4()),
                                                put_timestamp, put_timestamp))

    # Containers

    @staticmethod
    def record(name, put_timestamp, delete_timestamp, object_count, bytes_used, policy_index=0, reported_at=None):
        """The row of a container as it waits in the pending file. Deleted when it was deleted last and is empty."""
        deleted = int(delete_timestamp > put_timestamp and not int(object_count))
        return (name, put_timestamp, delete_timestamp, int(object_count), int(bytes_used), deleted, policy_index,
                reported_at or Timestamp.now().internal)

    def put_container(self, *values, **named):
        """Note a container; see `record`."""
        self.append(self.record(*values, **named))

    def item_of_record(self, record):
        item = {**dict.fromkeys(_COLUMNS, 0), 'reported_at': '0', **dict(zip(_COLUMNS, record))}
        return {**item, **{name: int(item[name] or 0) for name in _COLUMNS[3:7]}}

    @staticmethod
    def item_of_row(item):
        """A row that another replica sent, checked."""
        for name in ('put_timestamp', 'delete_timestamp'):
            Timestamp(item[name])
        return {'name': str(item['name']), 'put_timestamp': str(item['put_timestamp']),
                'delete_timestamp': str(item['delete_timestamp']), 'object_count': int(item['object_count']),
                'bytes_used': int(item['bytes_used']), 'deleted': int(bool(item['deleted'])),
                'storage_policy_index': int(item.get('storage_policy_index', 0)),
                'reported_at': str(item.get('reported_at') or '0')}

    def merge_items(self, items, source=None):
        self._add_column()
        super().merge_items(items, source)

    def items_since(self, start, count):
        self._add_column()
        return super().items_since(start, count)

    def _add_column(self):
        """Give a database that the original made the column it lacks."""
        has = "SELECT 1 FROM pragma_table_info('container') WHERE name = 'reported_at'"
        with self.connection() as opened:
            if not opened.execute(has).fetchone():
                with sqlite.transaction(opened):
                    if not opened.execute(has).fetchone():
                        opened.execute("ALTER TABLE container ADD COLUMN reported_at TEXT DEFAULT '0'")

    def _merge(self, opened, items):
        for start in range(0, len(items), _CHUNK):
            self._merge_chunk(opened, items[start:start + _CHUNK])

    def _merge_chunk(self, opened, items):
        names = list({item['name'] for item in items})
        found = opened.execute(f'SELECT {", ".join(_COLUMNS)} FROM container WHERE deleted IN (0, 1) AND name IN '  # noqa: S608
                               f'({", ".join("?" * len(names))})', names)
        stored = {row['name']: dict(row) for row in found}
        known, changed = set(stored), {}
        for item in items:
            name = item['name']
            row = _merged(stored.get(name), item)
            if _differ(row, stored.get(name)):
                stored[name] = row
                changed.pop(name, None)
                changed[name] = row
        opened.executemany('DELETE FROM container WHERE name = ? AND deleted IN (0, 1)',
                           [(name,) for name in changed if name in known])
        opened.executemany(f'INSERT INTO container ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})',  # noqa: S608
                           [tuple(row[column] for column in _COLUMNS) for row in changed.values()])

    def list_containers(self, query):
        """Answer a listing.Query: (name, object_count, bytes_used, put_timestamp, policy) or listing.Subdir each."""
        columns = ('name', 'object_count', 'bytes_used', 'put_timestamp', 'storage_policy_index')
        with self.connection() as opened:
            return listing.run(listing.Rows(opened, 'container', columns), query)

    # About the account

    def get_info(self):
        """A dict of all that the row about the account says."""
        self.commit_pending()
        with self.connection() as opened:
            return dict(self._stat(opened, *_INFO))

    def look(self):
        """`get_info`, the metadata (JSON) and `get_policy_stats` by one look, without the rows that wait."""
        with self.connection() as opened:
            row, stats = dict(self._stat(opened, *_INFO, 'metadata')), self._policy_stats(opened)
        return row, row.pop('metadata'), stats

    @property
    def account(self):
        """The account's name."""
        if self._account is None:
            with self.connection() as opened:
                self._account = self._stat(opened, 'account')[0]
        return self._account

    def get_policy_stats(self):
        """{policy index: {'container_count', 'object_count', 'bytes_used'}}."""
        self.commit_pending()
        return self.read_policy_stats()

    def read_policy_stats(self):
        """As `get_policy_stats`, without the rows that wait."""
        with self.connection() as opened:
            return self._policy_stats(opened)

    @staticmethod
    def _policy_stats(opened):
        found = opened.execute('SELECT storage_policy_index, container_count, object_count, bytes_used '
                               'FROM policy_stat')
        return {row[0]: {'container_count': row[1], 'object_count': row[2], 'bytes_used': row[3]} for row in found}

    def inconsistency(self):
        """As the original's auditor: whether the sums of the policies are those of the account."""
        names = ('container_count', 'object_count', 'bytes_used')
        with self.connection() as opened:
            with sqlite.snapshot(opened):
                stats, info = self._policy_stats(opened), dict(self._stat(opened, *names))
        sums = {name: sum(each[name] for each in stats.values()) for name in names}
        return None if sums == info else f'the policies sum up to {sums}, the account to {info}'

    def empty(self):
        """Whether it holds no container."""
        return not self.get_info()['container_count']

    def is_status_deleted(self):
        """Whether somebody deleted it, be there containers left or not."""
        if not self.exists():
            return False
        with self.connection() as opened:
            return status_deleted(self._stat(opened, 'status', 'put_timestamp', 'delete_timestamp'))

    def _deleted(self, opened):
        row = self._stat(opened, 'status', 'put_timestamp', 'delete_timestamp', 'container_count')
        return deleted_info(row)

    # Replication

    def get_replication_info(self):
        self.commit_pending()
        with self.connection() as opened:
            info = {**dict(self._stat(opened, *_INFO, 'metadata')), 'max_row': self._max_row(opened)}
        return {**info, 'count': info['container_count']}


def deleted_info(row):
    """Whether an account with such status, timestamps and container_count counts as gone."""
    return row['status'] == 'DELETED' or (
        row['delete_timestamp'] > row['put_timestamp'] and not int(row['container_count'] or 0))


def status_deleted(row):
    """Whether an account with such status and timestamps was deleted."""
    return row['status'] == 'DELETED' or row['delete_timestamp'] > row['put_timestamp']


def _differ(row, stored):
    """Whether a row says anything new, but that it was heard again."""
    return stored is None or any(row[column] != stored[column] for column in _COLUMNS[:-1])


def _merged(old, new):
    """A container's row after news of it: the latest times of both, and the counts that were heard last."""
    row = {column: new.get(column, 0) for column in _COLUMNS}
    row['reported_at'] = row['reported_at'] or '0'
    if old is None:
        return row
    for column in ('put_timestamp', 'delete_timestamp'):
        row[column] = max(row[column] or '0', old[column] or '0')
    if row['reported_at'] != '0' and old['reported_at'] > row['reported_at']:
        row |= {column: old[column] for column in _COUNTS}
    # A container that was put after its deletion lives, and one that holds objects is not gone yet.
    row['deleted'] = int(row['delete_timestamp'] > row['put_timestamp'] and not row['object_count'])
    return row
