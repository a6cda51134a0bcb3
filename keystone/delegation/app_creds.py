"""The rules of application credentials: a secret of its own for a program, good for some roles on one project."""
import secrets

from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone.changes import FACTS
from keystone.db import app_creds
from keystone.delegation import roles as roles_
from keystone.delegation.limits import end_no_later, keep_roles
from keystone.exception import AccessRuleNotFound, AppCredNotFound, AuthFailed, NameConflict, TokenNotFound
from keystone.identity import passwords
from keystone.ids import new_id

OPTS = [
    cfg.IntOpt('user_limit', default=-1, min=-1, help='Application credentials a user can have; -1: any number.'),
]
CONF = config.register(OPTS, 'application_credential')


class AppCredManager:
    """Application credentials and the access rules they share, of one user each."""

    def __init__(self, changes, identity, roles):
        self.changes, self.identity, self.roles = changes, identity, roles

    @staticmethod
    def _shown(creds):
        roles = {role['id']: {name: role[name] for name in ('id', 'name', 'domain_id', 'description', 'options')}
                 for role in roles_.shown({role_id for cred in creds for role_id in cred['role_ids']})}
        shown = []
        for cred in creds:
            fields = {name: value for name, value in cred.items() if name not in ('secret_hash', 'role_ids')}
            fields['roles'] = [roles[role_id] for role_id in cred['role_ids'] if role_id in roles]
            if not cred['access_rules']:
                del fields['access_rules']
            shown.append(fields)
        return shown

    def find(self, cred_id):
        """The credential of any user, without its secret. Raises AppCredNotFound."""
        with db.reader() as session:
            cred = app_creds.get(session, cred_id)
        if cred is None:
            raise AppCredNotFound(cred_id)
        return self._shown([cred])[0]

    def get(self, user_id, cred_id):
        """The user's credential, without its secret. Raises AppCredNotFound."""
        cred = self.find(cred_id)
        if cred['user_id'] != user_id:
            raise AppCredNotFound(cred_id)
        return cred

    def list(self, user_id, hints):
        """The user's credentials that pass `hints`."""
        with db.reader() as session:
            return self._shown(app_creds.of_user(session, user_id, hints))

    def create(self, values, token_roles, wanted_roles=None, rules=None):
        """Make one (name, user_id, project_id; secret, description, expires_at, unrestricted); returns it.

        `wanted_roles` are [{id} or {name}] out of `token_roles`, or None for all of these. `rules` are [{id} or
        {service, path, method}]. The answer has the secret, for the only time. Raises BadRequest, NameConflict,
        AccessRuleNotFound, Forbidden (over the limit).
        """
        if values.get('expires_at') is not None and values['expires_at'] <= db.utcnow():
            raise BadRequest('expires_at lies in the past.')
        # bcrypt reads 72 bytes, which 54 random ones fill; where more is refused, no more are made.
        secret = values.pop('secret', None) or secrets.token_urlsafe(54 if CONF.strict_password_check else 64)
        cred = {'unrestricted': None, 'description': None, 'expires_at': None, **values, 'id': new_id(),
                'secret_hash': passwords.make(secret)}
        self._store(cred, {role['id'] for role in token_roles}, wanted_roles, rules or [])
        return {**self.get(cred['user_id'], cred['id']), 'secret': secret}

    @db.retry
    def _store(self, cred, held, wanted_roles, rules):
        limit = CONF.application_credential.user_limit
        with self.changes.writer() as session:
            # From here on others wait who would count as many.
            self.changes.announce(session, FACTS)
            if -1 < limit <= app_creds.count(session, cred['user_id']):
                raise Forbidden(f'A user has at most {limit} application credentials here.')
            role_ids = roles_.named(session, wanted_roles) if wanted_roles else held
            if not held.issuperset(role_ids):
                raise BadRequest('Cannot create an application credential with unassigned role.')
            rule_ids = [self._rule_id(session, cred['user_id'], rule) for rule in rules]
            app_creds.add(session, cred, role_ids, dict.fromkeys(rule_ids),
                          NameConflict(kind='application credential', name=cred['name']))
            self.changes.tell('created', 'application_credential', cred['id'])

    @staticmethod
    def _rule_id(session, user_id, rule):
        """The id of a rule given by id or by its parts; one that the user has already is used again."""
        if 'id' in rule:
            if app_creds.rule(session, user_id, id=rule['id']) is None:
                raise AccessRuleNotFound(rule['id'])
            return rule['id']
        parts = {name: rule[name] for name in ('service', 'path', 'method')}
        found = app_creds.rule(session, user_id, **parts)
        if found is None:
            found = {**parts, 'id': new_id(), 'user_id': user_id}
            app_creds.add_rule(session, found)
        return found['id']

    @db.retry
    def delete(self, user_id, cred_id):
        """Remove one with the tokens by it; its access rules stay. Raises AppCredNotFound."""
        with self.changes.writer() as session:
            if not app_creds.remove(session, app_creds.AppCred.id == cred_id, app_creds.AppCred.user_id == user_id):
                raise AppCredNotFound(cred_id)
            self.changes.tell('deleted', 'application_credential', cred_id)

    def list_rules(self, user_id, hints):
        """The user's access rules that pass `hints`."""
        with db.reader() as session:
            return app_creds.rules_of(session, user_id, hints)

    def get_rule(self, user_id, rule_id):
        """Raises AccessRuleNotFound."""
        with db.reader() as session:
            rule = app_creds.rule(session, user_id, id=rule_id)
        if rule is None:
            raise AccessRuleNotFound(rule_id)
        return rule

    @db.retry
    def delete_rule(self, user_id, rule_id):
        """Raises AccessRuleNotFound, Forbidden: an application credential has it."""
        with db.writer() as session:
            self.get_rule(user_id, rule_id)
            if app_creds.rule_is_used(session, rule_id):
                raise Forbidden(f'Access rule {rule_id} is in use by an application credential: delete that first.')
            app_creds.remove_rule(session, rule_id)

    def authenticate(self, secret, cred_id=None, name=None, user_id=None, user_name=None, **domain):
        """(the full user, the credential) that fit a secret, by id or by name and user. Raises AuthFailed."""
        user = None
        with db.reader() as session:
            if cred_id is not None:
                cred = app_creds.get(session, cred_id)
                user = cred and self.identity.driver.full_user(cred['user_id'])
            else:
                driver = self.identity.driver
                user = driver.full_user(user_id) if user_id else driver.full_user_by_name(user_name, **domain)
                cred = user and app_creds.get_by_name(session, user['id'], name)
        # As long for one that does not exist.
        fits = passwords.matches(secret, cred and cred['secret_hash'])
        if not fits or user is None or not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        if cred['expires_at'] is not None and cred['expires_at'] <= db.utcnow():
            raise AuthFailed()
        return user, cred

    def complete(self, session, token):
        """Fill in a token by an application credential (TokenManager.extend)."""
        cred = app_creds.get(session, token.claims.app_cred_id)
        if cred is None or (cred['user_id'], cred['project_id']) != (token.user['id'], token.claims.project_id):
            raise TokenNotFound()
        keep_roles(token, cred['role_ids'], self.roles)
        end_no_later(token, cred['expires_at'])
        shown = {'id': cred['id'], 'name': cred['name'], 'restricted': not cred['unrestricted']}
        if cred['access_rules']:
            shown['access_rules'] = cred['access_rules']
        token.shown['application_credential'] = shown
