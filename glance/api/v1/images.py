"""/v1/images: list, create, show, read, change, delete."""
import contextlib

import webob

from essex import wsgi
from essex.exception import BadRequest, Conflict
from glance import policy
from glance.api.caching import CACHE, forget
from glance.api.settings import CONF
from glance.api.streams import Body, image_response
from glance.api.v1 import headers, views
from glance.api.v1.query import parse_query
from glance.image import sources, status
from glance.image.model import OWN, Image

_FIELDS = ('name', 'disk_format', 'container_format', 'protected', 'min_ram', 'min_disk')


class ImageController(wsgi.Controller):
    """Images."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/')
    @wsgi.route('GET', '/images')
    def index(self, req):
        """The short list."""
        return {'images': [views.brief(image) for image in self._find(req)]}

    @wsgi.route('GET', '/images/detail')
    def detail(self, req):
        """The list with everything."""
        return {'images': [views.image(image) for image in self._find(req)]}

    def _find(self, req):
        policy.enforce(req.context, 'get_images')
        return self.manager.find(req.context, parse_query(req.context, req.query()))

    @wsgi.route('HEAD', '/images/<image_id>')
    def head(self, req, image_id):
        """The metadata alone."""
        image = self._get(req, image_id)
        response = webob.Response(status=200, content_type='text/html', charset='UTF-8')
        return _described(req, response, image)

    @wsgi.route('GET', '/images/<image_id>')
    def read(self, req, image_id):
        """The data, with the metadata in headers."""
        image = self._get(req, image_id)
        policy.enforce(req.context, 'download_image', image)
        response = image_response(req, image,
                                  lambda offset, length: self.manager.data(req.context, image, offset, length,
                                                                           cache=req.environ.get(CACHE)))
        return _described(req, response, image)

    def _get(self, req, image_id):
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_image', image)
        return image

    @wsgi.route('POST', '/images')
    def create(self, req):
        """Create an image, with its data if there is a body."""
        meta, body = headers.read(req), Body(req)
        url = _source(req.context, meta)
        image = _record(req.context, meta)
        policy.enforce(req.context, 'add_image', image)
        if image.visibility == 'public':
            policy.enforce(req.context, 'publicize_image', image)
        self.manager.stores.for_upload(meta.fields.get('store'))
        if meta.fields.get('location') and not body.present:
            sources.place(self.manager.stores, image, url, meta.fields.get('size'))
        image = self.manager.create(req.context, image)
        self._fill(req, image, meta, body)
        return _answer(req, self.manager.get(req.context, image.id), 201)

    @wsgi.route('PUT', '/images/<image_id>')
    def update(self, req, image_id):
        """Change the metadata; with a body, give a queued image its data."""
        meta, body = headers.read(req), Body(req)
        url = _source(req.context, meta)
        self.manager.stores.for_upload(meta.fields.get('store'))
        placed = self._placed(req, image_id, meta, url) if url and not body.present else None

        def change(image):
            policy.enforce(req.context, 'modify_image', image)
            if body.present and image.status != status.QUEUED:
                raise Conflict(f'Image {image.id} is {image.status}: data can only be sent while it is queued.')
            _apply(req.context, image, meta, keep_properties=body.present or not meta.purge)
            if placed is not None:
                sources.check_queued(image)
            if meta.fields.get('location') and placed is not None:
                image.locations, image.size, image.status = placed.locations, placed.size, placed.status
        image = self.manager.update(req.context, image_id, change)
        self._fill(req, image, meta, body)
        return _answer(req, self.manager.get(req.context, image_id))

    def _placed(self, req, image_id, meta, url):
        """A copy of the queued image as it will be when it points at `url`; asked before its row is held."""
        image = self._get(req, image_id)
        policy.enforce(req.context, 'modify_image', image)
        sources.check_queued(image)
        if meta.fields.get('location'):
            _apply(req.context, image, meta, keep_properties=True)
            sources.place(self.manager.stores, image, url, meta.fields.get('size'))
        return image

    def _fill(self, req, image, meta, body):
        """Give the image its data, from the body or from elsewhere."""
        if body.present:
            self._upload(req, image, meta, body)
        elif meta.copy_from and not meta.fields.get('location'):
            policy.enforce(req.context, 'upload_image', image)
            # Missing data leaves the image queued, for another try.
            with contextlib.closing(sources.open_source(self.manager.stores, meta.copy_from)) as source:
                self.manager.upload(req.context, image, source, source.size, meta.fields.get('store'),
                                    meta.fields.get('checksum'), status.KILLED)

    def _upload(self, req, image, meta, body):
        policy.enforce(req.context, 'upload_image', image)
        if req.content_type != 'application/octet-stream':
            self.manager.kill(image)
            raise BadRequest('Image data is sent with the content type application/octet-stream, not '
                             f'{(req.content_type or "none")[:80]}.')
        size = body.size if body.size is not None else meta.fields.get('size') or None
        self.manager.upload(req.context, image, body, size, meta.fields.get('store'), meta.fields.get('checksum'),
                            status.KILLED)

    @wsgi.route('DELETE', '/images/<image_id>')
    def delete(self, req, image_id):
        """Delete an image."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'delete_image', image)
        self.manager.delete(req.context, image, delayed=CONF.delayed_delete)
        forget(req, image)


def _described(req, response, image):
    response.headers.extend(headers.of_image(image))
    response.headers['Location'] = _url(req, image)
    if image.checksum:
        response.headers['ETag'] = image.checksum
    return response


def _answer(req, image, code=200):
    made = {'Location': _url(req, image)}
    if image.checksum:
        made['ETag'] = image.checksum
    return wsgi.Reply({'image': views.image(image)}, code, made)


def _url(req, image):
    return f'{wsgi.base_url(req)}/images/{image.id}'


def _source(context, meta):
    """The address of data elsewhere that a request names, None without. Raises what is wrong with it."""
    url = meta.fields.get('location') or meta.copy_from
    if url:
        sources.check(context, url)
    return url


def _record(context, meta):
    fields = meta.fields
    owner = context.project_id
    if fields.get('owner') and context.is_admin:
        owner = fields['owner']
    made = Image(id=fields.get('id'), owner=owner, properties=dict(meta.properties),
                 visibility='public' if fields.get('is_public') else 'shared')
    for name in _FIELDS:
        if fields.get(name) is not None:
            setattr(made, name, fields[name])
    return made


def _apply(context, image, meta, keep_properties):
    for name in _FIELDS:
        if name in meta.fields:
            setattr(image, name, meta.fields[name])
    if meta.fields.get('owner') and context.is_admin:
        image.owner = meta.fields['owner']
    if 'is_public' in meta.fields:
        _publish(context, image, meta.fields['is_public'])
    if not keep_properties:
        image.properties = {name: value for name, value in image.properties.items() if name.startswith(OWN)}
    image.properties.update(meta.properties)


def _publish(context, image, public):
    """Make an image public, or as private as this face knows: then its members decide."""
    if public and image.visibility != 'public':
        policy.enforce(context, 'publicize_image', image)
        image.visibility = 'public'
    elif not public and image.visibility == 'public':
        image.visibility = 'shared'
