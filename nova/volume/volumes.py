"""The rules of volumes: what may be asked in which state, and what follows. Knows no request and no SQL.

Every long action is one transaction (new state + journal entry), then a ring at the queue where the work waits. A
volume the caller must not see is VolumeNotFound, a wrong state InvalidVolume (400).
"""
import dataclasses
import uuid as uuids

from oslo_config import cfg

from essex import config, db
from essex.operation.models import OPEN
from nova.compute import bell
from nova.db import volume_attachments, volume_snapshots, volume_types, volumes
from nova.db.journal import JOURNAL
from nova.image import glance
from nova.volume import checks, metadata, operations, placement, quota, snapshots, states
from nova.volume.exception import (
    InvalidVolume,
    InvalidVolumeRequest,
    InvalidVolumeSnapshot,
    VolumeImageUnacceptable,
    VolumeTypeNotFound,
)

OPTS = [cfg.StrOpt('default_volume_type', default='__DEFAULT__', help='The type of volumes that name none.')]
CONF = config.register(OPTS)

_GB = 1 << 30
_LARGEST = 1 << 20   # GB
# Formats of images that can be written to a volume; ami and its like are raw.
_IMAGE_FORMATS = ('raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'iso', 'ami', 'aki', 'ari')
_UPLOAD_FORMATS = ('raw', 'qcow2', 'vmdk', 'vdi')


@dataclasses.dataclass
class VolumeRequest:
    """A new volume as it is asked for. `size` in GB may be None when it is made from something that has one."""

    size: int = None
    name: str = None
    description: str = None
    metadata: dict = dataclasses.field(default_factory=dict)
    availability_zone: str = None
    volume_type: str = None
    snapshot_id: str = None
    source_volid: str = None
    image_id: str = None


def create(context, request):
    """Begin a volume; returns its row. Raises InvalidVolumeRequest, VolumeQuotaExceeded, NoVolumeHost, and what the
    parts it is made from say."""
    checks.texts(name=request.name, description=request.description)
    checks.metadata(request.metadata)
    if sum(1 for source in (request.snapshot_id, request.source_volid, request.image_id) if source) > 1:
        raise InvalidVolumeRequest(reason='a volume is made from a snapshot, a volume or an image, not from several.')
    kind = _type(context, request.volume_type)
    image = glance.describe(context, request.image_id) if request.image_id else None
    row, operation = _enter(context, request, kind, image)
    bell.ring(operation.queue, operation.id)
    return row


def _type(context, name):
    """The row id of the type, None when there is not even a default one."""
    try:
        return volume_types.get_for(context, name or CONF.default_volume_type).id
    except VolumeTypeNotFound:
        if name:
            raise
        return None


@db.retry
def _enter(context, request, kind, image):
    with db.writer():
        source = _source(context, request, image)
        size = _size(request, source)
        quota.check(context.project_id, size=size, volumes=1, gigabytes=size)
        place = _place(request, source)
        row = volumes.create({
            'uuid': str(uuids.uuid4()), 'project_id': context.project_id, 'user_id': context.user_id,
            'display_name': request.name, 'display_description': request.description, 'size': size,
            'status': states.CREATING, 'metadata_': request.metadata, 'volume_type_id': kind,
            'snapshot_id': request.snapshot_id, 'source_volid': request.source_volid, 'image_id': request.image_id,
            'bootable': source.get('bootable', False), 'image_metadata': source.get('image'), **place})
        return row, JOURNAL.add(operations.CREATE, row.uuid, context, {
            'host': row.host, 'image_id': request.image_id, 'snapshot_id': request.snapshot_id,
            'source_volid': request.source_volid})


def _source(context, request, image):
    """{'size', 'host', 'zone', 'bootable', 'image'} of what it is made from, held; empty for an empty volume."""
    if image:
        return {'size': _least_size(image), 'bootable': True, 'image': _kept(image)}
    if request.snapshot_id:
        row = volume_snapshots.hold_for(context, request.snapshot_id)
        if row.status != states.AVAILABLE:
            raise InvalidVolumeSnapshot(reason=f'snapshot {row.uuid} is {row.status}, not available.')
        origin = volumes.find(row.volume_uuid)
    elif request.source_volid:
        row = origin = volumes.hold_for(context, request.source_volid)
        _require(row, 'be copied', states.AVAILABLE)
    else:
        return {}
    return {'size': row.size, 'host': row.host, 'zone': origin.availability_zone if origin else None,
            'bootable': bool(origin and origin.bootable), 'image': origin.image_metadata if origin else None}


def _least_size(image):
    if image['status'] != 'active':
        raise VolumeImageUnacceptable(image_id=image['id'], reason=f'it is {image["status"]}, not active.')
    if image['disk_format'] not in _IMAGE_FORMATS:
        raise VolumeImageUnacceptable(image_id=image['id'], reason=f'its disk format is {image["disk_format"]}.')
    needed = max(image['size'] or 0, image['virtual_size'] or 0)
    return max(-(-needed // _GB), image['min_disk'], 1)


def _kept(image):
    """What is remembered of an image beside the volume."""
    told = {'image_id': image['id'], 'image_name': image['name'], 'checksum': image['checksum'],
            **{name: image[name] for name in ('container_format', 'disk_format', 'min_disk', 'min_ram', 'size')}}
    return {**{key: value for key, value in image['properties'].items() if isinstance(value, str)},
            **{key: '' if value is None else str(value) for key, value in told.items()}}


def _size(request, source):
    least = source.get('size', 1)
    if request.size is None:
        if not source or request.image_id:
            raise InvalidVolumeRequest(reason='the size in GB is missing.')
        return least
    if request.size < least:
        raise InvalidVolumeRequest(reason=f'size {request.size} GB is too small: {least} GB are needed.')
    if request.size > _LARGEST:
        raise InvalidVolumeRequest(reason=f'size {request.size} GB is larger than {_LARGEST} GB.')
    return request.size


def _place(request, source):
    """The columns that say where it is: beside what it is copied from, else on the emptiest host."""
    if source.get('host'):
        return {'host': source['host'], 'availability_zone': source['zone']}
    service = placement.choose(request.availability_zone)
    return {'host': service.host, 'availability_zone': service.availability_zone}


# --- reading, and changes that need no nova-volume ---

def get(context, uuid):
    """The row."""
    return volumes.get_for(context, uuid)


def list(context, filters=None, limit=None, marker=None, sort=None, offset=None):  # noqa: A001 - volumes.list
    """Rows as nova.db.volumes.list_for."""
    return volumes.list_for(context, filters, limit, marker, sort, offset)


def attachments(rows):
    """{uuid: attachment} of those rows that have one: at most one statement."""
    return volume_attachments.of_volumes(row.uuid for row in rows)


def update(context, uuid, **values):
    """Change display_name, display_description, bootable or readonly; returns the row."""
    checks.texts(name=values.get('display_name'), description=values.get('display_description'))
    row = volumes.get_for(context, uuid)
    if values:
        volumes.change(row.uuid, **values)
    return volumes.get(row.uuid)


def change_metadata(context, uuid, change):
    """Have the metadata that change(metadata) returns; returns it."""
    return metadata.alter(volumes, context, uuid, change)


def delete_metadata_item(context, uuid, key):
    """Remove one item. Raises VolumeMetadataNotFound."""
    metadata.alter(volumes, context, uuid, metadata.without(key, f'Volume {uuid}'))


@db.retry
def set_readonly(context, uuid, readonly):
    """Have servers it is attached to write to it or not. Not while it is attached."""
    with db.writer():
        row = volumes.hold_for(context, uuid)
        _require(row, 'become read-only or not', states.AVAILABLE)
        volumes.change(row.uuid, readonly=readonly)


def change_image_metadata(context, uuid, change):
    """Have what is remembered of its image be what change(it) returns; returns it."""
    return metadata.alter(volumes, context, uuid, change, 'image_metadata')


def delete_image_metadata_item(context, uuid, key):
    """Forget one of them. Raises VolumeMetadataNotFound."""
    change_image_metadata(context, uuid, metadata.without(key, f'The image of volume {uuid}'))


@db.retry
def reset_status(context, uuid, status):
    """Set the status by force and cancel what runs (administrators). Not what would hide an attachment."""
    with db.writer():
        row = volumes.hold_for(context, uuid)
        attachment = volume_attachments.of_volume(uuid)
        if attachment is not None and status in (states.AVAILABLE, states.ERROR_DELETING, states.MAINTENANCE):
            raise InvalidVolume(reason=f'volume {uuid} is attached to server {attachment.instance_uuid}: '
                                       'detach it first.')
        if attachment is None and status in (states.IN_USE, states.ATTACHING, states.DETACHING):
            raise InvalidVolume(reason=f'volume {uuid} is attached to no server.')
        JOURNAL.cancel(row.uuid)
        volumes.change(row.uuid, status=status, reason=None)


@db.retry
def retype(context, uuid, name):
    """Have the volume of another type. Raises VolumeTypeNotFound, InvalidVolume, InvalidVolumeRequest.

    Types are names and extra specs that no driver reads, so its data stays as it is.
    """
    kind = volume_types.get_for(context, name)
    with db.writer():
        row = volumes.hold_for(context, uuid)
        _require(row, 'be retyped', states.AVAILABLE, states.IN_USE)
        if row.volume_type_id == kind.id:
            raise InvalidVolumeRequest(reason=f'volume {row.uuid} is of type {kind.name} already.')
        volumes.change(row.uuid, volume_type_id=kind.id)


# --- long work ---

def delete(context, uuid, cascade=False, force=False):
    """Begin the deletion; with `cascade` its snapshots go too, with `force` (administrators) from any status."""
    for operation in _begin_deletion(context, uuid, cascade, force):
        bell.ring(operation.queue, operation.id)


@db.retry
def _begin_deletion(context, uuid, cascade, force):
    with db.writer():
        row = volumes.hold_for(context, uuid)
        if row.status == states.DELETING and (running := _open_deletion(uuid)):
            return [running]
        attachment = volume_attachments.of_volume(uuid)
        if attachment is not None:
            raise InvalidVolume(reason=f'volume {uuid} is {row.status}, attached to server {attachment.instance_uuid}: '
                                       'detach it first.')
        if not force:
            _require(row, 'be deleted', *states.DELETABLE)
        _refuse_copied(row)
        mine = volume_snapshots.of_volume(uuid)
        if mine and not cascade:
            raise InvalidVolume(reason=f'volume {uuid} has {len(mine)} snapshots: delete them first, or ask for '
                                       'cascade.')
        begun = [snapshots.begin_deletion(context, snapshot) for snapshot in mine]
        return [*begun, enter_deletion(context, row)]


def enter_deletion(context, row):
    """Enter the deletion of a volume that nobody uses, in the caller's transaction; returns the operation."""
    volumes.change(row.uuid, status=states.DELETING, reason=None)
    operation = _open_deletion(row.uuid) or JOURNAL.add(operations.DELETE, row.uuid, context, {'host': row.host})
    JOURNAL.cancel(row.uuid, before=operation.id)
    return operation


def _open_deletion(uuid):
    return next((each for each in JOURNAL.of_resource(uuid)
                 if each.kind == operations.DELETE.kind and each.state in OPEN), None)


def extend(context, uuid, size):
    """Begin to make it larger. Its size counts at once; should it fail it is what it was again."""
    operation = _begin_extension(context, uuid, size)
    bell.ring(operation.queue, operation.id)


@db.retry
def _begin_extension(context, uuid, size):
    with db.writer():
        row = volumes.hold_for(context, uuid)
        _require(row, 'be extended', states.AVAILABLE)
        _refuse_copied(row)
        if not row.size < size <= _LARGEST:
            raise InvalidVolumeRequest(reason=f'the new size must be larger than {row.size} GB, and at most '
                                              f'{_LARGEST} GB.')
        quota.check(row.project_id, size=size, gigabytes=size - row.size)
        volumes.change(row.uuid, status=states.EXTENDING, size=size, reason=None)
        return JOURNAL.add(operations.EXTEND, row.uuid, context, {
            'host': row.host, 'old_size': row.size, 'new_size': size})


def upload(context, uuid, name, disk_format='raw', container_format='bare', more=None):
    """Begin an image of what the volume holds; returns (row, the image's id: queued until the upload). `more` are
    further fields of the image."""
    checks.texts(image_name=name)
    if disk_format not in _UPLOAD_FORMATS or container_format != 'bare':
        raise InvalidVolumeRequest(reason=f'an image of a volume is bare and {", ".join(_UPLOAD_FORMATS)}.')
    row = volumes.get_for(context, uuid)
    _require(row, 'be uploaded', states.AVAILABLE)
    # Glance is asked outside of the transaction; should the status change meanwhile, the image goes again.
    image_id = glance.create(context, name, disk_format=disk_format, container_format=container_format,
                             min_disk=row.size, properties=more)
    try:
        operation = _begin_upload(context, uuid, image_id, disk_format)
    except Exception:
        glance.delete(image_id)
        raise
    bell.ring(operation.queue, operation.id)
    return volumes.get(uuid), image_id


@db.retry
def _begin_upload(context, uuid, image_id, disk_format):
    with db.writer():
        row = volumes.hold_for(context, uuid)
        _require(row, 'be uploaded', states.AVAILABLE)
        volumes.change(row.uuid, status=states.UPLOADING, reason=None)
        return JOURNAL.add(operations.UPLOAD, row.uuid, context, {
            'host': row.host, 'image_id': image_id, 'disk_format': disk_format})


def _require(row, what, *allowed):
    if row.status not in allowed:
        raise InvalidVolume(reason=f'volume {row.uuid} is {row.status}; to {what} it must be {" or ".join(allowed)}.')


def _refuse_copied(row):
    if volumes.is_being_copied(row.uuid):
        raise InvalidVolume(reason=f'volume {row.uuid} is being copied to a snapshot or another volume: try again when '
                                   'that is done.')
