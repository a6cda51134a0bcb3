"""Puts methods together: everything named must prove the same user."""
import stevedore

from essex import config
from essex.exception import Unauthorized
from keystone import origin
from keystone.auth.external import ExternalMethod
from keystone.auth.methods import PasswordMethod, TokenMethod
from keystone.auth.receipts import Factors
from keystone.auth.scope import ScopeResolver
from keystone.auth.totp import TotpMethod
from keystone.delegation.methods import ApplicationCredentialMethod, Oauth1Method
from keystone.exception import AuthFailed, AuthMethodNotSupported, MoreFactorsNeeded, WrongPassword
from keystone.federation.mapped import MappedMethod, OpenidMethod, Saml2Method

CONF = config.CONF


class AuthManager:
    """Authenticates; the methods are those of `[auth] methods` that have a plugin."""

    BUILTIN = {'external': ExternalMethod, 'password': PasswordMethod, 'token': TokenMethod, 'totp': TotpMethod,
               'mapped': MappedMethod, 'openid': OpenidMethod, 'saml2': Saml2Method,
               'application_credential': ApplicationCredentialMethod, 'oauth1': Oauth1Method}

    def __init__(self, managers):
        self.managers = managers
        self.scopes = ScopeResolver(managers.grants)
        self.factors = Factors()
        known = dict(self.BUILTIN)
        plugins = stevedore.ExtensionManager('essex.keystone.auth')
        known.update((extension.name, extension.plugin) for extension in plugins)
        self.methods = {name: known[name](managers) for name in CONF.auth.methods if name in known}

    @property
    def federated(self):
        """Names of the methods that take an identity provider's assertion."""
        return {name for name, method in self.methods.items() if isinstance(method, MappedMethod)}

    def authenticate(self, identity, wanted_scope=None, receipt_id=None):
        """A new Token for v3's identity object ({methods, <method>: {...}}) and scope object.

        What the receipt of an earlier attempt says counts as proved. Raises AuthFailed, MoreFactorsNeeded (with a
        receipt), AuthMethodNotSupported, ScopeDenied, AttemptsExceeded.
        """
        tell = self.managers.changes.notifications.authenticated
        try:
            with self.managers.identity.throttle.by_address():
                proofs = self._proofs(identity, wanted_scope)
            user = proofs[0].user
            methods = self.factors.check(user, [name for proof in proofs for name in proof.methods], receipt_id)
            self.managers.identity.logged_in(user)
            scope, kind = self._scope(user, proofs, wanted_scope)
        except MoreFactorsNeeded:
            tell('pending', user['id'])
            raise
        except WrongPassword as error:
            tell('failure', error.user_id, identity['password']['user']['password'])
            raise
        except Unauthorized:
            tell('failure', _claimed(identity))
            raise
        ends = [proof.expires_at for proof in proofs if proof.expires_at is not None]
        chain = next((proof.audit_chain for proof in proofs if proof.audit_chain is not None), None)
        token = self.managers.tokens.issue(user, methods, scope, audit_chain=chain,
                                           expires_at=min(ends) if ends else None, **{**kind, **scope.kind})
        tell('success', user['id'])
        return token

    def _proofs(self, identity, wanted_scope):
        # Whom the web server authenticated need name no method at all.
        names = list(dict.fromkeys(identity['methods'])) or (['external'] if origin.current().remote_user[0] else [])
        proofs = [self._prove(name, identity, wanted_scope) for name in names]
        if not proofs or len({proof.user['id'] for proof in proofs}) != 1:
            raise AuthFailed()
        return proofs

    def _scope(self, user, proofs, wanted_scope):
        """(Scope, what marks a special kind of token)."""
        bound = [proof.scope for proof in proofs if proof.scope is not None]
        if bound and wanted_scope is not None:
            raise Unauthorized('These credentials are good for one scope: ask for none.')
        wanted_scope = bound[0] if bound else wanted_scope
        kind = {name: value for proof in proofs for name, value in proof.kind.items()}
        return self.scopes.resolve(user, wanted_scope, kind.get('group_ids') or ()), kind

    def _prove(self, name, identity, wanted_scope):
        if name not in self.methods:
            raise AuthMethodNotSupported(self.methods)
        # Who asks for nothing gets his default project, if he has one.
        wants_scope = wanted_scope is None or 'unscoped' not in wanted_scope
        return self.methods[name].authenticate(identity.get(name) or {}, wants_scope)


def _claimed(identity):
    """The id of the user who is said to authenticate, when it was given."""
    for name in identity['methods']:
        user = (identity.get(name) or {}).get('user')
        if isinstance(user, dict) and isinstance(user.get('id'), str):
            return user['id'][:64]
    return None
