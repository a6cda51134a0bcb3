"""/v3/OS-TRUST/trusts"""
from essex import wsgi
from essex.exception import Forbidden
from keystone.api.base import Controller
from keystone.api.delegated import refuse_app_cred
from keystone.api.v3 import schemas, times
from keystone.api.v3.collection import listed, self_link, single
from keystone.exception import RoleNotFound

_PATH = 'OS-TRUST/trusts'
_COUNT = {'type': ['integer', 'null'], 'maximum': 2 ** 31 - 1}
CREATE = schemas.member('trust', {
    'trustor_user_id': schemas.ID, 'trustee_user_id': schemas.ID, 'impersonation': schemas.BOOLEAN,
    'project_id': schemas.ID_OR_NULL, 'remaining_uses': {**_COUNT, 'minimum': 1},
    'expires_at': {'type': ['string', 'null']}, 'allow_redelegation': {'type': ['boolean', 'null']},
    'redelegation_count': {**_COUNT, 'minimum': 0}, 'redelegated_trust_id': schemas.ID_OR_NULL, 'roles': schemas.ROLES,
}, ['trustor_user_id', 'trustee_user_id', 'impersonation'])
_SETTABLE = ('trustor_user_id', 'trustee_user_id', 'impersonation', 'project_id', 'remaining_uses',
             'redelegation_count')
_COLUMNS = ('id', 'trustor_user_id', 'trustee_user_id', 'project_id', 'impersonation', 'remaining_uses',
            'redelegation_count', 'redelegated_trust_id')


class TrustController(Controller):

    @staticmethod
    def _view(trust):
        return {**{name: trust[name] for name in _COLUMNS}, 'expires_at': times.show(trust['expires_at']),
                'deleted_at': times.show(trust['deleted_at'])}

    def _single(self, req, trust):
        view = self._view(trust)
        view['roles'] = [single(req, 'role', role, 'roles')['role'] for role in trust['roles']]
        view['roles_links'] = {'self': self_link(req, f'{_PATH}/{trust["id"]}/roles'), 'next': None, 'previous': None}
        return single(req, 'trust', view, _PATH)

    @wsgi.route('POST', '/OS-TRUST/trusts', status=201, schema=CREATE)
    def create(self, req, body):
        given = body['trust']
        self.enforce(req, 'create_trust', trust=given)
        refuse_app_cred(req)
        token = req.environ.get('keystone.token')
        if token is None or token.claims.access_token_id is not None:
            raise Forbidden('A token that was itself delegated cannot make trusts.')
        values = {name: given[name] for name in _SETTABLE if name in given}
        values['expires_at'] = times.parse(given.get('expires_at'), 'expires_at')
        if given.get('redelegated_trust_id') not in (None, token.claims.trust_id):
            # Handed on is the trust of the token, whichever the body names.
            self.managers.trusts.get(given['redelegated_trust_id'])
            raise Forbidden('A trust is handed on with a token by it.')
        trust = self.managers.trusts.create(values, given.get('roles') or [], bool(given.get('allow_redelegation')),
                                            token.claims.trust_id)
        return self._single(req, trust)

    @wsgi.route('GET', '/OS-TRUST/trusts')
    def index(self, req):
        asked = {name: values[-1] for name, values in req.query().items()
                 if name in ('trustor_user_id', 'trustee_user_id') and values[-1]}
        rules = [f'list_trusts_for_{name.partition("_")[0]}' for name in asked]
        if not any(self.allowed(req, rule, trust=asked) for rule in rules):
            self.enforce(req, 'list_trusts')
        refuse_app_cred(req)
        found = self.managers.trusts.list(asked.get('trustor_user_id'), asked.get('trustee_user_id'))
        return listed(req, 'trusts', [self._view(trust) for trust in found], _PATH)

    def _load(self, req, rule, trust_id):
        # A trust that is over is 404 for everybody, as its trustor and trustee are to learn that.
        trust = self.managers.trusts.get(trust_id)
        self.enforce(req, rule, trust=trust)
        return trust

    @wsgi.route('GET', '/OS-TRUST/trusts/<trust_id>')
    def show(self, req, trust_id):
        return self._single(req, self._load(req, 'get_trust', trust_id))

    @wsgi.route('DELETE', '/OS-TRUST/trusts/<trust_id>', status=204)
    def delete(self, req, trust_id):
        self._load(req, 'delete_trust', trust_id)
        refuse_app_cred(req)
        self.managers.trusts.delete(trust_id)

    @wsgi.route('GET', '/OS-TRUST/trusts/<trust_id>/roles')
    def roles(self, req, trust_id):
        return listed(req, 'roles', self._load(req, 'list_roles_for_trust', trust_id)['roles'])

    @wsgi.route('GET', '/OS-TRUST/trusts/<trust_id>/roles/<role_id>')
    def role(self, req, trust_id, role_id):
        for role in self._load(req, 'get_role_for_trust', trust_id)['roles']:
            if role['id'] == role_id:
                return single(req, 'role', role, 'roles')
        raise RoleNotFound(role_id)
