"""Changes of what is remembered of volumes and snapshots, each in one transaction."""
from essex import db
from nova.volume import checks
from nova.volume.exception import VolumeMetadataNotFound


@db.retry
def alter(table, context, uuid, change, column='metadata_'):
    """Have the items of a row be what change(items) returns; returns them. `table` is nova.db.volumes or
    nova.db.volume_snapshots."""
    with db.writer():
        row = table.hold_for(context, uuid)
        items = change(dict(getattr(row, column) or {}))
        checks.metadata(items)
        table.change(row.uuid, **{column: items})
        return items


def without(key, what):
    """What `alter` needs to remove one item of `what`: raises VolumeMetadataNotFound when it is not there."""
    def remove(items):
        if items.pop(key, None) is None:
            raise VolumeMetadataNotFound(what=what, key=key[:80])
        return items
    return remove
