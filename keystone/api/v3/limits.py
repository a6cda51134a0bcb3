"""/v3/registered_limits and /v3/limits"""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken

_VALUE = {'type': 'integer', 'minimum': -1, 'maximum': 0x7FFFFFFF}
_PLACE = {'service_id': schemas.ID, 'region_id': schemas.REGION_ID_OR_NULL, 'resource_name': schemas.LONG_NAME,
          'description': schemas.DESCRIPTION}
_REGISTERED = {**_PLACE, 'default_limit': _VALUE}
_LIMIT = {**_PLACE, 'resource_limit': _VALUE, 'project_id': schemas.ID_OR_NULL, 'domain_id': schemas.ID_OR_NULL}


def _many(name, fields, required):
    """The schema of a list of things to make at once."""
    items = {'type': 'array', 'items': schemas.closed(fields, required), 'minItems': 1}
    return schemas.closed({name: items}, [name])


def _one(name, fields):
    """The schema of a change."""
    return schemas.closed({name: schemas.closed(fields)}, [name])


class RegisteredLimitController(Controller):

    @wsgi.route('GET', '/registered_limits')
    def index(self, req):
        self.enforce(req, 'list_registered_limits')
        hints = hints_of(req, text=('service_id', 'region_id', 'resource_name'))
        return listed(req, 'registered_limits', self.managers.registered_limits.list(hints), hints=hints)

    @wsgi.route('POST', '/registered_limits', status=201, schema=_many(
        'registered_limits', _REGISTERED, ['service_id', 'resource_name', 'default_limit']))
    def create(self, req, body):
        self.enforce(req, 'create_registered_limits')
        made = listed(req, 'registered_limits', self.managers.registered_limits.create(body['registered_limits']))
        return {'registered_limits': made['registered_limits']}

    @wsgi.route('GET', '/registered_limits/<limit_id>')
    def show(self, req, limit_id):
        self.enforce(req, 'get_registered_limit')
        return single(req, 'registered_limit', self.managers.registered_limits.get(limit_id), 'registered_limits')

    @wsgi.route('PATCH', '/registered_limits/<limit_id>', schema=_one('registered_limit', _REGISTERED))
    def update(self, req, limit_id, body):
        self.enforce(req, 'update_registered_limit')
        changed = self.managers.registered_limits.update(limit_id, taken(body, 'registered_limit'))
        return single(req, 'registered_limit', changed, 'registered_limits')

    @wsgi.route('DELETE', '/registered_limits/<limit_id>', status=204)
    def delete(self, req, limit_id):
        self.enforce(req, 'delete_registered_limit')
        self.managers.registered_limits.delete(limit_id)


# What only rules compare.
_UNSEEN = ('owner_domain_id', 'registered_limit_id', 'domain', 'project')


def _shown(limit):
    return {key: value for key, value in limit.items() if key not in _UNSEEN}


class LimitController(Controller):

    @wsgi.route('GET', '/limits/model')
    def model(self, req):
        self.enforce(req, 'get_limit_model')
        model = self.managers.limits.model
        return {'model': {'name': model.name, 'description': model.description}}

    @wsgi.route('GET', '/limits')
    def index(self, req):
        self.enforce(req, 'list_limits')
        filters = {name: value for name, _, value in hints_of(
            req, text=('service_id', 'region_id', 'resource_name', 'project_id', 'domain_id')).filters}
        own = {}
        # Who may not see every limit sees those of what his token is for.
        if not self.allowed(req, 'get_limit'):
            context = req.context
            own = {'domain_id': context.domain_id} if context.domain_id else {'project_id': context.project_id or ''}
        found = self.managers.limits.list(filters, **own)
        return listed(req, 'limits', [_shown(limit) for limit in found])

    @wsgi.route('POST', '/limits', status=201, schema=_many(
        'limits', _LIMIT, ['service_id', 'resource_name', 'resource_limit']))
    def create(self, req, body):
        self.enforce(req, 'create_limits')
        for limit in body['limits']:
            if bool(limit.get('project_id')) == bool(limit.get('domain_id')):
                raise BadRequest('Every limit needs either project_id or domain_id.')
        made = listed(req, 'limits', [_shown(limit) for limit in self.managers.limits.create(body['limits'])])
        return {'limits': made['limits']}

    def _target(self, limit_id):
        limit = self.managers.limits.get(limit_id)
        return {**limit, 'domain': {'id': limit['domain_id']}, 'project': {'domain_id': limit['owner_domain_id']}}

    def _load(self, req, rule, limit_id):
        return self.load(req, rule, 'limit', self._target, limit_id)

    @wsgi.route('GET', '/limits/<limit_id>')
    def show(self, req, limit_id):
        return single(req, 'limit', _shown(self._load(req, 'get_limit', limit_id)), 'limits')

    @wsgi.route('PATCH', '/limits/<limit_id>', schema=_one(
        'limit', {'resource_limit': _VALUE, 'description': schemas.DESCRIPTION}))
    def update(self, req, limit_id, body):
        self._load(req, 'update_limit', limit_id)
        return single(req, 'limit', _shown(self.managers.limits.update(limit_id, taken(body, 'limit'))), 'limits')

    @wsgi.route('DELETE', '/limits/<limit_id>', status=204)
    def delete(self, req, limit_id):
        self._load(req, 'delete_limit', limit_id)
        self.managers.limits.delete(limit_id)
