"""/os-volume-transfer: volumes given to other projects."""
from essex import wsgi
from nova.api.volume import common, schemas
from nova.volume import transfers

CREATE = schemas.wrapped('transfer', {'volume_id': schemas.UUID, 'name': schemas.TEXT}, required=('volume_id',))
ACCEPT = schemas.wrapped('accept', {'auth_key': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
                         required=('auth_key',))


class Transfers(wsgi.Controller):
    """Offers of one's own project; whoever has a key may accept."""

    @wsgi.route('GET', '/os-volume-transfer')
    def index(self, req):
        return {'transfers': [_summary(req, row) for row in self._rows(req)]}

    @wsgi.route('GET', '/os-volume-transfer/detail')
    def detail(self, req):
        return {'transfers': [_detail(req, row) for row in self._rows(req)]}

    @wsgi.route('GET', '/os-volume-transfer/<transfer_id>')
    def show(self, req, transfer_id):
        row = transfers.get(req.context, transfer_id)
        common.authorize(req, 'volume_transfers:show', {'project_id': row.project_id})
        return {'transfer': _detail(req, row)}

    @wsgi.route('POST', '/os-volume-transfer', status=202, schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'volume_transfers:change')
        asked = body['transfer']
        row, key = transfers.create(req.context, asked['volume_id'], asked.get('name'))
        return {'transfer': {**_detail(req, row), 'auth_key': key}}

    @wsgi.route('POST', '/os-volume-transfer/<transfer_id>/accept', status=202, schema=ACCEPT)
    def accept(self, req, transfer_id, body):
        common.authorize(req, 'volume_transfers:change')
        common.need_project(req)
        return {'transfer': _summary(req, transfers.accept(req.context, transfer_id, body['accept']['auth_key']))}

    @wsgi.route('DELETE', '/os-volume-transfer/<transfer_id>', status=202)
    def delete(self, req, transfer_id):
        row = transfers.get(req.context, transfer_id)
        common.authorize(req, 'volume_transfers:change', {'project_id': row.project_id})
        transfers.delete(req.context, transfer_id)

    @staticmethod
    def _rows(req):
        common.authorize(req, 'volume_transfers:show')
        return transfers.list(req.context, common.flag(req.query(), 'all_tenants'))


def _summary(req, row):
    return {'id': row.uuid, 'name': row.display_name, 'volume_id': row.volume_uuid,
            'links': common.links(req, 'os-volume-transfer', row.uuid)}


def _detail(req, row):
    return {**_summary(req, row), 'created_at': common.time(row.created_at)}
