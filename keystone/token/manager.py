"""Issues, validates and revokes tokens.

A token is looked up live: its user, scope and roles are read from the database, so that what was taken away is
gone from tokens that exist. The result is kept in memory until anything it rests on changes (keystone.changes).

Special kinds of tokens (by a trust, an application credential, an OAuth1 access token, of a federated user) carry
one more id in their Claims. Who keeps such things says with `extend` how a token of the kind is completed; that is
all there is to a kind here. A kind that nobody completes is not accepted.
"""
import time

from oslo_config import cfg

from essex import config, db
from keystone import drivers
from keystone.changes import FACTS
from keystone.db import projects
from keystone.db.models import DOMAIN_ROOT
from keystone.exception import AuthFailed, TokenNotFound
from keystone.token import payload
from keystone.token.cache import Cache
from keystone.token.jws import JwsProvider
from keystone.token.model import Claims, Token, new_audit_id
from keystone.token.provider import FernetProvider
from keystone.token.stored import StoredProvider

OPTS = [
    cfg.IntOpt('expiration', default=3600, min=1, help='Seconds a token lives.'),
    cfg.StrOpt('provider', default='fernet',
               help='How tokens are written: fernet, jws, or uuid (kept where [token] driver says).'),
    cfg.BoolOpt('caching', default=True, help='Keep validated tokens in memory.'),
    cfg.IntOpt('cache_size', default=5000, min=1, help='Validated tokens kept in memory (about 2 KB each).'),
    cfg.IntOpt('cache_time', default=600, min=1,
               help='Seconds after which a remembered token is looked up again: groups of directories and of identity '
                    'providers change without a word.'),
    cfg.IntOpt('allow_expired_window', default=172800, min=0,
               help='Seconds after its end in which a service may still validate a token with allow_expired.'),
    cfg.BoolOpt('allow_rescope_scoped_token', default=True,
                help='Whether a scoped token can be exchanged for another.'),
]
CONF = config.register(OPTS, 'token')
config.register([cfg.IntOpt('max_token_size', default=255, min=1,
                            help='Longest token in the body of a v2.0 request; a longer one is 413.')])

PROVIDERS = {'fernet': FernetProvider, 'jws': JwsProvider, 'uuid': StoredProvider}
# No token is longer: it travels in a header, and web servers take 8 KB of those.
_LONGEST = 8192


