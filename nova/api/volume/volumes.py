"""/volumes: list, show, create, update, delete, metadata."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.volume import common, schemas, views
from nova.volume import volumes

CREATE = schemas.wrapped('volume', {
    'size': schemas.NUMBER, 'name': schemas.TEXT, 'description': schemas.TEXT, 'display_name': schemas.TEXT,
    'display_description': schemas.TEXT, 'availability_zone': schemas.TEXT, 'volume_type': schemas.TEXT,
    'snapshot_id': schemas.OPTIONAL_UUID, 'source_volid': schemas.OPTIONAL_UUID, 'imageRef': schemas.TEXT,
    'image_id': schemas.TEXT, 'metadata': schemas.OPTIONAL_METADATA, 'multiattach': schemas.OPTIONAL_BOOLEAN,
    'consistencygroup_id': {}, 'group_id': {}, 'backup_id': {}, 'source_replica': {}, 'project_id': {},
    'user_id': {}, 'status': {}, 'attach_status': {},
}, more={'OS-SCH-HNT:scheduler_hints': {}})
UPDATE = schemas.wrapped('volume', {'name': schemas.TEXT, 'description': schemas.TEXT, 'display_name': schemas.TEXT,
                                    'display_description': schemas.TEXT, 'metadata': schemas.OPTIONAL_METADATA})
# What other block storages have.
_ABSENT = {'consistencygroup_id': 'Consistency groups', 'group_id': 'Groups', 'backup_id': 'Backups',
           'source_replica': 'Replicas', 'OS-SCH-HNT:scheduler_hints': 'Scheduler hints'}


class Volumes(wsgi.Controller):
    """The collection and its members."""

    @wsgi.route('GET', '/volumes')
    def index(self, req):
        rows, paging = self._rows(req)
        return common.page(req, 'volumes', rows, lambda row: views.summary(req, row), paging)

    @wsgi.route('GET', '/volumes/detail')
    def detail(self, req):
        rows, paging = self._rows(req)
        attached = volumes.attachments(rows)
        return common.page(req, 'volumes', rows, lambda row: views.detail(req, row, attached.get(row.uuid)), paging)

    @wsgi.route('GET', '/volumes/<volume_id>')
    def show(self, req, volume_id):
        row = self._get(req, volume_id, 'volumes:show')
        return {'volume': views.detail(req, row, volumes.attachments([row]).get(row.uuid))}

    @wsgi.route('POST', '/volumes', status=202, schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'volumes:create')
        common.need_project(req)
        row = volumes.create(req.context, _request(body))
        return {'volume': views.volume(req, row)}

    @wsgi.route('PUT', '/volumes/<volume_id>', schema=UPDATE)
    def update(self, req, volume_id, body):
        self._get(req, volume_id, 'volumes:change')
        asked = body['volume']
        metadata = asked.get('metadata')
        if metadata is not None:
            volumes.change_metadata(req.context, volume_id, lambda items: metadata)
        row = volumes.update(req.context, volume_id, **described(asked))
        return {'volume': views.volume(req, row, volumes.attachments([row]).get(row.uuid))}

    @wsgi.route('DELETE', '/volumes/<volume_id>', status=202)
    def delete(self, req, volume_id):
        self._get(req, volume_id, 'volumes:delete')
        values = req.query()
        force = common.flag(values, 'force')
        if force:
            common.authorize(req, 'volumes:force')
        volumes.delete(req.context, volume_id, cascade=common.flag(values, 'cascade'), force=force)

    # --- metadata ---

    @wsgi.route('GET', '/volumes/<volume_id>/metadata')
    def metadata(self, req, volume_id):
        return {'metadata': self._get(req, volume_id, 'volumes:show').metadata_}

    @wsgi.route('POST', '/volumes/<volume_id>/metadata', schema=schemas.METADATA)
    def add_metadata(self, req, volume_id, body):
        self._get(req, volume_id, 'volumes:change')
        return {'metadata': volumes.change_metadata(req.context, volume_id,
                                                    lambda items: {**items, **body['metadata']})}

    @wsgi.route('PUT', '/volumes/<volume_id>/metadata', schema=schemas.METADATA)
    def replace_metadata(self, req, volume_id, body):
        self._get(req, volume_id, 'volumes:change')
        return {'metadata': volumes.change_metadata(req.context, volume_id, lambda items: body['metadata'])}

    @wsgi.route('GET', '/volumes/<volume_id>/metadata/<key>')
    def metadata_item(self, req, volume_id, key):
        items = self._get(req, volume_id, 'volumes:show').metadata_
        if key not in items:
            raise NotFound(f'Volume {volume_id} has no metadata with key {key[:80]}.')
        return {'meta': {key: items[key]}}

    @wsgi.route('PUT', '/volumes/<volume_id>/metadata/<key>', schema=schemas.META)
    def set_metadata_item(self, req, volume_id, key, body):
        self._get(req, volume_id, 'volumes:change')
        if list(body['meta']) != [key]:
            raise BadRequest('The key in the body is not the one in the path.')
        volumes.change_metadata(req.context, volume_id, lambda items: {**items, **body['meta']})
        return body

    @wsgi.route('DELETE', '/volumes/<volume_id>/metadata/<key>', status=200)
    def delete_metadata_item(self, req, volume_id, key):
        self._get(req, volume_id, 'volumes:change')
        volumes.delete_metadata_item(req.context, volume_id, key)

    @staticmethod
    def _get(req, volume_id, rule):
        row = volumes.get(req.context, volume_id)
        common.authorize_row(req, rule, row)
        return row

    @staticmethod
    def _rows(req):
        common.authorize(req, 'volumes:show')
        filters, paging = common.query_of_list(req)
        if paging['limit'] == 0:
            return [], paging
        return volumes.list(req.context, filters, **paging), paging


def described(asked):
    """The columns of a name and a description, each under either of its names."""
    values = {}
    for name, column in (('name', 'display_name'), ('description', 'display_description')):
        for key in (column, name):
            if key in asked:
                values[column] = asked[key]
    return values


def _request(body):
    asked = body['volume']
    for name, what in _ABSENT.items():
        if asked.get(name) or body.get(name):
            raise BadRequest(f'{what} are not offered here: leave {name} out.')
    if schemas.is_true(asked.get('multiattach')):
        raise BadRequest('Volumes of several servers at once are not offered here: leave multiattach out.')
    texts = described(asked)
    size = asked.get('size')
    reference = asked.get('imageRef') or asked.get('image_id')
    image = reference.rstrip('/').rsplit('/', 1)[-1] if reference else None
    if image == '':
        raise BadRequest('imageRef names no image.')
    return volumes.VolumeRequest(
        size=None if size is None else common.whole_number(size, 'size'), name=texts.get('display_name'),
        description=texts.get('display_description'), metadata=asked.get('metadata') or {},
        availability_zone=asked.get('availability_zone') or None, volume_type=asked.get('volume_type') or None,
        snapshot_id=asked.get('snapshot_id'), source_volid=asked.get('source_volid'),
        image_id=image)
