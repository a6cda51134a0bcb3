"""/v3/OS-OAUTH1, and the access tokens of a user"""
import webob

from essex import wsgi
from essex.exception import BadRequest, Forbidden
from keystone.api.base import Controller
from keystone.api.delegated import refuse_delegated
from keystone.api.v3 import schemas, times
from keystone.api.v3.collection import hints_of, listed, self_link, single, taken

CREATE = {**schemas.closed({'consumer': {'type': 'object', 'properties': {'description': schemas.DESCRIPTION}}}),
          'default': {}}
UPDATE = schemas.member('consumer', {'description': schemas.DESCRIPTION})
AUTHORIZE = schemas.closed({'roles': {**schemas.ROLES, 'minItems': 1}}, ['roles'])
_TOKENS = '/users/<user_id>/OS-OAUTH1/access_tokens'


def _form(body):
    # Clients that take the answer apart without decoding it find the time it ends as it is written.
    return webob.Response(status=201, body=body.replace('%3A', ':').encode(),
                          content_type='application/x-www-form-urlencoded', charset=None)


class Oauth1Controller(Controller):

    def _consumer(self, req, consumer):
        return single(req, 'consumer', consumer, 'OS-OAUTH1/consumers')

    @wsgi.route('POST', '/OS-OAUTH1/consumers', status=201, schema=CREATE)
    def create(self, req, body):
        self.enforce(req, 'create_consumer')
        values = taken({'consumer': {}, **body}, 'consumer', 'secret', 'extra')
        return self._consumer(req, self.managers.oauth1.create_consumer(values))

    @wsgi.route('GET', '/OS-OAUTH1/consumers')
    def index(self, req):
        self.enforce(req, 'list_consumers')
        hints = hints_of(req, text=('description',))
        found = self.managers.oauth1.list_consumers(hints)
        return listed(req, 'consumers', found, 'OS-OAUTH1/consumers', hints=hints)

    @wsgi.route('GET', '/OS-OAUTH1/consumers/<consumer_id>')
    def show(self, req, consumer_id):
        self.enforce(req, 'get_consumer')
        return self._consumer(req, self.managers.oauth1.get_consumer(consumer_id))

    @wsgi.route('PATCH', '/OS-OAUTH1/consumers/<consumer_id>', schema=UPDATE)
    def update(self, req, consumer_id, body):
        self.enforce(req, 'update_consumer')
        values = taken(body, 'consumer', 'extra')
        return self._consumer(req, self.managers.oauth1.update_consumer(consumer_id, values))

    @wsgi.route('DELETE', '/OS-OAUTH1/consumers/<consumer_id>', status=204)
    def delete(self, req, consumer_id):
        self.enforce(req, 'delete_consumer')
        self.managers.oauth1.delete_consumer(consumer_id)

    @wsgi.route('POST', '/OS-OAUTH1/request_token', no_auth=True)
    def request_token(self, req):
        # The signature is the proof.
        project_id = req.headers.get('Requested-Project-Id')
        if not project_id:
            raise BadRequest('The header Requested-Project-Id has to name the project the consumer wants to act on.')
        return _form(self.managers.oauth1.request_token(project_id))

    @wsgi.route('POST', '/OS-OAUTH1/access_token', no_auth=True)
    def access_token(self, req):
        return _form(self.managers.oauth1.access_token())

    @wsgi.route('PUT', '/OS-OAUTH1/authorize/<request_token_id>', schema=AUTHORIZE)
    def authorize(self, req, request_token_id, body):
        self.enforce(req, 'authorize_request_token')
        refuse_delegated(req)
        if req.context.user_id is None:
            raise Forbidden('A request token is authorized by a user, with a token of his.')
        verifier = self.managers.oauth1.authorize(req.context.user_id, request_token_id, body['roles'])
        return {'token': {'oauth_verifier': verifier}}

    def _view(self, req, token):
        path = f'users/{token["authorizing_user_id"]}/OS-OAUTH1/access_tokens/{token["id"]}'
        return {**{name: token[name] for name in ('id', 'consumer_id', 'project_id', 'authorizing_user_id')},
                'expires_at': times.show(token['expires_at']),
                'links': {'self': self_link(req, path), 'roles': self_link(req, f'{path}/roles')}}

    def _enforce(self, req, rule, user_id):
        self.enforce(req, rule, user={'id': user_id})

    @wsgi.route('GET', _TOKENS)
    def tokens(self, req, user_id):
        self._enforce(req, 'list_access_tokens', user_id)
        found = [self._view(req, token) for token in self.managers.oauth1.list_access_tokens(user_id)]
        return listed(req, 'access_tokens', found, itemize=False)

    @wsgi.route('GET', f'{_TOKENS}/<token_id>')
    def token(self, req, user_id, token_id):
        self._enforce(req, 'get_access_token', user_id)
        return {'access_token': self._view(req, self.managers.oauth1.get_access_token(user_id, token_id))}

    @wsgi.route('DELETE', f'{_TOKENS}/<token_id>', status=204)
    def delete_token(self, req, user_id, token_id):
        self._enforce(req, 'delete_access_token', user_id)
        refuse_delegated(req)
        self.managers.oauth1.delete_access_token(user_id, token_id)

    @wsgi.route('GET', f'{_TOKENS}/<token_id>/roles')
    def roles(self, req, user_id, token_id):
        self._enforce(req, 'list_access_token_roles', user_id)
        return listed(req, 'roles', self.managers.oauth1.roles_of(user_id, token_id))

    @wsgi.route('GET', f'{_TOKENS}/<token_id>/roles/<role_id>')
    def role(self, req, user_id, token_id, role_id):
        self._enforce(req, 'get_access_token_role', user_id)
        return single(req, 'role', self.managers.oauth1.role_of(user_id, token_id, role_id), 'roles')
