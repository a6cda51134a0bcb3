"""/os-keypairs: public keys of users."""
from essex import wsgi
from nova.api.compute import common, schemas
from nova.compute import keypairs

_CREATE = {'name': schemas.NAME, 'public_key': {'type': ['string', 'null']}}
_CREATE_2 = {**_CREATE, 'type': {'type': 'string', 'enum': ['ssh', 'x509']}}
_CREATE_10 = {**_CREATE_2, 'user_id': {'type': 'string', 'minLength': 1, 'maxLength': 255}}
CREATE, CREATE_2, CREATE_10 = (schemas.wrapped('keypair', each, required=('name',))
                               for each in (_CREATE, _CREATE_2, _CREATE_10))


class Keypairs(wsgi.Controller):
    """Key pairs of a user: one's own, from 2.10 on others' for administrators."""

    @wsgi.route('GET', '/os-keypairs')
    def index(self, req):
        user_id = self._user(req, 'keypairs:show')
        return {'keypairs': [{'keypair': _view(req, row)} for row in keypairs.list(req.context, user_id)]}

    @wsgi.route('GET', '/os-keypairs/<name>')
    def show(self, req, name):
        row = keypairs.get(req.context, name, self._user(req, 'keypairs:show'))
        return {'keypair': {**_view(req, row), 'id': row.id, 'user_id': row.user_id, 'deleted': False,
                            'deleted_at': None, 'created_at': common.microtime(row.created_at),
                            'updated_at': common.microtime(row.updated_at)}}

    # 2.2: a type, and 201. 2.10: another user's.
    @wsgi.route('POST', '/os-keypairs', schema=CREATE, versions=(None, '2.1'))
    @wsgi.route('POST', '/os-keypairs', schema=CREATE_2, status=201, versions=('2.2', '2.9'))
    @wsgi.route('POST', '/os-keypairs', schema=CREATE_10, status=201, versions=('2.10', None))
    def create(self, req, body):
        asked = body['keypair']
        user_id = self._authorized(req, 'keypairs:change', asked.get('user_id'))
        kind = asked.get('type', 'ssh')
        if asked.get('public_key') is not None:
            row = keypairs.import_(req.context, asked['name'], asked['public_key'], kind, user_id)
            return {'keypair': {**_view(req, row), 'user_id': row.user_id}}
        row, private = keypairs.create(req.context, asked['name'], kind, user_id)
        return {'keypair': {**_view(req, row), 'user_id': row.user_id, 'private_key': private}}

    @wsgi.route('DELETE', '/os-keypairs/<name>', status=202, versions=(None, '2.1'))
    @wsgi.route('DELETE', '/os-keypairs/<name>', status=204, versions=('2.2', None))
    def delete(self, req, name):
        keypairs.delete(req.context, name, self._user(req, 'keypairs:change'))

    def _user(self, req, rule):
        """Whose key pairs are meant; the caller may use them."""
        asked = req.query().get('user_id', [None])[-1] if common.since(req, 10) else None
        return self._authorized(req, rule, asked)

    @staticmethod
    def _authorized(req, rule, user_id):
        user_id = user_id or req.context.user_id
        common.authorize(req, rule, {'user_id': user_id})
        return user_id


def _view(req, row):
    shown = {'name': row.name, 'public_key': row.public_key, 'fingerprint': row.fingerprint}
    if common.since(req, 2):
        shown['type'] = row.type
    return shown
