"""/v2.0/tenants"""
from essex import config, wsgi
from keystone.api.v2.base import Controller, page, tenant_view, user_view
from keystone.api.v3 import schemas
from keystone.api.v3.collection import taken
from keystone.assignment.grants import Grant
from keystone.db.records import Hints
from keystone.exception import ProjectNotFound

CONF = config.CONF

_FIELDS = {'id': schemas.ID_OR_NULL, 'name': schemas.NAME, 'description': schemas.DESCRIPTION,
           'enabled': schemas.BOOLEAN}
NOT_SETTABLE = ('domain_id', 'parent_id', 'is_domain', 'tags', 'options', 'extra')


class TenantController(Controller):

    @wsgi.route('GET', '/tenants')
    def index(self, req):
        if not self.admin:
            return self._own(req)
        self.admin_only(req)
        name = req.query().get('name', [None])[-1]
        if name is not None:
            return self._named(name)
        hints = Hints().add('domain_id', CONF.identity.default_domain_id)
        return self._listed(req, self.managers.resource.list_projects(hints))

    def _own(self, req):
        hints = Hints().add('domain_id', CONF.identity.default_domain_id)
        mine = self.managers.grants.projects_of(req.context.user_id, hints) if req.context.user_id else []
        return self._listed(req, [project for project in mine if not project['is_domain']])

    @staticmethod
    def _listed(req, projects):
        return {'tenants': [tenant_view(project) for project in page(req, projects)], 'tenants_links': []}

    def _named(self, name):
        hints = Hints().add('domain_id', CONF.identity.default_domain_id).add('name', name)
        found = self.managers.resource.list_projects(hints)
        if not found:
            raise ProjectNotFound(name)
        return {'tenant': tenant_view(found[0])}

    @wsgi.route('POST', '/tenants', schema=schemas.member('tenant', _FIELDS, ['name']))
    def create(self, req, body):
        self.admin_only(req)
        values = taken(body, 'tenant', *NOT_SETTABLE)
        values.update(domain_id=CONF.identity.default_domain_id, id=body['tenant'].get('id'))
        return {'tenant': tenant_view(self.managers.resource.create_project(values))}

    @wsgi.route('GET', '/tenants/<tenant_id>')
    def show(self, req, tenant_id):
        self.admin_only(req)
        return {'tenant': tenant_view(self.tenant(tenant_id))}

    @wsgi.route('PUT', '/tenants/<tenant_id>', schema=schemas.member('tenant', _FIELDS))
    @wsgi.route('POST', '/tenants/<tenant_id>', schema=schemas.member('tenant', _FIELDS))
    def update(self, req, tenant_id, body):
        self.admin_only(req)
        self.tenant(tenant_id)
        values = taken(body, 'tenant', *NOT_SETTABLE)
        return {'tenant': tenant_view(self.managers.resource.update_project(tenant_id, values))}

    @wsgi.route('DELETE', '/tenants/<tenant_id>', status=204)
    def delete(self, req, tenant_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        self.managers.resource.delete_project(tenant_id)

    @wsgi.route('GET', '/tenants/<tenant_id>/users')
    def users(self, req, tenant_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        ids = {grant.actor_id for grant in self.managers.grants.users_on_project(tenant_id)}
        hints = Hints().add('domain_id', CONF.identity.default_domain_id).add('id', sorted(ids), 'in')
        return {'users': [user_view(user) for user in self.managers.identity.list_users(hints)]}

    @wsgi.route('GET', '/tenants/<tenant_id>/users/<user_id>/roles')
    def roles(self, req, tenant_id, user_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        self.user(user_id)
        found = self.managers.grants.direct_roles(Grant('user', user_id, 'project', tenant_id))
        return {'roles': [{'id': role['id'], 'name': role['name']} for role in found]}
