"""/v3/users/{id}/application_credentials and /v3/users/{id}/access_rules"""
from essex import wsgi
from essex.exception import BadRequest, Forbidden
from keystone.api.base import Controller
from keystone.api.delegated import refuse_restricted, refuse_trusted
from keystone.api.v3 import schemas, times
from keystone.api.v3.collection import hints_of, listed, single, taken

_RULE = {'type': 'object', 'additionalProperties': False,
         'properties': {'id': schemas.ID, 'service': {'type': 'string', 'minLength': 1, 'maxLength': 255},
                        'path': {'type': 'string', 'pattern': '^/', 'maxLength': 225},
                        'method': {'enum': ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']}},
         'anyOf': [{'required': ['id']}, {'required': ['service', 'path', 'method']}]}
# Told by the token and the path; taken and not heeded when a client gives them too.
_TOLD = dict.fromkeys(('id', 'user_id', 'project_id', 'system', 'links'), {})
CREATE = schemas.closed({'application_credential': schemas.closed({
    'name': schemas.LONG_NAME, 'description': schemas.DESCRIPTION, 'secret': {'type': ['string', 'null']},
    'expires_at': {'type': ['string', 'null']}, 'unrestricted': {'type': ['boolean', 'null']},
    'roles': schemas.ROLES, 'access_rules': {'type': 'array', 'items': _RULE, 'maxItems': 1000}, **_TOLD},
    ['name'])}, ['application_credential'])
_PATH = '/users/<user_id>/application_credentials'
_RULES = '/users/<user_id>/access_rules'


class ApplicationCredentialController(Controller):

    def _enforce(self, req, rule, user_id):
        self.enforce(req, rule, user={'id': user_id})
        refuse_trusted(req)

    def _load(self, req, rule, user_id, cred_id):
        """One below its user: who asks needs rights on the user of the path, and on that of the credential."""
        self._enforce(req, rule, user_id)
        cred = self.managers.app_creds.find(cred_id)
        self.enforce(req, rule, user={'id': cred['user_id']})
        return self.managers.app_creds.get(user_id, cred_id)

    @staticmethod
    def _view(cred):
        # Without a zone, as this resource always was.
        return {**cred, 'expires_at': times.show(cred['expires_at'], suffix=''), 'system': None}

    @wsgi.route('POST', _PATH, status=201, schema=CREATE)
    def create(self, req, user_id, body):
        self._enforce(req, 'create_application_credential', user_id)
        refuse_restricted(req)
        token = req.environ.get('keystone.token')
        if token is None:
            raise Forbidden('An application credential is made with a token of its user.')
        if token.project is None:
            raise BadRequest('An application credential is for the project of the token: use one for a project.')
        given = taken(body, 'application_credential')
        values = {name: given[name] for name in ('name', 'description', 'secret') if name in given}
        values.update(user_id=user_id, project_id=token.project['id'], unrestricted=given.get('unrestricted'),
                      expires_at=times.parse(given.get('expires_at'), 'expires_at'))
        cred = self.managers.app_creds.create(values, token.roles, given.get('roles'), given.get('access_rules'))
        return self._single(req, user_id, cred)

    def _single(self, req, user_id, cred):
        return single(req, 'application_credential', self._view(cred), f'users/{user_id}/application_credentials')

    @wsgi.route('GET', _PATH)
    def index(self, req, user_id):
        self._enforce(req, 'list_application_credentials', user_id)
        hints = hints_of(req, text=('name',))
        found = [self._view(cred) for cred in self.managers.app_creds.list(user_id, hints)]
        return listed(req, 'application_credentials', found, f'users/{user_id}/application_credentials', hints=hints)

    @wsgi.route('GET', f'{_PATH}/<cred_id>')
    def show(self, req, user_id, cred_id):
        return self._single(req, user_id, self._load(req, 'get_application_credential', user_id, cred_id))

    @wsgi.route('DELETE', f'{_PATH}/<cred_id>', status=204)
    def delete(self, req, user_id, cred_id):
        self._load(req, 'delete_application_credential', user_id, cred_id)
        refuse_restricted(req)
        self.managers.app_creds.delete(user_id, cred_id)

    @staticmethod
    def _rule_view(rule):
        return {name: rule[name] for name in ('id', 'service', 'path', 'method')}

    @wsgi.route('GET', _RULES)
    def rules(self, req, user_id):
        self._enforce(req, 'list_access_rules', user_id)
        hints = hints_of(req, text=('service', 'path', 'method'))
        found = [self._rule_view(rule) for rule in self.managers.app_creds.list_rules(user_id, hints)]
        return listed(req, 'access_rules', found, f'users/{user_id}/access_rules', hints=hints)

    @wsgi.route('GET', f'{_RULES}/<rule_id>')
    def rule(self, req, user_id, rule_id):
        self._enforce(req, 'get_access_rule', user_id)
        rule = self._rule_view(self.managers.app_creds.get_rule(user_id, rule_id))
        return single(req, 'access_rule', rule, f'users/{user_id}/access_rules')

    @wsgi.route('DELETE', f'{_RULES}/<rule_id>', status=204)
    def delete_rule(self, req, user_id, rule_id):
        self._enforce(req, 'delete_access_rule', user_id)
        refuse_restricted(req)
        self.managers.app_creds.delete_rule(user_id, rule_id)
