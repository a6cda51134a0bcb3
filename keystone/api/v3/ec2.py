"""/v3/users/{id}/credentials/OS-EC2"""
from essex import wsgi
from essex.exception import Forbidden
from keystone.api.base import Controller
from keystone.api.delegated import refuse_beyond, within_delegation
from keystone.api.v3 import schemas
from keystone.api.v3.collection import listed, self_link
from keystone.credential.ec2_drivers import DELEGATIONS

CREATE = schemas.closed({'tenant_id': schemas.ID}, ['tenant_id'])


class Ec2Controller(Controller):

    def _check(self, req, rule, user_id):
        self.load(req, rule, 'user', self.managers.identity.get_user, user_id, credential={'user_id': user_id})

    def _view(self, req, ref):
        path = f'users/{ref["user_id"]}/credentials/OS-EC2/{ref["access"]}'
        shown = {name: ref[name] for name in ('user_id', 'tenant_id', 'access', 'secret', 'trust_id')}
        return {**shown, 'links': {'self': self_link(req, path)}}

    @wsgi.route('POST', '/users/<user_id>/credentials/OS-EC2', status=201, schema=CREATE)
    def create(self, req, user_id, body):
        self._check(req, 'ec2_create_credential', user_id)
        delegation = check_may_use(self, req, user_id, body['tenant_id'])
        made = self.managers.ec2.create(user_id, body['tenant_id'], **delegation)
        return {'credential': self._view(req, made)}

    @wsgi.route('GET', '/users/<user_id>/credentials/OS-EC2')
    def index(self, req, user_id):
        self._check(req, 'ec2_list_credentials', user_id)
        found = [self._view(req, ref) for ref in reachable(self, req, user_id)]
        return listed(req, 'credentials', found, itemize=False)

    @wsgi.route('GET', '/users/<user_id>/credentials/OS-EC2/<access>')
    def show(self, req, user_id, access):
        return {'credential': self._view(req, reached(self, req, 'ec2_get_credential', user_id, access))}

    @wsgi.route('DELETE', '/users/<user_id>/credentials/OS-EC2/<access>', status=204)
    def delete(self, req, user_id, access):
        reached(self, req, 'ec2_delete_credential', user_id, access)
        self.managers.ec2.delete(user_id, access)


def _bound_to(ref):
    return {name: ref[name] for name in DELEGATIONS if ref[name] is not None}


def reachable(controller, req, user_id):
    """The key pairs of a user that the caller's token reaches."""
    return within_delegation(controller, req, 'ec2_list_credentials', controller.managers.ec2.list(user_id), _bound_to)


def reached(controller, req, rule, user_id, access):
    """One of them. Raises CredentialNotFound, below another user's path too, and Forbidden."""
    managers = controller.managers
    controller.load(req, rule, 'credential', managers.ec2.find, access)
    found = managers.ec2.get(user_id, access)
    refuse_beyond(controller, req, rule, found, _bound_to)
    return found


def check_may_use(controller, req, user_id, project_id):
    """A user makes keys for projects he has a role on; an administrator for any that exists.

    Returns what the keys are bound to: with a delegated token one makes keys for what that is for, and worth no more.
    """
    token = req.environ.get('keystone.token')
    if token is not None and token.user['id'] == user_id:
        delegation = {name: getattr(token.claims, name) for name in DELEGATIONS if getattr(token.claims, name)}
        if delegation:
            if token.claims.project_id != project_id:
                raise Forbidden('A delegated token makes keys for its own project alone.')
            return delegation
    if not controller.allowed(req, 'ec2_create_credential') and project_id not in {
            project['id'] for project in controller.managers.grants.projects_of(user_id)}:
        raise Forbidden('You have no role on that project, or it does not exist.')
    return {}
