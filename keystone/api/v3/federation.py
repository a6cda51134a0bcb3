"""/v3/OS-FEDERATION: identity providers, protocols, mappings, service providers."""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, self_link

_ROOT = '/OS-FEDERATION'
_DESCRIPTION = schemas.DESCRIPTION
_TTL = {'type': ['integer', 'null'], 'minimum': 0, 'maximum': 2 ** 31 - 1}
_REMOTE_IDS = {'type': ['array', 'null'], 'uniqueItems': True,
               'items': {'type': 'string', 'minLength': 1, 'maxLength': 255}}
_PROVIDER = {'enabled': schemas.BOOLEAN, 'description': _DESCRIPTION, 'authorization_ttl': _TTL,
             'remote_ids': _REMOTE_IDS}
_PROTOCOL = {'mapping_id': schemas.ID,
             'remote_id_attribute': {'type': ['string', 'null'], 'minLength': 1, 'maxLength': 64}}
_VERSION = {'type': 'string', 'minLength': 1, 'maxLength': 5}
_MAPPING = {'rules': {'type': 'array', 'minItems': 1, 'items': {
    'type': 'object', 'required': ['local', 'remote']}}, 'schema_version': _VERSION}
_URL = {'type': 'string', 'maxLength': 225, 'pattern': '^[a-zA-Z0-9+.-]+:.+'}
_SERVICE = {'auth_url': _URL, 'sp_url': _URL, 'description': _DESCRIPTION, 'enabled': schemas.BOOLEAN,
            'relay_state_prefix': {'type': 'string', 'minLength': 1, 'maxLength': 256}}


def _body(name, properties, required=()):
    return schemas.closed({name: schemas.closed(properties, required)}, [name])


def _change(name, properties):
    """The schema of a change: of something."""
    return schemas.closed({name: {**schemas.closed(properties), 'minProperties': 1}}, [name])


def _linked(req, ref, path, **more):
    """The object with its links; `more` are names of further links and what they append to the path."""
    links = {'self': self_link(req, f'OS-FEDERATION/{path}')}
    links.update((name, self_link(req, f'OS-FEDERATION/{where}')) for name, where in more.items())
    return {**ref, 'links': links}


def _new_id(key):
    """An id as the caller chose it. Raises BadRequest when nothing can be stored under it."""
    if len(key) > 64 or not key.strip():
        raise BadRequest('An id in this path has 1 to 64 characters.')
    return key


class IdentityProviderController(Controller):
    """Identity providers and their protocols."""

    @property
    def providers(self):
        return self.managers.providers

    @staticmethod
    def _shown(req, provider):
        return _linked(req, provider, f'identity_providers/{provider["id"]}')

    @staticmethod
    def _listed(req, provider):
        path = f'identity_providers/{provider["id"]}'
        return _linked(req, provider, path, protocols=f'{path}/protocols')

    @wsgi.route('GET', f'{_ROOT}/identity_providers')
    def index(self, req):
        self.enforce(req, 'list_identity_providers')
        hints = hints_of(req, text=('id',), flags=('enabled',))
        found = [self._listed(req, provider) for provider in self.providers.list_providers(hints)]
        return listed(req, 'identity_providers', found, hints=hints, itemize=False)

    @wsgi.route('PUT', f'{_ROOT}/identity_providers/<idp_id>', status=201,
                schema=_body('identity_provider', {**_PROVIDER, 'domain_id': schemas.ID_OR_NULL}))
    def create(self, req, idp_id, body):
        self.enforce(req, 'create_identity_provider')
        made = self.providers.create_provider(_new_id(idp_id), body['identity_provider'])
        return {'identity_provider': self._shown(req, made)}

    @wsgi.route('GET', f'{_ROOT}/identity_providers/<idp_id>')
    def show(self, req, idp_id):
        self.enforce(req, 'get_identity_provider')
        return {'identity_provider': self._shown(req, self.providers.get_provider(idp_id))}

    @wsgi.route('PATCH', f'{_ROOT}/identity_providers/<idp_id>', schema=_change('identity_provider', _PROVIDER))
    def update(self, req, idp_id, body):
        self.enforce(req, 'update_identity_provider')
        changed = self.providers.update_provider(idp_id, body['identity_provider'])
        return {'identity_provider': self._shown(req, changed)}

    @wsgi.route('DELETE', f'{_ROOT}/identity_providers/<idp_id>', status=204)
    def delete(self, req, idp_id):
        self.enforce(req, 'delete_identity_provider')
        self.providers.delete_provider(idp_id)

    @staticmethod
    def _protocol(req, protocol):
        provider = f'identity_providers/{protocol["idp_id"]}'
        return _linked(req, protocol, f'{provider}/protocols/{protocol["id"]}', identity_provider=provider)

    def _one(self, req, protocol):
        """As the original shows a single one; what it rests on besides only where it is set."""
        shown = {key: value for key, value in protocol.items()
                 if key != 'idp_id' and not (key == 'remote_id_attribute' and value is None)}
        return {'protocol': {**shown, 'links': self._protocol(req, protocol)['links']}}

    @wsgi.route('GET', f'{_ROOT}/identity_providers/<idp_id>/protocols')
    def protocols(self, req, idp_id):
        self.enforce(req, 'list_protocols')
        hints = hints_of(req, text=('id',))
        found = [self._protocol(req, protocol) for protocol in self.providers.list_protocols(idp_id, hints)]
        return listed(req, 'protocols', found, hints=hints, itemize=False)

    @wsgi.route('PUT', f'{_ROOT}/identity_providers/<idp_id>/protocols/<protocol_id>', status=201,
                schema=_body('protocol', _PROTOCOL, ['mapping_id']))
    def create_protocol(self, req, idp_id, protocol_id, body):
        self.enforce(req, 'create_protocol')
        made = self.providers.create_protocol(idp_id, _new_id(protocol_id), body['protocol'])
        return self._one(req, made)

    @wsgi.route('GET', f'{_ROOT}/identity_providers/<idp_id>/protocols/<protocol_id>')
    def show_protocol(self, req, idp_id, protocol_id):
        self.enforce(req, 'get_protocol')
        return self._one(req, self.providers.get_protocol(idp_id, protocol_id))

    @wsgi.route('PATCH', f'{_ROOT}/identity_providers/<idp_id>/protocols/<protocol_id>',
                schema=_change('protocol', _PROTOCOL))
    def update_protocol(self, req, idp_id, protocol_id, body):
        self.enforce(req, 'update_protocol')
        changed = self.providers.update_protocol(idp_id, protocol_id, body['protocol'])
        return self._one(req, changed)

    @wsgi.route('DELETE', f'{_ROOT}/identity_providers/<idp_id>/protocols/<protocol_id>', status=204)
    def delete_protocol(self, req, idp_id, protocol_id):
        self.enforce(req, 'delete_protocol')
        self.providers.delete_protocol(idp_id, protocol_id)


