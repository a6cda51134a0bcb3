"""Giving a volume, with its snapshots, to another project: offered with a key, taken by whoever has that."""
import hashlib
import hmac
import secrets

from essex import db
from nova.db import volume_snapshots, volume_transfers, volumes
from nova.volume import checks, quota, states
from nova.volume.exception import InvalidVolume, InvalidVolumeRequest, VolumeTransferNotFound

_KEY_BYTES = 16


def create(context, volume_id, name=None):
    """Offer a volume; returns (row, key). The key is told here and never again. Raises InvalidVolume."""
    checks.texts(name=name)
    key = secrets.token_urlsafe(_KEY_BYTES)
    return _offer(context, volume_id, name, _hash(key)), key


@db.retry
def _offer(context, volume_id, name, key_hash):
    with db.writer():
        volume = volumes.hold_for(context, volume_id)
        if volume.status != states.AVAILABLE:
            raise InvalidVolume(reason=f'volume {volume.uuid} is {volume.status}; to be given away it must be '
                                       f'{states.AVAILABLE}.')
        _ready_snapshots(volume)
        volumes.change(volume.uuid, status=states.AWAITING_TRANSFER)
        return volume_transfers.create(volume, name, key_hash)


def list(context, everywhere=False):  # noqa: A001  (read with its module: transfers.list)
    """Rows of the caller's project, or of all for administrators who ask."""
    return volume_transfers.list_for(context, everywhere and context.is_admin)


def get(context, transfer_id):
    """The row. Raises VolumeTransferNotFound."""
    return volume_transfers.get_for(context, transfer_id)


@db.retry
def delete(context, transfer_id):
    """Take an offer back. Raises VolumeTransferNotFound."""
    row = volume_transfers.get_for(context, transfer_id)
    with db.writer():
        volume = volumes.hold(row.volume_uuid)
        if not volume_transfers.forget(row.volume_uuid):
            raise VolumeTransferNotFound(transfer_id=row.uuid)
        if volume is not None and volume.status == states.AWAITING_TRANSFER:
            volumes.change(volume.uuid, status=states.AVAILABLE)


@db.retry
def accept(context, transfer_id, key):
    """Take the volume into the caller's project; returns the row of what was offered.

    Raises VolumeTransferNotFound, InvalidVolumeRequest for a wrong key, InvalidVolume, VolumeQuotaExceeded.
    """
    row = volume_transfers.get(transfer_id)
    if not hmac.compare_digest(_hash(key), row.key_hash):
        raise InvalidVolumeRequest(reason=f'the authorization key of transfer {row.uuid} is another one.')
    with db.writer():
        volume = volumes.hold(row.volume_uuid)
        if volume is None or not volume_transfers.forget(row.volume_uuid):
            raise VolumeTransferNotFound(transfer_id=row.uuid)
        if volume.status != states.AWAITING_TRANSFER:
            raise InvalidVolume(reason=f'volume {volume.uuid} is {volume.status}, not {states.AWAITING_TRANSFER}.')
        snapshots = _ready_snapshots(volume)
        quota.check(context.project_id, size=volume.size, volumes=1, snapshots=len(snapshots),
                    gigabytes=volume.size + sum(each.size for each in snapshots))
        owner = {'project_id': context.project_id, 'user_id': context.user_id}
        volumes.change(volume.uuid, status=states.AVAILABLE, **owner)
        for each in snapshots:
            volume_snapshots.change(each.uuid, **owner)
    return row


def _ready_snapshots(volume):
    """Those of a volume, which go with it. Raises InvalidVolume while something is done to one."""
    found = volume_snapshots.of_volume(volume.uuid)
    for each in found:
        if each.status not in (states.AVAILABLE, states.ERROR):
            raise InvalidVolume(reason=f'snapshot {each.uuid} of volume {volume.uuid} is {each.status}.')
    return found


def _hash(key):
    # The key has 128 bits of chance: a hash without salt is enough.
    return hashlib.sha256(key.encode()).hexdigest()
