"""/v3/credentials: secrets kept for users, of any type."""
from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken
from keystone.credential.manager import BOUND

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
        return listed(req, 'credentials', self.managers.credentials.list(hints), hints=hints)

    @wsgi.route('POST', '/credentials', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'credential', *NOT_SETTABLE)
        self.enforce(req, 'create_credential', credential=values)
        token = req.environ.get('keystone.token')
        # What a delegated token makes is worth no more than that token.
        bound = {name: getattr(token.claims, name) for name in BOUND} if token is not None else {}
        bound = {name: value for name, value in bound.items() if value is not None}
        return single(req, 'credential', self.managers.credentials.create(values, bound), 'credentials')

    def _load(self, req, rule, credential_id):
        return self.load(req, rule, 'credential', self.managers.credentials.get, credential_id)

    @wsgi.route('GET', '/credentials/<credential_id>')
    def show(self, req, credential_id):
        return single(req, 'credential', self._load(req, 'get_credential', credential_id), 'credentials')

    @wsgi.route('PATCH', '/credentials/<credential_id>', schema=UPDATE)
    def update(self, req, credential_id, body):
        credential = self._load(req, 'update_credential', credential_id)
        values = taken(body, 'credential', *NOT_SETTABLE)
        # Nobody hands a secret to a user he could not make one for.
        self.enforce(req, 'update_credential', credential={**credential, **values})
        return single(req, 'credential', self.managers.credentials.update(credential_id, values), 'credentials')

    @wsgi.route('DELETE', '/credentials/<credential_id>', status=204)
    def delete(self, req, credential_id):
        self._load(req, 'delete_credential', credential_id)
        self.managers.credentials.delete(credential_id)
