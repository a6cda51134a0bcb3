"""Logging in with an identity provider: for programs, for browsers, and the way on to another cloud."""
import webob

from essex import wsgi
from essex.exception import Forbidden, Unauthorized
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.token_view import TokenView
from keystone.credential.ec2_drivers import DELEGATIONS
from keystone.db.records import Hints
from keystone.federation import assertion, dashboards, saml

_PROTOCOL = '/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>'
_WEBSSO = '/auth/OS-FEDERATION'
_ID = schemas.closed({'id': {'type': 'string'}}, ['id'])
_IDENTITY = schemas.closed({'methods': {'type': 'array', 'items': {'type': 'string'}, 'minItems': 1},
                            'token': _ID}, ['methods', 'token'])
_SAML = schemas.closed({'auth': schemas.closed(
    {'identity': _IDENTITY, 'scope': schemas.closed({'service_provider': _ID}, ['service_provider'])},
    ['identity', 'scope'])}, ['auth'])


class FederationAuthController(Controller):

    def __init__(self, managers, enforcer):
        super().__init__(managers, enforcer)
        self.view = TokenView(managers)

    def _authenticate(self, idp_id, protocol_id):
        """A Token for whom the assertion of this request describes."""
        auth = self.managers.auth
        method = protocol_id if protocol_id in auth.federated else 'mapped'
        identity = {'methods': [method], method: {'identity_provider': idp_id, 'protocol': protocol_id}}
        return auth.authenticate(identity)

    @wsgi.route('GET', f'{_PROTOCOL}/auth', status=201, no_auth=True)
    @wsgi.route('POST', f'{_PROTOCOL}/auth', status=201, no_auth=True)
    def log_in(self, req, idp_id, protocol_id):
        token = self._authenticate(idp_id, protocol_id)
        headers = [('Content-Type', 'application/json'), ('X-Subject-Token', token.id), ('Vary', 'X-Auth-Token')]
        return webob.Response(status=201, body=self.view.document(token), headerlist=headers)

    @wsgi.route('GET', f'{_WEBSSO}/websso/<protocol_id>', no_auth=True)
    @wsgi.route('POST', f'{_WEBSSO}/websso/<protocol_id>', no_auth=True)
    def websso(self, req, protocol_id):
        attribute = assertion.remote_id_attribute({'id': protocol_id})
        remote_id = attribute and assertion.current().get(attribute)
        if not remote_id:
            raise Unauthorized('Missing entity ID from environment')
        host = dashboards.check(req.query().get('origin', [None])[-1])
        provider = self.managers.providers.provider_of_remote_id(remote_id)
        return self._page(host, provider['id'], protocol_id)

    @wsgi.route('GET', f'{_WEBSSO}/identity_providers/<idp_id>/protocols/<protocol_id>/websso', no_auth=True)
    @wsgi.route('POST', f'{_WEBSSO}/identity_providers/<idp_id>/protocols/<protocol_id>/websso', no_auth=True)
    def websso_of_provider(self, req, idp_id, protocol_id):
        host = dashboards.check(req.query().get('origin', [None])[-1])
        return self._page(host, idp_id, protocol_id)

    def _page(self, host, idp_id, protocol_id):
        token = self._authenticate(idp_id, protocol_id)
        return webob.Response(body=dashboards.page(host, token.id).encode(), headerlist=[
            ('Content-Type', 'text/html; charset=UTF-8'), ('Cache-Control', 'no-store')])

    def _vouch(self, body, make):
        """The answer with an assertion about the token in the body, for the service provider it names."""
        token = self.managers.tokens.validate(body['auth']['identity']['token']['id'])
        if any(getattr(token.claims, name) for name in DELEGATIONS):
            raise Forbidden('There is no assertion for a delegated token: elsewhere it would be taken for its whole '
                            'user, with all his groups.')
        provider = self.managers.service_providers.enabled_provider(
            body['auth']['scope']['service_provider']['id'])
        groups = self.managers.groups.groups_of(token.user['id'], Hints())
        return webob.Response(body=make(token, provider, groups), headerlist=[
            ('Content-Type', 'text/xml'), ('X-sp-url', provider['sp_url']), ('X-auth-url', provider['auth_url'])])

    @wsgi.route('POST', f'{_WEBSSO}/saml2', schema=_SAML, no_auth=True)
    def saml2(self, req, body):
        return self._vouch(body, saml.response)

    @wsgi.route('POST', f'{_WEBSSO}/saml2/ecp', schema=_SAML, no_auth=True)
    def ecp(self, req, body):
        return self._vouch(body, saml.ecp)

    @wsgi.route('GET', '/OS-FEDERATION/saml2/metadata', no_auth=True)
    def metadata(self, req):
        return webob.Response(body=saml.published(), headerlist=[('Content-Type', 'text/xml')])
