"""Puts methods together: everything named must prove the same user."""
import stevedore

from essex import config
from essex.exception import Unauthorized
from keystone.auth.methods import PasswordMethod, TokenMethod
from keystone.auth.scope import ScopeResolver
from keystone.exception import AuthFailed, AuthMethodNotSupported
from keystone.federation.mapped import MappedMethod, OpenidMethod, Saml2Method

CONF = config.CONF


class AuthManager:
    """Authenticates; the methods are those of `[auth] methods` that have a plugin."""

    BUILTIN = {'password': PasswordMethod, 'token': TokenMethod, 'mapped': MappedMethod, 'openid': OpenidMethod,
               'saml2': Saml2Method}

    def __init__(self, managers):
        self.managers = managers
        self.scopes = ScopeResolver(managers.grants)
        known = dict(self.BUILTIN)
        plugins = stevedore.ExtensionManager('essex.keystone.auth')
        known.update((extension.name, extension.plugin) for extension in plugins)
        self.methods = {name: known[name](managers) for name in CONF.auth.methods if name in known}

    @property
    def federated(self):
        """Names of the methods that take an identity provider's assertion."""
        return {name for name, method in self.methods.items() if isinstance(method, MappedMethod)}

    def authenticate(self, identity, wanted_scope=None):
        """A new Token for v3's identity object ({methods, <method>: {...}}) and scope object."""
        proofs = [self._prove(name, identity, wanted_scope) for name in dict.fromkeys(identity['methods'])]
        if not proofs or len({proof.user['id'] for proof in proofs}) != 1:
            raise AuthFailed()
        user = proofs[0].user
        bound = [proof.scope for proof in proofs if proof.scope is not None]
        if bound and wanted_scope is not None:
            raise Unauthorized('These credentials are good for one scope: ask for none.')
        wanted_scope = bound[0] if bound else wanted_scope
        kind = {name: value for proof in proofs for name, value in proof.kind.items()}
        scope = self.scopes.resolve(user, wanted_scope, kind.get('group_ids') or ())
        methods = [name for proof in proofs for name in proof.methods]
        ends = [proof.expires_at for proof in proofs if proof.expires_at is not None]
        chain = next((proof.audit_chain for proof in proofs if proof.audit_chain is not None), None)
        return self.managers.tokens.issue(user, methods, scope, audit_chain=chain,
                                          expires_at=min(ends) if ends else None, **{**kind, **scope.kind})

    def _prove(self, name, identity, wanted_scope):
        if name not in self.methods:
            raise AuthMethodNotSupported(self.methods)
        wants_scope = wanted_scope is not None and 'unscoped' not in wanted_scope
        return self.methods[name].authenticate(identity[name], wants_scope)
