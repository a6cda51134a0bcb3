"""/v2.0/tokens"""
from essex import config, wsgi
from essex.exception import BadRequest, Unauthorized
from keystone import origin
from keystone.api.delegated import check_understood
from keystone.api.revoked import refuse_revocation_list
from keystone.api.v2 import token_view
from keystone.api.v2.base import TEXT_OR_NULL, Controller, check_size
from keystone.db.records import Hints
from keystone.exception import AuthFailed, TokenNotFound

CONF = config.CONF

_TEXT = {'type': 'string'}
AUTH = {'type': 'object', 'required': ['auth'], 'properties': {'auth': {
    'type': 'object', 'properties': {
        'passwordCredentials': {'type': 'object', 'required': ['password'], 'properties': {
            'username': _TEXT, 'userId': _TEXT, 'password': _TEXT}},
        'token': {'type': 'object', 'required': ['id'], 'properties': {'id': _TEXT}},
        'tenantName': TEXT_OR_NULL, 'tenantId': TEXT_OR_NULL, 'trust_id': TEXT_OR_NULL}}}}


class TokenController(Controller):

    @wsgi.route('POST', '/tokens', schema=AUTH, no_auth=True)
    def authenticate(self, req, body):
        auth = body['auth']
        check_size(tenantName=auth.get('tenantName'), tenantId=auth.get('tenantId'), trust_id=auth.get('trust_id'))
        try:
            token = self.managers.auth.authenticate(self._identity(auth), self._scope(auth))
        except TokenNotFound as error:
            # v3 says 404 here, v2.0 always said this.
            raise AuthFailed() from error
        if _is_outside(token):
            raise AuthFailed()
        return self._reply(token, with_catalog=True)

    @staticmethod
    def _identity(auth):
        credentials = auth.get('passwordCredentials')
        if credentials is not None:
            key, name = credentials.get('userId'), credentials.get('username')
            check_size(userId=key, username=name)
            check_size(4096, password=credentials['password'])
            if key is None and name is None:
                raise BadRequest('passwordCredentials has to hold username or userId.')
            who = {'id': key} if key is not None else {'name': name}
            return {'methods': ['password'], 'password': {'user': {**who, 'password': credentials['password']}}}
        if 'token' in auth:
            check_size(CONF.max_token_size, token=auth['token']['id'])
            return {'methods': ['token'], 'token': {'id': auth['token']['id']}}
        if origin.current().remote_user[0]:
            return {'methods': ['external']}
        raise BadRequest('auth has to hold passwordCredentials or token.')

    @staticmethod
    def _scope(auth):
        if auth.get('trust_id'):
            return {'OS-TRUST:trust': {'id': auth['trust_id']}}
        if auth.get('tenantId'):
            return {'project': {'id': auth['tenantId']}}
        if auth.get('tenantName'):
            return {'project': {'name': auth['tenantName']}}
        # v2.0 never scopes to the default tenant by itself.
        return {'unscoped': {}}

    def _reply(self, token, with_catalog, services=None):
        catalog = None
        if with_catalog:
            catalog = token_view.catalog_of(self.managers, token)
        body = token_view.access(token, catalog)
        if services is not None:
            user = body['access']['user']
            user['roles'] = self._of_services(user['roles'], services.split(','))
        return wsgi.Reply(body, headers={'Vary': 'X-Auth-Token'})

    def _of_services(self, roles, services):
        """HP-IDM: the roles that belong to these services; `global` asks for those that belong to none."""
        found = self.managers.roles.list_roles(Hints().add('id', [role['id'] for role in roles], 'in'))
        wanted = {role['id'] for role in found if role.get('serviceId', 'global') in services}
        return [role for role in roles if role['id'] in wanted]

    def _token(self, req, token_id):
        self.enforce(req, 'validate_token')
        token = self.managers.tokens.validate(token_id)
        belongs_to = req.query().get('belongsTo', [None])[-1]
        if belongs_to is not None and belongs_to != token.claims.project_id:
            raise Unauthorized('The token does not belong to the tenant that was named.')
        check_understood(req, token)
        if _is_outside(token):
            raise TokenNotFound()
        return token

    @wsgi.route('GET', '/tokens/<token_id>')
    def validate(self, req, token_id):
        query = req.query()
        return self._reply(self._token(req, token_id), 'belongsTo' in query, query.get('HP-IDM-serviceId', [None])[-1])

    @wsgi.route('GET', '/OS-KSVALIDATE/token/validate')
    def validate_subject(self, req):
        return self.validate(req, self._subject(req))

    @wsgi.route('GET', '/OS-KSVALIDATE/token/endpoints')
    def endpoints_of_subject(self, req):
        return self.endpoints(req, self._subject(req))

    @staticmethod
    def _subject(req):
        """OS-KSVALIDATE: the token is named in a header, which no log of requests holds."""
        if not req.headers.get('X-Subject-Token'):
            raise BadRequest('The header X-Subject-Token has to name the token this request is about.')
        return req.headers['X-Subject-Token']

    @wsgi.route('GET', '/tokens/revoked')
    def revoked(self, req):
        self.admin_only(req)
        refuse_revocation_list()

    @wsgi.route('DELETE', '/tokens/<token_id>', status=204)
    def revoke(self, req, token_id):
        self.admin_only(req)
        self.managers.tokens.revoke(self.managers.tokens.validate(token_id))

    @wsgi.route('GET', '/tokens/<token_id>/endpoints')
    def endpoints(self, req, token_id):
        token = self._token(req, token_id)
        catalog = token_view.catalog_of(self.managers, token)
        found = [{**each, 'tenantId': token.claims.project_id} for each in token_view.endpoint_list(catalog)]
        return {'endpoints': found, 'endpoints_links': []}


def _is_outside(token):
    """Whether a token is for more than the default domain: a v2.0 client would take its user or tenant for the one of
    the same name there."""
    default = CONF.identity.default_domain_id
    return bool(token.user['domain_id'] != default or token.claims.domain_id or token.claims.system or (
        token.project and token.project['domain_id'] != default))
