"""Tokens for requests that EC2 or S3 clients signed: another service received them and asks whose they are."""
import datetime

from essex import config
from keystone.credential import signatures
from keystone.exception import AuthFailed, CredentialNotFound

CONF = config.CONF

METHOD = 'ec2credential'
# Who is not there: a signature is computed all the same, so that time tells nothing.
_NOBODY = {'secret': '0' * 32, 'user_id': None}


class SignedRequests:
    """Finds the key pair a request was signed with, and issues a token for its user and project."""

    def __init__(self, managers):
        self.managers = managers

    def ec2(self, access, request):
        """A Token for a signed EC2 request (see signatures.is_signed). Raises AuthFailed, BadRequest."""
        # Failures are not limited: the address is that of a service, and the key is no secret. Who has seen a signed
        # URL could keep its owner out.
        found = self._find(access)
        fits = signatures.is_signed(request, found['secret'])
        self._check_age(request)
        return self._issue(found, fits)

    def s3(self, access, token, signature):
        """A Token for a string that was signed for S3. Raises AuthFailed, BadRequest."""
        found = self._find(access)
        return self._issue(found, signatures.is_signed_s3(token, signature, found['secret']))

    def _find(self, access):
        """The key pair; `access:tenant` is accepted for the tenant the pair is for, by id or name."""
        try:
            return self.managers.ec2.find(access)
        except CredentialNotFound:
            key, _, tenant = access.rpartition(':')
        try:
            found = self.managers.ec2.find(key) if key else _NOBODY
        except CredentialNotFound:
            return _NOBODY
        project = self.managers.resource.find_project(found['tenant_id']) if key else None
        return found if project and tenant in (project['id'], project['name']) else _NOBODY

    @staticmethod
    def _check_age(request):
        ttl = datetime.timedelta(minutes=CONF.credential.auth_ttl)
        if not ttl:
            return
        signed = signatures.signed_at(request)
        if signed is None or abs(datetime.datetime.now(datetime.UTC) - signed) > ttl:
            raise AuthFailed()

    def _issue(self, found, fits):
        user = self.managers.identity.driver.full_user(found['user_id']) if found['user_id'] and fits else None
        if user is None or not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        wanted = {'project': {'id': found['tenant_id']}}
        if found['trust_id']:
            wanted = {'OS-TRUST:trust': {'id': found['trust_id']}}
        scope = self.managers.auth.scopes.resolve(user, wanted)
        kind = {name: found[name] for name in ('app_cred_id', 'access_token_id') if found[name]}
        return self.managers.tokens.issue(user, [METHOD], scope, **{**kind, **scope.kind})
