"""/images: the image service as Essex's Compute API showed it, through the caller's own rights."""
from essex import wsgi
from essex.exception import NotFound
from nova.api.compute import common, schemas
from nova.image import glance

_STATUS = {'active': 'ACTIVE', 'queued': 'SAVING', 'saving': 'SAVING', 'importing': 'SAVING', 'killed': 'ERROR',
           'deleted': 'DELETED', 'pending_delete': 'DELETED'}
_PROGRESS = {'queued': 25, 'saving': 50, 'active': 100}
_ALL = {'type': 'object', 'properties': {'metadata': schemas.METADATA}, 'required': ['metadata'],
        'additionalProperties': False}


class Images(wsgi.Controller):
    """A thin face of Glance."""

    @wsgi.route('GET', '/images')
    def index(self, req):
        rows, more = self._rows(req)
        return {'images': [_summary(req, image) for image in rows], **more}

    @wsgi.route('GET', '/images/detail')
    def detail(self, req):
        rows, more = self._rows(req)
        return {'images': [_view(req, image) for image in rows], **more}

    @wsgi.route('GET', '/images/<image_id>')
    def show(self, req, image_id):
        common.authorize(req, 'images:show')
        return {'image': _view(req, glance.describe(req.context, image_id))}

    @wsgi.route('DELETE', '/images/<image_id>', status=204)
    def delete(self, req, image_id):
        common.authorize(req, 'images:change')
        glance.delete_for(req.context, image_id)

    @wsgi.route('GET', '/images/<image_id>/metadata')
    def metadata(self, req, image_id):
        common.authorize(req, 'images:show')
        return {'metadata': _properties(glance.describe(req.context, image_id))}

    @wsgi.route('GET', '/images/<image_id>/metadata/<key>')
    def metadata_item(self, req, image_id, key):
        common.authorize(req, 'images:show')
        properties = _properties(glance.describe(req.context, image_id))
        if key not in properties:
            raise NotFound(f'Image {image_id} has no metadata {key[:80]}.')
        return {'meta': {key: properties[key]}}

    def _rows(self, req):
        common.authorize(req, 'images:show')
        limit, marker = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        if limit == 0:
            return [], {}
        values = req.query()
        filters = {'marker': marker} if marker else {}
        if 'name' in values:
            filters['name'] = values['name'][-1]
        if 'status' in values:
            filters['status'] = {'active': 'active', 'saving': 'saving', 'error': 'killed'}.get(
                values['status'][-1].lower(), values['status'][-1])
        rows = glance.list_for(req.context, limit, **filters)
        path = tuple(req.path_info.lstrip('/').split('/'))
        return rows, common.page_link(req, path, rows, limit, lambda image: image['id'])


def _properties(image):
    return {key: str(value) for key, value in image['properties'].items()}


def _summary(req, image):
    base = (common.CONF.osapi_glance_link_prefix or '').rstrip('/')
    alternate = {'rel': 'alternate', 'type': 'application/vnd.openstack.image', 'href': f'{base}/images/{image["id"]}'}
    return {'id': image['id'], 'name': image['name'], 'links': [*common.links(req, 'images', image['id']), alternate]}


def _view(req, image):
    shown = {**_summary(req, image), 'status': _STATUS.get(image['status'], 'UNKNOWN'),
             'progress': _PROGRESS.get(image['status'], 0), 'minRam': image['min_ram'], 'minDisk': image['min_disk'],
             'metadata': _properties(image), 'created': image.get('created_at'), 'updated': image.get('updated_at'),
             'OS-EXT-IMG-SIZE:size': image.get('size')}
    server = image['properties'].get('instance_uuid')
    if server:
        shown['server'] = {'id': server, 'links': common.links(req, 'servers', server)}
    return shown
