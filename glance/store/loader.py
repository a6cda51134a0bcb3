"""The stores this service is configured with."""
from oslo_config import cfg
from stevedore import DriverManager, ExtensionManager
from stevedore.exception import NoMatches

from essex import config
from essex.exception import ConfigError
from glance.exception import InvalidImage, StoreNotFound
from glance.store.filesystem import FilesystemStore
from glance.store.swift import SwiftStore

NAMESPACE = 'essex.glance.store'
# Need no installed entry point, so that a checkout runs as it is.
BUILTIN = {'file': FilesystemStore, 'swift': SwiftStore}

OPTS = [
    cfg.DictOpt('enabled_backends',
                help='Several stores, as id:kind,id:kind. Each has its options in a section named after its id. '
                     'Unset, there is one store, described in [glance_store].'),
]
STORE_OPTS = [
    cfg.StrOpt('default_backend', help='With enabled_backends: the id of the store that takes an upload which names '
                                       'none.'),
    cfg.StrOpt('default_store', default='file',
               help='Without enabled_backends: the kind of the one store, an entry point in essex.glance.store. Its '
                    'options stand in this section.'),
]
config.register(OPTS)
CONF = config.register(STORE_OPTS, 'glance_store')
for _builtin in BUILTIN.values():
    config.register(_builtin.OPTS, 'glance_store')


class Stores:
    """Every configured store by its id."""

    def __init__(self):
        several = CONF.enabled_backends
        if several:
            self._stores = {name: _make(name, kind, name) for name, kind in several.items()}
            default = CONF.glance_store.default_backend
        else:
            default = CONF.glance_store.default_store
            self._stores = {default: _make(default, default, 'glance_store')}
        if default not in self._stores:
            raise ConfigError(f'[glance_store] default_backend is {default}, but enabled_backends has '
                              f'{", ".join(self._stores)}.')
        self.default = self._stores[default]
        self.several = bool(several)

    @property
    def names(self):
        """The ids, the default one first."""
        first = self.default.name
        return [first, *(name for name in self._stores if name != first)]

    def get(self, name=None):
        """The store with this id, the default one without. Raises StoreNotFound."""
        if not name:
            return self.default
        try:
            return self._stores[name]
        except KeyError:
            raise StoreNotFound(store=str(name)[:60], known=', '.join(self.names)) from None

    def for_url(self, url):
        """The first store that understands a URL. Raises InvalidImage."""
        scheme = url.split(':', 1)[0]
        for store in self:
            if scheme in store.schemes:
                return store
        raise InvalidImage(f'No store of this service understands {scheme[:20]}: addresses.')

    def __iter__(self):
        return (self._stores[name] for name in self.names)

    def check(self):
        """See that each store can be used. Raises ConfigError."""
        for store in self:
            store.check()


def _make(name, kind, section):
    cls = BUILTIN.get(kind) or _entry_point(name, kind)
    config.register(cls.OPTS, section)
    return cls(name, CONF[section])


def _entry_point(name, kind):
    try:
        return DriverManager(NAMESPACE, kind).driver
    except NoMatches as error:
        known = sorted({*BUILTIN, *ExtensionManager(NAMESPACE).names()})
        raise ConfigError(f'Store {name}: there is no kind of store called {kind!r}. There are: '
                          f'{", ".join(known)}.') from error
