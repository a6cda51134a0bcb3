"""/types: kinds of volumes, made by administrators."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.volume import common, schemas, views
from nova.volume import types

_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'\S'}
_SPECS = {'type': 'object', 'patternProperties': {'^[a-zA-Z0-9-_:. ]{1,255}$': {'type': 'string', 'maxLength': 255}},
          'additionalProperties': False}
_PUBLIC = {'os-volume-type-access:is_public': schemas.BOOLEAN, 'is_public': schemas.BOOLEAN}
CREATE = schemas.wrapped('volume_type', {'name': _NAME, 'description': schemas.TEXT, **_PUBLIC,
                                         'extra_specs': {'anyOf': [_SPECS, {'type': 'null'}]}}, required=('name',))
UPDATE = schemas.wrapped('volume_type', {'name': {'anyOf': [_NAME, {'type': 'null'}]}, 'description': schemas.TEXT,
                                         **_PUBLIC})
SPECS = {'type': 'object', 'properties': {'extra_specs': _SPECS}, 'required': ['extra_specs'],
         'additionalProperties': False}
SPEC = {**_SPECS, 'minProperties': 1, 'maxProperties': 1}
_PROJECT = {'type': 'object', 'properties': {'project': {'type': 'string', 'pattern': '^[A-Za-z0-9_.-]{1,64}$'}},
            'required': ['project'], 'additionalProperties': False}
ACCESS = {'type': 'object', 'properties': dict.fromkeys(('addProjectAccess', 'removeProjectAccess'), _PROJECT),
          'minProperties': 1, 'maxProperties': 1, 'additionalProperties': False}


class Types(wsgi.Controller):
    """The collection and its members; extra specs are shown to administrators."""

    @wsgi.route('GET', '/types')
    def index(self, req):
        common.authorize(req, 'volume_types:show')
        with_specs = common.allowed(req, 'volume_types:change')
        return {'volume_types': [views.kind(row, with_specs) for row in types.list(req.context)]}

    @wsgi.route('GET', '/types/<type_id>')
    def show(self, req, type_id):
        common.authorize(req, 'volume_types:show')
        return self._shown(req, types.get(req.context, type_id))

    @wsgi.route('POST', '/types', schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'volume_types:change')
        asked = body['volume_type']
        row = types.create(req.context, asked['name'].strip(), asked.get('description'), _is_public(asked, True),
                           asked.get('extra_specs'))
        return self._shown(req, row, 'qos_specs_id')

    @wsgi.route('PUT', '/types/<type_id>', schema=UPDATE)
    def update(self, req, type_id, body):
        common.authorize(req, 'volume_types:change')
        asked = body['volume_type']
        values = {key: asked[key] for key in ('name', 'description') if asked.get(key) is not None}
        public = _is_public(asked, None)
        if public is not None:
            values['is_public'] = public
        return self._shown(req, types.update(req.context, type_id, **values), 'qos_specs_id',
                           'os-volume-type-access:is_public')

    @wsgi.route('DELETE', '/types/<type_id>', status=202)
    def delete(self, req, type_id):
        common.authorize(req, 'volume_types:change')
        types.delete(req.context, type_id)

    @wsgi.route('GET', '/types/<type_id>/extra_specs')
    def specs(self, req, type_id):
        common.authorize(req, 'volume_types:change')
        return {'extra_specs': types.get(req.context, type_id).extra_specs}

    @wsgi.route('POST', '/types/<type_id>/extra_specs', schema=SPECS)
    def add_specs(self, req, type_id, body):
        common.authorize(req, 'volume_types:change')
        types.change_specs(req.context, type_id, lambda specs: {**specs, **body['extra_specs']})
        return body

    @wsgi.route('GET', '/types/<type_id>/extra_specs/<key>')
    def spec(self, req, type_id, key):
        common.authorize(req, 'volume_types:change')
        specs = types.get(req.context, type_id).extra_specs
        if key not in specs:
            raise NotFound(f'Volume type {type_id} has no extra spec {key[:80]}.')
        return {key: specs[key]}

    @wsgi.route('PUT', '/types/<type_id>/extra_specs/<key>', schema=SPEC)
    def set_spec(self, req, type_id, key, body):
        common.authorize(req, 'volume_types:change')
        if key not in body:
            raise BadRequest('The key in the body is not the one in the path.')
        types.change_specs(req.context, type_id, lambda specs: {**specs, **body})
        return body

    @wsgi.route('DELETE', '/types/<type_id>/extra_specs/<key>', status=202)
    def delete_spec(self, req, type_id, key):
        common.authorize(req, 'volume_types:change')
        types.delete_spec(req.context, type_id, key)

    @wsgi.route('GET', '/types/<type_id>/os-volume-type-access')
    def access(self, req, type_id):
        common.authorize(req, 'volume_types:change')
        row, projects = types.projects(req.context, type_id)
        return {'volume_type_access': [{'volume_type_id': row.uuid, 'project_id': each} for each in projects]}

    @wsgi.route('POST', '/types/<type_id>/action', status=202, schema=ACCESS)
    def change_access(self, req, type_id, body):
        common.authorize(req, 'volume_types:change')
        (action, value), = body.items()
        change = types.add_project if action == 'addProjectAccess' else types.remove_project
        change(req.context, type_id, value['project'])

    @staticmethod
    def _shown(req, row, *without):
        """`without` keys that clients take not in every answer."""
        shown = views.kind(row, common.allowed(req, 'volume_types:change'))
        return {'volume_type': {key: value for key, value in shown.items() if key not in without}}


def _is_public(asked, default):
    for name in ('os-volume-type-access:is_public', 'is_public'):
        if name in asked:
            return schemas.is_true(asked[name])
    return default
