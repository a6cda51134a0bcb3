"""The tables of account and container databases, as the original lays them out: either side opens the other's files.

Triggers keep the counts and `hash`, the XOR of an MD5 of every row: two databases with the same rows have the same
hash in whatever order the rows came. Rows are never updated, only deleted and inserted, so that a new ROWID tells
replication that there is something new.
"""
import hashlib

SYNCS = ''.join(f'''
    CREATE TABLE {table} (remote_id TEXT UNIQUE, sync_point INTEGER, updated_at TEXT DEFAULT 0);
    CREATE TRIGGER {table}_insert AFTER INSERT ON {table} BEGIN
        UPDATE {table} SET updated_at = STRFTIME('%s', 'NOW') WHERE ROWID = new.ROWID;
    END;
    CREATE TRIGGER {table}_update AFTER UPDATE ON {table} BEGIN
        UPDATE {table} SET updated_at = STRFTIME('%s', 'NOW') WHERE ROWID = new.ROWID;
    END;''' for table in ('outgoing_sync', 'incoming_sync'))  # noqa: S608

CONTAINER = '''
    CREATE TABLE object (
        ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created_at TEXT, size INTEGER, content_type TEXT,
        etag TEXT, deleted INTEGER DEFAULT 0, storage_policy_index INTEGER DEFAULT 0);
    CREATE INDEX ix_object_deleted_name ON object (deleted, name);
    CREATE TRIGGER object_update BEFORE UPDATE ON object BEGIN
        SELECT RAISE(FAIL, 'UPDATE not allowed; DELETE and INSERT');
    END;
    CREATE TABLE container_info (
        account TEXT, container TEXT, created_at TEXT,
        put_timestamp TEXT DEFAULT '0', delete_timestamp TEXT DEFAULT '0',
        reported_put_timestamp TEXT DEFAULT '0', reported_delete_timestamp TEXT DEFAULT '0',
        reported_object_count INTEGER DEFAULT 0, reported_bytes_used INTEGER DEFAULT 0,
        hash TEXT DEFAULT '00000000000000000000000000000000', id TEXT, status TEXT DEFAULT '',
        status_changed_at TEXT DEFAULT '0', metadata TEXT DEFAULT '',
        x_container_sync_point1 INTEGER DEFAULT -1, x_container_sync_point2 INTEGER DEFAULT -1,
        storage_policy_index INTEGER DEFAULT 0, reconciler_sync_point INTEGER DEFAULT -1);
    CREATE TABLE policy_stat (
        storage_policy_index INTEGER PRIMARY KEY, object_count INTEGER DEFAULT 0, bytes_used INTEGER DEFAULT 0);
    CREATE TRIGGER object_insert_policy_stat AFTER INSERT ON object BEGIN
        UPDATE policy_stat SET object_count = object_count + (1 - new.deleted), bytes_used = bytes_used + new.size
            WHERE storage_policy_index = new.storage_policy_index;
        INSERT INTO policy_stat (storage_policy_index, object_count, bytes_used)
            SELECT new.storage_policy_index, (1 - new.deleted), new.size
            WHERE NOT EXISTS (SELECT 1 FROM policy_stat WHERE storage_policy_index = new.storage_policy_index);
        UPDATE container_info SET hash = chexor(hash, new.name, new.created_at);
    END;
    CREATE TRIGGER object_delete_policy_stat AFTER DELETE ON object BEGIN
        UPDATE policy_stat SET object_count = object_count - (1 - old.deleted), bytes_used = bytes_used - old.size
            WHERE storage_policy_index = old.storage_policy_index;
        UPDATE container_info SET hash = chexor(hash, old.name, old.created_at);
    END;
    CREATE TABLE shard_range (
        ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, timestamp TEXT, lower TEXT, upper TEXT,
        object_count INTEGER DEFAULT 0, bytes_used INTEGER DEFAULT 0, meta_timestamp TEXT, deleted INTEGER DEFAULT 0,
        state INTEGER, state_timestamp TEXT, epoch TEXT, reported INTEGER DEFAULT 0, tombstones INTEGER DEFAULT -1);
    CREATE VIEW container_stat AS
        SELECT ci.account, ci.container, ci.created_at, ci.put_timestamp, ci.delete_timestamp,
            coalesce(ps.object_count, 0) AS object_count, coalesce(ps.bytes_used, 0) AS bytes_used,
            ci.reported_put_timestamp, ci.reported_delete_timestamp, ci.reported_object_count, ci.reported_bytes_used,
            ci.hash, ci.id, ci.status, ci.status_changed_at, ci.metadata, ci.x_container_sync_point1,
            ci.x_container_sync_point2, ci.reconciler_sync_point, ci.storage_policy_index
        FROM container_info ci LEFT JOIN policy_stat ps ON ci.storage_policy_index = ps.storage_policy_index;
    CREATE TRIGGER container_stat_update INSTEAD OF UPDATE ON container_stat BEGIN
        UPDATE container_info SET account = new.account, container = new.container, created_at = new.created_at,
            put_timestamp = new.put_timestamp, delete_timestamp = new.delete_timestamp,
            reported_put_timestamp = new.reported_put_timestamp,
            reported_delete_timestamp = new.reported_delete_timestamp,
            reported_object_count = new.reported_object_count, reported_bytes_used = new.reported_bytes_used,
            hash = new.hash, id = new.id, status = new.status, status_changed_at = new.status_changed_at,
            metadata = new.metadata, x_container_sync_point1 = new.x_container_sync_point1,
            x_container_sync_point2 = new.x_container_sync_point2,
            storage_policy_index = new.storage_policy_index, reconciler_sync_point = new.reconciler_sync_point;
    END;'''

