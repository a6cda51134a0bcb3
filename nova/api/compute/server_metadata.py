"""/servers/{id}/metadata."""
from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import common, schemas
from nova.compute import api as compute_api

_ALL = {'type': 'object', 'properties': {'metadata': schemas.METADATA}, 'required': ['metadata'],
        'additionalProperties': False}
_ONE = {'type': 'object', 'properties': {'meta': {**schemas.METADATA, 'minProperties': 1, 'maxProperties': 1}},
        'required': ['meta'], 'additionalProperties': False}


class ServerMetadata(wsgi.Controller):
    """The user's own key-value pairs of a server."""

    def __init__(self):
        self.compute = compute_api.API()

    @wsgi.route('GET', '/servers/<server_id>/metadata')
    def index(self, req, server_id):
        self._authorize(req, server_id, 'servers:metadata')
        return {'metadata': self.compute.metadata(req.context, server_id)}

    @wsgi.route('POST', '/servers/<server_id>/metadata', schema=_ALL)
    def merge(self, req, server_id, body):
        self._authorize(req, server_id, 'servers:change_metadata')
        return {'metadata': self.compute.update_metadata(req.context, server_id, body['metadata'])}

    @wsgi.route('PUT', '/servers/<server_id>/metadata', schema=_ALL)
    def replace(self, req, server_id, body):
        self._authorize(req, server_id, 'servers:change_metadata')
        return {'metadata': self.compute.replace_metadata(req.context, server_id, body['metadata'])}

    @wsgi.route('GET', '/servers/<server_id>/metadata/<key>')
    def show(self, req, server_id, key):
        self._authorize(req, server_id, 'servers:metadata')
        return {'meta': {key: self.compute.metadata_item(req.context, server_id, key)}}

    @wsgi.route('PUT', '/servers/<server_id>/metadata/<key>', schema=_ONE)
    def set_one(self, req, server_id, key, body):
        self._authorize(req, server_id, 'servers:change_metadata')
        if key not in body['meta']:
            raise BadRequest('Request body and URI mismatch')
        self.compute.update_metadata(req.context, server_id, body['meta'])
        return {'meta': body['meta']}

    @wsgi.route('DELETE', '/servers/<server_id>/metadata/<key>', status=204)
    def delete(self, req, server_id, key):
        self._authorize(req, server_id, 'servers:change_metadata')
        self.compute.delete_metadata_item(req.context, server_id, key)

    def _authorize(self, req, server_id, rule):
        row = self.compute.get(req.context, server_id)
        common.authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})
