"""Endpoints as v2.0 has them: the URLs of a service in a region are one object, an endpoint template (OS-KSCATALOG).

A template that is not `global` is in the catalogs of those tenants alone that were given it. To the rest of the
service it is its endpoints, which carry that word among what was stored with them.
"""
from essex import db
from essex.exception import Forbidden
from keystone.db.records import Hints
from keystone.exception import EndpointGlobal, EndpointNotFound, IdConflict
from keystone.ids import new_id

INTERFACES = ('public', 'internal', 'admin')


def group(endpoints):
    """{id in v2.0: [endpoints]}: what one call made, or what v3 made alike for a service and region."""
    groups, made_by_v3 = {}, {}
    for endpoint in sorted(endpoints, key=lambda each: INTERFACES.index(each['interface'])):
        if endpoint['legacy_id']:
            groups.setdefault(endpoint['legacy_id'], []).append(endpoint)
            continue
        place = (endpoint['service_id'], endpoint['region_id'])
        key = made_by_v3.get(place)
        if key is None or any(other['interface'] == endpoint['interface'] for other in groups[key]):
            key = made_by_v3[place] = endpoint['id']
        groups.setdefault(key, []).append(endpoint)
    return groups


def is_global(template):
    """Whether every tenant sees a template ([endpoints])."""
    return all(endpoint.get('global') is not False for endpoint in template)


class TemplateManager:
    """Templates: lists of endpoints by their common id. `urls` are {interface: URL}, `shared` what all rows have."""

    def __init__(self, changes, catalog, filters):
        self.changes, self.catalog, self.filters = changes, catalog, filters

    def list(self):
        """{id: [endpoints]} of all."""
        return group(self.catalog.list_endpoints(Hints()))

    def get(self, key):
        """The endpoints of one. Raises EndpointNotFound."""
        found = self.list().get(key)
        if found is None:
            raise EndpointNotFound(key)
        return found

    @db.retry
    def create(self, urls, shared, key=None):
        """Make one (shared: service_id, perhaps region, enabled...); returns its id. Raises ServiceNotFound,
        IdConflict."""
        self.catalog.get_service(shared['service_id'])
        if key is not None and key in self.list():
            raise IdConflict(kind='endpoint', id=key)
        key = key or new_id()
        with self.changes.writer():
            for interface, url in urls.items():
                self.catalog.create_endpoint({**shared, 'interface': interface, 'url': url, 'legacy_id': key})
        return key

    @db.retry
    def update(self, key, urls, shared):
        """Change one: a URL that is None goes, a new one comes. Raises EndpointNotFound."""
        with self.changes.writer():
            known = {endpoint['interface']: endpoint for endpoint in self.get(key)}
            first = next(iter(known.values()))
            inherited = {name: value for name, value in first.items() if name not in ('id', 'interface', 'url')}
            for interface in INTERFACES:
                url, endpoint = urls.get(interface, ...), known.get(interface)
                if url is None and endpoint:
                    self.catalog.delete_endpoint(endpoint['id'])
                elif endpoint:
                    self.catalog.update_endpoint(endpoint['id'], {**shared, **({} if url is ... else {'url': url})})
                elif url not in (None, ...):
                    self.catalog.create_endpoint({**inherited, **shared, 'interface': interface, 'url': url})

    @db.retry
    def delete(self, key):
        """Remove one from every catalog. Raises EndpointNotFound."""
        with self.changes.writer():
            for endpoint in self.get(key):
                self.catalog.delete_endpoint(endpoint['id'])

    def seen_by(self, project_id):
        """{id: [endpoints]} of those in a tenant's catalog, with its URLs."""
        shown = {endpoint['id']: endpoint['url'] for service in self.catalog.catalog(None, project_id)
                 for endpoint in service['endpoints']}
        found = {key: [{**endpoint, 'url': shown[endpoint['id']]} for endpoint in template if endpoint['id'] in shown]
                 for key, template in self.list().items()}
        return {key: template for key, template in found.items() if template}

    @db.retry
    def give(self, project_id, key):
        """Let a tenant see a template. Raises EndpointGlobal: it does; EndpointFilterConflict: it was given it."""
        template = self.get(key)
        if is_global(template):
            raise EndpointGlobal(key=key)
        with self.changes.writer():
            for endpoint in template:
                self.filters.give(project_id, endpoint['id'])

    @db.retry
    def take(self, project_id, key):
        """Undo a `give`. Raises EndpointFilterNotFound; Forbidden: it is every tenant's."""
        template = self.get(key)
        if is_global(template):
            raise Forbidden(f'Endpoint template {key} is global: it is taken from no single tenant.')
        with self.changes.writer():
            for endpoint in template:
                self.filters.take(project_id, endpoint['id'])
