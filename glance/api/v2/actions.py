"""/v2/images/{id}/actions: deactivate and reactivate."""
from essex import wsgi
from glance import policy
from glance.image import status


class ActionController(wsgi.Controller):
    """What can be done to an image as a whole."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('POST', '/images/<image_id>/actions/deactivate', status=204)
    def deactivate(self, req, image_id):
        """Stop the data from being read."""
        self._set(req, image_id, 'deactivate', status.DEACTIVATED)

    @wsgi.route('POST', '/images/<image_id>/actions/reactivate', status=204)
    def reactivate(self, req, image_id):
        """Let the data be read again."""
        self._set(req, image_id, 'reactivate', status.ACTIVE)

    def _set(self, req, image_id, rule, wanted):
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, rule, image)
        self.manager.set_status(req.context, image, wanted)
