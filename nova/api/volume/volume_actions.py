"""POST /volumes/{id}/action: one key in the body says what to do."""
from essex import wsgi
from essex.exception import BadRequest
from nova.api.volume import common, schemas
from nova.volume import attachments, states, volumes

_ANY = {}


def _inner(properties, required=()):
    return {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}


_IMAGE = _inner({'image_name': {'type': 'string', 'minLength': 1, 'maxLength': 255}, 'disk_format': schemas.TEXT,
                 'container_format': schemas.TEXT, 'force': schemas.OPTIONAL_BOOLEAN,
                 'visibility': {'type': 'string', 'enum': ['public', 'private', 'shared', 'community']},
                 'protected': schemas.BOOLEAN}, ['image_name'])
_STATUS = {'type': 'string', 'enum': list(states.SETTABLE)}
# Each action with the schema of its value.
ACTIONS = {
    'os-extend': _inner({'new_size': schemas.NUMBER}, ['new_size']),
    'os-set_bootable': _inner({'bootable': schemas.BOOLEAN}, ['bootable']),
    'os-update_readonly_flag': _inner({'readonly': schemas.BOOLEAN}, ['readonly']),
    'os-set_image_metadata': _inner({'metadata': {
        'type': 'object', 'patternProperties': {'^.{1,255}$': {'type': 'string', 'maxLength': 255}},
        'additionalProperties': False}}, ['metadata']),
    'os-unset_image_metadata': _inner({'key': {'type': 'string', 'minLength': 1, 'maxLength': 255}}, ['key']),
    'os-show_image_metadata': _ANY,
    'os-retype': _inner({'new_type': {'type': 'string', 'minLength': 1, 'maxLength': 255},
                         'migration_policy': {'enum': ['never', 'on-demand', None]}}, ['new_type']),
    'os-volume_upload_image': _IMAGE,
    'os-reset_status': _inner({'status': _STATUS, 'attach_status': {}, 'migration_status': {}}, ['status']),
    'os-force_delete': _ANY,
    'os-attach': _inner({'instance_uuid': schemas.UUID, 'mode': {'type': 'string', 'enum': ['rw']},
                         'mountpoint': {'type': 'string', 'pattern': '^/dev/[a-z]{3,30}$'},
                         'host_name': schemas.TEXT}, ['instance_uuid', 'mountpoint']),
    'os-detach': {'type': ['object', 'null'], 'properties': {'attachment_id': schemas.OPTIONAL_UUID},
                  'additionalProperties': False},
}
_CHECKS = {name: wsgi.compile_schema(schemas.action(name, inner)) for name, inner in ACTIONS.items()}
_METHODS = {name: '_' + name.removeprefix('os-') for name in ACTIONS}


class VolumeActions(wsgi.Controller):
    """All actions."""

    @wsgi.route('POST', '/volumes/<volume_id>/action', status=202, schema={'type': 'object'})
    def act(self, req, volume_id, body):
        if len(body) != 1:
            raise BadRequest("The body of an action must have exactly one key, the action's name.")
        name = next(iter(body))
        if name not in ACTIONS:
            raise BadRequest(f'There is no such action: {name[:80]}')
        _CHECKS[name](body)
        return getattr(self, _METHODS[name])(req, volumes.get(req.context, volume_id), body[name])

    def _extend(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        volumes.extend(req.context, row.uuid, common.whole_number(value['new_size'], 'new_size'))

    def _set_bootable(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        volumes.update(req.context, row.uuid, bootable=schemas.is_true(value['bootable']))
        return wsgi.Reply(status=200)

    def _update_readonly_flag(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        volumes.set_readonly(req.context, row.uuid, schemas.is_true(value['readonly']))

    def _set_image_metadata(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        kept = volumes.change_image_metadata(req.context, row.uuid, lambda items: {**items, **value['metadata']})
        return wsgi.Reply({'metadata': kept}, status=200)

    def _unset_image_metadata(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        volumes.delete_image_metadata_item(req.context, row.uuid, value['key'])
        return wsgi.Reply(status=200)

    def _show_image_metadata(self, req, row, value):
        common.authorize_row(req, 'volumes:show', row)
        return wsgi.Reply({'metadata': row.image_metadata or {}}, status=200)

    def _retype(self, req, row, value):
        common.authorize_row(req, 'volumes:change', row)
        volumes.retype(req.context, row.uuid, value['new_type'])

    def _volume_upload_image(self, req, row, value):
        common.authorize_row(req, 'volumes:upload', row)
        more = {}
        if common.since(req, 1):
            more = {key: value[key] for key in ('visibility',) if key in value}
            if 'protected' in value:
                more['protected'] = schemas.is_true(value['protected'])
        disk_format, container_format = value.get('disk_format') or 'raw', value.get('container_format') or 'bare'
        row, image_id = volumes.upload(req.context, row.uuid, value['image_name'], disk_format, container_format, more)
        shown = {'id': row.uuid, 'updated_at': common.time(row.updated_at), 'status': row.status, 'size': row.size,
                 'display_description': row.display_description, 'volume_type': None, 'image_id': image_id,
                 'image_name': value['image_name'], 'disk_format': disk_format, 'container_format': container_format,
                 **more}
        return wsgi.Reply({'os-volume_upload_image': shown})

    def _reset_status(self, req, row, value):
        common.authorize_row(req, 'volumes:force', row)
        volumes.reset_status(req.context, row.uuid, value['status'])

    def _force_delete(self, req, row, value):
        common.authorize_row(req, 'volumes:force', row)
        volumes.delete(req.context, row.uuid, force=True)

    def _attach(self, req, row, value):
        common.authorize_row(req, 'volumes:force', row)
        attachments.record(req.context, row.uuid, value['instance_uuid'], value['mountpoint'])

    def _detach(self, req, row, value):
        common.authorize_row(req, 'volumes:force', row)
        attachments.forget(req.context, row.uuid)
