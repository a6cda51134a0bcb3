"""The states of an image, and which may follow which."""
from glance.exception import InvalidTransition

QUEUED, SAVING, UPLOADING, IMPORTING = 'queued', 'saving', 'uploading', 'importing'
ACTIVE, DEACTIVATED = 'active', 'deactivated'
KILLED, PENDING_DELETE, DELETED = 'killed', 'pending_delete', 'deleted'

NEXT = {
    QUEUED: (SAVING, UPLOADING, IMPORTING, ACTIVE, DELETED, PENDING_DELETE),
    SAVING: (ACTIVE, KILLED, DELETED, PENDING_DELETE, QUEUED),
    UPLOADING: (IMPORTING, QUEUED, DELETED, PENDING_DELETE),
    IMPORTING: (ACTIVE, DELETED, QUEUED, PENDING_DELETE),
    ACTIVE: (PENDING_DELETE, DELETED, DEACTIVATED),
    DEACTIVATED: (ACTIVE, DELETED, PENDING_DELETE),
    KILLED: (DELETED, PENDING_DELETE),
    PENDING_DELETE: (DELETED, ACTIVE),
    DELETED: (),
}
ALL = tuple(NEXT)


def before(wanted):
    """The states from which an image may become `wanted`."""
    return tuple(state for state, following in NEXT.items() if wanted in following)


def not_allowed(image, wanted):
    """The error that says why `image` cannot become `wanted`."""
    return InvalidTransition(image_id=image.id, now=image.status, wanted=wanted, needed=' or '.join(before(wanted)))


def check(image, wanted):
    """Raise InvalidTransition unless `image` may become `wanted`."""
    if wanted not in NEXT[image.status]:
        raise not_allowed(image, wanted)


def check_upload(image):
    """Raise InvalidTransition unless `image` can take data: only a queued one can."""
    if image.status != QUEUED:
        raise InvalidTransition(image_id=image.id, now=image.status, wanted=SAVING, needed=QUEUED)
