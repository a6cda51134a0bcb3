"""/v2/images/{id}/tags/{tag}."""
from essex import wsgi
from glance import policy
from glance.exception import TagNotFound


class TagController(wsgi.Controller):
    """Tags of an image."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('PUT', '/images/<image_id>/tags/<tag>', status=204)
    def add(self, req, image_id, tag):
        """Add a tag; one that is there already is no error."""
        def change(image):
            policy.enforce(req.context, 'modify_image', image)
            if tag not in image.tags:
                image.tags.append(tag)
        self.manager.update(req.context, image_id, change)

    @wsgi.route('DELETE', '/images/<image_id>/tags/<tag>', status=204)
    def remove(self, req, image_id, tag):
        """Remove a tag."""
        def change(image):
            policy.enforce(req.context, 'modify_image', image)
            if tag not in image.tags:
                raise TagNotFound(image_id=image_id, tag=tag[:80])
            image.tags.remove(tag)
        self.manager.update(req.context, image_id, change)
