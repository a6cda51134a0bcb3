"""The rules of services, endpoints and regions; the catalog a token carries."""
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone import drivers
from keystone.catalog import templates
from keystone.catalog.kvs import KvsCatalog
from keystone.catalog.sql import SqlCatalog
from keystone.catalog.templated import TemplatedCatalog
from keystone.changes import FACTS
from keystone.db.records import Hints
from keystone.exception import EndpointNotFound, RegionNotFound, ServiceNotFound
from keystone.ids import new_id

CONF = config.register([
    cfg.StrOpt('driver', default='sql',
               help='Where the catalog is kept: sql, templated (a file), or kvs (the memory of one process: only with '
                    'workers = 1).'),
], 'catalog')


class CatalogManager:
    """The catalog. What is enabled is small and kept in memory. `filters` say which endpoints a project sees."""

    def __init__(self, changes, filters):
        self.changes, self.filters = changes, filters
        self.driver = drivers.load('essex.keystone.catalog', CONF.catalog.driver,
                                   {'sql': SqlCatalog, 'templated': TemplatedCatalog, 'kvs': KvsCatalog})
        self._rows = None
        self._user_urls = None, False     # (rows, what depends_on_user found in them)
        changes.listen(FACTS, self._forget)

    def _forget(self):
        self._rows = None

    def enabled(self):
        """Rows of all services and endpoints that are enabled, read at most once between changes."""
        self.changes.check()
        rows, generation = self._rows, self.changes.generation
        if rows is None:
            rows = self.driver.enabled()
            if generation == self.changes.generation:
                self._rows = rows
        return rows

    def depends_on_user(self):
        """Whether any URL holds the user's id, so that two users of a project see different catalogs."""
        rows = self.enabled()
        known, depends = self._user_urls
        if known is not rows:
            depends = any('user_id' in templates.fields(row.url) for row in rows if row.url)
            self._user_urls = rows, depends
        return depends

    def catalog(self, user_id, project_id):
        """[{id, type, name, endpoints: [{id, interface, region, region_id, url}]}] for a token's scope.

        Services without endpoints are in it, unless the project was given some endpoints only.
        """
        values = {'user_id': user_id, 'project_id': project_id, 'tenant_id': project_id, **templates.configured()}
        services, rows = {}, self.enabled()
        visible = self.filters.visible(project_id, bool(rows and rows[0].any_filter))
        for row in rows:
            if not visible.has(row):
                continue
            service = services.setdefault(row.service_id, {'id': row.service_id, 'type': row.type,
                                                           'name': row.name or '', 'endpoints': []})
            url = row.url and templates.fill(row.url, values)
            if not url:
                continue
            service['endpoints'].append({'id': row.endpoint_id, 'interface': row.interface, 'region': row.region_id,
                                         'region_id': row.region_id, 'url': url})
        return list(services.values())

    def get_service(self, service_id):
        """Raises ServiceNotFound."""
        service = self.driver.get('service', service_id)
        if service is None:
            raise ServiceNotFound(service_id)
        return service

    def list_services(self, hints):
        """Services that pass `hints`."""
        return self.driver.listing('service', hints)

    @db.retry
    def create_service(self, values):
        """Make a service (type)."""
        service = {'enabled': True, 'name': '', **values, 'id': values.get('id') or new_id()}
        with self.changes.writer():
            self.driver.create('service', service)
            self.changes.tell('created', 'service', service['id'])
        return self.get_service(service['id'])

    @db.retry
    def update_service(self, service_id, values):
        """Change a service."""
        self.get_service(service_id)
        with self.changes.writer():
            self.driver.change('service', service_id, {**values, 'id': service_id})
            self.changes.tell('updated', 'service', service_id)
        return self.get_service(service_id)

    @db.retry
    def delete_service(self, service_id):
        """Remove a service with its endpoints."""
        with self.changes.writer():
            if not self.driver.remove('service', service_id):
                raise ServiceNotFound(service_id)
            self.changes.tell('deleted', 'service', service_id)

    def get_endpoint(self, endpoint_id):
        """Raises EndpointNotFound."""
        endpoint = self.driver.get('endpoint', endpoint_id)
        if endpoint is None:
            raise EndpointNotFound(endpoint_id)
        return endpoint

    def list_endpoints(self, hints):
        """Endpoints that pass `hints`."""
        return self.driver.listing('endpoint', hints)

    def _check_endpoint(self, values):
        if 'url' in values and not templates.is_valid(values['url']):
            raise BadRequest(f'The URL {values["url"][:200]} is malformed: it may hold $(name)s or %(name)s, where '
                             f'name is one of {", ".join(templates.KNOWN)}.')
        if 'service_id' in values:
            try:
                self.get_service(values['service_id'])
            except ServiceNotFound as error:
                raise BadRequest(str(error)) from error
        if values.get('region_id') is not None:
            try:
                self.get_region(values['region_id'])
            except RegionNotFound as error:
                raise BadRequest(str(error)) from error

    @db.retry
    def create_endpoint(self, values):
        """Make an endpoint (service_id, interface, url). A `region` that is not known yet is made."""
        endpoint = {'enabled': True, **values, 'id': values.get('id') or new_id()}
        self._take_region(endpoint)
        self._check_endpoint(endpoint)
        with self.changes.writer():
            self.driver.create('endpoint', endpoint)
            self.changes.tell('created', 'endpoint', endpoint['id'])
        return self.get_endpoint(endpoint['id'])

    def _take_region(self, endpoint):
        name = endpoint.pop('region', None)
        if name is not None and endpoint.get('region_id') is None:
            endpoint['region_id'] = name
            if self.driver.get('region', name) is None:
                self.create_region({'id': name})

    @db.retry
    def update_endpoint(self, endpoint_id, values):
        """Change an endpoint."""
        self.get_endpoint(endpoint_id)
        values = dict(values, id=endpoint_id)
        self._take_region(values)
        self._check_endpoint(values)
        with self.changes.writer():
            self.driver.change('endpoint', endpoint_id, values)
            self.changes.tell('updated', 'endpoint', endpoint_id)
        return self.get_endpoint(endpoint_id)

    @db.retry
    def delete_endpoint(self, endpoint_id):
        """Raises EndpointNotFound."""
        with self.changes.writer():
            if not self.driver.remove('endpoint', endpoint_id):
                raise EndpointNotFound(endpoint_id)
            self.changes.tell('deleted', 'endpoint', endpoint_id)

    def get_region(self, region_id):
        """Raises RegionNotFound."""
        region = self.driver.get('region', region_id)
        if region is None:
            raise RegionNotFound(region_id)
        return region

    def list_regions(self, hints):
        """Regions that pass `hints`."""
        return self.driver.listing('region', hints)

    @db.retry
    def create_region(self, values):
        """Make a region; its id may be chosen. Raises IdConflict."""
        region = {'description': '', **values, 'id': values.get('id') or new_id()}
        region['description'] = region['description'] or ''
        if region.get('parent_region_id') is not None:
            self.get_region(region['parent_region_id'])
        with self.changes.writer():
            self.driver.create('region', region)
            self.changes.tell('created', 'region', region['id'])
        return self.get_region(region['id'])

    @db.retry
    def update_region(self, region_id, values):
        """Change a region. Raises BadRequest: it would be its own ancestor."""
        self.get_region(region_id)
        values = {key: value for key, value in values.items() if key != 'id'}
        if 'description' in values:
            values['description'] = values['description'] or ''
        above = values.get('parent_region_id')
        while above is not None:
            if above == region_id:
                raise BadRequest('A region cannot be its own parent, directly or through others.')
            above = self.get_region(above)['parent_region_id']
        with self.changes.writer():
            self.driver.change('region', region_id, values)
            self.changes.tell('updated', 'region', region_id)
        return self.get_region(region_id)

    def _with_below(self, region_id):
        """Ids of a region and all below it, each after the one it lies in."""
        below, found = {}, [region_id]
        for region in self.list_regions(Hints()):
            below.setdefault(region['parent_region_id'], []).append(region['id'])
        for each in found:
            found += [child for child in below.get(each, ()) if child not in found]
        return found

    @db.retry
    def delete_region(self, region_id):
        """Remove a region and those below it. Raises Forbidden: an endpoint or a registered limit is in one of them."""
        self.get_region(region_id)
        with self.changes.writer():
            regions = self._with_below(region_id)
            if any(self.driver.region_in_use(each) for each in regions):
                raise Forbidden(f'Region {region_id}, or one below it, holds endpoints or registered limits: remove '
                                'those first.')
            for each in reversed(regions):
                self.driver.remove('region', each)
            self.changes.tell('deleted', 'region', region_id)
