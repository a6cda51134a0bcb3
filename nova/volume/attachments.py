"""Which volumes are disks of which servers: reserving, recording, releasing.

Every function is (part of) one transaction that holds the volume. The work itself is an operation on the server, see
nova.compute.executors.volumes.
"""
import re

from essex import db
from nova.db import instances, volume_attachments, volumes
from nova.volume import states
from nova.volume.exception import (
    InvalidVolume,
    InvalidVolumeRequest,
    VolumeAttachmentNotFound,
    VolumeOutOfReach,
)

_DEVICE = re.compile(r'/dev/[a-z]{2}[a-z]')
# The last four are left for CD-ROMs, and for disks that a larger flavor brings.
_LETTERS = 'abcdefghijklmnopqrstuv'


def reserve(context, volume_id, instance_uuid, host, prefix, own_disks, device=None, delete_on_termination=False):
    """Make an available volume a disk-to-be of a server on `host`; returns the attachment.

    Its device is `device`, or the next free one of `prefix` (vd, sd) after the server's own disks.
    """
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        if volume.status != states.AVAILABLE:
            raise InvalidVolume(reason=f'volume {volume_id} is {volume.status}; to be attached it must be available.')
        if volumes.is_being_copied(volume.uuid):
            raise InvalidVolume(reason=f'volume {volume_id} is being copied: try again when that is done.')
        if volume.connection is None:
            # An administrator called it available.
            raise InvalidVolume(reason=f'volume {volume_id} was never made: delete it.')
        within = volume.connection['host']
        if within not in (None, host):
            raise VolumeOutOfReach(volume_id=volume_id, volume_host=within, host=host, instance_uuid=instance_uuid)
        taken = {row.device for row in volume_attachments.of_instance(instance_uuid)}
        device = _device(device, prefix, own_disks, taken)
        row = volume_attachments.create(volume.uuid, instance_uuid, device, states.ATTACHING,
                                        delete_on_termination=delete_on_termination)
        volumes.change(volume.uuid, status=states.ATTACHING, reason=None)
        return row


def _device(wanted, prefix, own_disks, taken):
    free = [name for name in (f'/dev/{prefix}{letter}' for letter in _LETTERS[own_disks:]) if name not in taken]
    if not free:
        raise InvalidVolumeRequest(reason=f'the server has {len(taken)} volumes: there is no room for another.')
    if not wanted:
        return free[0]
    wanted = wanted if wanted.startswith('/dev/') else f'/dev/{wanted}'
    if not _DEVICE.fullmatch(wanted):
        raise InvalidVolumeRequest(reason=f'{wanted[:40]!r} is no device: /dev/{prefix}b would be one.')
    if wanted not in free:
        raise InvalidVolumeRequest(reason=f'device {wanted} is taken, or not of the kind /dev/{prefix}b.')
    return wanted


def _is_of(volume_uuid, instance_uuid):
    """Whether a volume is the server's still: it may have been freed, and be another one's, while a host was away."""
    row = volume_attachments.of_volume(volume_uuid)
    return row is not None and row.instance_uuid == instance_uuid


@db.retry
def attached(volume_uuid, instance_uuid):
    """Record that the server has it."""
    with db.writer():
        if not _is_of(volume_uuid, instance_uuid):
            return
        volume_attachments.change(volume_uuid, status=states.ATTACHED, attached_at=db.utcnow())
        volumes.change(volume_uuid, status=states.IN_USE, reason=None)


@db.retry
def released(volume_uuid, instance_uuid, reason=None):
    """Record that the server has it no more; `reason` says why not, when it should."""
    with db.writer():
        if not _is_of(volume_uuid, instance_uuid):
            return
        volume_attachments.delete(volume_uuid)
        row = volumes.hold(volume_uuid)
        if row is not None and row.status in (states.ATTACHING, states.IN_USE, states.DETACHING, states.ERROR):
            volumes.change(volume_uuid, status=states.AVAILABLE, reason=reason)


@db.retry
def kept(volume_uuid, instance_uuid, reason=None):
    """Record that the server has it still; `reason` says why, when it should not."""
    with db.writer():
        if not _is_of(volume_uuid, instance_uuid):
            return
        volume_attachments.change(volume_uuid, status=states.ATTACHED)
        volumes.change(volume_uuid, status=states.IN_USE, reason=reason)


@db.retry
def troubled(volume_uuid, instance_uuid, reason):
    """Record that nobody knows whether the server has it."""
    with db.writer():
        if _is_of(volume_uuid, instance_uuid):
            volumes.change(volume_uuid, status=states.ERROR, reason=reason)


def begin_detaching(context, volume_id, instance_uuid):
    """Make an attached volume one that leaves its server. Raises VolumeAttachmentNotFound, InvalidVolume."""
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        row = volume_attachments.of_volume(volume.uuid)
        if row is None or row.instance_uuid != instance_uuid:
            raise VolumeAttachmentNotFound(volume_id=volume_id, instance_uuid=instance_uuid)
        if row.status != states.ATTACHED:
            raise InvalidVolume(reason=f'volume {volume_id} is {row.status}: wait until that is done.')
        volume_attachments.change(volume.uuid, status=states.DETACHING)
        volumes.change(volume.uuid, status=states.DETACHING, reason=None)


@db.retry
def record(context, volume_id, instance_uuid, device):
    """Record that a server which is none of this cloud's has an available volume (administrators)."""
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        if volume.status != states.AVAILABLE:
            raise InvalidVolume(reason=f'volume {volume_id} is {volume.status}; to be attached it must be available.')
        _refuse_own(instance_uuid, volume_id)
        volume_attachments.create(volume.uuid, instance_uuid, device, states.ATTACHED, db.utcnow())
        volumes.change(volume.uuid, status=states.IN_USE, reason=None)


@db.retry
def forget(context, volume_id):
    """Record that no server has a volume: for one whose server is gone for good, or is none of this cloud's
    (administrators)."""
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        row = volume_attachments.of_volume(volume.uuid)
        if row is None:
            raise InvalidVolume(reason=f'volume {volume_id} is attached to no server.')
        _refuse_own(row.instance_uuid, volume_id)
        released(volume.uuid, row.instance_uuid)


def _refuse_own(instance_uuid, volume_id):
    # What a guest has and what the records say of it must not differ.
    if instances.by_uuids([instance_uuid]):
        raise InvalidVolume(reason=f'server {instance_uuid} is one of this cloud: volume {volume_id} is attached to it '
                                   'and detached from it there.')


def release_all(instance_uuid):
    """Record that an ended server has no volumes; returns those that were to end with it.

    Call it in the transaction that ends the server.
    """
    ending = []
    for row in volume_attachments.of_instance(instance_uuid):
        released(row.volume_uuid, instance_uuid)
        if row.delete_on_termination and (volume := volumes.find(row.volume_uuid)) is not None:
            ending.append(volume)
    return ending
