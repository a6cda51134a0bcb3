"""/v2.0/users/{id}/credentials/OS-EC2"""
from essex import wsgi
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.ec2 import check_may_use, reachable, reached

CREATE = {'type': 'object', 'properties': {'tenant_id': schemas.ID}, 'required': ['tenant_id']}


def _view(ref):
    return {name: ref[name] for name in ('access', 'secret', 'user_id', 'tenant_id')}


class Ec2Controller(Controller):

    def _check(self, req, rule, user_id):
        self.load(req, rule, 'user', self.user, user_id, credential={'user_id': user_id})

    @wsgi.route('POST', '/users/<user_id>/credentials/OS-EC2', schema=CREATE)
    def create(self, req, user_id, body):
        self._check(req, 'ec2_create_credential', user_id)
        delegation = check_may_use(self, req, user_id, body['tenant_id'])
        return {'credential': _view(self.managers.ec2.create(user_id, body['tenant_id'], **delegation))}

    @wsgi.route('GET', '/users/<user_id>/credentials/OS-EC2')
    def index(self, req, user_id):
        self._check(req, 'ec2_list_credentials', user_id)
        return {'credentials': [_view(ref) for ref in reachable(self, req, user_id)]}

    @wsgi.route('GET', '/users/<user_id>/credentials/OS-EC2/<access>')
    def show(self, req, user_id, access):
        self._check(req, 'ec2_get_credential', user_id)
        return {'credential': _view(reached(self, req, 'ec2_get_credential', user_id, access))}

    @wsgi.route('DELETE', '/users/<user_id>/credentials/OS-EC2/<access>', status=204)
    def delete(self, req, user_id, access):
        self._check(req, 'ec2_delete_credential', user_id)
        reached(self, req, 'ec2_delete_credential', user_id, access)
        self.managers.ec2.delete(user_id, access)
