"""Which long action is possible in which states, and what it makes of them: data."""
import dataclasses

from nova.compute import operations, states
from nova.compute.states import ACTIVE, ERROR, PAUSED, RESCUED, RESIZED, STOPPED, SUSPENDED


@dataclasses.dataclass(frozen=True)
class Action:
    """`from_states`, `from_tasks`: vm_states and task_states it may begin in; `task`: the task_state it sets."""

    operation: object
    from_states: tuple
    task: str
    from_tasks: tuple = (None,)
    method: str = None

    @property
    def name(self):
        """The word errors use for it."""
        return self.method or self.operation.kind

    @property
    def expected(self):
        """For nova.db.instances.compare_and_set."""
        return {'vm_state': list(self.from_states), 'task_state': list(self.from_tasks)}


STOP = Action(operations.STOP, (ACTIVE, ERROR, RESCUED), states.POWERING_OFF)
START = Action(operations.START, (STOPPED,), states.POWERING_ON)
SOFT_REBOOT = Action(operations.REBOOT, (ACTIVE,), states.REBOOTING)
# By force also out of what hangs, a soft reboot that the guest ignores above all.
HARD_REBOOT = Action(operations.REBOOT, (ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR), states.REBOOTING_HARD,
                     (None, states.REBOOTING, states.REBOOTING_HARD, states.PAUSING, states.UNPAUSING,
                      states.SUSPENDING, states.RESUMING))
PAUSE = Action(operations.PAUSE, (ACTIVE,), states.PAUSING)
UNPAUSE = Action(operations.UNPAUSE, (PAUSED,), states.UNPAUSING)
SUSPEND = Action(operations.SUSPEND, (ACTIVE,), states.SUSPENDING)
RESUME = Action(operations.RESUME, (SUSPENDED,), states.RESUMING)
REBUILD = Action(operations.REBUILD, (ACTIVE, STOPPED, ERROR), states.REBUILDING)
RESIZE = Action(operations.RESIZE, (ACTIVE, STOPPED), states.RESIZE_PREP)
CONFIRM_RESIZE = Action(operations.CONFIRM_RESIZE, (RESIZED,), states.RESIZE_CONFIRMING, method='confirmResize')
REVERT_RESIZE = Action(operations.REVERT_RESIZE, (RESIZED,), states.RESIZE_REVERTING, method='revertResize')
SNAPSHOT = Action(operations.SNAPSHOT, (ACTIVE, STOPPED, PAUSED, SUSPENDED), states.IMAGE_SNAPSHOT,
                  method='createImage')
BACKUP = Action(operations.BACKUP, (ACTIVE, STOPPED, PAUSED, SUSPENDED), states.IMAGE_BACKUP, method='createBackup')
# These change no state: further actions wait for them in the journal.
ATTACH_VOLUME = Action(operations.ATTACH_VOLUME, (ACTIVE, PAUSED, STOPPED), None)
# Only a guest that runs can let go of a disk.
DETACH_VOLUME = Action(operations.DETACH_VOLUME, (ACTIVE, STOPPED, ERROR), None)
