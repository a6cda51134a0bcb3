"""The operations on servers as data: their steps in order and the queue each runs at."""
from essex.operation import Definition, Step

SCHEDULER = 'scheduler'


def at_host(data):
    """The queue of the compute host an operation works on (data['host']); any scheduler while there is none."""
    return f'compute.{data["host"]}' if data.get('host') else SCHEDULER


# data: instance_uuid; the scheduler adds host, node; `tried`: hosts that failed, `rejected`: filter counts.
BOOT = Definition('boot', action='create', steps=[
    Step('schedule', at=SCHEDULER, timeout=60),
    Step('network', at=at_host, undo=True, timeout=120),
    Step('image', at=at_host, timeout=3600),
    Step('disk', at=at_host, undo=True, timeout=600),
    Step('spawn', at=at_host, undo=True, timeout=600),
    Step('activate', at=at_host, timeout=60),
])

# Persistent: a delete goes forward until nothing is left. data: instance_uuid, host (None: it never had one; the
# first step looks again, since a boot may have found one in the meantime).
DELETE = Definition('delete', persistent=True, steps=[
    Step('locate', at=at_host, timeout=60),
    Step('destroy', at=at_host, timeout=300),
    Step('network', at=at_host, timeout=120),
    Step('disk', at=at_host, timeout=300),
    Step('forget', at=at_host, timeout=60),
])


def _on_host(kind, timeout=300, action=None, undo=False, max_attempts=3):
    return Definition(kind, [Step('apply', at=at_host, undo=undo, timeout=timeout)], action=action,
                      max_attempts=max_attempts)


STOP = _on_host('stop')
START = _on_host('start')
REBOOT = _on_host('reboot')             # data['type']: SOFT or HARD
PAUSE = _on_host('pause')
UNPAUSE = _on_host('unpause')
SUSPEND = _on_host('suspend')
RESUME = _on_host('resume')

# data: image_id (made by the API, queued), name
SNAPSHOT = Definition('snapshot', action='createImage', steps=[
    Step('capture', at=at_host, undo=True, timeout=3600),
    Step('upload', at=at_host, undo=True, timeout=7200),
    Step('clean', at=at_host, timeout=300),
])

# data: as of a snapshot, and backup_type, rotation
BACKUP = Definition('backup', action='createBackup', steps=[
    Step('capture', at=at_host, undo=True, timeout=3600),
    Step('upload', at=at_host, undo=True, timeout=7200),
    Step('rotate', at=at_host, timeout=300),
    Step('clean', at=at_host, timeout=300),
])

# data: vm_state; `former`: the columns of the row as they were, by name; preserve_ephemeral
REBUILD = Definition('rebuild', steps=[
    Step('image', at=at_host, timeout=3600),
    Step('stop', at=at_host, undo=True, timeout=300),
    Step('disk', at=at_host, undo=True, timeout=600),
    Step('spawn', at=at_host, undo=True, timeout=600),
    Step('clean', at=at_host, timeout=300),
])

# On one host. data: vm_state, migration_id; `columns`, `former`: columns of the row with the new sizes and the old ones
RESIZE = Definition('resize', steps=[
    Step('schedule', at=SCHEDULER, timeout=60),
    Step('stop', at=at_host, undo=True, timeout=600),
    Step('disk', at=at_host, undo=True, timeout=3600),
    Step('size', at=at_host, undo=True, timeout=60),
    Step('spawn', at=at_host, undo=True, timeout=600),
])
# data: migration_id; those of a revert: vm_state (active: it runs), `former`
CONFIRM_RESIZE = Definition('confirm', action='confirmResize', steps=[Step('forget', at=at_host, timeout=600)])
REVERT_RESIZE = Definition('revert', action='revertResize', steps=[
    Step('stop', at=at_host, timeout=300),
    Step('disk', at=at_host, timeout=600),
    Step('spawn', at=at_host, timeout=600),
])

# data: volume_uuid
ATTACH_VOLUME = Definition('attach_volume', [Step('plug', at=at_host, undo=True, timeout=120)])
DETACH_VOLUME = Definition('detach_volume', [Step('unplug', at=at_host, undo=True, timeout=120)])

ALL = (BOOT, DELETE, STOP, START, REBOOT, PAUSE, UNPAUSE, SUSPEND, RESUME, SNAPSHOT, BACKUP, REBUILD, RESIZE,
       CONFIRM_RESIZE, REVERT_RESIZE, ATTACH_VOLUME, DETACH_VOLUME)
