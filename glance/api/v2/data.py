"""/v2/images/{id}/file: the data of an image."""
import webob

from essex import wsgi
from essex.exception import NotFound, UnsupportedMediaType
from glance import policy
from glance.api import parse
from glance.api.caching import CACHE
from glance.api.streams import Body, image_response
from glance.exception import SizeMismatch
from glance.image.importing import request as imports


class DataController(wsgi.Controller):
    """The data of images, in and out."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('PUT', '/images/<image_id>/file', status=204)
    def upload(self, req, image_id):
        """Give a queued image its data. A failure leaves it queued."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'upload_image', image)
        body, size = _body(req)
        self.manager.upload(req.context, image, body, size, req.headers.get('X-Image-Meta-Store'))

    @wsgi.route('PUT', '/images/<image_id>/stage', status=204)
    def stage(self, req, image_id):
        """Take the data of a queued image now, for its import later."""
        if not imports.offers(imports.DIRECT):
            raise NotFound('The import method glance-direct is not enabled here: data is not staged.')
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'upload_image', image)
        body, size = _body(req)
        self.manager.stage(req.context, image, body, size)

    @wsgi.route('GET', '/images/<image_id>/file')
    def download(self, req, image_id):
        """The data, or the part of it that Range names; 204 while there is none."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'download_image', image)
        if not image.locations:
            return webob.Response(status=204)
        prefer = [name for text in req.query().get('prefer', ()) for name in text.split(',') if name]
        return image_response(req, image, lambda offset, length: self.manager.data(
            req.context, image, offset, length, prefer, req.environ.get(CACHE)))


def _body(req):
    """The Body of a request and its size, if the client tells. Raises UnsupportedMediaType, BadRequest."""
    if req.content_type != 'application/octet-stream':
        raise UnsupportedMediaType('Image data is sent with the content type application/octet-stream, not '
                                   f'{(req.content_type or "none")[:80]}.')
    body = Body(req)
    if 'X-Openstack-Image-Size' not in req.headers:
        return body, body.size
    size = parse.number('X-Openstack-Image-Size', req.headers['X-Openstack-Image-Size'])
    if body.size not in (None, size):
        raise SizeMismatch(announced=size, received=body.size)
    return body, size
