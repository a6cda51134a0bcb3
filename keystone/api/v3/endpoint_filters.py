"""OS-EP-FILTER: endpoint groups, and the endpoints projects see"""
from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.catalog import shown_endpoint
from keystone.api.v3.collection import hints_of, listed, self_link, single, taken
from keystone.resource.manager import public

_FILTERS = {**schemas.closed({'interface': {'enum': ['public', 'internal', 'admin']}, 'service_id': schemas.ID,
                              'region_id': schemas.REGION_ID}), 'minProperties': 1}
_FIELDS = {'name': schemas.LONG_NAME, 'description': schemas.DESCRIPTION, 'filters': _FILTERS}
_CREATE = schemas.closed({'endpoint_group': schemas.closed(_FIELDS, ['name', 'filters'])}, ['endpoint_group'])
# Only a new group has to have filters, as in the original.
_CHANGED = {**_FIELDS, 'filters': {**_FILTERS, 'minProperties': 0}}
_UPDATE = schemas.closed({'endpoint_group': {**schemas.closed(_CHANGED), 'minProperties': 1}}, ['endpoint_group'])
_ROOT = '/OS-EP-FILTER'
_GROUPS = f'{_ROOT}/endpoint_groups'
_PATH = 'OS-EP-FILTER/endpoint_groups'
_GROUP_PROJECT = f'{_GROUPS}/<group_id>/projects/<project_id>'
_ENDPOINT_PROJECT = f'{_ROOT}/projects/<project_id>/endpoints/<endpoint_id>'


class EndpointGroupController(Controller):

    @wsgi.route('GET', _GROUPS)
    def index(self, req):
        self.enforce(req, 'list_endpoint_groups')
        hints = hints_of(req, text=('name',))
        return listed(req, 'endpoint_groups', self.managers.endpoint_filters.list_groups(hints), _PATH, hints)

    @wsgi.route('POST', _GROUPS, status=201, schema=_CREATE)
    def create(self, req, body):
        self.enforce(req, 'create_endpoint_group')
        made = self.managers.endpoint_filters.create_group(taken(body, 'endpoint_group'))
        return single(req, 'endpoint_group', made, _PATH)

    @wsgi.route('GET', f'{_GROUPS}/<group_id>')
    def show(self, req, group_id):
        self.enforce(req, 'get_endpoint_group')
        return single(req, 'endpoint_group', self.managers.endpoint_filters.get_group(group_id), _PATH)

    @wsgi.route('PATCH', f'{_GROUPS}/<group_id>', schema=_UPDATE)
    def update(self, req, group_id, body):
        self.enforce(req, 'update_endpoint_group')
        changed = self.managers.endpoint_filters.update_group(group_id, taken(body, 'endpoint_group'))
        return single(req, 'endpoint_group', changed, _PATH)

    @wsgi.route('DELETE', f'{_GROUPS}/<group_id>', status=204)
    def delete(self, req, group_id):
        self.enforce(req, 'delete_endpoint_group')
        self.managers.endpoint_filters.delete_group(group_id)

    @wsgi.route('GET', f'{_GROUPS}/<group_id>/endpoints')
    def endpoints(self, req, group_id):
        self.enforce(req, 'list_endpoints_associated_with_endpoint_group')
        found = self.managers.endpoint_filters.endpoints_in(group_id)
        return listed(req, 'endpoints', [shown_endpoint(endpoint) for endpoint in found])

    @wsgi.route('GET', f'{_GROUPS}/<group_id>/projects')
    def projects(self, req, group_id):
        self.enforce(req, 'list_projects_associated_with_endpoint_group')
        found = self.managers.endpoint_filters.projects_with(group_id, group=True)
        return listed(req, 'projects', [public(project) for project in found])

    @wsgi.route('PUT', _GROUP_PROJECT, status=204)
    def add_project(self, req, group_id, project_id):
        self.enforce(req, 'add_endpoint_group_to_project')
        self.managers.endpoint_filters.give(project_id, group_id, group=True)

    @wsgi.route('GET', _GROUP_PROJECT)
    def show_project(self, req, group_id, project_id):
        self.enforce(req, 'get_endpoint_group_in_project')
        self.managers.endpoint_filters.require(project_id, group_id, group=True)
        link = self_link(req, f'{_PATH}/{group_id}/projects/{project_id}')
        return {'project_endpoint_group': {'endpoint_group_id': group_id, 'project_id': project_id,
                                           'links': {'self': link}}}

    @wsgi.route('DELETE', _GROUP_PROJECT, status=204)
    def remove_project(self, req, group_id, project_id):
        self.enforce(req, 'remove_endpoint_group_from_project')
        self.managers.endpoint_filters.take(project_id, group_id, group=True)


class EndpointFilterController(Controller):

    @wsgi.route('GET', f'{_ROOT}/endpoints/<endpoint_id>/projects')
    def projects(self, req, endpoint_id):
        self.enforce(req, 'list_projects_for_endpoint')
        found = self.managers.endpoint_filters.projects_with(endpoint_id)
        return listed(req, 'projects', [public(project) for project in found])

    @wsgi.route('GET', f'{_ROOT}/projects/<project_id>/endpoints')
    def endpoints(self, req, project_id):
        self.enforce(req, 'list_endpoints_for_project')
        found = self.managers.endpoint_filters.endpoints_of(project_id)
        return listed(req, 'endpoints', [shown_endpoint(endpoint) for endpoint in found])

    @wsgi.route('GET', f'{_ROOT}/projects/<project_id>/endpoint_groups')
    def groups(self, req, project_id):
        self.enforce(req, 'list_endpoint_groups_for_project')
        return listed(req, 'endpoint_groups', self.managers.endpoint_filters.groups_of(project_id), _PATH)

    @wsgi.route('PUT', _ENDPOINT_PROJECT, status=204)
    def add(self, req, project_id, endpoint_id):
        self.enforce(req, 'add_endpoint_to_project')
        self.managers.endpoint_filters.give(project_id, endpoint_id)

    @wsgi.route('GET', _ENDPOINT_PROJECT, status=204)
    def check(self, req, project_id, endpoint_id):
        self.enforce(req, 'check_endpoint_in_project')
        self.managers.endpoint_filters.require(project_id, endpoint_id)

    @wsgi.route('DELETE', _ENDPOINT_PROJECT, status=204)
    def remove(self, req, project_id, endpoint_id):
        self.enforce(req, 'remove_endpoint_from_project')
        self.managers.endpoint_filters.take(project_id, endpoint_id)
