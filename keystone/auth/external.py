"""The method external: whom the web server in front has authenticated (REMOTE_USER, REMOTE_DOMAIN)."""
from essex import config
from keystone import origin
from keystone.auth.methods import AuthMethod, Proof
from keystone.exception import AuthFailed

CONF = config.CONF


class ExternalMethod(AuthMethod):
    """Trusts the environment of the request, which no header of a client can set. Needs no payload."""

    def authenticate(self, payload, wants_scope):
        name, domain = origin.current().remote_user
        if not name:
            raise AuthFailed()
        where = {'domain_name': domain} if domain else {'domain_id': CONF.identity.default_domain_id}
        user = self.managers.identity.find(name=name, **where)
        if user is None or not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        return Proof(user, ['external'])
