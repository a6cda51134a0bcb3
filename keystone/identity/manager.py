"""The rules of users: what a change to one means for tokens, grants and credentials."""
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone import drivers
from keystone.db import assignments, credentials
from keystone.exception import AuthFailed, UserNotFound
from keystone.identity import sql
from keystone.ids import new_id

OPTS = [
    cfg.StrOpt('driver', default='sql', help='Where users and groups live.'),
    cfg.StrOpt('default_domain_id', default='default',
               help='Domain of users and projects that are named without one (v2.0 knows no domains).'),
]
CONF = config.register(OPTS, 'identity')

# What the API shows of a user beside its extras.
_HIDDEN = ('created_at', 'last_active_at', 'failed_auth_count', 'failed_auth_at', 'password_hash', 'domain_name',
           'domain_enabled')


def public(user):
    """The user as others may see it."""
    shown = {key: value for key, value in user.items() if key not in _HIDDEN}
    expires = shown.get('password_expires_at')
    shown['password_expires_at'] = expires.isoformat(timespec='microseconds') if expires else None
    shown['options'] = shown.get('options') or {}
    if shown['default_project_id'] is None:
        del shown['default_project_id']
    return shown


class IdentityManager:
    """Users. `resource` knows domains, `revocation` voids tokens, `changes` tells the other processes."""

    def __init__(self, changes, resource, revocation):
        self.changes, self.resource, self.revocation = changes, resource, revocation
        self.driver = drivers.load('essex.keystone.identity', CONF.identity.driver, {'sql': sql.Identity})

    def full_user(self, user_id):
        """The user with domain_name and domain_enabled. Raises UserNotFound."""
        user = self.driver.full_user(user_id)
        if user is None:
            raise UserNotFound(user_id)
        return user

    def get_user(self, user_id):
        """The user as others may see it. Raises UserNotFound."""
        return public(self.full_user(user_id))

    def user_by_name(self, name, domain_id):
        """The full user of that name. Raises UserNotFound."""
        user = self.driver.full_user_by_name(name, domain_id=domain_id)
        if user is None:
            raise UserNotFound(name)
        return user

    def list_users(self, hints):
        """The users that pass `hints`."""
        return [public(user) for user in self.driver.list_users(hints)]

    def authenticate(self, password, user_id=None, name=None, domain_id=None, domain_name=None):
        """The full user these credentials belong to. Raises AuthFailed, alike for every reason."""
        if user_id is not None:
            user = self.driver.full_user(user_id)
        else:
            user = self.driver.full_user_by_name(name, domain_id, domain_name)
        fits = self.driver.check_password(user, password)
        if not fits or not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        expires = user.get('password_expires_at')
        if expires is not None and expires <= db.utcnow():
            raise AuthFailed()
        return user

    @db.retry
    def _store(self, user, prepared):
        with self.changes.writer():
            self.driver.create_user(user, prepared)
            self.changes.tell('created', 'user', user['id'])

    def create_user(self, values):
        """Make a user from `values` (name and domain_id at least; id, password... as given)."""
        self.resource.enabled_domain(values['domain_id'])
        self._check_default_project(values.get('default_project_id'))
        user = {'enabled': True, **values, 'id': values.get('id') or new_id()}
        password = user.pop('password', None)
        user['options'] = {name: value for name, value in (user.get('options') or {}).items() if value is not None}
        prepared = None if password is None else self.driver.prepare_password(password)
        self._store(user, prepared)
        return self.get_user(user['id'])

    def _check_default_project(self, project_id):
        if project_id is not None:
            project = self.resource.find_project(project_id)
            if project is not None and project['is_domain']:
                raise BadRequest("A user's default project cannot be a domain.")

    def update_user(self, user_id, values):
        """Change a user. A new password or `enabled: false` voids the user's tokens."""
        user = self.full_user(user_id)
        if values.get('domain_id', user['domain_id']) != user['domain_id']:
            raise BadRequest('The domain of a user cannot be changed.')
        self._check_default_project(values.get('default_project_id'))
        values = {key: value for key, value in values.items() if key not in ('id', 'domain_id')}
        password = values.pop('password', None)
        if 'options' in values:
            merged = {**(user.get('options') or {}), **(values['options'] or {})}
            values['options'] = {name: value for name, value in merged.items() if value is not None}
        prepared = None if password is None else self.driver.prepare_password(password)
        self._change(user_id, values, prepared)
        return self.get_user(user_id)

    @db.retry
    def _change(self, user_id, values, prepared, self_service=False):
        with self.changes.writer():
            if values:
                self.driver.update_user(user_id, values)
            if prepared is not None:
                self.driver.set_password(user_id, prepared, self_service)
            if prepared is not None or values.get('enabled') is False:
                self.revocation.revoke(user_id=user_id)
            self.changes.tell('updated', 'user', user_id)
            if values.get('enabled') is False:
                self.changes.tell('disabled', 'user', user_id)

    def change_password(self, user_id, original, new):
        """A user's own change. Raises AuthFailed when `original` is wrong, BadRequest when `new` is the same."""
        user = self.authenticate(original, user_id=user_id)
        if (user.get('options') or {}).get('lock_password'):
            raise Forbidden('This password is locked: only an administrator changes it.')
        if new == original:
            raise BadRequest('The new password cannot be identical to the original one.')
        self._change(user_id, {}, self.driver.prepare_password(new), self_service=True)

    @db.retry
    def delete_user(self, user_id):
        """Remove a user with its grants and credentials."""
        self.full_user(user_id)
        with self.changes.writer() as session:
            assignments.remove_actor(session, 'user', user_id)
            credentials.remove_of(session, user_id=user_id)
            self.driver.delete_user(user_id)
            self.revocation.revoke(user_id=user_id)
            self.changes.tell('deleted', 'user', user_id)
