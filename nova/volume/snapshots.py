"""The rules of snapshots of volumes. One the caller must not see is VolumeSnapshotNotFound."""
import uuid as uuids

from essex import db
from essex.operation.models import OPEN
from nova.compute import bell
from nova.db import volume_snapshots, volumes
from nova.db.journal import JOURNAL
from nova.volume import checks, metadata, operations, quota, states
from nova.volume.exception import InvalidVolume, InvalidVolumeSnapshot


def get(context, uuid):
    """The row."""
    return volume_snapshots.get_for(context, uuid)


def list(context, filters=None, limit=None, marker=None, sort=None, offset=None):  # noqa: A001 - snapshots.list
    """Rows as nova.db.volume_snapshots.list_for."""
    return volume_snapshots.list_for(context, filters, limit, marker, sort, offset)


def create(context, volume_id, name=None, description=None, metadata=None):
    """Begin a snapshot of an available volume; returns its row."""
    checks.texts(name=name, description=description)
    checks.metadata(metadata or {})
    row, operation = _enter(context, volume_id, {'display_name': name, 'display_description': description,
                                                 'metadata_': metadata or {}})
    bell.ring(operation.queue, operation.id)
    return row


@db.retry
def _enter(context, volume_id, described):
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        if volume.status != states.AVAILABLE:
            raise InvalidVolume(reason=f'volume {volume.uuid} is {volume.status}; a snapshot needs an available one, '
                                       'since a server that writes meanwhile would tear it.')
        quota.check(volume.project_id, snapshots=1, gigabytes=volume.size)
        row = volume_snapshots.create({
            'uuid': str(uuids.uuid4()), 'volume_uuid': volume.uuid, 'project_id': volume.project_id,
            'user_id': context.user_id, 'size': volume.size, 'status': states.CREATING, 'host': volume.host,
            **described})
        return row, JOURNAL.add(operations.CREATE_SNAPSHOT, row.uuid, context, {
            'host': row.host, 'volume_uuid': volume.uuid})


def update(context, uuid, **values):
    """Change display_name or display_description; returns the row."""
    checks.texts(name=values.get('display_name'), description=values.get('display_description'))
    row = volume_snapshots.get_for(context, uuid)
    if values:
        volume_snapshots.change(row.uuid, **values)
    return volume_snapshots.get(row.uuid)


def change_metadata(context, uuid, change):
    """Have the metadata that change(metadata) returns; returns it."""
    return metadata.alter(volume_snapshots, context, uuid, change)


def delete_metadata_item(context, uuid, key):
    """Remove one item. Raises VolumeMetadataNotFound."""
    metadata.alter(volume_snapshots, context, uuid, metadata.without(key, f'Snapshot {uuid}'))


@db.retry
def reset_status(context, uuid, status):
    """Set the status by force and cancel what runs (administrators)."""
    with db.writer():
        row = volume_snapshots.hold_for(context, uuid)
        JOURNAL.cancel(row.uuid)
        volume_snapshots.change(row.uuid, status=status, reason=None)


def delete(context, uuid, force=False):
    """Begin the deletion; with `force` (administrators) from any status."""
    operation = _delete(context, uuid, force)
    bell.ring(operation.queue, operation.id)


@db.retry
def _delete(context, uuid, force):
    with db.writer():
        return begin_deletion(context, volume_snapshots.hold_for(context, uuid), force)


def begin_deletion(context, row, force=False):
    """Enter the deletion of a row, in the caller's transaction; returns the operation."""
    running = next((each for each in JOURNAL.of_resource(row.uuid)
                    if each.kind == operations.DELETE_SNAPSHOT.kind and each.state in OPEN), None)
    if running is not None:
        return running
    if not force and row.status not in states.DELETABLE:
        raise InvalidVolumeSnapshot(reason=f'snapshot {row.uuid} is {row.status}; to be deleted it must be '
                                           f'{" or ".join(states.DELETABLE)}.')
    if volume_snapshots.is_being_read(row.uuid):
        raise InvalidVolumeSnapshot(reason=f'a volume is being made from snapshot {row.uuid}: try again when that is '
                                           'done.')
    volume_snapshots.change(row.uuid, status=states.DELETING, reason=None)
    operation = JOURNAL.add(operations.DELETE_SNAPSHOT, row.uuid, context, {'host': row.host})
    JOURNAL.cancel(row.uuid, before=operation.id)
    return operation
