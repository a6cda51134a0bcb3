"""States of a server: what it is (vm_state), what is done to it (task_state), what the host says (power_state)."""

# vm_state
BUILDING, ACTIVE, PAUSED, SUSPENDED = 'building', 'active', 'paused', 'suspended'
STOPPED, RESCUED, RESIZED, ERROR = 'stopped', 'rescued', 'resized', 'error'
DELETED, SOFT_DELETED = 'deleted', 'soft-delete'

# task_state
SCHEDULING, NETWORKING, SPAWNING, BLOCK_DEVICE_MAPPING = 'scheduling', 'networking', 'spawning', 'block_device_mapping'
IMAGE_SNAPSHOT, IMAGE_UPLOADING, IMAGE_BACKUP = 'image_snapshot', 'image_uploading', 'image_backup'
REBOOTING, REBOOTING_HARD = 'rebooting', 'rebooting_hard'
PAUSING, UNPAUSING, SUSPENDING, RESUMING = 'pausing', 'unpausing', 'suspending', 'resuming'
POWERING_OFF, POWERING_ON, DELETING = 'powering-off', 'powering-on', 'deleting'
RESCUING, UNRESCUING, REBUILDING = 'rescuing', 'unrescuing', 'rebuilding'
RESIZE_PREP, RESIZE_MIGRATING, RESIZE_MIGRATED = 'resize_prep', 'resize_migrating', 'resize_migrated'
RESIZE_FINISH, RESIZE_REVERTING, RESIZE_CONFIRMING = 'resize_finish', 'resize_reverting', 'resize_confirming'

# power_state, as the Compute API numbers them
NOSTATE, RUNNING, POWER_PAUSED, SHUTDOWN, CRASHED, POWER_SUSPENDED = 0, 1, 3, 4, 6, 7

# What a server is when its guest is found in a power_state.
OF_POWER = {RUNNING: ACTIVE, POWER_PAUSED: PAUSED, SHUTDOWN: STOPPED, CRASHED: STOPPED, NOSTATE: STOPPED,
            POWER_SUSPENDED: SUSPENDED}
_RESIZING = dict.fromkeys((RESIZE_PREP, RESIZE_MIGRATING, RESIZE_MIGRATED, RESIZE_FINISH), 'RESIZE')
_STATUS = {
    ACTIVE: {None: 'ACTIVE', REBOOTING: 'REBOOT', REBOOTING_HARD: 'HARD_REBOOT', REBUILDING: 'REBUILD',
             **_RESIZING},
    BUILDING: {None: 'BUILD'},
    STOPPED: {None: 'SHUTOFF', REBOOTING: 'REBOOT', REBOOTING_HARD: 'HARD_REBOOT', REBUILDING: 'REBUILD',
              **_RESIZING},
    PAUSED: {None: 'PAUSED'},
    SUSPENDED: {None: 'SUSPENDED'},
    RESCUED: {None: 'RESCUE'},
    RESIZED: {None: 'VERIFY_RESIZE', RESIZE_REVERTING: 'REVERT_RESIZE'},
    ERROR: {None: 'ERROR', REBUILDING: 'REBUILD'},
    DELETED: {None: 'DELETED'},
    SOFT_DELETED: {None: 'SOFT_DELETED'},
}


def status(vm_state, task_state=None):
    """The status the Compute API shows."""
    by_task = _STATUS.get(vm_state, {None: 'UNKNOWN'})
    return by_task.get(task_state, by_task[None])


def vm_states_of(status_text):
    """(vm_state, task_state or None) pairs that show as `status_text`; empty for a status nobody has."""
    wanted = status_text.upper()
    return [(vm_state, task) for vm_state, by_task in _STATUS.items() for task, shown in by_task.items()
            if shown == wanted]


def shown_tasks(vm_state):
    """The task_states that change what a vm_state shows as."""
    return [task for task in _STATUS.get(vm_state, ()) if task is not None]
