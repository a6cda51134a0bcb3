"""The rules of servers: what may be asked in which state, and what follows. Knows no request and no SQL.

Every long action is one transaction (new state + journal entry), then a ring at the queue where the work waits.
"""
from essex import db
from nova import exception
from nova.compute import (
    actions,
    bell,
    consoles,
    creation,
    deletion,
    quota,
    rebuilding,
    request_checks,
    resizing,
    snapshots,
    states,
    volumes,
)
from nova.compute.request import UNCHANGED, RebuildRequest, ServerRequest
from nova.db import faults, instances, resizes
from nova.db.journal import JOURNAL
from nova.image import glance
from nova.volume import attachments

__all__ = ['API', 'UNCHANGED', 'RebuildRequest', 'ServerRequest']

OWNER, ADMIN = 'owner', 'admin'


def _ring(operation):
    bell.ring(operation.queue, operation.id)


class API:
    """Servers. Methods take the caller's context and a server's uuid; a server the caller must not see is
    InstanceNotFound. Rows are nova.db.models.Instance. A locked server raises InstanceIsLocked for everyone but
    administrators; a wrong state InstanceInvalidState or UnexpectedTaskState (409)."""

    # --- the life of a server ---

    def create(self, context, request):
        """Make min_count to max_count servers of a ServerRequest (as many as quotas allow); returns their rows.

        They share reservation_id. Raises InvalidServerRequest and other BadRequests of nova.exception,
        ForcedHostForbidden, QuotaExceeded.
        """
        made = creation.create(context, request)
        for _row, operation in made:
            _ring(operation)
        return [row for row, _operation in made]

    def get(self, context, uuid):
        """The row."""
        return instances.get_for(context, uuid)

    def list(self, context, filters=None, limit=None, marker=None, sort=None):
        """Rows: own project's, newest first; administrators may ask all_tenants, project_id, host, deleted ...

        `filters`: {'name': regex, 'status': 'ACTIVE', 'image': id, 'flavor': flavorid, 'changes-since': datetime,
        'reservation_id', 'ip', ...} (nova.db.instance_filters.FILTERS; others are ignored, administrators' ones are
        ignored for others). `sort`: [(key, 'asc' or 'desc')]. Raises InvalidMarker, InvalidFilter, InvalidSortKey.
        """
        return instances.list_for(context, filters, limit, marker, sort)

    def faults(self, rows):
        """{uuid: InstanceFault} of those rows that are in ERROR or DELETED: at most one statement."""
        return faults.latest(row.uuid for row in rows if row.vm_state in (states.ERROR, states.DELETED))

    def update(self, context, uuid, name=UNCHANGED, description=UNCHANGED, access_ip_v4=UNCHANGED,
               access_ip_v6=UNCHANGED, hostname=UNCHANGED, disk_config=UNCHANGED):
        """Change what is given; returns the row. A lock does not forbid this."""
        row = instances.get_for(context, uuid)
        given = {'display_name': name, 'display_description': description, 'access_ip_v4': access_ip_v4,
                 'access_ip_v6': access_ip_v6, 'hostname': hostname}
        values = request_checks.changed_columns(given)
        if disk_config is not UNCHANGED:
            values['config_options'] = {**row.config_options, 'disk_config': disk_config}
        return instances.update(uuid, **values) if values else row

    @db.retry
    def _begin_deletion(self, context, uuid):
        with db.writer():
            row = instances.get_for(context, uuid)
            self._refuse_if_locked(context, row)
            return deletion.begin(row, context)

    def delete(self, context, uuid):
        """Begin the deletion; works in every state, and again."""
        _ring(self._begin_deletion(context, uuid))

    def force_delete(self, context, uuid):
        """As delete: nothing is kept for a restore here."""
        self.delete(context, uuid)

    # --- power ---

    def stop(self, context, uuid):
        """Have it off: from active, error, rescued."""
        self._begin(context, uuid, actions.STOP)

    def start(self, context, uuid):
        """Have it on: from stopped."""
        self._begin(context, uuid, actions.START)

    def reboot(self, context, uuid, kind):
        """Restart it; `kind` is SOFT (from active) or HARD (from any state that has a guest)."""
        kind = str(kind).upper()
        if kind not in ('SOFT', 'HARD'):
            raise exception.InvalidServerRequest(what='type', reason="Argument 'type' for reboot must be HARD or SOFT")
        action = actions.SOFT_REBOOT if kind == 'SOFT' else actions.HARD_REBOOT
        self._begin(context, uuid, action, type=kind)

    def pause(self, context, uuid):
        """Freeze it in memory."""
        self._begin(context, uuid, actions.PAUSE)

    def unpause(self, context, uuid):
        """Let it go on."""
        self._begin(context, uuid, actions.UNPAUSE)

    def suspend(self, context, uuid):
        """Put its memory to disk."""
        self._begin(context, uuid, actions.SUSPEND)

    def resume(self, context, uuid):
        """Take its memory from disk."""
        self._begin(context, uuid, actions.RESUME)

    def snapshot(self, context, uuid, name, metadata=None):
        """Begin an image of its root disk; returns the id of the image (queued until the upload)."""
        return self._copy(context, uuid, actions.SNAPSHOT, name, metadata)

    def backup(self, context, uuid, name, backup_type, rotation, metadata=None):
        """As `snapshot`; afterwards the server has at most `rotation` images of that backup type."""
        return self._copy(context, uuid, actions.BACKUP, name, metadata,
                          {'image_type': 'backup', 'backup_type': backup_type},
                          backup_type=backup_type, rotation=rotation)

    def _copy(self, context, uuid, action, name, metadata, properties=None, **data):
        request_checks.texts(name=name)
        request_checks.metadata(context.project_id, metadata or {})
        row = self._changeable(context, uuid)
        self._check_states(row, action)
        # Glance is asked outside of the transaction; should the state change meanwhile, the image goes again.
        image_id = snapshots.create_image(context, row, name, metadata, **(properties or {}))
        try:
            self._begin(context, uuid, action, image_id=image_id, name=name, **data)
        except Exception:
            glance.delete(image_id)
            raise
        return image_id

    # --- other disks, other sizes ---

    def rebuild(self, context, uuid, request):
        """Begin to give it new disks, as a RebuildRequest says; returns the row, which shows all that was asked.

        From active, stopped, error. It keeps its id, addresses, size; should the rebuild fail, also its disks. Raises
        what `create` does of images and texts.
        """
        row = self._changeable(context, uuid)
        self._check_states(row, actions.REBUILD)
        # The image service is asked outside of the transaction.
        row, operation = self._enter_rebuild(context, uuid, rebuilding.values(context, row, request),
                                             request.preserve_ephemeral)
        _ring(operation)
        return row

    @db.retry
    def _enter_rebuild(self, context, uuid, changed, preserve_ephemeral):
        with db.writer():
            return rebuilding.enter(context, self._changeable(context, uuid), changed, preserve_ephemeral)

    def resize(self, context, uuid, flavor_id, disk_config=UNCHANGED):
        """Begin to give it another flavor: from active, stopped. When it is RESIZED, confirm or revert follows.

        Raises RequestedFlavorNotFound, SameFlavor, DiskWouldShrink, FlavorMemoryTooSmall, FlavorDiskTooSmall,
        QuotaExceeded.
        """
        row = self._changeable(context, uuid)
        self._check_states(row, actions.RESIZE)
        _ring(self._enter_resize(context, uuid, resizing.columns(context, row, flavor_id), disk_config))

    @db.retry
    def _enter_resize(self, context, uuid, columns, disk_config):
        with db.writer():
            return resizing.enter(context, self._changeable(context, uuid), columns, disk_config)

    def confirm_resize(self, context, uuid):
        """Keep the new size: the former disks go. From resized."""
        _ring(self._decide(context, uuid, actions.CONFIRM_RESIZE))

    def revert_resize(self, context, uuid):
        """Go back to the former size and the former disks: what was written since is lost. From resized."""
        _ring(self._decide(context, uuid, actions.REVERT_RESIZE))

    @db.retry
    def _decide(self, context, uuid, action):
        with db.writer():
            return resizing.decide(context, self._changeable(context, uuid), action)

    def migrations(self, context, filters, limit):
        """Resizes (rows of nova.db.models.Migration), newest first; see nova.db.resizes.list_for."""
        return resizes.list_for(filters, limit)

    def attach_volume(self, context, uuid, volume_id, device=None):
        """Begin to make an available volume a disk of it; returns the nova.db.models.VolumeAttachment. Raises
        VolumeNotFound, InvalidVolume, VolumeOutOfReach."""
        attachment, operation = self._enter_attachment(context, uuid, volume_id, device)
        _ring(operation)
        return attachment

    @db.retry
    def _enter_attachment(self, context, uuid, volume_id, device):
        with db.writer():
            attachment = volumes.reserve(context, self._changeable(context, uuid), volume_id, device)
            return attachment, self._enter(context, uuid, actions.ATTACH_VOLUME, {
                'volume_uuid': attachment.volume_uuid})

    def detach_volume(self, context, uuid, volume_id):
        """Begin to take a volume away from it. Raises VolumeAttachmentNotFound, InvalidVolume."""
        _ring(self._enter_detachment(context, uuid, volume_id))

    @db.retry
    def _enter_detachment(self, context, uuid, volume_id):
        with db.writer():
            self._changeable(context, uuid)
            attachments.begin_detaching(context, volume_id, uuid)
            return self._enter(context, uuid, actions.DETACH_VOLUME, {'volume_uuid': volume_id})

    def _begin(self, context, uuid, action, **data):
        _ring(self._enter(context, uuid, action, data))

    @db.retry
    def _enter(self, context, uuid, action, data):
        """New state and journal entry: one transaction."""
        with db.writer():
            before = self._changeable(context, uuid)
            row = instances.compare_and_set(uuid, action.expected, method=action.name, task_state=action.task)
            return JOURNAL.add(action.operation, uuid, context, {
                'instance_uuid': uuid, 'host': row.host, 'vm_state': before.vm_state, **data})

    def _changeable(self, context, uuid):
        """The row, if it is not locked for the caller and on a host."""
        row = instances.get_for(context, uuid)
        self._refuse_if_locked(context, row)
        if row.host is None:
            raise exception.InstanceNotReady(instance_uuid=uuid)
        return row

    @staticmethod
    def _refuse_if_locked(context, row):
        if row.locked_by and not context.is_admin:
            raise exception.InstanceIsLocked(instance_uuid=row.uuid)

    @staticmethod
    def _check_states(row, action):
        for attribute, allowed in action.expected.items():
            if getattr(row, attribute) not in allowed:
                raise exception.InstanceInvalidState(method=action.name, instance_uuid=row.uuid, attr=attribute,
                                                     state=getattr(row, attribute))

    # --- what administrators and owners set ---

    def lock(self, context, uuid, reason=None):
        """Forbid changes until unlock. What an administrator locked an owner's lock does not take over."""
        row = instances.get_for(context, uuid)
        request_checks.texts(locked_reason=reason)
        by = ADMIN if context.is_admin and row.project_id != context.project_id else OWNER
        if row.locked_by == ADMIN and not context.is_admin:
            return
        instances.update(uuid, locked_by=by, locked_reason=reason)

    def unlock(self, context, uuid):
        """Allow changes again. InstanceUnlockForbidden when an administrator locked it and the caller is none."""
        row = instances.get_for(context, uuid)
        if row.locked_by == ADMIN and not context.is_admin:
            raise exception.InstanceUnlockForbidden(instance_uuid=uuid)
        instances.update(uuid, locked_by=None, locked_reason=None)

    @db.retry
    def reset_state(self, context, uuid, state):
        """Set vm_state `active` or `error` by force and cancel what runs (administrators)."""
        if state not in (states.ACTIVE, states.ERROR):
            raise exception.InvalidServerRequest(what='state', reason=f'it must be active or error, not {state!r}.')
        with db.writer():
            instances.get_for(context, uuid)
            JOURNAL.cancel(uuid)
            resizes.end_all(uuid)
            instances.update(uuid, vm_state=state, task_state=None, **resizes.NOTHING_HELD)

    # --- consoles ---

    def console_output(self, context, uuid, lines=None):
        """The last lines of the serial console (all when None), as text."""
        return consoles.output(context, self._reachable(context, uuid, 'reading the console'), lines)

    def vnc_console(self, context, uuid, console_type='novnc'):
        """{'type', 'url'} of a console in the browser; the URL holds a token that works once and not for long."""
        return consoles.vnc(context, self._reachable(context, uuid, 'opening a console'), console_type)

    def diagnostics(self, context, uuid):
        """Numbers of the running guest as the driver knows them."""
        return consoles.diagnostics(context, self._reachable(context, uuid, 'asking for diagnostics'))

    @staticmethod
    def _reachable(context, uuid, what):
        row = instances.get_for(context, uuid)
        if row.host is None:
            raise exception.InstanceNotReady(instance_uuid=uuid)
        if not deletion.host_is_up(row.host):
            raise exception.ComputeHostDown(host=row.host if context.is_admin else 'of this server', what=what)
        return row

    # --- metadata and tags ---

    def metadata(self, context, uuid):
        """{key: value}."""
        return instances.get_for(context, uuid).metadata_

    def metadata_item(self, context, uuid, key):
        """The value. Raises MetadataItemNotFound."""
        items = self.metadata(context, uuid)
        if key not in items:
            raise exception.MetadataItemNotFound(key=key, instance_uuid=uuid)
        return items[key]

    def replace_metadata(self, context, uuid, metadata):
        """Have exactly these; returns all."""
        return self._change_metadata(context, uuid, lambda items: dict(metadata))

    def update_metadata(self, context, uuid, metadata):
        """Add or change these; returns all."""
        return self._change_metadata(context, uuid, lambda items: {**items, **metadata})

    def delete_metadata_item(self, context, uuid, key):
        """Remove one. Raises MetadataItemNotFound."""
        def without(items):
            if key not in items:
                raise exception.MetadataItemNotFound(key=key, instance_uuid=uuid)
            return {name: value for name, value in items.items() if name != key}
        self._change_metadata(context, uuid, without)

    def _change_metadata(self, context, uuid, change):
        row = instances.get_for(context, uuid)
        self._refuse_if_locked(context, row)
        allowed = quota.limits(row.project_id)

        def checked(items):
            changed = change(items)
            request_checks.metadata(row.project_id, changed, allowed)
            return changed
        return instances.change_json(uuid, 'metadata_', checked).metadata_

    def replace_tags(self, context, uuid, tags):
        """Have exactly these tags; returns them."""
        self._refuse_if_locked(context, instances.get_for(context, uuid))
        return instances.change_json(uuid, 'tags', lambda old: list(dict.fromkeys(tags))).tags
