"""Authentication methods: the contract, password and token. Others plug in by entry points `essex.keystone.auth`."""
import abc
import dataclasses

from essex import config
from essex.exception import BadRequest, Forbidden
from keystone.auth.scope import domain_of

CONF = config.CONF

# What a token hands on to those it is exchanged for.
CARRIED = ('idp_id', 'protocol_id', 'group_ids', 'thumbprint')


@dataclasses.dataclass
class Proof:
    """What one method established: who it is, and what that is worth."""

    user: dict
    methods: list
    # The end and the audit chain of the token this was proved with.
    expires_at: float = None
    audit_chain: str = None
    # The one scope this is good for, as v3's scope object: who asks for a scope of his own is refused.
    scope: dict = None
    # Fields of Claims that mark a special kind of token: {'app_cred_id': ...}.
    kind: dict = dataclasses.field(default_factory=dict)


class AuthMethod(abc.ABC):
    """One way to prove who one is. `managers` are all managers of the service."""

    def __init__(self, managers):
        self.managers = managers

    @abc.abstractmethod
    def authenticate(self, payload, wants_scope):
        """The Proof for this method's part of the body. Raises AuthFailed.

        `wants_scope` tells whether the new token is to be scoped.
        """


def named(user):
    """{'user_id'} or {'name', 'domain_...'} of a v3 user reference. Raises BadRequest when it has neither."""
    if user.get('id') is not None:
        return {'user_id': user['id']}
    if user.get('name') is not None:
        return {'name': user['name'], **domain_of(user.get('domain'))}
    raise BadRequest('The user has to be given by id or by name.')


class PasswordMethod(AuthMethod):
    """{"user": {"id" or "name" and "domain", "password"}}"""

    def authenticate(self, payload, wants_scope):
        user = payload['user']
        return Proof(self.managers.identity.authenticate(user['password'], **named(user)), ['password'])


class TokenMethod(AuthMethod):
    """{"id": token}: another scope for the same user. Never prolongs anything. Raises TokenNotFound (404, as the
    original)."""

    def authenticate(self, payload, wants_scope):
        token = self.managers.tokens.validate(payload['id'])
        if token.scoped and wants_scope and not CONF.token.allow_rescope_scoped_token:
            raise Forbidden('A scoped token cannot be exchanged for another here.')
        claims = token.claims
        if claims.trust_id or claims.access_token_id or claims.app_cred_id:
            raise Forbidden('A token got by a trust, by OAuth or by an application credential cannot be exchanged.')
        kind = {name: getattr(claims, name) for name in CARRIED if getattr(claims, name) is not None}
        return Proof(token.user, [*claims.methods, 'token'], claims.expires_at,
                     claims.audit_ids[-1], kind=kind)
