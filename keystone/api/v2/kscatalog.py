"""/v2.0/OS-KSCATALOG: endpoint templates, and which of them a tenant has"""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.catalog.grouped import INTERFACES, is_global
from keystone.db.records import Hints
from keystone.exception import EndpointNotFound

MEMBER = 'OS-KSCATALOG:endpointTemplate'
_ID = {'type': ['string', 'integer'], 'minLength': 1, 'maxLength': 64, 'pattern': '^[A-Za-z0-9._-]+$',
       'minimum': 0, 'maximum': 2 ** 63}
# XML says true and false as text.
_FLAG = {'enum': [True, False, 'true', 'false']}
_URL_OR_NULL = {**schemas.URL, 'type': ['string', 'null']}
_VERSIONS = {f'version{name}': {'type': ['string', 'integer', 'null'], 'maxLength': 2000}
             for name in ('Id', 'Info', 'List')}
_FIELDS = {'id': _ID, 'region': schemas.REGION_ID_OR_NULL, 'serviceId': schemas.ID, 'type': schemas.LONG_NAME,
           'name': schemas.LONG_NAME, 'publicURL': schemas.URL, 'internalURL': _URL_OR_NULL, 'adminURL': _URL_OR_NULL,
           'global': _FLAG, 'enabled': _FLAG, **_VERSIONS}
CREATE = schemas.member(MEMBER, _FIELDS, ['publicURL'])
UPDATE = schemas.member(MEMBER, _FIELDS)
GIVE = schemas.member(MEMBER, {'id': _ID}, ['id'])
_TEMPLATES, _TENANTS = '/OS-KSCATALOG/endpointTemplates', '/tenants/<tenant_id>/OS-KSCATALOG/endpoints'


class EndpointTemplateController(Controller):

    def _view(self, key, endpoints, services=None, tenant_id=None):
        """A template, or with `tenant_id` that tenant's endpoint."""
        first = endpoints[0]
        service = (services or self._services()).get(first['service_id'], {})
        shown = {'id': key, 'tenantId': tenant_id, 'region': first['region_id'], 'type': service.get('type'),
                 'name': service.get('name'), **{f'{each["interface"]}URL': each['url'] for each in endpoints},
                 **{name: first.get(name) for name in _VERSIONS}}
        if tenant_id is None:
            shown |= {'serviceId': first['service_id'], 'global': is_global(endpoints),
                      'enabled': all(each['enabled'] for each in endpoints)}
        return {name: value for name, value in shown.items() if value is not None}

    def _services(self):
        return {service['id']: service for service in self.managers.catalog.list_services(Hints())}

    def _service_id(self, req, values):
        """The service a template is for: by id, or by type and perhaps name. Raises BadRequest: none, or several."""
        service_id = values.get('serviceId') or req.query().get('serviceId', [None])[-1]
        if service_id is not None:
            return service_id
        hints = Hints()
        for name in ('type', 'name'):
            if values.get(name) is not None:
                hints.add(name, values[name])
        found = self.managers.catalog.list_services(hints) if hints.value('type') else []
        if len(found) != 1:
            raise BadRequest('serviceId, or type and name, have to name one service. Make it first '
                             '(/OS-KSADM/services) if there is none.')
        return found[0]['id']

    @staticmethod
    def _urls(values):
        return {interface: values[f'{interface}URL'] for interface in INTERFACES if f'{interface}URL' in values}

    @staticmethod
    def _shared(values):
        """What every endpoint of a template keeps."""
        shared = {name: values[name] for name in ('region', *_VERSIONS) if name in values}
        flags = {name: values[name] in (True, 'true') for name in ('enabled', 'global') if name in values}
        return {**shared, **flags}

    @wsgi.route('GET', _TEMPLATES)
    def index(self, req):
        self.admin_only(req)
        wanted, services = req.query().get('serviceId', [None])[-1], self._services()
        found = [self._view(key, endpoints, services)
                 for key, endpoints in self.managers.endpoint_templates.list().items()
                 if wanted in (None, endpoints[0]['service_id'])]
        return {f'{MEMBER}s': found, f'{MEMBER}s_links': []}

    @wsgi.route('POST', _TEMPLATES, schema=CREATE, status=201)
    def create(self, req, body):
        self.admin_only(req)
        values = body[MEMBER]
        urls = {interface: url for interface, url in self._urls(values).items() if url is not None}
        shared = {**self._shared(values), 'service_id': self._service_id(req, values)}
        key = self.managers.endpoint_templates.create(urls, shared, str(values['id']) if 'id' in values else None)
        return self._shown(key)

    def _shown(self, key):
        return {MEMBER: self._view(key, self.managers.endpoint_templates.get(key))}

    @wsgi.route('GET', f'{_TEMPLATES}/<template_id>')
    def show(self, req, template_id):
        self.admin_only(req)
        return self._shown(template_id)

    @wsgi.route('PUT', f'{_TEMPLATES}/<template_id>', schema=UPDATE)
    def update(self, req, template_id, body):
        self.admin_only(req)
        values = body[MEMBER]
        moved = {'service_id': self._service_id(req, values)} if {'serviceId', 'type', 'name'} & {*values} else {}
        self.managers.endpoint_templates.update(template_id, self._urls(values), {**self._shared(values), **moved})
        return self._shown(template_id)

    @wsgi.route('DELETE', f'{_TEMPLATES}/<template_id>', status=204)
    def delete(self, req, template_id):
        self.admin_only(req)
        self.managers.endpoint_templates.delete(template_id)

    @wsgi.route('GET', _TENANTS)
    def index_of_tenant(self, req, tenant_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        services = self._services()
        return {'endpoints': [self._view(key, endpoints, services, tenant_id) for key, endpoints in
                              self.managers.endpoint_templates.seen_by(tenant_id).items()], 'endpoints_links': []}

    @wsgi.route('POST', _TENANTS, schema=GIVE, status=201)
    def give(self, req, tenant_id, body):
        self.admin_only(req)
        self.tenant(tenant_id)
        key = str(body[MEMBER]['id'])
        self.managers.endpoint_templates.give(tenant_id, key)
        return self._endpoint(tenant_id, key)

    @wsgi.route('GET', f'{_TENANTS}/<endpoint_id>')
    def show_of_tenant(self, req, tenant_id, endpoint_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        return self._endpoint(tenant_id, endpoint_id)

    def _endpoint(self, tenant_id, key):
        seen = self.managers.endpoint_templates.seen_by(tenant_id)
        if key not in seen:
            raise EndpointNotFound(key)
        return {'endpoint': self._view(key, seen[key], tenant_id=tenant_id)}

    @wsgi.route('DELETE', f'{_TENANTS}/<endpoint_id>', status=204)
    def take(self, req, tenant_id, endpoint_id):
        self.admin_only(req)
        self.tenant(tenant_id)
        self.managers.endpoint_templates.take(tenant_id, endpoint_id)
