"""/v2/stores: one copy of an image among several."""
from essex import wsgi
from glance import policy


class StoreController(wsgi.Controller):
    """The copies of images."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('DELETE', '/stores/<store_id>/<image_id>', status=204)
    def delete(self, req, store_id, image_id):
        """Remove the copy in one store; the last one stays."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'delete_image_location', image)
        self.manager.remove_copy(req.context, image, store_id)
