"""Membership of a tenant as v2.0 has it: a user may belong to one where nobody gave him a role."""
from oslo_config import cfg

from essex import config, db
from keystone.assignment.grants import Grant
from keystone.db.records import Hints

CONF = config.register([
    cfg.StrOpt('member_role_name', default='_member_',
               help='Role that v2.0 gives a user who joins a tenant without a role of his own; made when needed.')])


class MembershipManager:
    """A member without a role of his own has the role `member_role_name`, which allows nothing by itself."""

    def __init__(self, changes, grants, roles):
        self.changes, self.grants, self.roles = changes, grants, roles

    def join(self, user_id, tenant_id):
        """Make the user a member of the tenant; returns False when he has some role there already."""
        grant = Grant('user', user_id, 'project', tenant_id)
        if self.grants.direct_roles(grant):
            return False
        found = self.roles.list_roles(Hints().add('name', CONF.member_role_name))
        role = found[0] if found else self.roles.create_role({'name': CONF.member_role_name})
        self.grants.add(grant, role['id'])
        return True

    @db.retry
    def take(self, grant, role_id):
        """Take a role; with the last one the membership ends, as v2.0 always had it. Raises AssignmentNotFound."""
        with self.changes.writer():
            self.grants.remove(grant, role_id)
            left = self.grants.direct_roles(grant)
            if [role['name'] for role in left] == [CONF.member_role_name]:
                self.grants.remove(grant, left[0]['id'])
