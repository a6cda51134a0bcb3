"""The registry's /images."""
from essex import wsgi
from essex.exception import BadRequest
from glance import policy
from glance.api import parse
from glance.api.v1 import views
from glance.api.v1.query import parse_query
from glance.image import status
from glance.image.model import OWN, Image, Location

_PURGE = 'X-Glance-Registry-Purge-Props'
_TEXT = ('name', 'disk_format', 'container_format', 'checksum')
_NUMBERS = {'min_ram': 2147483647, 'min_disk': 2147483647, 'size': 2 ** 50}
_FLAGS = ('is_public', 'protected')
_BODY = {
    'type': 'object', 'required': ['image'],
    'properties': {'image': {'type': 'object', 'properties': {
        **{name: {'type': ['string', 'null'], 'maxLength': 255} for name in (*_TEXT, 'id', 'owner', 'status')},
        'location': {'type': ['string', 'null'], 'maxLength': 4096},
        **{name: {'type': ['integer', 'string', 'null']} for name in _NUMBERS},
        **{name: {'type': ['boolean', 'string', 'null']} for name in _FLAGS},
        'properties': {'type': 'object', 'additionalProperties': {'type': ['string', 'null']}}}}},
}


class ImageController(wsgi.Controller):
    """The metadata of images."""

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
        return {'images': [_view(req.context, image) for image in self._find(req)]}

    def _find(self, req):
        policy.enforce(req.context, 'get_images')
        return self.manager.find(req.context, parse_query(req.context, req.query()))

    @wsgi.route('GET', '/images/<image_id>')
    def show(self, req, image_id):
        """One image."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_image', image)
        return {'image': _view(req.context, image)}

    @wsgi.route('POST', '/images', schema=_BODY)
    def create(self, req, body):
        """Add an image; with a location, one whose data is there already."""
        given = _checked(body['image'])
        image = Image(id=given.get('id'), owner=req.context.project_id)
        policy.enforce(req.context, 'add_image', image)
        self._change(req, image, given, purge=True)
        if image.locations and 'status' not in given:
            image.status = status.ACTIVE
        return {'image': _view(req.context, self.manager.create(req.context, image))}

    @wsgi.route('PUT', '/images/<image_id>', schema=_BODY)
    def update(self, req, image_id, body):
        """Change an image; with X-Glance-Registry-Purge-Props, properties that are not named go."""
        given = _checked(body['image'])
        purge = parse.boolean(_PURGE, req.headers.get(_PURGE, 'false'))

        def change(image):
            policy.enforce(req.context, 'modify_image', image)
            self._change(req, image, given, purge)
        return {'image': _view(req.context, self.manager.update(req.context, image_id, change))}

    @wsgi.route('DELETE', '/images/<image_id>')
    def delete(self, req, image_id):
        """Delete an image, with its data."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'delete_image', image)
        self.manager.delete(req.context, image)

    def _change(self, req, image, given, purge):
        for name in ('name', 'disk_format', 'container_format', 'protected', 'min_ram', 'min_disk'):
            if given.get(name) is not None:
                setattr(image, name, given[name])
        if given.get('is_public') is not None:
            self._publish(req, image, given['is_public'])
        if given.get('owner') and policy.allows(req.context, 'set_owner', image):
            image.owner = given['owner']
        if purge and 'properties' in given:
            image.properties = {name: value for name, value in image.properties.items() if name.startswith(OWN)}
        image.properties.update(given.get('properties') or {})
        if any(given.get(name) is not None for name in ('location', 'status', 'checksum', 'size')):
            self._place(req, image, given)

    @staticmethod
    def _publish(req, image, public):
        if public and image.visibility != 'public':
            policy.enforce(req.context, 'publicize_image', image)
            image.visibility = 'public'
        elif not public and image.visibility == 'public':
            image.visibility = 'shared'

    def _place(self, req, image, given):
        """What an API server tells of data that it has stored itself."""
        policy.enforce(req.context, 'service_api', image)
        wanted = given.get('status')
        if wanted and wanted != image.status:
            if wanted not in status.ALL:
                raise BadRequest(f'{wanted[:40]!r} is no status of an image.')
            status.check(image, wanted)
            image.status = wanted
        for name in ('checksum', 'size'):
            if given.get(name) is not None:
                setattr(image, name, given[name])
        if given.get('location'):
            store = self.manager.stores.for_url(given['location'])
            image.locations = [Location(given['location'], store.name)]


def _checked(given):
    """The values of a body with numbers and flags as what they are, however they were sent."""
    checked = dict(given)
    for name, most in _NUMBERS.items():
        if checked.get(name) is not None:
            checked[name] = parse.number(name, str(checked[name]), most)
    for name in _FLAGS:
        if isinstance(checked.get(name), str):
            checked[name] = parse.boolean(name, checked[name])
    if len(checked.get('checksum') or '') > 32:
        raise BadRequest('checksum is an MD5 of 32 characters.')
    return checked


def _view(context, image):
    shown = views.image(image)
    if policy.allows(context, 'service_api', image):
        shown['location'] = image.locations[0].url if image.locations else None
    return shown
