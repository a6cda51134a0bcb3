"""A server that gets new disks from an image: what is asked is checked, then row and work are changed at once."""
import types

from essex import db
from nova.compute import actions, images, quota, request_checks
from nova.compute.request import UNCHANGED
from nova.db import instances
from nova.db.journal import JOURNAL


def values(context, row, request):
    """The columns a RebuildRequest gives a server. Raises what a new server's image and texts may raise."""
    changed = request_checks.changed_columns({
        'display_name': request.name, 'access_ip_v4': request.access_ip_v4, 'access_ip_v6': request.access_ip_v6})
    allowed = quota.limits(row.project_id)
    if request.metadata is not UNCHANGED:
        request_checks.metadata(row.project_id, request.metadata, allowed)
        changed['metadata_'] = request.metadata
    if request.personality is not UNCHANGED:
        request_checks.personality(row.project_id, request.personality, allowed)
        changed['personality'] = request.personality or None
    if request.disk_config is not UNCHANGED:
        changed['config_options'] = {**row.config_options, 'disk_config': request.disk_config}
    flavor = types.SimpleNamespace(name=row.flavor.get('name'), memory_mb=row.memory_mb, root_gb=row.root_gb)
    return {**changed, **images.columns(context, request.image_id, flavor, row.config_drive)}


def enter(context, before, changed, preserve_ephemeral):
    """In the caller's transaction: the row shows what it shall be, and the journal what it was. (row, operation)."""
    with db.writer():
        # Read now: after the change it is the same object with other values.
        former = {column: getattr(before, column) for column in changed}
        work = {'host': before.host, 'vm_state': before.vm_state, 'preserve_ephemeral': preserve_ephemeral}
        row = instances.compare_and_set(before.uuid, actions.REBUILD.expected, method=actions.REBUILD.name,
                                        task_state=actions.REBUILD.task, progress=0, **changed)
        return row, JOURNAL.add(actions.REBUILD.operation, row.uuid, context, {
            'instance_uuid': row.uuid, **work, 'former': former})
