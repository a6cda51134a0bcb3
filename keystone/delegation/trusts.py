"""The rules of trusts: a trustor lets a trustee use some of his roles on a project, as himself or in his name.

A trust may be handed on (redelegated): then the roles are still those of the one at the head of the chain.
"""
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone.auth.scope import Scope
from keystone.db import projects, trusts
from keystone.delegation import roles as roles_
from keystone.delegation.limits import end_no_later
from keystone.exception import AuthFailed, RoleNotFound, TokenNotFound, TrustNotFound
from keystone.ids import new_id
from keystone.token.manager import public_user

OPTS = [
    cfg.BoolOpt('allow_redelegation', default=False, help='Whether a trust can be handed on to others.'),
    cfg.IntOpt('max_redelegation_count', default=3, min=0, help='How often a trust can be handed on at most.'),
]
CONF = config.register(OPTS, 'trust')

# The member of v3's scope object and of the token's document, and what notifications call a trust.
SCOPE = KIND = 'OS-TRUST:trust'


def is_over(trust):
    """Whether a trust can no longer be looked at or used: deleted, expired or used up."""
    return (trust['deleted_at'] is not None or trust['remaining_uses'] == 0
            or (trust['expires_at'] is not None and trust['expires_at'] <= db.utcnow()))


class TrustManager:
    """Trusts, and the tokens by them."""

    def __init__(self, changes, resource, identity, roles, grants, revocation):
        self.changes, self.resource, self.identity = changes, resource, identity
        self.roles, self.grants, self.revocation = roles, grants, revocation

    def get(self, trust_id):
        """The trust with its roles as the API shows them. Raises TrustNotFound, also when it is over."""
        with db.reader() as session:
            trust = trusts.get(session, trust_id)
        if trust is None or is_over(trust):
            raise TrustNotFound(trust_id)
        return {**trust, 'roles': roles_.shown(trust['role_ids'])}

    def list(self, trustor_id=None, trustee_id=None):
        """Trusts, without their roles."""
        with db.reader() as session:
            return trusts.search(session, trustor_id, trustee_id)

    @db.retry
    def create(self, values, wanted_roles, allow_redelegation=False, parent_id=None):
        """Make a trust; returns it.

        `wanted_roles` are [{id} or {name}]; `parent_id` is the trust that the caller's token is by. Raises
        UserNotFound, ProjectNotFound, RoleNotFound (not the trustor's), BadRequest, Forbidden.
        """
        trust = {'project_id': None, 'expires_at': None, 'remaining_uses': None, **values, 'id': new_id(),
                 'redelegated_trust_id': parent_id}
        self.identity.full_user(trust['trustor_user_id'])
        self.identity.full_user(trust['trustee_user_id'])
        if trust['expires_at'] is not None and trust['expires_at'] <= db.utcnow():
            raise BadRequest('expires_at lies in the past.')
        with self.changes.writer() as session:
            parent = trusts.get(session, parent_id) if parent_id else None
            trust['redelegation_count'] = self._redelegations(trust, parent, allow_redelegation)
            role_ids = self._role_ids(session, trust, wanted_roles, parent)
            if parent is not None:
                self._check_parent(trust, role_ids, parent)
            trusts.add(session, trust, role_ids)
            self.changes.tell('created', KIND, trust['id'])
        return self.get(trust['id'])

    @staticmethod
    def _redelegations(trust, parent, allowed):
        """How often the new trust can be handed on."""
        count, most = trust.pop('redelegation_count', None), CONF.trust.max_redelegation_count
        if parent is not None:
            if not CONF.trust.allow_redelegation:
                raise Forbidden('Trusts are not handed on in this cloud ([trust] allow_redelegation).')
            if parent['redelegation_count'] < 1 or is_over(parent):
                raise Forbidden('This trust cannot be handed on any further.')
            most = min(most, parent['redelegation_count'] - 1)
        if not allowed or count == 0:
            return 0
        if count is not None and count > most:
            raise Forbidden(f'This trust can be handed on at most {most} times (redelegation_count).')
        if trust['remaining_uses'] is not None:
            raise BadRequest('A trust that may be handed on has no limit of uses: leave out remaining_uses.')
        return most if count is None else count

    def _role_ids(self, session, trust, wanted, parent):
        if trust['project_id'] is None:
            if wanted:
                raise BadRequest('Roles are handed on for a project: name it in project_id.')
            return []
        self.resource.get_project(trust['project_id'])
        if not wanted:
            raise Forbidden('At least one role has to be handed on for the project.')
        role_ids = roles_.named(session, wanted)
        owner = trust['trustor_user_id'] if parent is None else self._head(session, parent)['trustor_user_id']
        try:
            held = roles_.held(session, self.grants, owner, trust['project_id'])
        except TokenNotFound:
            held = set()
        for role_id in role_ids:
            if role_id not in held:
                raise RoleNotFound(role_id)
        return role_ids

    @staticmethod
    def _check_parent(trust, role_ids, parent):
        """What is handed on is no more than what was got."""
        if trust['project_id'] != parent['project_id'] or not set(role_ids) <= set(parent['role_ids']):
            raise Forbidden('Only roles of the trust itself, on its project, can be handed on.')
        if trust['impersonation'] and not parent['impersonation']:
            raise Forbidden('The trust is without impersonation, so what is handed on from it is, too.')
        if parent['expires_at'] is not None:
            trust['expires_at'] = trust['expires_at'] or parent['expires_at']
            if trust['expires_at'] > parent['expires_at']:
                raise Forbidden('A trust handed on ends no later than the one it comes from.')

    @staticmethod
    def _head(session, trust):
        """The trust at the head of the chain: its trustor is who has the roles."""
        while trust is not None and trust['redelegated_trust_id'] is not None:
            trust = trusts.get(session, trust['redelegated_trust_id'])
        if trust is None:
            raise TokenNotFound()
        return trust

    @db.retry
    def delete(self, trust_id):
        """End a trust and what was handed on from it, with all tokens by them."""
        with self.changes.writer() as session:
            gone = trusts.family(session, [trust_id])
            trusts.mark_deleted(session, gone)
            for each in gone:
                self.revocation.revoke(trust_id=each)
                self.changes.tell('deleted', KIND, each)

    @db.retry
    def flush(self, before, **wanted):
        """Forget what was deleted or expired before a moment; returns how many. `wanted`: arguments of the query."""
        with db.writer() as session:
            return trusts.flush(session, before, **wanted)

    def scope(self, user, wanted):
        """The Scope for {"id": trust} as `user`: one use of the trust.

        Raises AuthFailed (no such trust, or over), Forbidden: not the trustee, or nothing is left to hand on.
        """
        with db.reader() as session:
            trust = trusts.get(session, wanted['id'])
            if trust is None or is_over(trust):
                raise AuthFailed()
            if trust['trustee_user_id'] != user['id']:
                raise Forbidden('You are not the trustee of this trust.')
            try:
                _, role_ids = self._in_force(session, trust)
            except TokenNotFound as error:
                raise Forbidden('The trustor cannot hand on what this trust promises any more.') from error
            scope = Scope(roles=self.roles.effective(role_ids), kind={'trust_id': trust['id']})
            if trust['project_id'] is not None:
                chain = projects.chain_by_id(session, trust['project_id'])
                scope.project, scope.project_domain = chain[0], chain[-1]
        if trust['remaining_uses'] is not None:
            self._use(trust['id'])
        return scope

    @db.retry
    def _use(self, trust_id):
        with db.writer() as session:
            if not trusts.use(session, trust_id):
                raise Forbidden('The last use of this trust is just gone.')

    def _in_force(self, session, trust):
        """(trustor as a full user, role ids) of a trust as things are now. Raises TokenNotFound: nothing is left."""
        trustor, head = self._enabled(trust['trustor_user_id']), self._head(session, trust)
        if trust['project_id'] is not None:
            if head is not trust:
                self._enabled(head['trustor_user_id'])
            held = roles_.held(session, self.grants, head['trustor_user_id'], trust['project_id'])
            if not trust['role_ids'] or not held.issuperset(trust['role_ids']):
                raise TokenNotFound()
        return trustor, trust['role_ids']

    def _enabled(self, user_id):
        user = self.identity.driver.full_user(user_id)
        if user is None or not user['enabled'] or not user['domain_enabled']:
            raise TokenNotFound()
        return user

    def complete(self, session, token):
        """Fill in a token by a trust (TokenManager.extend). A used up one does not void the tokens got with it."""
        trust = trusts.get(session, token.claims.trust_id)
        if trust is None or trust['deleted_at'] is not None or trust['project_id'] != token.claims.project_id:
            raise TokenNotFound()
        trustor, role_ids = self._in_force(session, trust)
        self._enabled(trust['trustee_user_id'])
        if trust['impersonation']:
            token.user = public_user(trustor)
        end_no_later(token, trust['expires_at'])
        token.roles = self.roles.effective(role_ids)
        people = {side: {'id': trust[f'{side}_user_id']} for side in ('trustor', 'trustee')}
        token.shown[SCOPE] = {'id': trust['id'], 'impersonation': trust['impersonation'],
                              'trustor_user': people['trustor'], 'trustee_user': people['trustee']}
        token.more_facts.update(trust_id=(trust['id'],), user_id=(people['trustor']['id'], people['trustee']['id']))
