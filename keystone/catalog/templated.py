"""The catalog in a file, as Essex and its guides have it: lines `catalog.<region>.<type>.<key> = <value>`.

Underscores in a type stand for dashes; keys are name, publicURL, internalURL, adminURL. The same as YAML, in a file
whose name ends with .yaml or .yml: a mapping in a mapping, `catalog: {<region>: {<type>: {<key>: <value>}}}`. Nothing
is changed through the API: an operator edits the file, on every node, and starts the daemon again.
"""
import re
import uuid

import yaml
from oslo_config import cfg

from essex import config
from essex.exception import ConfigError, NotImplementedHere
from keystone.catalog.kvs import KvsCatalog

CONF = config.register([
    cfg.StrOpt('template_file', default='/etc/keystone/default_catalog.templates',
               help='The file of the catalog driver templated: lines, or YAML if its name ends with .yaml or .yml. '
                    'Read at start.'),
], 'catalog')

_LINE = re.compile(r'catalog\.(?P<region>.+)\.(?P<type>[^.]+)\.(?P<key>[^.\s]+)\s*=\s*(?P<value>.*)\Z')
_INTERFACES = {'publicURL': 'public', 'internalURL': 'internal', 'adminURL': 'admin'}
_KEYS = ('name', *_INTERFACES)
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


def parse_yaml(text, path):
    """The same of a YAML file's text. Raises ConfigError naming the place."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f'{path} is not the YAML of a catalog: {error}') from error
    found = {}
    for region, types in _mapping(_mapping(document, path, 'it').get('catalog'), path, 'catalog').items():
        for kind, values in _mapping(types, path, f'catalog.{region}').items():
            where = f'catalog.{region}.{kind}'
            place = found.setdefault((str(region), str(kind).replace('_', '-')), {})
            for key, value in _mapping(values, path, where).items():
                if key not in _KEYS or not isinstance(value, str):
                    raise ConfigError(f'{path}, {where}.{key}: expected a text for one of {", ".join(_KEYS)}.')
                place[key] = value.strip()
    return found


def _mapping(value, path, where):
    if not isinstance(value, dict):
        raise ConfigError(f'{path}: {where} has to be a mapping, as in '
                          'catalog: {REGION: {TYPE: {publicURL: URL}}}.')
    return value


class _Loader(yaml.SafeLoader):
    """What stands there twice would silently count once."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f'{", ".join(sorted(twice))} stands there twice',
                                                    node.start_mark)
        return super().construct_mapping(node, deep)


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
        read = parse_yaml if self.path.endswith(('.yaml', '.yml')) else parse
        for (region, kind), values in read(text, self.path).items():
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
