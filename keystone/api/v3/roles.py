"""/v3/roles, what they imply, and /v3/role_inferences"""
import functools

from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, self_link, single, taken

_FIELDS = {'name': schemas.LONG_NAME, 'description': schemas.SHORT_DESCRIPTION, 'domain_id': schemas.ID_OR_NULL,
           'options': schemas.IMMUTABLE}
CREATE = schemas.member('role', _FIELDS, ['name'])
UPDATE = schemas.member('role', _FIELDS)


class RoleController(Controller):

    @staticmethod
    def _rule(verb, domain_id):
        return f'{verb}_domain_role' if domain_id else f'{verb}_role'

    @wsgi.route('GET', '/roles')
    def index(self, req):
        hints = hints_of(req, text=('name', 'domain_id', 'id'))
        domain_id = hints.value('domain_id')
        if domain_id:
            self.enforce(req, 'list_domain_roles', role={'domain_id': domain_id})
        else:
            self.enforce(req, 'list_roles')
        return listed(req, 'roles', self.managers.roles.list_roles(hints), hints=hints)

    @wsgi.route('POST', '/roles', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'role', 'extra')
        self.enforce(req, self._rule('create', values.get('domain_id')))
        return single(req, 'role', self.managers.roles.create_role(values), 'roles')

    def _load(self, req, verb, role_id):
        role = self.managers.roles.get_role(role_id)
        self.enforce(req, self._rule(verb, role['domain_id']), role=role)
        return role

    @wsgi.route('GET', '/roles/<role_id>')
    def show(self, req, role_id):
        return single(req, 'role', self._load(req, 'get', role_id), 'roles')

    @wsgi.route('PATCH', '/roles/<role_id>', schema=UPDATE)
    def update(self, req, role_id, body):
        self._load(req, 'update', role_id)
        return single(req, 'role', self.managers.roles.update_role(role_id, taken(body, 'role', 'extra')), 'roles')

    @wsgi.route('DELETE', '/roles/<role_id>', status=204)
    def delete(self, req, role_id):
        self._load(req, 'delete', role_id)
        self.managers.roles.delete_role(role_id)


def _summary(req, role):
    return {'id': role['id'], 'name': role['name'], 'links': {'self': self_link(req, f'roles/{role["id"]}')}}


class ImpliedRoleController(Controller):

    def _check(self, req, rule, **ids):
        self.load_all(req, rule, {kind: functools.partial(self.managers.roles.get_role, role_id)
                                  for kind, role_id in ids.items()})

    def _pair(self, req, prior, implied):
        path = f'roles/{prior["id"]}/implies/{implied["id"]}'
        return {'role_inference': {'prior_role': _summary(req, prior), 'implies': _summary(req, implied)},
                'links': {'self': self_link(req, path)}}

    @wsgi.route('GET', '/roles/<prior_id>/implies')
    def index(self, req, prior_id):
        self._check(req, 'list_implied_roles', prior_role=prior_id)
        prior, implied = self.managers.roles.implied_by(prior_id)
        inference = {'prior_role': _summary(req, prior), 'implies': [_summary(req, role) for role in implied]}
        return {'role_inference': inference, 'links': {'self': self_link(req, f'roles/{prior_id}/implies')}}

    @wsgi.route('PUT', '/roles/<prior_id>/implies/<implied_id>', status=201)
    def create(self, req, prior_id, implied_id):
        self._check(req, 'create_implied_role', prior_role=prior_id, implied_role=implied_id)
        self.managers.roles.add_implied(prior_id, implied_id)
        return self._pair(req, *self.managers.roles.check_implied(prior_id, implied_id))

    @wsgi.route('GET', '/roles/<prior_id>/implies/<implied_id>')
    def show(self, req, prior_id, implied_id):
        self._check(req, 'get_implied_role', prior_role=prior_id, implied_role=implied_id)
        return self._pair(req, *self.managers.roles.check_implied(prior_id, implied_id))

    @wsgi.route('HEAD', '/roles/<prior_id>/implies/<implied_id>', status=204)
    def check(self, req, prior_id, implied_id):
        self._check(req, 'check_implied_role', prior_role=prior_id, implied_role=implied_id)
        self.managers.roles.check_implied(prior_id, implied_id)

    @wsgi.route('DELETE', '/roles/<prior_id>/implies/<implied_id>', status=204)
    def delete(self, req, prior_id, implied_id):
        self._check(req, 'delete_implied_role', prior_role=prior_id, implied_role=implied_id)
        self.managers.roles.remove_implied(prior_id, implied_id)

    @wsgi.route('GET', '/role_inferences')
    def inferences(self, req):
        self.enforce(req, 'list_role_inference_rules')
        found = [{'prior_role': _summary(req, prior), 'implies': [_summary(req, role) for role in implied]}
                 for prior, implied in self.managers.roles.inferences()]
        return {'role_inferences': found}
