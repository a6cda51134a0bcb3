"""/images: the image service as Essex's Compute API showed it, through the caller's own rights."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.compute import common, schemas
from nova.compute import quota
from nova.image import glance

_STATUS = {'active': 'ACTIVE', 'queued': 'SAVING', 'saving': 'SAVING', 'importing': 'SAVING', 'killed': 'ERROR',
           'deleted': 'DELETED', 'pending_delete': 'DELETED'}
_PROGRESS = {'queued': 25, 'saving': 50, 'active': 100}
# In which of Glance's states an image is that the Compute API shows as one word.
_WANTED = {'active': 'active', 'saving': 'saving', 'error': 'killed', 'deleted': 'deleted'}
_ALL = {'type': 'object', 'properties': {'metadata': schemas.METADATA}, 'required': ['metadata'],
        'additionalProperties': False}
_ONE = {'type': 'object', 'properties': {'meta': {**schemas.METADATA, 'minProperties': 1, 'maxProperties': 1}},
        'required': ['meta'], 'additionalProperties': False}


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

    @wsgi.route('POST', '/images/<image_id>/metadata', schema=_ALL)
    def merge_metadata(self, req, image_id, body):
        return {'metadata': self._change(req, image_id, lambda old: {**old, **body['metadata']})}

    @wsgi.route('PUT', '/images/<image_id>/metadata', schema=_ALL)
    def replace_metadata(self, req, image_id, body):
        return {'metadata': self._change(req, image_id, lambda old: body['metadata'])}

    @wsgi.route('PUT', '/images/<image_id>/metadata/<key>', schema=_ONE)
    def set_metadata_item(self, req, image_id, key, body):
        if list(body['meta']) != [key]:
            raise BadRequest('Request body and URI mismatch')
        self._change(req, image_id, lambda old: {**old, **body['meta']})
        return {'meta': body['meta']}

    @wsgi.route('DELETE', '/images/<image_id>/metadata/<key>', status=204)
    def delete_metadata_item(self, req, image_id, key):
        def without(old):
            if key not in old:
                raise NotFound(f'Image {image_id} has no metadata {key[:80]}.')
            return {name: value for name, value in old.items() if name != key}
        self._change(req, image_id, without)

    @staticmethod
    def _change(req, image_id, change):
        """Make change(its metadata) the metadata of an image; returns all."""
        common.authorize(req, 'images:change')
        old = _properties(glance.describe(req.context, image_id))
        new = change(old)
        quota.check_items(req.context.project_id, 'metadata_items', len(new))
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        removed = [key for key in old if key not in new]
        if not changed and not removed:
            return old
        return _properties(glance.set_properties_for(req.context, image_id, changed, removed))

    def _rows(self, req):
        common.authorize(req, 'images:show')
        limit, marker = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        if limit == 0:
            return [], {}
        filters = _filters(req.query())
        if marker:
            filters['marker'] = marker
        rows = glance.list_for(req.context, limit, **filters)
        return rows, common.page_link(req, rows, limit, lambda image: image['id'])


def _filters(values):
    """The Image API's filters for those of a list request."""
    filters = {}
    for name, value in ((name, found[-1]) for name, found in values.items()):
        if name == 'name':
            filters['name'] = value
        elif name == 'status':
            filters['status'] = _WANTED.get(value.lower(), value)
        elif name == 'server':
            filters['instance_uuid'] = common.id_of(value, 'server')
        elif name == 'type':
            filters['image_type'] = value
        elif name == 'changes-since':
            filters['updated_at'] = f'gte:{common.isotime(common.parse_time(name, value))}'
        elif name.startswith('property-'):
            glance.check_properties([name[9:]])
            filters[name[9:]] = value
    return filters


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
