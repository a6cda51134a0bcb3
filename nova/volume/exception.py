"""Block storage's errors. Each says what was asked, what is wrong and, where there is something to do, what to do."""
from essex.exception import BadRequest, Conflict, EssexError, NotFound, ServiceUnavailable
from nova.exception import QuotaExceeded


class VolumeNotFound(NotFound):
    message = 'Volume %(volume_id)s could not be found.'


class VolumeSnapshotNotFound(NotFound):
    message = 'Snapshot %(snapshot_id)s could not be found.'


class VolumeTypeNotFound(NotFound):
    message = 'Volume type %(type_id)s could not be found.'


class VolumeTypeExists(Conflict):
    message = 'Volume type %(name)s already exists.'


class VolumeTypeInUse(BadRequest):
    message = 'Volume type %(name)s cannot be deleted: %(count)d volumes are of it.'


class VolumeTypeAccessExists(Conflict):
    message = 'Project %(project_id)s may use volume type %(name)s already.'


class VolumeTypeAccessNotFound(NotFound):
    message = 'Project %(project_id)s was not let in to volume type %(name)s.'


class VolumeTypePublic(Conflict):
    message = 'Volume type %(name)s is public: every project may use it.'


class VolumeTransferNotFound(NotFound):
    message = 'Transfer %(transfer_id)s could not be found.'


class VolumeAttachmentNotFound(NotFound):
    message = 'Volume %(volume_id)s is not attached to instance %(instance_uuid)s.'


class VolumeMessageNotFound(NotFound):
    message = 'Message %(message_id)s could not be found.'


class VolumeMarkerNotFound(NotFound):
    message = 'marker [%(marker)s] not found'


class VolumeMetadataNotFound(NotFound):
    message = '%(what)s has no metadata with key %(key)s.'


class InvalidVolumeRequest(BadRequest):
    """A volume or a snapshot cannot be as it is asked for."""

    message = 'Invalid input received: %(reason)s'


class InvalidVolume(BadRequest):
    """The volume is in a state in which this cannot be done."""

    message = 'Invalid volume: %(reason)s'


class InvalidVolumeSnapshot(BadRequest):
    message = 'Invalid snapshot: %(reason)s'


class VolumeOutOfReach(BadRequest):
    """The driver keeps volumes where the server's host cannot get at them."""

    message = ('Volume %(volume_id)s is kept in a file of host %(volume_host)s, server %(instance_uuid)s runs on host '
               '%(host)s: only servers of that host can have it, unless volumes_path is shared and volumes_shared set.')
    public_message = ('Volume %(volume_id)s is kept on another host than server %(instance_uuid)s runs on: only '
                      'servers of its own host can have it.')


class DeviceInUse(Conflict):
    message = 'Server %(instance_uuid)s has a disk %(device)s already.'


class NoVolumeHost(ServiceUnavailable):
    message = 'No host can take a volume: %(reason)s'


class VolumeHostLost(EssexError):
    """A host went away in the middle of something."""

    message = ('nova-volume on host %(host)s went away while it worked at %(action)s; %(when)s. It goes on when '
               'nova-volume is back.')
    public_message = ('The host of the volume went away while it worked at %(action)s; it goes on when the host is '
                      'back.')


class VolumeQuotaExceeded(QuotaExceeded):
    message = ('Quota exceeded for %(resource)s: Requested %(asked)s, but already used %(used)s of %(limit)s '
               '%(resource)s.')


class VolumeTooLarge(QuotaExceeded):
    message = 'Volume of %(asked)s GB is larger than the %(limit)s GB that a volume of the project may have.'


class VolumeDataLost(EssexError):
    """What the records know is not there."""

    message = 'The data of %(what)s is not on host %(host)s: %(path)s is missing.'
    public_message = 'The data of %(what)s is missing.'


class VolumeImageUnacceptable(EssexError):
    code, title, reason = 400, 'Bad Request', 'badRequest'
    message = 'Image %(image_id)s cannot become a volume: %(reason)s'


class VolumeSpaceShort(EssexError):
    message = 'Host %(host)s has %(free_mb)d MB free at %(path)s, %(needed_mb)d MB are needed.'
    public_message = 'The host has too little space: %(needed_mb)d MB are needed.'
