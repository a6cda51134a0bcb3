"""/v3/role_assignments: who has which role where, as stored or effective, with names if asked."""
from urllib.parse import quote

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
        self._require(wanted)
        lister = self.managers.assignments
        items = lister.list(wanted)
        if req.context.domain_id:
            items = self._of_domain(items, req.context.domain_id)
        names = lister.names(items) if 'include_names' in asked and is_true(asked['include_names']) else None
        return listed(req, 'role_assignments', View(self_link(req, ''), names).items(items), itemize=False)

    def _enforce(self, req, wanted):
        if not wanted.include_subtree:
            self.enforce(req, 'list_role_assignments', domain_id=req.context.domain_id)
            return
        project = self.managers.resource.find_project(wanted.project_id) or {}
        self.enforce(req, 'list_role_assignments_for_tree', project=project, domain_id=project.get('domain_id'))

    def _require(self, wanted):
        """Who and what an effective list is about has to be there."""
        if wanted.effective and wanted.user_id is not None:
            self.managers.identity.get_user(wanted.user_id)
        if wanted.effective and wanted.project_id is not None:
            self.managers.resource.get_project(wanted.project_id)

    def _of_domain(self, items, domain_id):
        """Of the items those on the domain and the projects in it."""
        inside = {project['id'] for project in self.managers.resource.subtree(domain_id)}
        return [item for item in items if item.target_id == domain_id or item.target_id in inside]


def _flag(asked, name):
    return name in asked and is_true(asked[name])


def _wanted(asked):
    """The Wanted of a query. Raises BadRequest for what contradicts itself."""
    # An empty filter asks nothing, as an absent one.
    asked = {name: value for name, value in asked.items() if value or '.' not in name}
    effective, inherited = _flag(asked, 'effective'), 'scope.OS-INHERIT:inherited_to' in asked
    for one, other in _EXCLUSIVE:
        if one in asked and other in asked:
            raise BadRequest(f'{one} and {other} cannot be asked for together.')
    if effective and 'group.id' in asked:
        raise BadRequest('effective lists users: it cannot be combined with group.id.')
    if effective and inherited and 'scope.domain.id' in asked:
        raise BadRequest('effective, inherited and scope.domain.id cannot be asked for together: the list is '
                         'always empty.')
    subtree = _flag(asked, 'include_subtree')
    if subtree and 'scope.project.id' not in asked:
        raise BadRequest('include_subtree needs scope.project.id.')
    if inherited and asked['scope.OS-INHERIT:inherited_to'] != 'projects':
        raise BadRequest("scope.OS-INHERIT:inherited_to can only be 'projects'.")
    return Wanted(user_id=asked.get('user.id'), group_id=asked.get('group.id'), role_id=asked.get('role.id'),
                  project_id=asked.get('scope.project.id'), domain_id=asked.get('scope.domain.id'),
                  system=_flag(asked, 'scope.system'), inherited=True if inherited else None,
                  effective=effective, include_subtree=subtree)


# How something that is gone is named.
_GONE = {'name': '', 'domain': {'id': '', 'name': ''}}


class View:
    """Items as JSON values. What repeats (roles, actors, targets) is made once: lists are long.

    `base` is the URL links begin with, `names` what include_names shows, or None.
    """

    def __init__(self, base, names):
        self.base, self.names = base, names
        # {(kind, id): (the value shown, its part of a path)}
        self._known, self._scopes = {}, {}

    def _entity(self, kind, key):
        found = self._known.get((kind, key))
        if found is None:
            shown = {'id': key} if self.names is None else self.names[kind].get(key, {'id': key, **_GONE})
            found = self._known[kind, key] = (shown, f'{kind}s/{quote(key)}')
        return found

    def _scope(self, kind, key, inherited):
        found = self._scopes.get((kind, key, inherited))
        if found is None:
            shown, path = ({'all': True}, 'system') if kind == 'system' else self._entity(kind, key)
            scope = {kind: shown}
            if inherited:
                scope['OS-INHERIT:inherited_to'] = 'projects'
            found = self._scopes[kind, key, inherited] = (scope, path)
        return found

    def items(self, items):
        """The list."""
        return [self._item(*item) for item in items]

    def _item(self, actor_type, actor_id, target_type, target_id, role_id, inherited, group_id, prior_role_id, source):
        """One item, with links to the grant behind it and to what else made it effective."""
        role, role_path = self._entity('role', role_id)
        actor, actor_path = self._entity(actor_type, actor_id)
        scope, target_path = self._scope(target_type, target_id, inherited)
        links = {}
        holder_path, granted_path, user_path = actor_path, role_path, actor_path
        if source is not None:
            target_path = self._scope(*source, inherited)[1]
        if group_id is not None:
            holder_path = self._entity('group', group_id)[1]
            links['membership'] = f'{self.base}{holder_path}/{user_path}'
        if prior_role_id is not None:
            granted_path = self._entity('role', prior_role_id)[1]
            links['prior_role'] = f'{self.base}{granted_path}/implies/{quote(role_id)}'
        path = f'{target_path}/{holder_path}/{granted_path}'
        links['assignment'] = (f'{self.base}OS-INHERIT/{path}/inherited_to_projects' if inherited
                               else f'{self.base}{path}')
        return {'role': role, actor_type: actor, 'scope': scope, 'links': links}
