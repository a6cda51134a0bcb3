"""/v3/policies, and OS-ENDPOINT-POLICY: where each is in force"""
from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.catalog import shown_endpoint
from keystone.api.v3.collection import hints_of, listed, single, taken

_FIELDS = {'blob': {'type': 'string'}, 'type': {'type': 'string', 'maxLength': 255}}
_ASSOCIATIONS = '/policies/<policy_id>/OS-ENDPOINT-POLICY'
# The rules' names for each kind of place, by what the path gives.
_RULES = {('endpoint_id',): 'endpoint', ('service_id',): 'service', ('region_id', 'service_id'): 'region_and_service'}
_PLACES = (f'{_ASSOCIATIONS}/endpoints/<endpoint_id>', f'{_ASSOCIATIONS}/services/<service_id>',
           f'{_ASSOCIATIONS}/services/<service_id>/regions/<region_id>')


def _shown(endpoint):
    """Here alone without `region`, as in the original."""
    return {name: value for name, value in shown_endpoint(endpoint).items() if name != 'region'}


class PolicyController(Controller):

    @wsgi.route('GET', '/policies')
    def index(self, req):
        self.enforce(req, 'list_policies')
        hints = hints_of(req, text=('type',))
        return listed(req, 'policies', self.managers.policies.list_policies(hints), hints=hints)

    @wsgi.route('POST', '/policies', status=201, schema=schemas.member('policy', _FIELDS, ['blob', 'type']))
    def create(self, req, body):
        self.enforce(req, 'create_policy')
        made = self.managers.policies.create_policy(taken(body, 'policy', 'extra'))
        return single(req, 'policy', made, 'policies')

    @wsgi.route('GET', '/policies/<policy_id>')
    def show(self, req, policy_id):
        self.enforce(req, 'get_policy')
        return single(req, 'policy', self.managers.policies.get_policy(policy_id), 'policies')

    @wsgi.route('PATCH', '/policies/<policy_id>', schema=schemas.member('policy', _FIELDS))
    def update(self, req, policy_id, body):
        self.enforce(req, 'update_policy')
        changed = self.managers.policies.update_policy(policy_id, taken(body, 'policy', 'extra'))
        return single(req, 'policy', changed, 'policies')

    @wsgi.route('DELETE', '/policies/<policy_id>', status=204)
    def delete(self, req, policy_id):
        self.enforce(req, 'delete_policy')
        self.managers.policies.delete_policy(policy_id)


class EndpointPolicyController(Controller):

    def _enforce(self, req, verb, place):
        self.enforce(req, f'{verb}_policy_association_for_{_RULES[tuple(sorted(place))]}')

    @wsgi.route('PUT', _PLACES[0], status=204)
    @wsgi.route('PUT', _PLACES[1], status=204)
    @wsgi.route('PUT', _PLACES[2], status=204)
    def associate(self, req, policy_id, **place):
        self._enforce(req, 'create', place)
        self.managers.policies.associate(policy_id, place)

    @wsgi.route('GET', _PLACES[0], status=204)
    @wsgi.route('GET', _PLACES[1], status=204)
    @wsgi.route('GET', _PLACES[2], status=204)
    def check(self, req, policy_id, **place):
        self._enforce(req, 'check', place)
        self.managers.policies.check_association(policy_id, place)

    @wsgi.route('DELETE', _PLACES[0], status=204)
    @wsgi.route('DELETE', _PLACES[1], status=204)
    @wsgi.route('DELETE', _PLACES[2], status=204)
    def dissociate(self, req, policy_id, **place):
        self._enforce(req, 'delete', place)
        self.managers.policies.dissociate(policy_id, place)

    @wsgi.route('GET', f'{_ASSOCIATIONS}/endpoints')
    def endpoints(self, req, policy_id):
        self.enforce(req, 'list_endpoints_for_policy')
        found = self.managers.policies.endpoints_for(policy_id)
        return listed(req, 'endpoints', [_shown(endpoint) for endpoint in found])

    @wsgi.route('GET', '/endpoints/<endpoint_id>/OS-ENDPOINT-POLICY/policy')
    def policy(self, req, endpoint_id):
        self.enforce(req, 'get_policy_for_endpoint')
        return single(req, 'policy', self.managers.policies.policy_for(endpoint_id), 'policies')
