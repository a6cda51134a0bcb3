"""The stores this service is configured with."""
import functools
import math
import os
import urllib.parse

from oslo_config import cfg
from stevedore import DriverManager, ExtensionManager
from stevedore.exception import NoMatches

from essex import config
from essex.exception import ConfigError
from glance.exception import InvalidImage, StoreNotFound, StoreReadOnly
from glance.store.filesystem import FilesystemStore
from glance.store.http import HttpStore
from glance.store.rbd import RbdStore
from glance.store.s3 import S3Store
from glance.store.swift import SwiftStore

NAMESPACE = 'essex.glance.store'
# Need no installed entry point, so that a checkout runs as it is.
BUILTIN = {'file': FilesystemStore, 'http': HttpStore, 'rbd': RbdStore, 's3': S3Store, 'swift': SwiftStore}

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
    cfg.ListOpt('stores', default=['http'],
                help='Without enabled_backends: the kinds of stores that images may have their data in without being '
                     'uploaded there (x-image-meta-location), beside default_store. Their options stand in this '
                     'section.'),
]
# Of each of several stores, in its own section.
SECTION_OPTS = [
    cfg.StrOpt('store_description', help='What users read about this store.'),
    cfg.IntOpt('weight', default=0, help='Of several copies of an image, that in the heaviest store is read first.'),
]
# Where staged data and the data of tasks wait for their import; never listed, never a place of images.
STAGING, TASKS = 'os_glance_staging_store', 'os_glance_tasks_store'
_RESERVED = 'os_glance_'
STAGING_OPTS = [
    cfg.StrOpt('node_staging_uri',
               help='Directory where staged data waits on this node for its import, as file:///path. Unset: staging/ '
                    'below state_path. filesystem_store_datadir in [os_glance_staging_store] is the same with '
                    'enabled_backends.'),
]
config.register(OPTS)
config.register(STAGING_OPTS)
CONF = config.register(STORE_OPTS, 'glance_store')
for _builtin in BUILTIN.values():
    config.register(_builtin.OPTS, 'glance_store')
for _name in (STAGING, TASKS):
    config.register(FilesystemStore.OPTS, _name)


class Stores:
    """Every configured store by its id."""

    def __init__(self):
        several = CONF.enabled_backends
        if several:
            self._stores = {name: _make_one_of_several(name, kind) for name, kind in several.items()}
            default = CONF.glance_store.default_backend
        else:
            default = CONF.glance_store.default_store
            kinds = dict.fromkeys([default, *CONF.glance_store.stores])
            self._stores = {kind: _make(kind, kind, 'glance_store') for kind in kinds}
        if default not in self._stores:
            raise ConfigError(f'[glance_store] default_backend is {default}, but enabled_backends has '
                              f'{", ".join(self._stores)}.')
        self.default = self._stores[default]
        if self.default.read_only:
            raise ConfigError(f'Store {default} can only be read: it cannot be the default one, which takes uploads.')
        self.several = bool(several)

    @functools.cached_property
    def staging(self):
        """Where staged data waits on this node: a filesystem store that no image has its data in."""
        return _directory(STAGING, _path_of(CONF.node_staging_uri) or os.path.join(CONF.state_path, 'staging'))

    @functools.cached_property
    def tasks(self):
        """Where the data of tasks waits."""
        return _directory(TASKS, os.path.join(CONF.state_path, 'tasks'))

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

    def for_upload(self, name=None):
        """The store with this id, if it takes data. Raises StoreNotFound, StoreReadOnly."""
        store = self.get(name)
        if store.read_only:
            raise StoreReadOnly(store=store.name)
        return store

    def weight_of(self, name):
        """How much a store weighs; one that is configured no more weighs less than all."""
        return self._stores[name].weight if name in self._stores else -math.inf

    def for_url(self, url):
        """The first store that understands a URL. Raises InvalidImage."""
        scheme = url.split(':', 1)[0]
        for store in self:
            if scheme in store.schemes:
                return store
        raise InvalidImage(f'No store of this service understands {scheme[:20]}: addresses.')

    def __iter__(self):
        return (self._stores[name] for name in self.names)

    def facts(self):
        """[{name, kind, default, read_only, total_bytes, free_bytes}] of each, bytes None where a store cannot tell."""
        found = []
        for store in self:
            total, free = store.capacity() or (None, None)
            found.append({'name': store.name, 'kind': store.schemes[0] if store.schemes else store.name,
                          'default': store is self.default, 'read_only': store.read_only, 'total_bytes': total,
                          'free_bytes': free})
        return found

    def check(self):
        """See that each store can be used. Raises ConfigError."""
        for store in self:
            store.check()


def _make_one_of_several(name, kind):
    if name.startswith(_RESERVED):
        raise ConfigError(f'enabled_backends names {name}: ids that begin with {_RESERVED} are kept for the service.')
    config.register(SECTION_OPTS, name)
    made = _make(name, kind, name)
    made.weight, made.description = CONF[name].weight, CONF[name].store_description
    return made


def _directory(name, path):
    """A ready filesystem store of the service's own, in its section's directory or in `path`."""
    if not CONF[name].filesystem_store_datadir:
        CONF.set_default('filesystem_store_datadir', path, name)
    made = FilesystemStore(name, CONF[name])
    made.check()
    return made


def _path_of(uri):
    if not uri:
        return None
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme != 'file' or parts.netloc or not parts.path:
        raise ConfigError(f'node_staging_uri is {uri!r}: give a directory as file:///path.')
    return urllib.parse.unquote(parts.path)


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
