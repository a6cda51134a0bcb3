"""/v2/info: what this service offers."""
from essex import wsgi
from essex.exception import NotFound
from glance import policy
from glance.image.importing import request as imports


class InfoController(wsgi.Controller):
    """Discovery."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/info/import')
    def imports(self, req):
        """The ways to import an image."""
        return {'import-methods': {'description': 'Import methods available.', 'type': 'array',
                                   'value': imports.CONF.enabled_import_methods}}

    @wsgi.route('GET', '/info/stores')
    def index(self, req):
        """The stores, when there are several."""
        return {'stores': [self._entry(store) for store in self._several()]}

    @wsgi.route('GET', '/info/stores/detail')
    def detail(self, req):
        """The stores and how they are configured."""
        policy.enforce(req.context, 'stores_info_detail')
        return {'stores': [{**self._entry(store), 'weight': store.weight, **store.describe()}
                           for store in self._several()]}

    @wsgi.route('GET', '/info/usage')
    def usage(self, req):
        """What the caller's project has, and may have."""
        return {'usage': self.manager.usage(req.context)}

    def _several(self):
        stores = self.manager.stores
        if not stores.several:
            raise NotFound('This service has one store, which needs no name.')
        return stores

    def _entry(self, store):
        entry = {'id': store.name}
        if store.description:
            entry['description'] = store.description
        if store is self.manager.stores.default:
            entry['default'] = 'true'
        if store.read_only:
            entry['read-only'] = 'true'
        return entry
