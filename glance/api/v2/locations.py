"""/v2/images/{id}/locations: where the data of an image is, for other services and those the operator trusts."""
from essex import wsgi
from essex.exception import BadRequest, Forbidden
from glance import policy
from glance.api.v2.views import place_metadata
from glance.image import places, status

_BODY = {'type': 'object', 'required': ['url'], 'properties': {
    'url': {'type': 'string', 'minLength': 1, 'maxLength': 4096},
    'validation_data': {'type': 'object'}}}


class LocationController(wsgi.Controller):
    """Places of data."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/images/<image_id>/locations')
    def index(self, req, image_id):
        """The places, with their metadata."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'fetch_image_location', image)
        return wsgi.json_response([{'url': each.url, 'metadata': place_metadata(each, self.manager.stores.several)}
                                   for each in image.locations])

    @wsgi.route('POST', '/images/<image_id>/locations', status=202, schema=_BODY)
    def create(self, req, image_id, body):
        """Tell a queued image where its data is; its hash is made in the background."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'add_image_location', image)
        places.check_status(image, (status.QUEUED,))
        trusted = policy.allows(req.context, 'service_api', image)
        if not trusted and not body['url'].lower().startswith(('http://', 'https://')):
            if ':' not in body['url']:
                raise BadRequest('url is the address of the data.')
            raise Forbidden('Only http and https addresses are taken from users.')
        place = places.look(self.manager.stores, req.context, {'metadata': {}, **body}, trusted)
        self.manager.add_place(req.context, image, place)
