"""The catalog in this process's memory: for one worker, and gone with it."""
import collections
import copy

from essex.exception import BadRequest
from keystone.catalog.driver import CatalogDriver
from keystone.exception import IdConflict

Row = collections.namedtuple('Row', 'service_id type name endpoint_id interface region_id url extra any_filter')
_FIELDS = {
    'service': {'type': None, 'name': None, 'description': None, 'enabled': True},
    'endpoint': {'service_id': None, 'interface': None, 'region_id': None, 'url': None, 'enabled': True,
                 'legacy_id': None},
    'region': {'parent_region_id': None, 'description': ''},
}
_NO_ENDPOINT = dict.fromkeys(('id', 'interface', 'region_id', 'url'))


class KvsCatalog(CatalogDriver):
    """Dicts."""

    def __init__(self):
        self._refs = {kind: {} for kind in _FIELDS}

    def enabled(self):
        rows = []
        for service in self._refs['service'].values():
            if not service['enabled']:
                continue
            mine = [ref for ref in self._refs['endpoint'].values()
                    if ref['service_id'] == service['id'] and ref['enabled']]
            rows += [Row(service['id'], service['type'], service['name'], ref['id'], ref['interface'],
                         ref['region_id'], ref['url'], ref, False) for ref in mine or [_NO_ENDPOINT]]
        return sorted(rows, key=lambda row: (row.type, row.service_id, row.region_id or '', row.interface or '',
                                             row.endpoint_id or ''))

    def get(self, kind, key):
        return copy.deepcopy(self._refs[kind].get(key))

    def listing(self, kind, hints):
        refs = sorted(self._refs[kind].values(), key=lambda ref: ref['id'])
        for name, operator, value in hints.filters:
            if name in _FIELDS[kind] or name == 'id':
                refs = [ref for ref in refs if _fits(ref[name], operator, value)]
        if hints.marker is not None:
            if hints.marker not in self._refs[kind]:
                raise BadRequest(f'The marker {hints.marker[:64]} is not in this collection.')
            refs = [ref for ref in refs if ref['id'] > hints.marker]
        if hints.limit is not None and len(refs) > hints.limit:
            hints.truncated, refs = True, refs[:hints.limit]
        return copy.deepcopy(refs)

    def create(self, kind, ref):
        if ref['id'] in self._refs[kind]:
            raise IdConflict(kind=kind, id=ref['id'])
        self._refs[kind][ref['id']] = copy.deepcopy({**_FIELDS[kind], **ref})

    def change(self, kind, key, values):
        old, fields = self._refs[kind][key], _FIELDS[kind]
        merged = {**old, **copy.deepcopy(values)}
        self._refs[kind][key] = {name: value for name, value in merged.items() if value is not None or name in fields}

    def remove(self, kind, key):
        if kind == 'service':
            endpoints = self._refs['endpoint']
            for endpoint_id in [each for each, ref in endpoints.items() if ref['service_id'] == key]:
                del endpoints[endpoint_id]
        return self._refs[kind].pop(key, None) is not None

    def region_in_use(self, region_id):
        return any(ref['region_id'] == region_id for ref in self._refs['endpoint'].values())


def _fits(held, operator, value):
    """Whether a value passes a filter, as the database would have it: NULL passes none."""
    if held is None:
        return value is None and operator == 'equals'
    if operator == 'equals':
        return held == value
    if operator == 'in':
        return held in value
    if operator.startswith('i'):
        held, value, operator = held.lower(), value.lower(), operator[1:]
    return {'contains': held.__contains__, 'startswith': held.startswith, 'endswith': held.endswith}[operator](value)
