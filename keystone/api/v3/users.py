"""/v3/users: accounts, passwords, and what belongs to one user."""
import datetime

from essex import wsgi
from essex.exception import BadRequest, Forbidden
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken, with_extra
from keystone.api.v3.projects import domain_for, keep_to_domain, restrict_to_domain, within_one_domain

_FLAG = {'type': ['boolean', 'null']}
_OPTIONS = {'type': 'object', 'additionalProperties': False, 'properties': {
    'ignore_change_password_upon_first_use': _FLAG, 'ignore_password_expiry': _FLAG,
    'ignore_lockout_failure_attempts': _FLAG, 'lock_password': _FLAG, 'ignore_user_inactivity': _FLAG,
    'multi_factor_auth_enabled': _FLAG,
    'multi_factor_auth_rules': {'type': ['array', 'null'], 'items': {
        'type': 'array', 'items': {'type': 'string'}, 'minItems': 1, 'uniqueItems': True}}}}
_FIELDS = {'name': schemas.LONG_NAME, 'password': {'type': ['string', 'null'], 'minLength': 1},
           'enabled': schemas.BOOLEAN,
           'domain_id': schemas.ID, 'default_project_id': schemas.ID_OR_NULL, 'description': schemas.DESCRIPTION,
           'options': _OPTIONS,
           'federated': {'type': 'array', 'items': {
               'type': 'object', 'required': ['idp_id', 'protocols'], 'additionalProperties': False, 'properties': {
                   'idp_id': schemas.ID, 'protocols': {'type': 'array', 'minItems': 1, 'items': {
                       'type': 'object', 'required': ['protocol_id', 'unique_id'], 'additionalProperties': False,
                       'properties': {'protocol_id': schemas.ID, 'unique_id': {
                           'type': 'string', 'minLength': 1, 'maxLength': 255}}}}}}}}
CREATE = schemas.member('user', _FIELDS, ['name'])
UPDATE = schemas.member('user', _FIELDS)
_CHANGE = {'original_password': {'type': 'string'}, 'password': schemas.PASSWORD}
CHANGE_PASSWORD = schemas.closed({'user': schemas.closed(_CHANGE, list(_CHANGE))}, ['user'])
NOT_SETTABLE = ('extra', 'created_at', 'last_active_at', 'failed_auth_count', 'failed_auth_at', 'password_expires_at',
                'password_hash', 'domain_name', 'domain_enabled', 'password_created_at', 'password_self_service',
                'original_password')    # of POST .../password; here it would be kept, and shown, as an own attribute


COMPARISONS = ('lt', 'lte', 'gt', 'gte', 'eq', 'neq')


def user_hints(req, text=('name', 'domain_id', 'id')):
    """The Hints of a list of users; ?password_expires_at=lt:2026-01-31T00:00:00Z may come several times."""
    hints = hints_of(req, text=text, flags=('enabled',))
    for value in req.query().get('password_expires_at', ()):
        name, _, moment = value.partition(':')
        try:
            parsed = datetime.datetime.strptime(moment, '%Y-%m-%dT%H:%M:%SZ')
        except ValueError:
            parsed = None
        if name not in COMPARISONS or parsed is None:
            raise BadRequest('password_expires_at has to be OPERATOR:TIME, with one of '
                             f'{", ".join(COMPARISONS)} and a time such as 2026-01-31T00:00:00Z.')
        hints.add('password_expires_at', parsed, name)
    return hints


class UserController(Controller):

    @wsgi.route('GET', '/users')
    def index(self, req):
        hints = user_hints(req, ('name', 'domain_id', 'id', 'idp_id', 'protocol_id', 'unique_id'))
        restrict_to_domain(self, req, hints, 'list_users')
        within_one_domain(req, hints)
        return listed(req, 'users', self.managers.identity.list_users(hints), hints=hints)

    @wsgi.route('POST', '/users', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'user', *NOT_SETTABLE)
        values.setdefault('domain_id', domain_for(req))
        self.enforce(req, 'create_user', user=values)
        federated = self._checked_identities(req, values, values['domain_id'])
        return self._shown(req, self.managers.identity.create_user(values, federated=federated))

    def _checked_identities(self, req, values, domain_id, user_id=None):
        """Takes `federated` out of a user's values; None when it is not given.

        A domain's manager does so for the providers of that domain alone: he would get what others give their users.
        """
        federated = values.pop('federated', None)
        self.managers.shadows.check_identities(federated or (), user_id)
        if federated and not self.allowed(req, 'update_identity_provider'):
            for each in federated:
                if self.managers.providers.get_provider(each['idp_id'])['domain_id'] != domain_id:
                    raise Forbidden(f'{each["idp_id"]} is the identity provider of another domain.')
        return federated

    def _shown(self, req, user):
        identities = self.managers.shadows.identities(user['id'])
        return single(req, 'user', {**user, 'federated': identities} if identities else user, 'users')

    def _load(self, req, rule, user_id):
        return self.load(req, rule, 'user', self.managers.identity.get_user, user_id)

    @wsgi.route('GET', '/users/<user_id>')
    def show(self, req, user_id):
        return self._shown(req, self._load(req, 'get_user', user_id))

    @wsgi.route('PATCH', '/users/<user_id>', schema=UPDATE)
    def update(self, req, user_id, body):
        user = self._load(req, 'update_user', user_id)
        values = taken(body, 'user', *NOT_SETTABLE)
        federated = self._checked_identities(req, values, user['domain_id'], user_id)
        changed = self.managers.identity.update_user(user_id, values, federated=federated)
        return self._shown(req, with_extra(changed, {*_FIELDS} - {'description'}))

    @wsgi.route('DELETE', '/users/<user_id>', status=204)
    def delete(self, req, user_id):
        self._load(req, 'delete_user', user_id)
        self.managers.identity.delete_user(user_id)

    @wsgi.route('POST', '/users/<user_id>/password', status=204, schema=CHANGE_PASSWORD, no_auth=True)
    def change_password(self, req, user_id, body):
        # The original password is the proof: an expired one has to be changeable without a token.
        self.managers.identity.change_password(user_id, body['user']['original_password'], body['user']['password'])

    @wsgi.route('GET', '/users/<user_id>/groups')
    def groups(self, req, user_id):
        self._load(req, 'list_groups_for_user', user_id)
        hints = hints_of(req, text=('name',))
        keep_to_domain(req, hints)
        found = [{'membership_expires_at': None, **group} for group in self.managers.groups.groups_of(user_id, hints)]
        return listed(req, 'groups', found, hints=hints)

    @wsgi.route('GET', '/users/<user_id>/projects')
    def projects(self, req, user_id):
        self._load(req, 'list_user_projects', user_id)
        hints = hints_of(req, text=('name', 'domain_id'), flags=('enabled',))
        found = self.managers.grants.projects_of(user_id, hints, enabled_only=False)
        return listed(req, 'projects', found, hints=hints)