class _StoreController(Controller):
    """Objects of one kind whose ids callers choose. Subclasses have a `store` of them."""

    kind = None
    filters = {}

    def _shown(self, req, ref):
        return _linked(req, ref, f'{self.kind}s/{ref["id"]}')

    def _index(self, req):
        self.enforce(req, f'list_{self.kind}s')
        hints = hints_of(req, **self.filters)
        found = [self._shown(req, ref) for ref in self.store.list(hints)]
        return listed(req, f'{self.kind}s', found, hints=hints, itemize=False)

    def _create(self, req, key, body):
        self.enforce(req, f'create_{self.kind}')
        return {self.kind: self._shown(req, self.store.create(_new_id(key), body[self.kind]))}

    def _show(self, req, key):
        self.enforce(req, f'get_{self.kind}')
        return {self.kind: self._shown(req, self.store.get(key))}

    def _update(self, req, key, body):
        self.enforce(req, f'update_{self.kind}')
        return {self.kind: self._shown(req, self.store.update(key, body[self.kind]))}

    def _delete(self, req, key):
        self.enforce(req, f'delete_{self.kind}')
        self.store.delete(key)


class MappingController(_StoreController):
    kind = 'mapping'

    @property
    def store(self):
        return self.managers.mappings

    @wsgi.route('GET', f'{_ROOT}/mappings')
    def index(self, req):
        return self._index(req)

    @wsgi.route('PUT', f'{_ROOT}/mappings/<key>', status=201, schema=_body('mapping', _MAPPING, ['rules']))
    def create(self, req, key, body):
        return self._create(req, key, body)

    @wsgi.route('GET', f'{_ROOT}/mappings/<key>')
    def show(self, req, key):
        return self._show(req, key)

    @wsgi.route('PATCH', f'{_ROOT}/mappings/<key>', schema=_change('mapping', _MAPPING))
    def update(self, req, key, body):
        return self._update(req, key, body)

    @wsgi.route('DELETE', f'{_ROOT}/mappings/<key>', status=204)
    def delete(self, req, key):
        self._delete(req, key)


class ServiceProviderController(_StoreController):
    kind = 'service_provider'
    filters = {'text': ('id',), 'flags': ('enabled',)}

    @property
    def store(self):
        return self.managers.service_providers

    @wsgi.route('GET', f'{_ROOT}/service_providers')
    def index(self, req):
        return self._index(req)

    @wsgi.route('PUT', f'{_ROOT}/service_providers/<key>', status=201,
                schema=_body('service_provider', _SERVICE, ['auth_url', 'sp_url']))
    def create(self, req, key, body):
        return self._create(req, key, body)

    @wsgi.route('GET', f'{_ROOT}/service_providers/<key>')
    def show(self, req, key):
        return self._show(req, key)

    @wsgi.route('PATCH', f'{_ROOT}/service_providers/<key>', schema=_change('service_provider', _SERVICE))
    def update(self, req, key, body):
        return self._update(req, key, body)

    @wsgi.route('DELETE', f'{_ROOT}/service_providers/<key>', status=204)
    def delete(self, req, key):
        self._delete(req, key)
