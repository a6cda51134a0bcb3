"""Users and groups in the memory of this process: for trying things out. All is gone when it ends."""
import logging

from keystone.exception import NameConflict
from keystone.identity import passwords, refs
from keystone.identity.driver import IdentityDriver

LOG = logging.getLogger(__name__)


class Identity(IdentityDriver):
    """Plain dicts. With several workers each has its own: run one."""

    knows_domains = True

    def __init__(self, conf=None):
        LOG.warning('Users and groups are kept in memory ([identity] driver = kvs): they are lost at the next restart')
        self._users, self._groups, self._members, self._hashes = {}, {}, set(), {}

    def full_user(self, user_id):
        user = self._users.get(user_id)
        return user and dict(user)

    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        return next((dict(user) for user in self._users.values()
                     if user['name'] == name and user['domain_id'] == domain_id), None)

    def check_password(self, user, password):
        return passwords.matches(password, user and self._hashes.get(user['id']))

    def prepare_password(self, password):
        return passwords.make(password)

    def list_users(self, hints):
        return refs.cut(self._users.values(), hints)

    def create_user(self, user, password):
        self._store(self._users, 'user', user)
        if password is not None:
            self._hashes[user['id']] = password

    def update_user(self, user_id, values):
        self._store(self._users, 'user', {**self._users[user_id], **values})

    def set_password(self, user_id, password, self_service=False, **terms):
        self._hashes[user_id] = password

    def delete_user(self, user_id):
        self._users.pop(user_id, None)
        self._hashes.pop(user_id, None)
        self._members = {pair for pair in self._members if pair[0] != user_id}

    @staticmethod
    def _store(objects, kind, ref):
        for other in objects.values():
            if other['id'] != ref['id'] and (other['name'], other['domain_id']) == (ref['name'], ref['domain_id']):
                raise NameConflict(kind=kind, name=ref['name'])
        objects[ref['id']] = dict(ref)

    def get_group(self, group_id):
        group = self._groups.get(group_id)
        return group and dict(group)

    def list_groups(self, hints):
        return refs.cut(self._groups.values(), hints)

    def create_group(self, group):
        self._store(self._groups, 'group', group)

    def update_group(self, group_id, values):
        self._store(self._groups, 'group', {**self._groups[group_id], **values})

    def delete_group(self, group_id):
        self._groups.pop(group_id, None)
        self._members = {pair for pair in self._members if pair[1] != group_id}

    def groups_of(self, user_id, hints):
        return refs.cut([self._groups[group] for user, group in self._members if user == user_id], hints)

    def users_in(self, group_id, hints):
        return refs.cut([self._users[user] for user, group in self._members if group == group_id], hints)

    def is_member(self, user_id, group_id):
        return (user_id, group_id) in self._members

    def add_member(self, user_id, group_id):
        self._members.add((user_id, group_id))

    def remove_member(self, user_id, group_id):
        found = (user_id, group_id) in self._members
        self._members.discard((user_id, group_id))
        return found
