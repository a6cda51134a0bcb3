"""Notes on the cache in a SQLite file in its directory; several processes may share it."""
import contextlib
import os
import sqlite3

from glance.cache.index import Entry, Index, Unusable
from glance.cache.options import CONF

_TABLE = '''
CREATE TABLE IF NOT EXISTS cached_images (
    image_id TEXT PRIMARY KEY, last_accessed REAL DEFAULT 0.0, last_modified REAL DEFAULT 0.0, size INTEGER DEFAULT 0,
    hits INTEGER DEFAULT 0, checksum TEXT)'''
# Seconds to wait for another process; each holds the file for one small change.
_PATIENCE = 10


class SqliteIndex(Index):
    """One table."""

    def check(self):
        """See Index.check."""
        try:
            with self._connection() as connection:
                connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise Unusable(f'{self._path} cannot be used: {error}') from error

    @property
    def _path(self):
        return os.path.join(self.directory, CONF.image_cache_sqlite_db)

    @contextlib.contextmanager
    def _connection(self):
        # One a call: it costs less than the fork and thread rules of one that is kept.
        with contextlib.closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as connection, connection:
            yield connection

    def add(self, entry, path):
        """See Index.add."""
        with self._connection() as connection:
            connection.execute('INSERT OR REPLACE INTO cached_images (image_id, last_accessed, last_modified, size, '
                               'hits, checksum) VALUES (?, ?, ?, ?, ?, ?)',
                               (entry.image_id, entry.last_accessed, entry.last_modified, entry.size, entry.hits,
                                entry.checksum))

    def hit(self, image_id, now):
        """See Index.hit."""
        with self._connection() as connection:
            connection.execute('UPDATE cached_images SET hits = hits + 1, last_accessed = ? WHERE image_id = ?',
                               (now, image_id))

    def remove(self, image_id):
        """See Index.remove."""
        with self._connection() as connection:
            connection.execute('DELETE FROM cached_images WHERE image_id = ?', (image_id,))

    def entries(self):
        """See Index.entries."""
        with self._connection() as connection:
            rows = connection.execute('SELECT image_id, size, checksum, last_modified, last_accessed, hits '
                                      'FROM cached_images ORDER BY last_accessed, image_id').fetchall()
        return [Entry(*row) for row in rows]
