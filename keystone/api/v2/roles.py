"""/v2.0/OS-KSADM/roles, grants on tenants, and the roleRefs of Diablo"""
from urllib.parse import parse_qs, urlencode

from essex import config, wsgi
from essex.exception import BadRequest
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import taken
from keystone.assignment.grants import Grant
from keystone.assignment.listing import Wanted
from keystone.db.records import Hints

CONF = config.CONF

_ROLE = {'name': schemas.LONG_NAME, 'description': schemas.SHORT_DESCRIPTION}
_REF = {'tenantId': schemas.ID, 'roleId': schemas.ID}


def _view(role):
    return {key: value for key, value in role.items() if key not in ('domain_id', 'options') and value is not None}


class RoleController(Controller):

    @wsgi.route('GET', '/OS-KSADM/roles')
    def index(self, req):
        self.admin_only(req)
        return {'roles': [_view(role) for role in self.managers.roles.list_roles(Hints())]}

    @wsgi.route('POST', '/OS-KSADM/roles', schema=schemas.member('role', _ROLE, ['name']))
    def create(self, req, body):
        self.admin_only(req)
        values = taken(body, 'role', 'extra', 'domain_id', 'options')
        return {'role': _view(self.managers.roles.create_role(values))}

    @wsgi.route('GET', '/OS-KSADM/roles/<role_id>')
    def show(self, req, role_id):
        self.admin_only(req)
        return {'role': _view(self.managers.roles.get_role(role_id))}

    @wsgi.route('DELETE', '/OS-KSADM/roles/<role_id>', status=204)
    def delete(self, req, role_id):
        self.admin_only(req)
        self.managers.roles.delete_role(role_id)

    def _grant(self, tenant_id, user_id):
        self.tenant(tenant_id)
        self.user(user_id)
        return Grant('user', user_id, 'project', tenant_id)

    @wsgi.route('PUT', '/tenants/<tenant_id>/users/<user_id>/roles/OS-KSADM/<role_id>')
    def add(self, req, tenant_id, user_id, role_id):
        self.admin_only(req)
        self.managers.grants.add(self._grant(tenant_id, user_id), role_id)
        return {'role': _view(self.managers.roles.get_role(role_id))}

    @wsgi.route('DELETE', '/tenants/<tenant_id>/users/<user_id>/roles/OS-KSADM/<role_id>', status=204)
    def remove(self, req, tenant_id, user_id, role_id):
        self.admin_only(req)
        self.managers.memberships.take(self._grant(tenant_id, user_id), role_id)

    @wsgi.route('GET', '/users/<user_id>/roleRefs')
    def refs(self, req, user_id):
        self.admin_only(req)
        self.user(user_id)
        items = self.managers.assignments.list(Wanted(user_id=user_id))
        found = []
        for item in items:
            if item.target_type == 'project' and not item.inherited:
                key = {'roleId': item.role_id, 'tenantId': item.target_id, 'userId': user_id}
                found.append({'id': urlencode(key), **key})
        return {'roles': found}

    @wsgi.route('POST', '/users/<user_id>/roleRefs', schema=schemas.member('role', _REF, ['tenantId', 'roleId']))
    def add_ref(self, req, user_id, body):
        self.admin_only(req)
        role_id = body['role']['roleId']
        self.managers.grants.add(self._grant(body['role']['tenantId'], user_id), role_id)
        return {'role': _view(self.managers.roles.get_role(role_id))}

    @wsgi.route('DELETE', '/users/<user_id>/roleRefs/<ref_id>', status=204)
    def remove_ref(self, req, user_id, ref_id):
        self.admin_only(req)
        try:
            key = {name: values[0] for name, values in parse_qs(ref_id, strict_parsing=True).items()}
            tenant_id, role_id = key['tenantId'], key['roleId']
        except (ValueError, KeyError) as error:
            raise BadRequest('The reference has to hold roleId and tenantId.') from error
        self.managers.memberships.take(self._grant(tenant_id, user_id), role_id)
