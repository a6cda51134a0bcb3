"""The rules of groups and memberships."""
from essex.exception import BadRequest
from keystone.db import assignments
from keystone.exception import GroupNotFound, MembershipNotFound
from keystone.identity.manager import public
from keystone.identity.writes import carry_out
from keystone.ids import new_id


class GroupManager:
    """Groups live where the users live: in the driver of `identity`."""

    def __init__(self, changes, resource, identity):
        self.changes, self.resource, self.identity = changes, resource, identity
        self.driver = identity.driver

    def get_group(self, group_id):
        """Raises GroupNotFound."""
        group = self.driver.get_group(group_id)
        if group is None:
            raise GroupNotFound(group_id)
        return group

    def list_groups(self, hints):
        """The groups that pass `hints`."""
        return self.driver.list_groups(hints)

    def _carry_out(self, group_id, write, verb, record=lambda session: None, domain_id=None):
        def follow(session):
            record(session)
            self.changes.tell(verb, 'group', group_id)

        in_directory = self.driver.in_directory('group', group_id, domain_id)
        return carry_out(self.changes, in_directory, write, follow)

    def create_group(self, values):
        """Make a group (name and domain_id at least)."""
        self.resource.enabled_domain(values['domain_id'])
        group = {'description': '', **values, 'id': new_id()}
        group['description'] = group['description'] or ''
        self._carry_out(group['id'], lambda: self.driver.create_group(group), 'created', domain_id=group['domain_id'])
        return self.get_group(group['id'])

    def update_group(self, group_id, values):
        """Change a group's fields; its domain stays."""
        group = self.get_group(group_id)
        if values.get('domain_id', group['domain_id']) != group['domain_id']:
            raise BadRequest('The domain of a group cannot be changed.')
        values = {key: value for key, value in values.items() if key not in ('id', 'domain_id')}
        if 'description' in values:
            values['description'] = values['description'] or ''
        self._carry_out(group_id, lambda: self.driver.update_group(group_id, values), 'updated')
        return self.get_group(group_id)

    def delete_group(self, group_id):
        """Remove a group with its grants."""
        self.get_group(group_id)
        self._carry_out(group_id, lambda: self.driver.delete_group(group_id), 'deleted',
                        lambda session: assignments.remove_actor(session, 'group', group_id))

    def groups_of(self, user_id, hints):
        """Groups a user is in. Raises UserNotFound."""
        self.identity.full_user(user_id)
        return self.driver.groups_of(user_id, hints)

    def users_in(self, group_id, hints):
        """Users of a group. Raises GroupNotFound."""
        self.get_group(group_id)
        return [public(user) for user in self.driver.users_in(group_id, hints)]

    def add_member(self, user_id, group_id):
        """Raises UserNotFound, GroupNotFound."""
        self.identity.full_user(user_id)
        self.get_group(group_id)
        self._carry_out(group_id, lambda: self.driver.add_member(user_id, group_id), 'updated')

    def check_member(self, user_id, group_id):
        """Raises MembershipNotFound unless the user is in the group."""
        self.identity.full_user(user_id)
        self.get_group(group_id)
        if not self.driver.is_member(user_id, group_id):
            raise MembershipNotFound(user=user_id, group=group_id)

    def remove_member(self, user_id, group_id):
        """Raises MembershipNotFound."""
        self.identity.full_user(user_id)
        self.get_group(group_id)

        def write():
            if not self.driver.remove_member(user_id, group_id):
                raise MembershipNotFound(user=user_id, group=group_id)

        self._carry_out(group_id, write, 'updated')
