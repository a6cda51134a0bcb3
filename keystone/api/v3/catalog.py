"""/v3/services, /v3/endpoints, /v3/regions"""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken

_SERVICE = {'type': schemas.LONG_NAME, 'name': {'type': ['string', 'null'], 'maxLength': 255},
            'description': schemas.DESCRIPTION, 'enabled': schemas.BOOLEAN}
_ENDPOINT = {'interface': {'enum': ['public', 'internal', 'admin']}, 'url': schemas.URL, 'service_id': schemas.ID,
             'region_id': schemas.REGION_ID_OR_NULL, 'region': schemas.REGION_ID_OR_NULL, 'enabled': schemas.BOOLEAN,
             'name': {'type': ['string', 'null'], 'maxLength': 255}, 'description': schemas.DESCRIPTION}
_REGION = {'id': {'type': ['string', 'null'], 'maxLength': 255}, 'description': schemas.SHORT_DESCRIPTION,
           'parent_region_id': schemas.REGION_ID_OR_NULL}


def _shown_service(ref):
    """As v3 shows it: without a description nobody gave."""
    return {key: value for key, value in ref.items() if key != 'description' or value}


class ServiceController(Controller):

    @wsgi.route('GET', '/services')
    def index(self, req):
        self.enforce(req, 'list_services')
        hints = hints_of(req, text=('type', 'name'))
        found = self.managers.catalog.list_services(hints)
        return listed(req, 'services', [_shown_service(ref) for ref in found], hints=hints)

    @wsgi.route('POST', '/services', status=201, schema=schemas.member('service', _SERVICE, ['type']))
    def create(self, req, body):
        self.enforce(req, 'create_service')
        made = self.managers.catalog.create_service(taken(body, 'service', 'extra'))
        return single(req, 'service', _shown_service(made), 'services')

    @wsgi.route('GET', '/services/<service_id>')
    def show(self, req, service_id):
        self.enforce(req, 'get_service')
        return single(req, 'service', _shown_service(self.managers.catalog.get_service(service_id)), 'services')

    @wsgi.route('PATCH', '/services/<service_id>', schema=schemas.member('service', _SERVICE))
    def update(self, req, service_id, body):
        self.enforce(req, 'update_service')
        values = taken(body, 'service', 'extra')
        changed = self.managers.catalog.update_service(service_id, values)
        return single(req, 'service', _shown_service(changed), 'services')

    @wsgi.route('DELETE', '/services/<service_id>', status=204)
    def delete(self, req, service_id):
        self.enforce(req, 'delete_service')
        self.managers.catalog.delete_service(service_id)


def shown_endpoint(ref):
    """As v3 shows it: `region` beside region_id, without what v2.0 alone needs."""
    shown = {key: value for key, value in ref.items() if key != 'legacy_id'}
    return {**shown, 'region': shown['region_id']}


class EndpointController(Controller):

    @wsgi.route('GET', '/endpoints')
    def index(self, req):
        self.enforce(req, 'list_endpoints')
        hints = hints_of(req, text=('interface', 'service_id', 'region_id'))
        if hints.value('interface') not in (None, *_ENDPOINT['interface']['enum']):
            raise BadRequest('interface is one of public, internal and admin.')
        found = self.managers.catalog.list_endpoints(hints)
        return listed(req, 'endpoints', [shown_endpoint(ref) for ref in found], hints=hints)

    @wsgi.route('POST', '/endpoints', status=201,
                schema=schemas.member('endpoint', _ENDPOINT, ['interface', 'url', 'service_id']))
    def create(self, req, body):
        self.enforce(req, 'create_endpoint')
        values = taken(body, 'endpoint', 'extra', 'legacy_id')
        return single(req, 'endpoint', shown_endpoint(self.managers.catalog.create_endpoint(values)), 'endpoints')

    @wsgi.route('GET', '/endpoints/<endpoint_id>')
    def show(self, req, endpoint_id):
        self.enforce(req, 'get_endpoint')
        return single(req, 'endpoint', shown_endpoint(self.managers.catalog.get_endpoint(endpoint_id)), 'endpoints')

    @wsgi.route('PATCH', '/endpoints/<endpoint_id>', schema=schemas.member('endpoint', _ENDPOINT))
    def update(self, req, endpoint_id, body):
        self.enforce(req, 'update_endpoint')
        values = taken(body, 'endpoint', 'extra', 'legacy_id')
        updated = self.managers.catalog.update_endpoint(endpoint_id, values)
        return single(req, 'endpoint', shown_endpoint(updated), 'endpoints')

    @wsgi.route('DELETE', '/endpoints/<endpoint_id>', status=204)
    def delete(self, req, endpoint_id):
        self.enforce(req, 'delete_endpoint')
        self.managers.catalog.delete_endpoint(endpoint_id)


class RegionController(Controller):

    @wsgi.route('GET', '/regions')
    def index(self, req):
        self.enforce(req, 'list_regions')
        hints = hints_of(req, text=('parent_region_id', 'id'))
        return listed(req, 'regions', self.managers.catalog.list_regions(hints), hints=hints)

    def _create(self, req, values):
        self.enforce(req, 'create_region')
        return single(req, 'region', self.managers.catalog.create_region(values), 'regions')

    @wsgi.route('POST', '/regions', status=201, schema=schemas.closed(
        {'region': {'type': 'object', 'properties': _REGION}}, ['region']))
    def create(self, req, body):
        return self._create(req, {**taken(body, 'region', 'extra'), 'id': body['region'].get('id')})

    @wsgi.route('PUT', '/regions/<region_id>', status=201, schema=schemas.closed(
        {'region': {'type': 'object', 'properties': _REGION}}, ['region']))
    def create_with_id(self, req, region_id, body):
        wanted = body['region'].get('id') or region_id
        if wanted != region_id or len(region_id) > 255:
            raise BadRequest('The id in the body has to be the one in the URL, with at most 255 characters.')
        return self._create(req, {**taken(body, 'region', 'extra'), 'id': region_id})

    @wsgi.route('GET', '/regions/<region_id>')
    def show(self, req, region_id):
        self.enforce(req, 'get_region')
        return single(req, 'region', self.managers.catalog.get_region(region_id), 'regions')

    @wsgi.route('PATCH', '/regions/<region_id>', schema=schemas.member('region', _REGION))
    def update(self, req, region_id, body):
        self.enforce(req, 'update_region')
        values = taken(body, 'region', 'extra')
        return single(req, 'region', self.managers.catalog.update_region(region_id, values), 'regions')

    @wsgi.route('DELETE', '/regions/<region_id>', status=204)
    def delete(self, req, region_id):
        self.enforce(req, 'delete_region')
        self.managers.catalog.delete_region(region_id)
