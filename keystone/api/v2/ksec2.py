"""/v2.0/users/{id}/OS-KSADM/credentials: EC2 credentials that an administrator keeps for users (OS-KSEC2)"""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.exception import CredentialNotFound

MEMBER = 'OS-KSEC2:ec2Credentials'
_KEY = {'type': 'string', 'minLength': 1, 'maxLength': 255}
_FIELDS = {'access': _KEY, 'key': _KEY, 'secret': _KEY, 'tenantId': schemas.ID}
_PATH = '/users/<user_id>/OS-KSADM/credentials'


def _view(ref):
    return {MEMBER: {'access': ref['access'], 'key': ref['access'], 'secret': ref['secret'],
                     'userId': ref['user_id'], 'tenantId': ref['tenant_id']}}


class CredentialController(Controller):
    """A user's EC2 credentials as the extension's documents show them."""

    def _user(self, req, user_id):
        self.admin_only(req)
        return self.user(user_id)

    @wsgi.route('GET', _PATH)
    def index(self, req, user_id):
        self._user(req, user_id)
        return {'credentials': [_view(ref) for ref in self.managers.ec2.list(user_id)], 'credentials_links': []}

    @wsgi.route('POST', _PATH, schema=schemas.member(MEMBER, _FIELDS), status=201)
    @wsgi.route('POST', f'{_PATH}/{MEMBER}', schema=schemas.member(MEMBER, _FIELDS), status=201)
    def create(self, req, user_id, body):
        user, values = self._user(req, user_id), body[MEMBER]
        tenant_id = values.get('tenantId') or user.get('default_project_id')
        if tenant_id is None:
            raise BadRequest('Give the tenantId the credentials are for: the user has no tenant of his own.')
        self.tenant(tenant_id)
        made = self.managers.ec2.create(user_id, tenant_id, access=values.get('access') or values.get('key'),
                                        secret=values.get('secret'))
        return _view(made)

    @wsgi.route('GET', f'{_PATH}/{MEMBER}')
    def show(self, req, user_id):
        self._user(req, user_id)
        return _view(self._first(user_id))

    @wsgi.route('DELETE', f'{_PATH}/{MEMBER}', status=204)
    def delete(self, req, user_id):
        self._user(req, user_id)
        self._first(user_id)
        for ref in self.managers.ec2.list(user_id):
            self.managers.ec2.delete(user_id, ref['access'])

    def _first(self, user_id):
        found = self.managers.ec2.list(user_id)
        if not found:
            raise CredentialNotFound(MEMBER)
        return found[0]
