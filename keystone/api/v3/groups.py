"""/v3/groups and their members."""
import functools

from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken
from keystone.api.v3.projects import domain_for, keep_to_domain, restrict_to_domain, within_one_domain
from keystone.api.v3.users import user_hints

_FIELDS = {'name': schemas.NAME, 'description': schemas.DESCRIPTION, 'domain_id': schemas.ID}
CREATE = schemas.member('group', _FIELDS, ['name'])
UPDATE = schemas.member('group', _FIELDS)


class GroupController(Controller):

    @wsgi.route('GET', '/groups')
    def index(self, req):
        hints = hints_of(req, text=('name', 'domain_id', 'id'))
        restrict_to_domain(self, req, hints, 'list_groups')
        within_one_domain(req, hints)
        return listed(req, 'groups', self.managers.groups.list_groups(hints), hints=hints)

    @wsgi.route('POST', '/groups', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'group', 'extra')
        values.setdefault('domain_id', domain_for(req))
        self.enforce(req, 'create_group', group=values)
        return single(req, 'group', self.managers.groups.create_group(values), 'groups')

    def _load(self, req, rule, group_id):
        return self.load(req, rule, 'group', self.managers.groups.get_group, group_id)

    @wsgi.route('GET', '/groups/<group_id>')
    def show(self, req, group_id):
        return single(req, 'group', self._load(req, 'get_group', group_id), 'groups')

    @wsgi.route('PATCH', '/groups/<group_id>', schema=UPDATE)
    def update(self, req, group_id, body):
        self._load(req, 'update_group', group_id)
        values = taken(body, 'group', 'extra')
        return single(req, 'group', self.managers.groups.update_group(group_id, values), 'groups')

    @wsgi.route('DELETE', '/groups/<group_id>', status=204)
    def delete(self, req, group_id):
        self._load(req, 'delete_group', group_id)
        self.managers.groups.delete_group(group_id)

    @wsgi.route('GET', '/groups/<group_id>/users')
    def users(self, req, group_id):
        self._load(req, 'list_users_in_group', group_id)
        hints = user_hints(req, text=('name',))
        keep_to_domain(req, hints)
        return listed(req, 'users', self.managers.groups.users_in(group_id, hints), hints=hints)

    def _check(self, req, rule, group_id, user_id):
        self.load_all(req, rule, {'group': functools.partial(self.managers.groups.get_group, group_id),
                                  'user': functools.partial(self.managers.identity.get_user, user_id)})

    @wsgi.route('PUT', '/groups/<group_id>/users/<user_id>', status=204)
    def add(self, req, group_id, user_id):
        self._check(req, 'add_user_to_group', group_id, user_id)
        self.managers.groups.add_member(user_id, group_id)

    @wsgi.route('GET', '/groups/<group_id>/users/<user_id>', status=204)
    def check(self, req, group_id, user_id):
        self._check(req, 'check_user_in_group', group_id, user_id)
        self.managers.groups.check_member(user_id, group_id)

    @wsgi.route('DELETE', '/groups/<group_id>/users/<user_id>', status=204)
    def remove(self, req, group_id, user_id):
        self._check(req, 'remove_user_from_group', group_id, user_id)
        self.managers.groups.remove_member(user_id, group_id)
