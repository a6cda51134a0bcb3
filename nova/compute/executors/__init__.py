"""How the operations of nova.compute.operations are done: an executor for each kind."""
from nova.compute import operations
from nova.compute.executors import change
from nova.compute.executors.base import Tools
from nova.compute.executors.boot import BootExecutor
from nova.compute.executors.delete import DeleteExecutor
from nova.compute.executors.rebuild import RebuildExecutor
from nova.compute.executors.resize import ConfirmResizeExecutor, ResizeExecutor, RevertResizeExecutor
from nova.compute.executors.snapshot import BackupExecutor, SnapshotExecutor
from nova.compute.executors.volumes import AttachVolumeExecutor, DetachVolumeExecutor

_EXECUTORS = ((operations.BOOT, BootExecutor), (operations.DELETE, DeleteExecutor),
              (operations.STOP, change.StopExecutor), (operations.START, change.StartExecutor),
              (operations.REBOOT, change.RebootExecutor), (operations.PAUSE, change.PauseExecutor),
              (operations.UNPAUSE, change.UnpauseExecutor), (operations.SUSPEND, change.SuspendExecutor),
              (operations.RESUME, change.ResumeExecutor), (operations.SNAPSHOT, SnapshotExecutor),
              (operations.BACKUP, BackupExecutor), (operations.REBUILD, RebuildExecutor),
              (operations.RESIZE, ResizeExecutor), (operations.CONFIRM_RESIZE, ConfirmResizeExecutor),
              (operations.REVERT_RESIZE, RevertResizeExecutor),
              (operations.ATTACH_VOLUME, AttachVolumeExecutor), (operations.DETACH_VOLUME, DetachVolumeExecutor))

__all__ = ['Tools', 'by_kind', 'register']


def by_kind(tools):
    """{kind: (definition, executor)}."""
    return {definition.kind: (definition, executor(tools)) for definition, executor in _EXECUTORS}


def register(runner, tools):
    """Teach a runner all of them; returns by_kind(tools)."""
    known = by_kind(tools)
    for definition, executor in known.values():
        runner.register(definition, executor)
    return known
