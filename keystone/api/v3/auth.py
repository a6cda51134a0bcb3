"""/v3/auth: tokens, and what one's token can be used for."""
from essex import config, wsgi
from essex.exception import BadRequest, Forbidden, NotFound, Unauthorized
from keystone.api.base import Controller
from keystone.api.delegated import check_understood
from keystone.api.revoked import refuse_revocation_list
from keystone.api.v3 import schemas
from keystone.api.v3.collection import is_true, listed, self_link
from keystone.api.v3.token_view import TokenView

CONF = config.CONF

_TEXT = {'type': 'string'}
_DOMAIN = {'type': 'object', 'properties': {'id': _TEXT, 'name': _TEXT}, 'additionalProperties': False,
           'anyOf': [{'required': ['id']}, {'required': ['name']}]}
_NAMED = {'anyOf': [{'required': ['id']}, {'required': ['name']}]}
_SCOPE = {
    'anyOf': [
        {'type': 'string', 'enum': ['unscoped']},
        {'type': 'object', 'minProperties': 1, 'maxProperties': 1, 'additionalProperties': False, 'properties': {
            'project': {'type': 'object', 'additionalProperties': False, **_NAMED,
                        'properties': {'id': _TEXT, 'name': _TEXT, 'domain': _DOMAIN}},
            'domain': _DOMAIN,
            'system': {'type': 'object', 'properties': {'all': {'enum': [True]}}, 'required': ['all'],
                       'additionalProperties': False},
            'OS-TRUST:trust': schemas.closed({'id': _TEXT}, ['id']),
            'unscoped': {'type': 'object'}}}]}
_IDENTITY = {
    'type': 'object', 'required': ['methods'], 'properties': {
        'methods': {'type': 'array', 'items': _TEXT, 'maxItems': 16},
        'password': schemas.closed({'user': {
            'type': 'object', 'required': ['password'], 'additionalProperties': False, **_NAMED,
            'properties': {'id': _TEXT, 'name': _TEXT, 'password': _TEXT, 'domain': _DOMAIN}}}, ['user']),
        'totp': schemas.closed({'user': {
            'type': 'object', 'required': ['passcode'], 'additionalProperties': False, **_NAMED,
            'properties': {'id': _TEXT, 'name': _TEXT, 'passcode': _TEXT, 'domain': _DOMAIN}}}, ['user']),
        'token': schemas.closed({'id': _TEXT}, ['id']),
        'application_credential': schemas.closed({
            'id': _TEXT, 'name': _TEXT, 'secret': _TEXT,
            'user': {'type': 'object', 'properties': {'id': _TEXT, 'name': _TEXT, 'domain': _DOMAIN}, **_NAMED,
                     'additionalProperties': False}}, ['secret'])},
    'additionalProperties': {'type': 'object'}}
AUTH = schemas.closed({'auth': schemas.closed({'identity': _IDENTITY, 'scope': _SCOPE}, ['identity'])}, ['auth'])

_VARY = {'Vary': 'X-Auth-Token'}



def _own_list(req, name, found):
    """What is no collection: a list whose only link is its own."""
    return {name: found, 'links': {'self': self_link(req, f'auth/{name}')}}


class AuthController(Controller):
    """Tokens and the targets of the caller's."""

    def __init__(self, managers, enforcer):
        super().__init__(managers, enforcer)
        self.view = TokenView(managers)

    @wsgi.route('POST', '/auth/tokens', status=201, schema=AUTH, no_auth=True)
    def issue(self, req, body):
        auth = body['auth']
        identity, scope = auth['identity'], auth.get('scope')
        if not identity['methods'] and not req.environ.get('REMOTE_USER'):
            raise BadRequest('auth.identity.methods has to name at least one method.')
        for name in identity['methods']:
            if name in self.managers.auth.methods and name not in identity and name != 'external':
                raise BadRequest(f'auth.identity has to hold the object {name!r}, since methods names it.')
        token = self.managers.auth.authenticate(identity, {'unscoped': {}} if scope == 'unscoped' else scope,
                                                req.headers.get('Openstack-Auth-Receipt'))
        return self.view.reply(req, token, 201)

    def _subject(self, req, window=0):
        token_id = req.headers.get('X-Subject-Token')
        if not token_id:
            raise NotFound('No token in the request: the header X-Subject-Token has to name one.')
        own = req.environ.get('keystone.token')
        if own is not None and own.id == token_id:
            return own
        return self.managers.tokens.validate(token_id, window)

    @wsgi.route('GET', '/auth/tokens')
    def validate(self, req):
        expired = req.query_string and is_true(req.query().get('allow_expired', ['0'])[-1])
        token = self._subject(req, CONF.token.allow_expired_window if expired else 0)
        rule = 'check_token' if req.method == 'HEAD' else 'validate_token'
        self.enforce(req, rule, token={'user_id': token.user['id']})
        check_understood(req, token)
        return self.view.reply(req, token)

    @wsgi.route('GET', '/auth/tokens/OS-PKI/revoked')
    def revoked(self, req):
        refuse_revocation_list()

    @wsgi.route('DELETE', '/auth/tokens', status=204)
    def revoke(self, req):
        token = self._subject(req)
        self.enforce(req, 'revoke_token', token={'user_id': token.user['id']})
        self.managers.tokens.revoke(token)

    def _own(self, req, rule):
        token = req.environ.get('keystone.token')
        if token is None:
            raise Unauthorized()
        self.enforce(req, rule)
        return token

    @wsgi.route('GET', '/auth/catalog')
    def catalog(self, req):
        token = self._own(req, 'get_auth_catalog')
        if not token.scoped:
            raise Forbidden('An unscoped token has no catalog: ask for a token for a project or a domain.')
        manager = self.managers.catalog
        return _own_list(req, 'catalog', manager.catalog(token.user['id'], token.claims.project_id))

    @wsgi.route('GET', '/auth/projects')
    @wsgi.route('GET', '/OS-FEDERATION/projects')
    def projects(self, req):
        token = self._own(req, 'get_auth_projects')
        found = self.managers.grants.projects_of(token.user['id'], groups=token.claims.group_ids or ())
        return listed(req, 'projects', found)

    @wsgi.route('GET', '/auth/domains')
    @wsgi.route('GET', '/OS-FEDERATION/domains')
    def domains(self, req):
        token = self._own(req, 'get_auth_domains')
        return listed(req, 'domains', self.managers.grants.domains_of(token.user['id'], token.claims.group_ids or ()))

    @wsgi.route('GET', '/auth/system')
    def system(self, req):
        token = self._own(req, 'get_auth_system')
        has = self.managers.grants.has_system_role(token.user['id'], token.claims.group_ids or ())
        return _own_list(req, 'system', [{'all': True}] if has else [])
