"""A server that gets another flavor: what is asked is checked, then room is held and the work entered at once."""
from essex import db
from nova import exception
from nova.compute import actions, flavors, images, quota, states
from nova.compute.request import UNCHANGED
from nova.db import instances, resizes
from nova.db.journal import JOURNAL

SIZES = ('memory_mb', 'vcpus', 'root_gb', 'ephemeral_gb', 'swap_mb')
_DISKS = {'root': 'root_gb', 'ephemeral': 'ephemeral_gb'}


def columns(context, row, flavor_id):
    """The columns a flavor gives a server. Raises RequestedFlavorNotFound, SameFlavor, DiskWouldShrink,
    FlavorMemoryTooSmall, FlavorDiskTooSmall."""
    flavor = flavors.usable(context, flavor_id)
    new = flavors.columns(flavor)
    # A flavor may have been deleted, and made again with the same id and other sizes.
    if all(row.flavor.get(name) == new['flavor'][name] for name in ('flavorid', *SIZES)):
        raise exception.SameFlavor(instance_uuid=row.uuid, flavor=flavor.flavorid)
    for what, name in _DISKS.items():
        if new[name] < getattr(row, name):
            raise exception.DiskWouldShrink(flavor=flavor.flavorid, what=what, new=new[name], old=getattr(row, name),
                                            instance_uuid=row.uuid)
    if row.image_meta.get('id'):
        images.check_size(row.image_meta, flavor)
    return new


def held(now, other):
    """What is held for a server that has the sizes `now` and may get the sizes `other`: the larger of both in memory
    and processors, and the disks of both."""
    return {'held_memory_mb': max(0, other['memory_mb'] - now['memory_mb']),
            'held_vcpus': max(0, other['vcpus'] - now['vcpus']),
            'held_disk_gb': other['root_gb'] + other['ephemeral_gb']}


def enter(context, before, new, disk_config=UNCHANGED):
    """In the caller's transaction: hold what the new size needs, within the quotas, and enter the work; returns its
    operation. Raises QuotaExceeded."""
    with db.writer():
        # Read now: after the change it is the same object with other values.
        former = {name: getattr(before, name) for name in new}
        more = {'cores': new['vcpus'] - former['vcpus'], 'ram': new['memory_mb'] - former['memory_mb']}
        quota.check(before.project_id, **{resource: asked for resource, asked in more.items() if asked > 0})
        vm_state = before.vm_state
        options = {} if disk_config is UNCHANGED else {
            'config_options': {**before.config_options, 'disk_config': disk_config}}
        row = instances.compare_and_set(before.uuid, actions.RESIZE.expected, method=actions.RESIZE.name, progress=0,
                                        task_state=actions.RESIZE.task, **held(former, new), **options)
        migration_id = resizes.add(
            instance_uuid=row.uuid, project_id=row.project_id, user_id=context.user_id, source_compute=row.host,
            source_node=row.node, dest_compute=row.host, dest_node=row.node, old_instance_type_id=former['flavor_id'],
            new_instance_type_id=new['flavor_id'], former=former)
        return JOURNAL.add(actions.RESIZE.operation, row.uuid, context, {
            'instance_uuid': row.uuid, 'host': row.host, 'vm_state': vm_state, 'migration_id': migration_id,
            'columns': new, 'former': former})


def decide(context, before, action):
    """In the caller's transaction: enter the confirmation or the way back; returns its operation. Raises NotResized."""
    with db.writer():
        row = instances.compare_and_set(before.uuid, action.expected, method=action.name, task_state=action.task)
        migration = resizes.unconfirmed(row.uuid)
        if migration is None:
            raise exception.NotResized(instance_uuid=row.uuid)
        confirms = action is actions.CONFIRM_RESIZE
        resizes.set_status(migration.id, resizes.CONFIRMING if confirms else resizes.REVERTING)
        # Going back, a guest that is off by now stays off.
        vm_state = states.ACTIVE if row.power_state == states.RUNNING else states.STOPPED
        return JOURNAL.add(action.operation, row.uuid, context, {
            'instance_uuid': row.uuid, 'host': row.host, 'vm_state': vm_state, 'migration_id': migration.id,
            'former': migration.former})
