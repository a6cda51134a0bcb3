"""/v2/images: list, create, show, change, delete."""
from essex import wsgi
from glance import policy
from glance.api.caching import forget
from glance.api.settings import CONF
from glance.api.v2 import patch, schemas, views
from glance.api.v2.query import links, parse_query
from glance.exception import ReservedField
from glance.image import places, status
from glance.image.copies import in_order
from glance.image.importing import request as imports
from glance.image.model import Image


class ImageController(wsgi.Controller):
    """Images."""

    def __init__(self, manager):
        self.manager = manager

    def _view(self, context, image):
        stores = self.manager.stores
        document = views.image(image, stores.several)
        # What is deactivated is not to be had elsewhere either.
        hidden = image.status == status.DEACTIVATED and not context.is_admin
        if not hidden and ((places.CONF.show_multiple_locations or places.CONF.show_image_direct_url)
                           and policy.allows(context, 'get_image_location', image)):
            document.update(views.places(image, in_order(stores, image.locations)[:1], stores.several,
                                         policy.allows(context, 'fetch_image_location', image)))
        return document

    @wsgi.route('GET', '/images')
    def index(self, req):
        """A page of images, with links to the first and the next."""
        policy.enforce(req.context, 'get_images')
        values = req.query()
        query = parse_query(values)
        limit = query.limit
        # One more than asked for tells whether there is a next page.
        query.limit += 1 if limit else 0
        images = self.manager.find(req.context, query)
        page = images[:limit]
        return {'images': [self._view(req.context, image) for image in page], 'schema': '/v2/schemas/images',
                **links(values, page, limit, len(images) > limit)}

    @wsgi.route('POST', '/images', status=201, schema=schemas.CREATE)
    def create(self, req, body):
        """Create a queued image."""
        image = create(self.manager, req.context, body)
        url = f'{wsgi.base_url(req)}/images/{image.id}'
        return wsgi.Reply(self._view(req.context, image),
                          headers={'Location': url, **_store_headers(self.manager.stores)})

    @wsgi.route('GET', '/images/<image_id>')
    def show(self, req, image_id):
        """One image."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_image', image)
        return self._view(req.context, image)

    @wsgi.route('PATCH', '/images/<image_id>')
    def update(self, req, image_id):
        """Change an image by JSON patch."""
        operations = patch.read(req)
        if any(step.name == 'locations' for step in operations):
            self.manager.get(req.context, image_id)
            patch.look_at_places(self.manager, req.context, operations)

        def change(image):
            policy.enforce(req.context, 'modify_image', image)
            patch.apply(req.context, image, operations)
        image = self.manager.update(req.context, image_id, change)
        if any(step.name == 'locations' for step in operations):
            self.manager.finish_removals()
        return self._view(req.context, image)

    @wsgi.route('DELETE', '/images/<image_id>', status=204)
    def delete(self, req, image_id):
        """Delete an image."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'delete_image', image)
        self.manager.delete(req.context, image, delayed=CONF.delayed_delete)
        forget(req, image)


def create(manager, context, fields):
    """Create the queued image that `fields` describe, if `context` may; returns it."""
    image = _record(context, fields)
    policy.enforce(context, 'add_image', image)
    patch.authorise(context, image, 'visibility', image.visibility)
    if image.owner != context.project_id:
        patch.authorise(context, image, 'owner', image.owner)
    return manager.create(context, image)


def _record(context, body):
    """The Image a POST body describes."""
    image = Image(id=None, owner=context.project_id)
    for name, value in body.items():
        if name == 'locations':
            raise ReservedField(name=name, why='not settable here')
        if name != 'id':
            patch.check_writable(name)
        if name in schemas.WRITABLE:
            setattr(image, name, value)
        else:
            image.properties[name] = value
    return image


def _store_headers(stores):
    """How the data may come, for clients that would import it."""
    found = {'OpenStack-image-import-methods': ','.join(imports.CONF.enabled_import_methods)}
    if stores.several:
        found['OpenStack-image-store-ids'] = ','.join(stores.names)
    return found
