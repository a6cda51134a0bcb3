"""/v3/role_assignments: who has which role where, as stored or effective, with names if asked."""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.base import Controller
from keystone.api.v3.collection import is_true, listed, self_link
from keystone.assignment.listing import Wanted

# Filters that make no sense together.
_EXCLUSIVE = (('scope.project.id', 'scope.domain.id'), ('scope.system', 'scope.domain.id'),
              ('scope.system', 'scope.project.id'), ('user.id', 'group.id'))


class RoleAssignmentController(Controller):

    @wsgi.route('GET', '/role_assignments')
    def index(self, req):
        asked = {name: values[-1] for name, values in req.query().items()}
        wanted = _wanted(asked)
        self._enforce(req, wanted)
        lister = self.managers.assignments
        items = lister.list(wanted)
        if not self.allowed(req, 'list_system_grants'):
            items = self._of_domain(items, req.context.domain_id)
        names = lister.names(items) if is_true(asked.get('include_names', '0')) else None
        return listed(req, 'role_assignments', [_view(req, item, names) for item in items], itemize=False)

    def _enforce(self, req, wanted):
        if not wanted.include_subtree:
            self.enforce(req, 'list_role_assignments')
            return
        project = self.managers.resource.find_project(wanted.project_id)
        self.enforce(req, 'list_role_assignments_for_tree', project=project or {})

    def _of_domain(self, items, domain_id):
        """Of the items those on the domain and the projects in it."""
        inside = {project['id'] for project in self.managers.resource.subtree(domain_id)}
        return [item for item in items if item.target_id == domain_id or item.target_id in inside]


def _wanted(asked):
    """The Wanted of a query. Raises BadRequest for what contradicts itself."""
    effective = 'effective' in asked and is_true(asked['effective'])
    inherited = 'scope.OS-INHERIT:inherited_to' in asked
    for one, other in _EXCLUSIVE:
        if one in asked and other in asked:
            raise BadRequest(f'{one} and {other} cannot be asked for together.')
    if effective and 'group.id' in asked:
        raise BadRequest('effective lists users: it cannot be combined with group.id.')
    if effective and inherited and 'scope.domain.id' in asked:
        raise BadRequest('effective, inherited and scope.domain.id cannot be asked for together.')
    subtree = is_true(asked.get('include_subtree', '0'))
    if subtree and 'scope.project.id' not in asked:
        raise BadRequest('include_subtree needs scope.project.id.')
    if inherited and asked['scope.OS-INHERIT:inherited_to'] != 'projects':
        raise BadRequest("scope.OS-INHERIT:inherited_to can only be 'projects'.")
    return Wanted(user_id=asked.get('user.id'), group_id=asked.get('group.id'), role_id=asked.get('role.id'),
                  project_id=asked.get('scope.project.id'), domain_id=asked.get('scope.domain.id'),
                  system=is_true(asked.get('scope.system', '0')), inherited=True if inherited else None,
                  effective=effective, include_subtree=subtree)


def _named(names, kind, key):
    return {'id': key} if names is None else names[kind].get(key, {'id': key, 'name': ''})


def _view(req, item, names):
    target = {'all': True} if item.target_type == 'system' else _named(names, item.target_type, item.target_id)
    scope = {item.target_type: target}
    if item.inherited:
        scope['OS-INHERIT:inherited_to'] = 'projects'
    return {'role': _named(names, 'role', item.role_id), item.actor_type: _named(names, item.actor_type, item.actor_id),
            'scope': scope, 'links': _links(req, item)}


def _links(req, item):
    """Where the grant behind an item is kept, and what else made it effective."""
    kind, key = item.source or (item.target_type, item.target_id)
    target = 'system' if kind == 'system' else f'{kind}s/{key}'
    actor = f'groups/{item.group_id}' if item.group_id else f'{item.actor_type}s/{item.actor_id}'
    path = f'{target}/{actor}/roles/{item.prior_role_id or item.role_id}'
    if item.inherited:
        path = f'OS-INHERIT/{path}/inherited_to_projects'
    links = {'assignment': self_link(req, path)}
    if item.group_id:
        links['membership'] = self_link(req, f'groups/{item.group_id}/users/{item.actor_id}')
    if item.prior_role_id:
        links['prior_role'] = self_link(req, f'roles/{item.prior_role_id}/implies/{item.role_id}')
    return links
