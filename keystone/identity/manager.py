"""The rules of users: what a change to one means for tokens, grants and credentials."""
from oslo_config import cfg
from sqlalchemy.exc import IntegrityError

from essex import config, db
from essex.exception import BadRequest, Conflict
from keystone.db import assignments, credentials, delegation, federation
from keystone.exception import AccountDisabled, AuthFailed, PasswordExpired, UserNotFound, WrongPassword
from keystone.identity import backends, compliance, passwords
from keystone.identity.throttle import Throttle
from keystone.identity.writes import carry_out
from keystone.ids import new_id

OPTS = [
    cfg.StrOpt('driver', default='sql', help='Where users and groups live.'),
    cfg.StrOpt('default_domain_id', default='default',
               help='Domain of users and projects that are named without one (v2.0 knows no domains).'),
]
CONF = config.register(OPTS, 'identity')

# What the API shows of a user beside its extras.
_HIDDEN = ('created_at', 'last_active_at', 'failed_auth_count', 'failed_auth_at', 'password_hash', 'domain_name',
           'domain_enabled', 'password_created_at', 'password_self_service', 'directory_id', 'directory_dn')


def public(user):
    """The user as others may see it."""
    shown = {key: value for key, value in user.items() if key not in _HIDDEN}
    expires = shown.get('password_expires_at')
    shown['password_expires_at'] = expires.isoformat(timespec='microseconds') if expires else None
    shown['options'] = shown.get('options') or {}
    if shown['default_project_id'] is None:
        del shown['default_project_id']
    return shown


def _terms(user, self_service):
    """How long a new password of the user holds and how many older ones are kept, as set_password takes it."""
    expires, keep = compliance.expiry(user, self_service), CONF.security_compliance.unique_last_password_count - 1
    return {**({'expires_at': expires} if expires else {}), **({'keep': keep} if keep > 0 else {})}


