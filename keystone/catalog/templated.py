"""The catalog in a file, as Essex and its guides have it: lines `catalog.<region>.<type>.<key> = <value>`.

Underscores in a type stand for dashes; keys are name, publicURL, internalURL, adminURL. Nothing is changed through
the API: an operator edits the file, on every node, and starts the daemon again.
"""
import re
import uuid

from oslo_config import cfg

from essex import config
from essex.exception import ConfigError, NotImplementedHere
from keystone.catalog.kvs import KvsCatalog

CONF = config.register([
    cfg.StrOpt('template_file', default='/etc/keystone/default_catalog.templates',
               help='The file of the catalog driver templated. Read at start.'),
], 'catalog')

_LINE = re.compile(r'catalog\.(?P<region>.+)\.(?P<type>[^.]+)\.(?P<key>[^.\s]+)\s*=\s*(?P<value>.*)\Z')
_INTERFACES = {'publicURL': 'public', 'internalURL': 'internal', 'adminURL': 'admin'}
# Ids are the same on every node and after every start.
_IDS = uuid.UUID('5f1d6a0c-0c3e-4f0e-8f8b-6a7c9a3c2b11')


def parse(text, path):
    """{(region, type): {key: value}} of a file's text, in its order. Raises ConfigError naming the line."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        match = _LINE.match(line)
        if match is None:
            raise ConfigError(f'{path}, line {number}: expected catalog.<region>.<type>.<key> = <value>.')
        place = (match['region'], match['type'].replace('_', '-'))
        found.setdefault(place, {})[match['key']] = match['value'].strip()
    return found


class TemplatedCatalog(KvsCatalog):
    """What the file says, read-only."""

    def __init__(self):
        super().__init__()
        self.path = CONF.catalog.template_file
        try:
            with open(self.path, encoding='utf-8') as file:
                text = file.read()
        except OSError as error:
            raise ConfigError(f'[catalog] template_file {self.path} cannot be read: {error.strerror}.') from error
        for (region, kind), values in parse(text, self.path).items():
            self._take(region, kind, values)

    def _take(self, region, kind, values):
        make, service_id = super().create, _id(kind)
        if self.get('region', region) is None:
            make('region', {'id': region})
        if self.get('service', service_id) is None:
            make('service', {'id': service_id, 'type': kind, 'name': values.get('name', '')})
        for key, interface in _INTERFACES.items():
            if key in values:
                make('endpoint', {'id': _id(region, kind, interface), 'service_id': service_id, 'region_id': region,
                                  'interface': interface, 'url': values[key], 'legacy_id': _id(region, kind)})

    def _refuse(self):
        raise NotImplementedHere(f'The catalog of this cloud is the file {self.path}: its operator edits that.')

    def create(self, kind, ref):
        self._refuse()

    def change(self, kind, key, values):
        self._refuse()

    def remove(self, kind, key):
        self._refuse()


def _id(*names):
    return uuid.uuid5(_IDS, '/'.join(names)).hex
