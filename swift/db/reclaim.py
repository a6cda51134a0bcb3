"""Forgetting: rows and metadata that were deleted so long ago that every replica knows, and points of gone replicas."""
import json

_BATCH = 10000      # rows looked at by a transaction
_SYNCS = ('incoming_sync', 'outgoing_sync')


def run(broker, before, sync_before):
    """See Broker.reclaim. Most databases have nothing to forget: a look is cheaper than a transaction."""
    old = ' AND '.join(f'{column} < ?' for column in broker.reclaim_columns)
    ages = (before,) * len(broker.reclaim_columns)
    any_row = f'SELECT 1 FROM {broker.item_table} WHERE deleted = 1 AND {old} LIMIT 1'  # noqa: S608 - names of ours
    with broker.connection() as opened:
        rows = opened.execute(any_row, ages).fetchone()
        syncs = any(opened.execute(f'SELECT 1 FROM {table} WHERE updated_at < ?', (sync_before,)).fetchone()  # noqa: S608
                    for table in _SYNCS)
        metadata = _kept(_metadata(opened, broker), before) != _metadata(opened, broker)
    if rows:
        _rows(broker, old, ages)
    if syncs or metadata:
        with broker.transaction() as opened:
            for table in _SYNCS:
                opened.execute(f'DELETE FROM {table} WHERE updated_at < ?', (sync_before,))  # noqa: S608
            kept = json.dumps(_kept(_metadata(opened, broker), before), sort_keys=True)
            opened.execute(f'UPDATE {broker.write_table} SET metadata = ?', (kept,))  # noqa: S608


def _rows(broker, old, ages):
    """Delete old rows, some thousands by a transaction so that others get their turn."""
    table, marker = broker.item_table, ''
    window = f'SELECT name FROM {table} WHERE deleted = 1 AND name > ? ORDER BY name LIMIT 1 OFFSET {_BATCH}'  # noqa: S608
    delete = f'DELETE FROM {table} WHERE deleted = 1 AND name > ? AND {old}'  # noqa: S608
    while marker is not None:
        with broker.transaction() as opened:
            last = opened.execute(window, (marker,)).fetchone()
            if last:
                opened.execute(f'{delete} AND name <= ?', (marker, *ages, last[0]))
            else:
                opened.execute(delete, (marker, *ages))
            marker = last[0] if last else None


def _metadata(opened, broker):
    return json.loads(opened.execute(f'SELECT metadata FROM {broker.stat_table}').fetchone()[0] or '{}')  # noqa: S608


def _kept(metadata, before):
    return {key: entry for key, entry in metadata.items() if entry[0] != '' or entry[1] >= before}