class TokenManager:
    """Tokens. `grants` tells roles, `revocation` what is void, `changes` when to forget."""

    def __init__(self, changes, identity, grants, revocation):
        self.changes, self.identity, self.grants, self.revocation = changes, identity, grants, revocation
        self.provider = drivers.load('essex.keystone.token', CONF.token.provider, PROVIDERS)
        self.cache = Cache(CONF.token.cache_size)
        # {field of Claims: what completes a token that has it}
        self._kinds = {'trust_id': None, 'app_cred_id': None, 'access_token_id': None, 'idp_id': None}
        changes.listen(FACTS, self.cache.clear)
        revocation.listen(self._drop_revoked)

    def extend(self, field, complete):
        """Tokens whose Claims have `field` are completed by `complete(session, token)`.

        It is called when such a token is issued (it has no id yet) and whenever one is looked up. The result is
        remembered until anything changes, so what it reads must change within `changes.writer()`. It finds the user
        and the scope, both enabled, and in `token.roles` what the user has there by own grants and those of
        `claims.group_ids`, maybe nothing. It raises TokenNotFound when what the token rests on is gone, expired,
        disabled or no longer enough. Otherwise it may replace `token.user` (a dict of `public_user`) and
        `token.roles`, add members of the v3 document to `token.shown` and values for fields of revocation events to
        `token.more_facts`: {'trust_id': (id,)}; {'user_id': (trustor, trustee)} in place of the user's own. At issue
        it may lower `token.claims.expires_at`.
        A look-up is no use of a trust: it counts nothing down.
        """
        if field not in self._kinds:
            raise KeyError(field)
        self._kinds[field] = complete

    def _complete(self, session, token):
        for field, complete in self._kinds.items():
            if getattr(token.claims, field) is not None:
                if complete is None:
                    raise TokenNotFound()
                complete(session, token)

    def _drop_revoked(self, events):
        def is_void(token):
            facts = token.facts()
            return any(self.revocation.fits(event, facts, token.claims.issued_at) for event in events)
        self.cache.drop_where(is_void)

    def issue(self, user, methods, scope, audit_chain=None, expires_at=None, **kind):
        """A new Token for an authenticated full user and a Scope (keystone.auth.scope).

        `audit_chain` is the chain of the token this one was got with, `expires_at` the latest end; `kind` are fields
        of Claims that mark a special kind. Raises AuthFailed when that cannot be completed.
        """
        self.changes.check()
        generation = self.changes.generation
        now = int(time.time())
        audit_ids = [new_audit_id()] if audit_chain is None else [new_audit_id(), audit_chain]
        end = now + CONF.token.expiration
        claims = Claims(user['id'], methods, audit_ids, now, end if expires_at is None else min(end, expires_at),
                        project_id=scope.project and scope.project['id'],
                        domain_id=scope.domain and scope.domain['id'], system=scope.system, **kind)
        token = Token(None, claims, public_user(user), scope.project, scope.project_domain, scope.domain, scope.roles)
        if kind:
            self._complete_new(token)
        claims.issued_at = self.revocation.earliest(token.facts(), now)
        # As it will be read back: in the order of the mask.
        claims.methods = payload.unpack_methods(payload.pack_methods(claims.methods))
        token.id = self.provider.encode(claims)
        self._remember(token, generation)
        return token

    def _complete_new(self, token):
        try:
            with db.reader() as session:
                self._complete(session, token)
        except TokenNotFound as error:
            raise AuthFailed() from error

    def _remember(self, token, generation):
        # What was read while something changed may be old already.
        if CONF.token.caching and generation == self.changes.generation:
            token.looked_up_at = time.time()
            self.cache.put(token.id, token)

    def validate(self, token_id, window=0):
        """The Token of this text. Raises TokenNotFound for every reason: malformed, expired, revoked, disabled...

        `window` seconds after its end a token is still accepted.
        """
        if not token_id or len(token_id) > _LONGEST:
            raise TokenNotFound()
        self.changes.check()
        token = self.cache.get(token_id)
        if token is None or token.looked_up_at + CONF.token.cache_time <= time.time():
            token = self._look_up(token_id, window)
        if token.claims.expires_at + window <= time.time():
            raise TokenNotFound()
        return token

    def _look_up(self, token_id, window):
        generation = self.changes.generation
        claims = self.provider.decode(token_id)
        if claims.expires_at + window <= time.time():
            raise TokenNotFound()
        user = self.identity.driver.full_user(claims.user_id)
        if user is None or not user['enabled'] or not user['domain_enabled']:
            raise TokenNotFound()
        token = Token(token_id, claims, public_user(user))
        with db.reader() as session:
            self._load_scope(session, token)
            self._complete(session, token)
        if token.scoped and not token.roles:
            raise TokenNotFound()
        if self.revocation.is_revoked(token.facts(), claims.issued_at):
            raise TokenNotFound()
        self._remember(token, generation)
        return token

    def _load_scope(self, session, token):
        claims, groups = token.claims, token.claims.group_ids or ()
        if claims.project_id is not None:
            chain = projects.chain_by_id(session, claims.project_id)
            if not chain or not all(project['enabled'] for project in chain):
                raise TokenNotFound()
            token.project, token.project_domain = chain[0], chain[-1]
            token.roles = self.grants.roles_on_project(session, claims.user_id, chain, groups)
        elif claims.domain_id is not None:
            token.domain = projects.domain(session, claims.domain_id)
            if token.domain is None or not token.domain['enabled']:
                raise TokenNotFound()
            token.roles = self.grants.roles_on_domain(session, claims.user_id, claims.domain_id, groups)
        elif claims.system:
            token.roles = self.grants.roles_on_system(session, claims.user_id, groups)

    @db.retry
    def revoke(self, token):
        """Void a token and those it was the first of: what was got with it, at any remove."""
        own = token.claims.audit_ids[0]
        with db.writer():
            self.revocation.revoke(audit_id=own)
            self.revocation.revoke(audit_chain_id=own)
        self.provider.forget(token.id)


def public_user(user):
    """The part of a full user that tokens show."""
    return {'id': user['id'], 'name': user['name'], 'domain_id': user['domain_id'], 'domain_name': user['domain_name'],
            'password_expires_at': user.get('password_expires_at'), 'email': user.get('email'),
            'options': user.get('options'),
            'default_project_id': user.get('default_project_id')}


def is_domain(project):
    """Whether a project is one that acts as a domain."""
    return project['domain_id'] == DOMAIN_ROOT
