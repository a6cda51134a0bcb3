"""Users and groups in the service's own database."""
from essex import db
from keystone.db import records, users
from keystone.db.models import Group, User
from keystone.exception import NameConflict
from keystone.identity import compliance, passwords
from keystone.identity.driver import IdentityDriver


def _as_of_today(user):
    """The user, disabled when he has rested for too long."""
    if user is not None and compliance.is_inactive(user):
        user['enabled'] = False
    return user


class Identity(IdentityDriver):
    """The default backend."""

    knows_domains = True

    def full_user(self, user_id):
        with db.reader() as session:
            return _as_of_today(users.full(session, user_id))

    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        with db.reader() as session:
            return _as_of_today(users.full_by_name(session, name, domain_id, domain_name))

    def check_password(self, user, password):
        return passwords.matches(password, user and user['password_hash'])

    def prepare_password(self, password):
        return passwords.make(password)

    def list_users(self, hints):
        with db.reader() as session:
            found = users.with_expiry(session, users.listing(session, hints))
        return [_as_of_today(user) for user in found]

    def create_user(self, user, password):
        with db.writer() as session:
            records.create(session, User, user, NameConflict(kind='user', name=user['name']))
            if password is not None:
                users.set_password(session, user['id'], password)

    def update_user(self, user_id, values):
        with db.writer() as session:
            records.change(session, User, user_id, values, NameConflict(kind='user', name=values.get('name')))

    def set_password(self, user_id, password, self_service=False, expires_at=None, keep=0):
        with db.writer() as session:
            users.set_password(session, user_id, password, self_service, expires_at, keep)

    def had_password(self, user_id, password, count):
        with db.reader() as session:
            hashes = users.last_passwords(session, user_id, count)
        return any(passwords.matches(password, each) for each in hashes)

    def count_failure(self, user_id, horizon):
        with db.writer() as session:
            users.count_failure(session, user_id, horizon)

    def forget_failures(self, user_id):
        with db.writer() as session:
            users.forget_failures(session, user_id)

    def note_activity(self, user_id):
        with db.writer() as session:
            users.note_activity(session, user_id)

    def delete_user(self, user_id):
        with db.writer() as session:
            users.remove(session, user_id)

    def get_group(self, group_id):
        with db.reader() as session:
            return records.get(session, Group, Group.id == group_id)

    def list_groups(self, hints):
        with db.reader() as session:
            return records.listing(session, Group, hints)

    def create_group(self, group):
        with db.writer() as session:
            records.create(session, Group, group, NameConflict(kind='group', name=group['name']))

    def update_group(self, group_id, values):
        with db.writer() as session:
            records.change(session, Group, group_id, values, NameConflict(kind='group', name=values.get('name')))

    def delete_group(self, group_id):
        with db.writer() as session:
            users.remove_group(session, group_id)

    def groups_of(self, user_id, hints):
        with db.reader() as session:
            return users.groups_of(session, user_id, hints)

    def users_in(self, group_id, hints):
        with db.reader() as session:
            found = users.with_expiry(session, users.users_in(session, group_id, hints))
        return [_as_of_today(user) for user in found]

    def is_member(self, user_id, group_id):
        with db.reader() as session:
            return users.is_member(session, user_id, group_id)

    def add_member(self, user_id, group_id):
        with db.writer() as session:
            users.add_member(session, user_id, group_id)

    def remove_member(self, user_id, group_id):
        with db.writer() as session:
            return users.remove_member(session, user_id, group_id) > 0
