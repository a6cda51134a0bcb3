"""/servers/{id}/os-volume_attachments: volumes of servers."""
from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import common, schemas
from nova.compute import api as compute_api
from nova.compute import volumes

CREATE = schemas.wrapped('volumeAttachment', {
    'volumeId': schemas.UUID, 'device': {'anyOf': [{'type': 'string', 'minLength': 1, 'maxLength': 255},
                                                   {'type': 'null'}]}}, required=('volumeId',))
UPDATE = schemas.wrapped('volumeAttachment', {'volumeId': schemas.UUID}, required=('volumeId',))
_PATH = '/servers/<server_id>/os-volume_attachments'


class VolumeAttachments(wsgi.Controller):
    """Volumes of one server. The id of an attachment is its volume's."""

    def __init__(self):
        self.compute = compute_api.API()

    @wsgi.route('GET', _PATH)
    def index(self, req, server_id):
        row = self._get(req, server_id, 'servers:volume_attachments')
        limit, _ = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        offset = (req.query().get('offset') or ['0'])[-1]
        if not offset.isascii() or not offset.isdigit() or len(offset) > 9:
            raise BadRequest(f'offset must be a whole number, not negative. The value was: {offset[:40]!r}')
        return {'volumeAttachments': [_view(each) for each in
                                      volumes.of_server(row.uuid)[int(offset):int(offset) + limit]]}

    @wsgi.route('GET', f'{_PATH}/<volume_id>')
    def show(self, req, server_id, volume_id):
        row = self._get(req, server_id, 'servers:volume_attachments')
        return {'volumeAttachment': _view(volumes.get(row.uuid, volume_id))}

    @wsgi.route('POST', _PATH, schema=CREATE)
    def attach(self, req, server_id, body):
        row = self._get(req, server_id, 'servers:change_volumes')
        asked = body['volumeAttachment']
        return {'volumeAttachment': _view(self.compute.attach_volume(req.context, row.uuid, asked['volumeId'],
                                                                     asked.get('device')))}

    @wsgi.route('PUT', f'{_PATH}/<volume_id>', schema=UPDATE)
    def swap(self, req, server_id, volume_id, body):
        row = self._get(req, server_id, 'servers:change_volumes')
        volumes.get(row.uuid, volume_id)
        raise BadRequest('Volumes cannot be exchanged for others here: detach one and attach the other.')

    @wsgi.route('DELETE', f'{_PATH}/<volume_id>', status=202)
    def detach(self, req, server_id, volume_id):
        row = self._get(req, server_id, 'servers:change_volumes')
        self.compute.detach_volume(req.context, row.uuid, volume_id)

    def _get(self, req, server_id, rule):
        row = self.compute.get(req.context, server_id)
        common.authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})
        return row


def _view(row):
    return {'id': row.volume_uuid, 'volumeId': row.volume_uuid, 'serverId': row.instance_uuid, 'device': row.device}
