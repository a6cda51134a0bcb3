"""What the states of volumes and snapshots mean, and allow."""
from horizon.ui.tables import BAD, GOOD, IDLE

LEVELS = {'available': GOOD, 'in-use': GOOD, 'error': BAD, 'error_deleting': BAD, 'error_extending': BAD,
          'error_restoring': BAD, 'reserved': IDLE, 'maintenance': IDLE}
FREE, IN_USE = 'available', 'in-use'
# From which a volume or a snapshot can be deleted.
DELETABLE = (FREE, 'error', 'error_deleting')


def is_bootable(volume):
    """Whether servers can start from it: the API has a text for it."""
    return str(volume.get('bootable')).lower() == 'true'


def server_of(volume):
    """The id of the server that has it, or None."""
    return next((each['server_id'] for each in volume.get('attachments', ())), None)
