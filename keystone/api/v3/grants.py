"""Grants: /v3/{projects|domains}/{id}/{users|groups}/{id}/roles, on the system, and inherited ones (OS-INHERIT)."""
import functools

from essex import wsgi
from essex.exception import NotFound
from keystone.api.base import Controller
from keystone.api.v3.collection import listed
from keystone.assignment.grants import Grant

_ONE = {'projects': 'project', 'domains': 'domain', 'users': 'user', 'groups': 'group'}
_DIRECT = '/<any(projects,domains):targets>/<target_id>/<any(users,groups):actors>/<actor_id>/roles'
_INHERITED = f'/OS-INHERIT{_DIRECT}/<role_id>/inherited_to_projects'
_SYSTEM = '/system/<any(users,groups):actors>/<actor_id>/roles'


def _grant(targets, target_id, actors, actor_id, inherited=False):
    return Grant(_ONE[actors], actor_id, _ONE[targets], target_id, inherited)


def _or_none(getter):
    """Taking a role from who is gone has to be possible."""
    try:
        return getter()
    except NotFound:
        return None


class GrantController(Controller):

    def _enforce(self, req, rule, grant, role_id=None):
        """Check the rule against actor, target and role."""
        managers = self.managers
        of_kind = {'user': managers.identity.get_user, 'group': managers.groups.get_group,
                   'project': managers.resource.get_project, 'domain': managers.domains.get_domain}
        actor = functools.partial(of_kind[grant.actor_type], grant.actor_id)
        getters = {grant.actor_type: functools.partial(_or_none, actor) if rule.startswith('revoke_') else actor}
        if grant.target_type in of_kind:
            getters[grant.target_type] = functools.partial(of_kind[grant.target_type], grant.target_id)
        if role_id is not None:
            getters['role'] = functools.partial(managers.roles.get_role, role_id)
        self.load_all(req, rule, getters)

    @wsgi.route('GET', _DIRECT)
    def index(self, req, **key):
        grant = _grant(**key)
        self._enforce(req, 'list_grants', grant)
        return listed(req, 'roles', self.managers.grants.direct_roles(grant))

    @wsgi.route('PUT', f'{_DIRECT}/<role_id>', status=204)
    def add(self, req, role_id, **key):
        grant = _grant(**key)
        self._enforce(req, 'create_grant', grant, role_id)
        self.managers.grants.add(grant, role_id)

    @wsgi.route('GET', f'{_DIRECT}/<role_id>', status=204)
    def check(self, req, role_id, **key):
        grant = _grant(**key)
        self._enforce(req, 'check_grant', grant, role_id)
        self.managers.grants.require(grant, role_id)

    @wsgi.route('DELETE', f'{_DIRECT}/<role_id>', status=204)
    def remove(self, req, role_id, **key):
        grant = _grant(**key)
        self._enforce(req, 'revoke_grant', grant, role_id)
        self.managers.grants.remove(grant, role_id)

    @wsgi.route('PUT', _INHERITED, status=204)
    def add_inherited(self, req, role_id, **key):
        grant = _grant(**key, inherited=True)
        self._enforce(req, 'create_grant', grant, role_id)
        self.managers.grants.add(grant, role_id)

    @wsgi.route('GET', _INHERITED, status=204)
    def check_inherited(self, req, role_id, **key):
        grant = _grant(**key, inherited=True)
        self._enforce(req, 'check_grant', grant, role_id)
        self.managers.grants.require(grant, role_id)

    @wsgi.route('DELETE', _INHERITED, status=204)
    def remove_inherited(self, req, role_id, **key):
        grant = _grant(**key, inherited=True)
        self._enforce(req, 'revoke_grant', grant, role_id)
        self.managers.grants.remove(grant, role_id)

    @wsgi.route('GET', f'/OS-INHERIT{_DIRECT}/inherited_to_projects')
    def inherited(self, req, **key):
        grant = _grant(**key, inherited=True)
        self._enforce(req, 'list_grants', grant)
        return listed(req, 'roles', self.managers.grants.direct_roles(grant))

    @wsgi.route('GET', _SYSTEM)
    def system_index(self, req, actors, actor_id):
        grant = Grant(_ONE[actors], actor_id, 'system')
        self._enforce(req, f'list_system_grants_for_{grant.actor_type}', grant)
        return listed(req, 'roles', self.managers.grants.direct_roles(grant))

    @wsgi.route('PUT', f'{_SYSTEM}/<role_id>', status=204)
    def system_add(self, req, actors, actor_id, role_id):
        grant = Grant(_ONE[actors], actor_id, 'system')
        self._enforce(req, f'create_system_grant_for_{grant.actor_type}', grant, role_id)
        self.managers.grants.add(grant, role_id)

    @wsgi.route('GET', f'{_SYSTEM}/<role_id>', status=204)
    def system_check(self, req, actors, actor_id, role_id):
        grant = Grant(_ONE[actors], actor_id, 'system')
        self._enforce(req, f'check_system_grant_for_{grant.actor_type}', grant, role_id)
        self.managers.grants.require(grant, role_id)

    @wsgi.route('DELETE', f'{_SYSTEM}/<role_id>', status=204)
    def system_remove(self, req, actors, actor_id, role_id):
        grant = Grant(_ONE[actors], actor_id, 'system')
        self._enforce(req, f'revoke_system_grant_for_{grant.actor_type}', grant, role_id)
        self.managers.grants.remove(grant, role_id)
