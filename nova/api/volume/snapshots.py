"""/snapshots: list, show, create, update, delete, metadata, actions."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.volume import common, schemas, views
from nova.api.volume.volumes import described
from nova.volume import snapshots, states

_TEXTS = {'name': schemas.TEXT, 'description': schemas.TEXT, 'display_name': schemas.TEXT,
          'display_description': schemas.TEXT}
CREATE = schemas.wrapped('snapshot', {**_TEXTS, 'volume_id': schemas.OPTIONAL_UUID, 'force': schemas.OPTIONAL_BOOLEAN,
                                      'metadata': schemas.OPTIONAL_METADATA}, required=('volume_id',))
UPDATE = schemas.wrapped('snapshot', _TEXTS)
_STATUS = {'type': 'object', 'properties': {'status': {'type': 'string', 'enum': list(states.SNAPSHOT_SETTABLE)}},
           'required': ['status'], 'additionalProperties': False}
ACTIONS = {'os-reset_status': _STATUS, 'os-force_delete': {}}
_CHECKS = {name: wsgi.compile_schema(schemas.action(name, inner)) for name, inner in ACTIONS.items()}


class Snapshots(wsgi.Controller):
    """The collection and its members."""

    @wsgi.route('GET', '/snapshots')
    def index(self, req):
        rows, paging = self._rows(req)
        return common.page(req, 'snapshots', rows, views.snapshot, paging)

    @wsgi.route('GET', '/snapshots/detail')
    def detail(self, req):
        rows, paging = self._rows(req)
        return common.page(req, 'snapshots', rows, views.snapshot_detail, paging)

    @wsgi.route('GET', '/snapshots/<snapshot_id>')
    def show(self, req, snapshot_id):
        return {'snapshot': views.snapshot_detail(self._get(req, snapshot_id, 'volume_snapshots:show'))}

    @wsgi.route('POST', '/snapshots', status=202, schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'volume_snapshots:create')
        asked, texts = body['snapshot'], described(body['snapshot'])
        row = snapshots.create(req.context, asked['volume_id'], texts.get('display_name'),
                               texts.get('display_description'), asked.get('metadata'))
        return {'snapshot': views.snapshot(row)}

    @wsgi.route('PUT', '/snapshots/<snapshot_id>', schema=UPDATE)
    def update(self, req, snapshot_id, body):
        self._get(req, snapshot_id, 'volume_snapshots:change')
        return {'snapshot': views.snapshot(snapshots.update(req.context, snapshot_id, **described(body['snapshot'])))}

    @wsgi.route('DELETE', '/snapshots/<snapshot_id>', status=202)
    def delete(self, req, snapshot_id):
        self._get(req, snapshot_id, 'volume_snapshots:delete')
        snapshots.delete(req.context, snapshot_id)

    @wsgi.route('POST', '/snapshots/<snapshot_id>/action', status=202, schema={'type': 'object'})
    def act(self, req, snapshot_id, body):
        name = next(iter(body)) if len(body) == 1 else ''
        if name not in ACTIONS:
            raise BadRequest(f'An action of a snapshot is one of {", ".join(ACTIONS)}.')
        _CHECKS[name](body)
        self._get(req, snapshot_id, 'volume_snapshots:force')
        if name == 'os-force_delete':
            snapshots.delete(req.context, snapshot_id, force=True)
        else:
            snapshots.reset_status(req.context, snapshot_id, body[name]['status'])

    # --- metadata ---

    @wsgi.route('GET', '/snapshots/<snapshot_id>/metadata')
    def metadata(self, req, snapshot_id):
        return {'metadata': self._get(req, snapshot_id, 'volume_snapshots:show').metadata_}

    @wsgi.route('POST', '/snapshots/<snapshot_id>/metadata', schema=schemas.METADATA)
    def add_metadata(self, req, snapshot_id, body):
        self._get(req, snapshot_id, 'volume_snapshots:change')
        return {'metadata': snapshots.change_metadata(req.context, snapshot_id,
                                                      lambda items: {**items, **body['metadata']})}

    @wsgi.route('PUT', '/snapshots/<snapshot_id>/metadata', schema=schemas.METADATA)
    def replace_metadata(self, req, snapshot_id, body):
        self._get(req, snapshot_id, 'volume_snapshots:change')
        return {'metadata': snapshots.change_metadata(req.context, snapshot_id, lambda items: body['metadata'])}

    @wsgi.route('GET', '/snapshots/<snapshot_id>/metadata/<key>')
    def metadata_item(self, req, snapshot_id, key):
        items = self._get(req, snapshot_id, 'volume_snapshots:show').metadata_
        if key not in items:
            raise NotFound(f'Snapshot {snapshot_id} has no metadata with key {key[:80]}.')
        return {'meta': {key: items[key]}}

    @wsgi.route('PUT', '/snapshots/<snapshot_id>/metadata/<key>', schema=schemas.META)
    def set_metadata_item(self, req, snapshot_id, key, body):
        self._get(req, snapshot_id, 'volume_snapshots:change')
        if list(body['meta']) != [key]:
            raise BadRequest('The key in the body is not the one in the path.')
        snapshots.change_metadata(req.context, snapshot_id, lambda items: {**items, **body['meta']})
        return body

    @wsgi.route('DELETE', '/snapshots/<snapshot_id>/metadata/<key>', status=200)
    def delete_metadata_item(self, req, snapshot_id, key):
        self._get(req, snapshot_id, 'volume_snapshots:change')
        snapshots.delete_metadata_item(req.context, snapshot_id, key)

    @staticmethod
    def _get(req, snapshot_id, rule):
        row = snapshots.get(req.context, snapshot_id)
        common.authorize_row(req, rule, row)
        return row

    @staticmethod
    def _rows(req):
        common.authorize(req, 'volume_snapshots:show')
        filters, paging = common.query_of_list(req)
        if paging['limit'] == 0:
            return [], paging
        return snapshots.list(req.context, filters, **paging), paging