class IdentityManager:
    """Users. `resource` knows domains, `revocation` voids tokens, `changes` tells the other processes."""

    def __init__(self, changes, resource, revocation, domain_config=None):
        self.changes, self.resource, self.revocation = changes, resource, revocation
        self.driver = backends.load(changes, domain_config)
        self.throttle = Throttle()

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
        """The full user these credentials belong to.

        Raises AuthFailed, alike for unknown users, wrong passwords and locked accounts; and, to who knows the
        password, AccountDisabled and PasswordExpired.
        """
        user = self._prove(password, user_id, name, domain_id, domain_name)
        if compliance.is_expired(user):
            raise PasswordExpired(user_id=user['id'])
        return user

    def find(self, user_id=None, name=None, domain_id=None, domain_name=None):
        """The full user named by an id, or by a name in a domain; None when there is none."""
        if user_id is not None:
            return self.driver.full_user(user_id)
        return self.driver.full_user_by_name(name, domain_id, domain_name)

    def _prove(self, password, *who):
        user = self.find(*who)
        # However he was named: by id, by name, in any spelling a database takes for the same.
        with self.throttle.by_user(*([user['id']] if user else who)):
            # Computed in any case: how long it takes must not tell whether there is such a user.
            fits = self.driver.check_password(user, password)
            if user is None or not self.may_log_in(user, fits):
                raise AuthFailed() if user is None or fits else WrongPassword(user['id'])
        if not user['enabled']:
            raise AccountDisabled(user_id=user['id'])
        if not user['domain_enabled']:
            raise AuthFailed()
        return user

    def may_log_in(self, user, fits):
        """Count what became of a full user's secret; whether it fitted and the account is not locked."""
        if compliance.is_locked(user):
            return False
        if not fits:
            if compliance.counts_failures(user):
                self._count_failure(user['id'])
            return False
        # While the secret was checked others may have tried: a thousand at once must not get a thousand guesses.
        return not (compliance.counts_failures(user) and compliance.is_locked(self.full_user(user['id'])))

    def logged_in(self, user):
        """Note that a full user proved all that is asked of him: only this ends a row of failures, since one factor
        that fits must not buy guesses at another."""
        if user.get('failed_auth_count') or ('last_active_at' in user and compliance.notes_activity(user)):
            self._count_success(user)

    @db.retry
    def _count_failure(self, user_id):
        self.driver.count_failure(user_id, compliance.failure_horizon())

    @db.retry
    def _count_success(self, user):
        if user.get('failed_auth_count'):
            self.driver.forget_failures(user['id'])
        if compliance.notes_activity(user):
            self.driver.note_activity(user['id'])

    def _store(self, user, prepared, federated):
        def write():
            self.driver.create_user(user, prepared)
            terms = _terms(user, self_service=False)
            if prepared is not None and terms:
                self.driver.set_password(user['id'], prepared, **terms)

        def record(session):
            self._link(session, user['id'], federated)
            self.changes.tell('created', 'user', user['id'])

        in_directory = self.driver.in_directory('user', domain_id=user['domain_id'])
        self._check_link(in_directory, federated)
        carry_out(self.changes, in_directory, write, record)

    @staticmethod
    def _check_link(in_directory, federated):
        if in_directory and federated:
            raise BadRequest('Users of a directory are known to no identity provider: leave out "federated".')

    @staticmethod
    def _link(session, user_id, federated):
        """In the transaction that makes or changes the user. Raises Conflict."""
        if federated is None:
            return
        try:
            federation.set_links(session, user_id, federated)
        except IntegrityError as error:
            raise Conflict('Another user has just become that one to the identity provider.') from error

    def _prepare(self, password, is_hashed):
        """What the driver stores for a new password; None stays None. Raises what forbids that password."""
        if password is None:
            return None
        if is_hashed and passwords.is_hash(password):
            return password
        compliance.check_pattern(password)
        return self.driver.prepare_password(password)

    def create_user(self, values, is_hashed=False, federated=None):
        """Make a user from `values` (name and domain_id at least; id, password... as given).

        `federated` is who he is to identity providers (checked by ShadowManager.check_identities). Raises Conflict.
        With `is_hashed` a password of the form `$6$...` is taken for the hash of one, as v2.0 always did.
        """
        self.resource.enabled_domain(values['domain_id'])
        self._check_default_project(values.get('default_project_id'))
        user = {'enabled': True, **values, 'id': values.get('id') or new_id()}
        password = user.pop('password', None)
        user['options'] = {name: value for name, value in (user.get('options') or {}).items() if value is not None}
        self._store(user, self._prepare(password, is_hashed), federated)
        return self.get_user(user['id'])

    def _check_default_project(self, project_id):
        if project_id is not None:
            project = self.resource.find_project(project_id)
            if project is not None and project['is_domain']:
                raise BadRequest("A user's default project cannot be a domain.")

    def update_user(self, user_id, values, is_hashed=False, federated=None):
        """Change a user. A new password or `enabled: false` voids the user's tokens. The rest is as at create_user."""
        user = self.full_user(user_id)
        if values.get('domain_id', user['domain_id']) != user['domain_id']:
            raise BadRequest('The domain of a user cannot be changed.')
        self._check_default_project(values.get('default_project_id'))
        values = {key: value for key, value in values.items() if key not in ('id', 'domain_id')}
        password = values.pop('password', None)
        if 'options' in values:
            merged = {**(user.get('options') or {}), **(values['options'] or {})}
            values['options'] = {name: value for name, value in merged.items() if value is not None}
        self._change({**user, **values}, values, self._prepare(password, is_hashed), federated=federated)
        return self.get_user(user_id)

    def _change(self, user, values, prepared, self_service=False, federated=None):
        """`user` is the full user as he will be, `values` what is new."""
        user_id = user['id']

        def write():
            if values:
                self.driver.update_user(user_id, values)
            if prepared is not None:
                self.driver.set_password(user_id, prepared, self_service, **_terms(user, self_service))
            by_administrator = not self_service and (prepared is not None or values.get('enabled'))
            if by_administrator and user.get('failed_auth_count'):
                # This is how a locked account is opened.
                self.driver.forget_failures(user_id)
            if values.get('enabled') and compliance.notes_activity(user):
                # Who is enabled again has not rested since.
                self.driver.note_activity(user_id)

        def record(session):
            self._link(session, user_id, federated)
            if prepared is not None or values.get('enabled') is False:
                self.revocation.revoke(user_id=user_id)
            self.changes.tell('updated', 'user', user_id)
            if values.get('enabled') is False:
                self.changes.tell('disabled', 'user', user_id)

        in_directory = self.driver.in_directory('user', user_id)
        self._check_link(in_directory, federated)
        carry_out(self.changes, in_directory, write, record)

    def change_password(self, user_id, original, new):
        """A user's own change, of an expired password too. Raises AuthFailed when `original` is wrong, BadRequest
        when the rules of passwords forbid `new`, or to change at all."""
        with self.throttle.by_address():
            user = self._prove(original, user_id, None, None, None)
        compliance.check_pattern(new)
        compliance.check_own_change(user, lambda count: self.driver.had_password(user_id, new, count))
        self._change(user, {}, self.driver.prepare_password(new), self_service=True)

    def delete_user(self, user_id):
        """Remove a user with its grants and credentials."""
        self.full_user(user_id)

        def record(session):
            assignments.remove_actor(session, 'user', user_id)
            credentials.remove_of(session, user_id=user_id)
            delegation.remove_of(session, user_ids=[user_id])
            self.revocation.revoke(user_id=user_id)
            self.changes.tell('deleted', 'user', user_id)

        carry_out(self.changes, self.driver.in_directory('user', user_id),
                  lambda: self.driver.delete_user(user_id), record)
