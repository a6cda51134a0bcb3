"""/os-keypairs: public keys of users."""
from essex import wsgi
from nova.api.compute import common, schemas
from nova.compute import keypairs

CREATE = schemas.wrapped('keypair', {
    'name': schemas.NAME, 'public_key': {'type': ['string', 'null']}}, required=('name',))


class Keypairs(wsgi.Controller):
    """One's own key pairs."""

    @wsgi.route('GET', '/os-keypairs')
    def index(self, req):
        self._authorize(req, 'keypairs:show')
        return {'keypairs': [{'keypair': _view(row)} for row in keypairs.list(req.context)]}

    @wsgi.route('GET', '/os-keypairs/<name>')
    def show(self, req, name):
        self._authorize(req, 'keypairs:show')
        row = keypairs.get(req.context, name)
        return {'keypair': {**_view(row), 'id': row.id, 'user_id': row.user_id, 'deleted': False, 'deleted_at': None,
                            'created_at': common.microtime(row.created_at),
                            'updated_at': common.microtime(row.updated_at)}}

    @wsgi.route('POST', '/os-keypairs', schema=CREATE)
    def create(self, req, body):
        self._authorize(req, 'keypairs:change')
        asked = body['keypair']
        if asked.get('public_key') is not None:
            row = keypairs.import_(req.context, asked['name'], asked['public_key'])
            return {'keypair': {**_view(row), 'user_id': row.user_id}}
        row, private = keypairs.create(req.context, asked['name'])
        return {'keypair': {**_view(row), 'user_id': row.user_id, 'private_key': private}}

    @wsgi.route('DELETE', '/os-keypairs/<name>', status=202)
    def delete(self, req, name):
        self._authorize(req, 'keypairs:change')
        keypairs.delete(req.context, name)

    @staticmethod
    def _authorize(req, rule):
        common.authorize(req, rule, {'user_id': req.context.user_id})


def _view(row):
    return {'name': row.name, 'public_key': row.public_key, 'fingerprint': row.fingerprint}
