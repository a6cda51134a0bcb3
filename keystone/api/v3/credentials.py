"""/v3/credentials: secrets kept for users, of any type."""
from essex import wsgi
from essex.exception import BadRequest, Forbidden
from keystone.api.base import Controller
from keystone.api.delegated import delegation, refuse_beyond, within_delegation
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken
from keystone.credential.ec2_drivers import DELEGATIONS
from keystone.credential.manager import EC2, bound_to

_BLOB = {'type': 'string', 'maxLength': 65536}
_FIELDS = {'blob': _BLOB, 'type': {'type': 'string', 'minLength': 1, 'maxLength': 255}, 'user_id': schemas.ID,
           'project_id': schemas.ID_OR_NULL}
CREATE = schemas.member('credential', _FIELDS, ['blob', 'type', 'user_id'])
UPDATE = schemas.member('credential', _FIELDS)
NOT_SETTABLE = ('encrypted_blob', 'key_hash', 'extra')


class CredentialController(Controller):

    @wsgi.route('GET', '/credentials')
    def index(self, req):
        hints = hints_of(req, text=('user_id', 'type'))
        if not self.allowed(req, 'list_credentials', credential={'user_id': hints.value('user_id')}):
            # Everybody may ask, and gets his own.
            self.enforce(req, 'list_credentials', credential={'user_id': req.context.user_id})
            hints.add('user_id', req.context.user_id)
        found = within_delegation(self, req, 'list_credentials', self.managers.credentials.list(hints), bound_to)
        return listed(req, 'credentials', found, hints=hints)

    def _refuse_others(self, req, rule, kind):
        """With a passcode's secret, say, a delegated token would turn into a whole one."""
        if kind != EC2 and delegation(req) and not self.allowed(req, rule):
            raise Forbidden('A delegated token manages credentials of type ec2 alone.')

    @wsgi.route('POST', '/credentials', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'credential', *NOT_SETTABLE)
        self.enforce(req, 'create_credential', credential=values)
        self._refuse_others(req, 'create_credential', values['type'])
        token = req.environ.get('keystone.token')
        # What a delegated token makes is worth no more than that token.
        bound = {name: getattr(token.claims, name) for name in DELEGATIONS} if token is not None else {}
        bound = {name: value for name, value in bound.items() if value is not None}
        return single(req, 'credential', self.managers.credentials.create(values, bound), 'credentials')

    def _load(self, req, rule, credential_id):
        credential = self.load(req, rule, 'credential', self.managers.credentials.get, credential_id)
        refuse_beyond(self, req, rule, credential, bound_to)
        return credential

    @wsgi.route('GET', '/credentials/<credential_id>')
    def show(self, req, credential_id):
        return single(req, 'credential', self._load(req, 'get_credential', credential_id), 'credentials')

    @wsgi.route('PATCH', '/credentials/<credential_id>', schema=UPDATE)
    def update(self, req, credential_id, body):
        credential = self._load(req, 'update_credential', credential_id)
        values = taken(body, 'credential', *NOT_SETTABLE)
        self._refuse_others(req, 'update_credential', values.get('type', credential['type']))
        if values.get('user_id') not in (None, credential['user_id']):
            raise BadRequest('The user_id of a credential cannot be changed.')
        self.enforce(req, 'update_credential', credential={**credential, **values})
        return single(req, 'credential', self.managers.credentials.update(credential_id, values), 'credentials')

    @wsgi.route('DELETE', '/credentials/<credential_id>', status=204)
    def delete(self, req, credential_id):
        self._load(req, 'delete_credential', credential_id)
        self.managers.credentials.delete(credential_id)
