"""/os-aggregates."""
from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import common, schemas
from nova.compute import aggregates

_ZONE = {'anyOf': [schemas.NAME, {'type': 'null'}]}
CREATE = schemas.wrapped('aggregate', {'name': schemas.NAME, 'availability_zone': _ZONE}, required=('name',))
UPDATE = schemas.wrapped('aggregate', {'name': schemas.NAME, 'availability_zone': _ZONE})
_HOST = {'type': 'object', 'properties': {'host': schemas.NAME}, 'required': ['host'], 'additionalProperties': False}
_METADATA = {'type': 'object', 'properties': {'metadata': {
    'type': 'object', 'additionalProperties': {'anyOf': [{'type': 'string', 'maxLength': 255}, {'type': 'null'}]}}},
    'required': ['metadata'], 'additionalProperties': False}
_ACTIONS = {name: wsgi.compile_schema(schemas.action(name, inner)) for name, inner in (
    ('add_host', _HOST), ('remove_host', _HOST), ('set_metadata', _METADATA))}
ACTION = {'type': 'object', 'minProperties': 1, 'maxProperties': 1}


class Aggregates(wsgi.Controller):
    """Groups of hosts, for administrators."""

    @wsgi.route('GET', '/os-aggregates')
    def index(self, req):
        common.authorize(req, 'aggregates:show')
        return {'aggregates': [_view(row) for row in aggregates.list(req.context)]}

    @wsgi.route('GET', '/os-aggregates/<aggregate_id>')
    def show(self, req, aggregate_id):
        common.authorize(req, 'aggregates:show')
        return {'aggregate': _view(aggregates.get(req.context, aggregate_id))}

    @wsgi.route('POST', '/os-aggregates', schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'aggregates:change')
        asked = body['aggregate']
        shown = _view(aggregates.create(req.context, asked['name'], asked.get('availability_zone')))
        # A new one has neither, and the answer has always left them out.
        return {'aggregate': {key: value for key, value in shown.items() if key not in ('hosts', 'metadata')}}

    @wsgi.route('PUT', '/os-aggregates/<aggregate_id>', schema=UPDATE)
    def update(self, req, aggregate_id, body):
        common.authorize(req, 'aggregates:change')
        return {'aggregate': _view(aggregates.update(req.context, aggregate_id, **body['aggregate']))}

    @wsgi.route('DELETE', '/os-aggregates/<aggregate_id>')
    def delete(self, req, aggregate_id):
        common.authorize(req, 'aggregates:change')
        aggregates.delete(req.context, aggregate_id)

    @wsgi.route('POST', '/os-aggregates/<aggregate_id>/action', schema=ACTION)
    def action(self, req, aggregate_id, body):
        common.authorize(req, 'aggregates:change')
        name, value = next(iter(body.items()))
        if name not in _ACTIONS:
            raise BadRequest(f'There is no such action: {name[:80]}')
        _ACTIONS[name](body)
        if name == 'set_metadata':
            return {'aggregate': _view(aggregates.set_metadata(req.context, aggregate_id, value['metadata']))}
        change = aggregates.add_host if name == 'add_host' else aggregates.remove_host
        return {'aggregate': _view(change(req.context, aggregate_id, value['host']))}


def _view(row):
    return {'id': row.id, 'name': row.name, 'availability_zone': row.metadata_.get(aggregates.ZONE),
            'hosts': [member.host for member in row.hosts], 'metadata': row.metadata_,
            'created_at': common.microtime(row.created_at), 'updated_at': common.microtime(row.updated_at),
            'deleted': False, 'deleted_at': None}
