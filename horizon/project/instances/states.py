"""What a server's states mean to people, and what they allow."""
from django.utils.translation import gettext_lazy as _

from horizon.ui.tables import BAD, BUSY, GOOD, IDLE

LEVELS = {'active': GOOD, 'error': BAD, 'unknown': BAD, 'shutoff': IDLE, 'paused': IDLE, 'suspended': IDLE,
          'deleted': IDLE, 'soft_deleted': IDLE, 'verify_resize': IDLE, 'rescue': IDLE, 'shelved': IDLE,
          'shelved_offloaded': IDLE}
_WORDS = {'SHUTOFF': _('shut off'), 'BUILD': _('being built'), 'VERIFY_RESIZE': _('resized, to be confirmed'),
          'HARD_REBOOT': _('rebooting (hard)'), 'REBOOT': _('rebooting'), 'RESIZE': _('being resized'),
          'REVERT_RESIZE': _('resize is undone'), 'REBUILD': _('being rebuilt')}
POWER = {0: _('no state'), 1: _('running'), 3: _('paused'), 4: _('off'), 6: _('crashed'), 7: _('suspended')}
_TASKS = {'scheduling': _('looking for a host'), 'networking': _('getting an address'),
          'block_device_mapping': _('making its disk'), 'spawning': _('starting'), 'deleting': _('being deleted'),
          'image_snapshot': _('taking a snapshot'), 'image_uploading': _('saving the snapshot'),
          'image_backup': _('taking a backup'), 'powering-off': _('shutting down'), 'powering-on': _('starting'),
          'resize_prep': _('looking for room'), 'resize_migrating': _('resizing its disk'),
          'resize_migrated': _('resizing its disk'), 'resize_finish': _('starting with its new size'),
          'resize_reverting': _('going back to its former size'), 'resize_confirming': _('keeping its new size')}
# Whatever runs or lies on a disk can be copied, resized and so on.
RESTING = ('ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED')


def words(server):
    """Its status in words."""
    return _WORDS.get(server['status'], server['status'].replace('_', ' ').lower())


def task(server):
    """What is being done to it in words; None when nothing is."""
    found = server.get('OS-EXT-STS:task_state')
    return found and _TASKS.get(found, found.replace('_', ' '))


def shown(server):
    """{words, task, progress} for a status with what is being done below it."""
    progress = server.get('progress') if server['status'] in ('BUILD', 'RESIZE', 'REBUILD') else None
    return {'words': words(server), 'task': task(server), 'progress': progress, 'level': level(server)}


def power(server):
    """Its power state in words."""
    return POWER.get(server.get('OS-EXT-STS:power_state'), _('unknown'))


def level(server):
    """GOOD, BAD, IDLE or BUSY."""
    return BUSY if server.get('OS-EXT-STS:task_state') else LEVELS.get(server['status'].lower(), BUSY)


def is_pending(server):
    """Whether it will change by itself."""
    return level(server) == BUSY


def is_calm(server, *statuses):
    """Whether nothing is under way and its status is one of these (any without)."""
    return not server.get('OS-EXT-STS:task_state') and (not statuses or server['status'] in statuses)