_ROW = "{0}.put_timestamp || '-' || {0}.delete_timestamp || '-' || {0}.object_count || '-' || {0}.bytes_used"

ACCOUNT = f'''
    CREATE TABLE container (
        ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, put_timestamp TEXT, delete_timestamp TEXT,
        object_count INTEGER, bytes_used INTEGER, deleted INTEGER DEFAULT 0, storage_policy_index INTEGER DEFAULT 0,
        reported_at TEXT DEFAULT '0');
    CREATE INDEX ix_container_deleted_name ON container (deleted, name);
    CREATE TABLE policy_stat (
        storage_policy_index INTEGER PRIMARY KEY, container_count INTEGER DEFAULT 0, object_count INTEGER DEFAULT 0,
        bytes_used INTEGER DEFAULT 0);
    CREATE TABLE account_stat (
        account TEXT, created_at TEXT, put_timestamp TEXT DEFAULT '0', delete_timestamp TEXT DEFAULT '0',
        container_count INTEGER DEFAULT 0, object_count INTEGER DEFAULT 0, bytes_used INTEGER DEFAULT 0,
        hash TEXT DEFAULT '00000000000000000000000000000000', id TEXT, status TEXT DEFAULT '',
        status_changed_at TEXT DEFAULT '0', metadata TEXT DEFAULT '');
    CREATE TRIGGER container_insert AFTER INSERT ON container BEGIN
        UPDATE account_stat SET container_count = container_count + (1 - new.deleted),
            object_count = object_count + new.object_count, bytes_used = bytes_used + new.bytes_used,
            hash = chexor(hash, new.name, {_ROW.format('new')});
        INSERT OR IGNORE INTO policy_stat (storage_policy_index) VALUES (new.storage_policy_index);
        UPDATE policy_stat SET container_count = container_count + (1 - new.deleted),
            object_count = object_count + new.object_count, bytes_used = bytes_used + new.bytes_used
            WHERE storage_policy_index = new.storage_policy_index;
    END;
    CREATE TRIGGER container_update BEFORE UPDATE ON container BEGIN
        SELECT RAISE(FAIL, 'UPDATE not allowed; DELETE and INSERT');
    END;
    CREATE TRIGGER container_delete AFTER DELETE ON container BEGIN
        UPDATE account_stat SET container_count = container_count - (1 - old.deleted),
            object_count = object_count - old.object_count, bytes_used = bytes_used - old.bytes_used,
            hash = chexor(hash, old.name, {_ROW.format('old')});
        UPDATE policy_stat SET container_count = container_count - (1 - old.deleted),
            object_count = object_count - old.object_count, bytes_used = bytes_used - old.bytes_used
            WHERE storage_policy_index = old.storage_policy_index;
    END;'''  # noqa: S608 - names of ours


def chexor(old, name, timestamp):
    """The hash `old` (32 hex digits) with a row added or, what is the same, taken away."""
    row = hashlib.md5(f'{name}-{timestamp}'.encode(), usedforsecurity=False).digest()
    return f'{int(old, 16) ^ int.from_bytes(row, "big"):032x}'
