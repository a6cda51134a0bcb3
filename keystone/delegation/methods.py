"""Authentication methods of what was delegated: application_credential and oauth1."""
from essex.exception import BadRequest
from keystone.auth.methods import AuthMethod, Proof
from keystone.auth.scope import domain_of


class ApplicationCredentialMethod(AuthMethod):
    """{"id" or "name" and "user": {"id" or "name" and "domain"}, "secret"}"""

    def authenticate(self, payload, wants_scope):
        if payload.get('id') is not None:
            who = {'cred_id': payload['id']}
        else:
            user = payload.get('user') or {}
            if payload.get('name') is None or (user.get('id') is None and user.get('name') is None):
                raise BadRequest('The application credential has to be given by id, or by name with its user.')
            who = {'name': payload['name'], 'user_id': user.get('id'), 'user_name': user.get('name'),
                   **domain_of(user.get('domain'))}
        user, cred = self.managers.app_creds.authenticate(payload['secret'], **who)
        return Proof(user, ['application_credential'], scope={'project': {'id': cred['project_id']}},
                     kind={'app_cred_id': cred['id']})


class Oauth1Method(AuthMethod):
    """{}: the proof is the signature in the header Authorization, with an access token."""

    def authenticate(self, payload, wants_scope):
        user, access = self.managers.oauth1.authenticate()
        return Proof(user, ['oauth1'], scope={'project': {'id': access['project_id']}},
                     kind={'access_token_id': access['id']})
