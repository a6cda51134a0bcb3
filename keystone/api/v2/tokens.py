"""/v2.0/tokens"""
from essex import config, wsgi
from essex.exception import BadRequest, Unauthorized
from keystone.api.v2 import token_view
from keystone.api.v2.base import TEXT_OR_NULL, Controller, check_size
from keystone.exception import TokenNotFound

CONF = config.CONF

_TEXT = {'type': 'string'}
AUTH = {'type': 'object', 'required': ['auth'], 'properties': {'auth': {
    'type': 'object', 'properties': {
        'passwordCredentials': {'type': 'object', 'required': ['password'], 'properties': {
            'username': _TEXT, 'userId': _TEXT, 'password': _TEXT}},
        'token': {'type': 'object', 'required': ['id'], 'properties': {'id': _TEXT}},
        'tenantName': TEXT_OR_NULL, 'tenantId': TEXT_OR_NULL}}}}


class TokenController(Controller):

    @wsgi.route('POST', '/tokens', schema=AUTH, no_auth=True)
    def authenticate(self, req, body):
        auth = body['auth']
        check_size(name=auth.get('tenantName'), key=auth.get('tenantId'))
        token = self.managers.auth.authenticate(self._identity(auth), self._scope(auth))
        return self._reply(token, with_catalog=True)

    @staticmethod
    def _identity(auth):
        credentials = auth.get('passwordCredentials')
        if credentials is not None:
            key, name = credentials.get('userId'), credentials.get('username')
            check_size(key=key, name=name)
            check_size(4096, password=credentials['password'])
            if key is None and name is None:
                raise BadRequest('passwordCredentials has to hold username or userId.')
            who = {'id': key} if key is not None else {'name': name}
            return {'methods': ['password'], 'password': {'user': {**who, 'password': credentials['password']}}}
        if 'token' in auth:
            check_size(CONF.max_token_size, token=auth['token']['id'])
            return {'methods': ['token'], 'token': {'id': auth['token']['id']}}
        raise BadRequest('auth has to hold passwordCredentials or token.')

    @staticmethod
    def _scope(auth):
        if auth.get('tenantId'):
            return {'project': {'id': auth['tenantId']}}
        if auth.get('tenantName'):
            return {'project': {'name': auth['tenantName']}}
        # v2.0 never scopes to the default tenant by itself.
        return {'unscoped': {}}

    def _reply(self, token, with_catalog):
        catalog = None
        if with_catalog:
            catalog = self.managers.catalog.catalog(token.user['id'], token.claims.project_id) if token.project else []
        return wsgi.Reply(token_view.access(token, catalog), headers={'Vary': 'X-Auth-Token'})

    def _token(self, req, token_id):
        self.enforce(req, 'validate_token')
        token = self.managers.tokens.validate(token_id)
        belongs_to = req.query().get('belongsTo', [None])[-1]
        if belongs_to is not None and belongs_to != token.claims.project_id:
            raise Unauthorized('The token does not belong to the tenant that was named.')
        default = CONF.identity.default_domain_id
        outside = token.user['domain_id'] != default or token.claims.domain_id or token.claims.system or (
            token.project and token.project['domain_id'] != default)
        if outside:
            # A v2.0 client would take it for the user or tenant of the same name in the default domain.
            raise TokenNotFound()
        return token

    @wsgi.route('GET', '/tokens/<token_id>')
    def validate(self, req, token_id):
        return self._reply(self._token(req, token_id), with_catalog='belongsTo' in req.query())

    @wsgi.route('DELETE', '/tokens/<token_id>', status=204)
    def revoke(self, req, token_id):
        self.admin_only(req)
        self.managers.tokens.revoke(self.managers.tokens.validate(token_id))

    @wsgi.route('GET', '/tokens/<token_id>/endpoints')
    def endpoints(self, req, token_id):
        token = self._token(req, token_id)
        catalog = self.managers.catalog.catalog(token.user['id'], token.claims.project_id)
        found = [{**each, 'tenantId': token.claims.project_id} for each in token_view.endpoint_list(catalog)]
        return {'endpoints': found, 'endpoints_links': []}
