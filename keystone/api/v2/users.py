"""/v2.0/users and OS-KSCRUD, a user's own change of password"""
from essex import config, wsgi
from essex.exception import Forbidden, NotImplementedHere
from keystone.api.v2 import token_view
from keystone.api.v2.base import TEXT_OR_NULL, Controller, page, user_view
from keystone.api.v3 import schemas
from keystone.api.v3.collection import taken
from keystone.db.records import Hints

CONF = config.CONF

_PASSWORD = {'type': ['string', 'null'], 'minLength': 1}
# As the extension's documents call it; Essex's own clients say `password`.
_OF_EXTENSION = 'OS-KSADM:password'
_FIELDS = {'name': schemas.LONG_NAME, 'username': schemas.LONG_NAME, 'password': _PASSWORD, _OF_EXTENSION: _PASSWORD,
           'email': TEXT_OR_NULL, 'enabled': schemas.BOOLEAN, 'tenantId': schemas.ID_OR_NULL}


def _schema(*names):
    """The schema of a user with one of these members."""
    schema = schemas.member('user', _FIELDS)
    schema['properties']['user']['anyOf'] = [{'required': [name]} for name in names]
    return schema


_NEW_PASSWORD = _schema('password', _OF_EXTENSION)
NOT_SETTABLE = ('extra', 'created_at', 'last_active_at', 'failed_auth_count', 'failed_auth_at', 'password_expires_at',
                'password_hash', 'domain_id', 'domain_name', 'domain_enabled', 'default_project_id', 'options',
                'password_created_at', 'password_self_service')
OWN_PASSWORD = schemas.closed({'user': {
    'type': 'object', 'properties': {'password': schemas.PASSWORD, 'original_password': {'type': 'string'}},
    'required': ['password', 'original_password']}}, ['user'])
NO_GLOBAL_ROLES = 'User roles not supported: tenant ID required'


def _values(body):
    """The body's user under inner names."""
    values = taken(body, 'user', *NOT_SETTABLE, 'username', _OF_EXTENSION)
    given = body['user']
    for other, name in (('username', 'name'), (_OF_EXTENSION, 'password')):
        if other in given:
            values.setdefault(name, given[other])
    if 'tenantId' in values:
        values['default_project_id'] = values.pop('tenantId')
    return values


class UserController(Controller):

    @wsgi.route('GET', '/users')
    def index(self, req):
        self.admin_only(req)
        name = req.query().get('name', [None])[-1]
        if name is not None:
            user = self.managers.identity.user_by_name(name, CONF.identity.default_domain_id)
            return {'user': user_view(self.managers.identity.get_user(user['id']))}
        hints = Hints().add('domain_id', CONF.identity.default_domain_id)
        return {'users': [user_view(user) for user in page(req, self.managers.identity.list_users(hints))]}

    @wsgi.route('POST', '/users', schema=_schema('name', 'username'))
    def create(self, req, body):
        self.admin_only(req)
        values = {**_values(body), 'domain_id': CONF.identity.default_domain_id}
        tenant_id = values.get('default_project_id')
        if tenant_id is not None:
            self.tenant(tenant_id)
        user = self.managers.identity.create_user(values, is_hashed=True)
        if tenant_id is not None:
            self.managers.memberships.join(user['id'], tenant_id)
        return {'user': user_view(user)}

    @wsgi.route('GET', '/users/<user_id>')
    def show(self, req, user_id):
        self.admin_only(req)
        return {'user': user_view(self.user(user_id))}

    @wsgi.route('PUT', '/users/<user_id>', schema=schemas.member('user', _FIELDS))
    @wsgi.route('PUT', '/users/<user_id>/password', schema=_NEW_PASSWORD)
    @wsgi.route('PUT', '/users/<user_id>/OS-KSADM/password', schema=_NEW_PASSWORD)
    @wsgi.route('PUT', '/users/<user_id>/enabled', schema=schemas.member('user', _FIELDS, ['enabled']))
    @wsgi.route('PUT', '/users/<user_id>/OS-KSADM/enabled', schema=schemas.member('user', _FIELDS, ['enabled']))
    @wsgi.route('PUT', '/users/<user_id>/tenant', schema=schemas.member('user', _FIELDS, ['tenantId']))
    @wsgi.route('PUT', '/users/<user_id>/OS-KSADM/tenant', schema=schemas.member('user', _FIELDS, ['tenantId']))
    def update(self, req, user_id, body):
        self.admin_only(req)
        self.user(user_id)
        values = _values(body)
        tenant_id = values.get('default_project_id')
        if tenant_id is not None:
            self.tenant(tenant_id)
        user = self.managers.identity.update_user(user_id, values, is_hashed=True)
        if tenant_id is not None:
            self.managers.memberships.join(user_id, tenant_id)
        return {'user': user_view(user)}

    @wsgi.route('DELETE', '/users/<user_id>', status=204)
    def delete(self, req, user_id):
        self.admin_only(req)
        self.user(user_id)
        self.managers.identity.delete_user(user_id)

    @wsgi.route('GET', '/users/<user_id>/roles')
    @wsgi.route('PUT', '/users/<user_id>/roles/OS-KSADM/<role_id>')
    @wsgi.route('DELETE', '/users/<user_id>/roles/OS-KSADM/<role_id>')
    def global_roles(self, req, user_id, role_id=None):
        self.admin_only(req)
        raise NotImplementedHere(NO_GLOBAL_ROLES)

    @wsgi.route('PATCH', '/OS-KSCRUD/users/<user_id>', schema=OWN_PASSWORD)
    def change_own_password(self, req, user_id, body):
        if req.context.user_id != user_id:
            raise Forbidden('A user changes only his own password here.')
        old = req.environ['keystone.token']
        self.managers.identity.change_password(user_id, body['user']['original_password'], body['user']['password'])
        project_id = old.claims.project_id
        token = self.managers.auth.authenticate(
            {'methods': ['password'], 'password': {'user': {'id': user_id, 'password': body['user']['password']}}},
            {'project': {'id': project_id}} if project_id else {'unscoped': {}})
        return token_view.access(token, None)
