"""/v2.0/OS-KSADM/services and /v2.0/endpoints: the three URLs of an endpoint are one object here"""
from essex import wsgi
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import taken
from keystone.catalog.grouped import INTERFACES
from keystone.db.records import Hints

MEMBER = 'OS-KSADM:service'
_SERVICE = {'name': schemas.LONG_NAME, 'type': schemas.LONG_NAME, 'description': schemas.DESCRIPTION}
_URL_OR_NULL = {'type': ['string', 'null'], 'maxLength': 2000}
_ENDPOINT = {'region': schemas.REGION_ID_OR_NULL, 'service_id': schemas.ID, 'publicurl': schemas.URL,
             'internalurl': _URL_OR_NULL, 'adminurl': _URL_OR_NULL}


class ServiceController(Controller):

    @wsgi.route('GET', '/OS-KSADM/services')
    def index(self, req):
        self.admin_only(req)
        return {'OS-KSADM:services': self.managers.catalog.list_services(Hints())}

    @wsgi.route('POST', '/OS-KSADM/services', schema=schemas.member(MEMBER, _SERVICE, ['type']))
    def create(self, req, body):
        self.admin_only(req)
        return {MEMBER: self.managers.catalog.create_service(taken(body, MEMBER, 'extra', 'enabled'))}

    @wsgi.route('GET', '/OS-KSADM/services/<service_id>')
    def show(self, req, service_id):
        self.admin_only(req)
        return {MEMBER: self.managers.catalog.get_service(service_id)}

    @wsgi.route('DELETE', '/OS-KSADM/services/<service_id>', status=204)
    def delete(self, req, service_id):
        self.admin_only(req)
        self.managers.catalog.delete_service(service_id)


def _view(key, endpoints):
    urls = {f'{each["interface"]}url': each['url'] for each in endpoints}
    return {'id': key, 'region': endpoints[0]['region_id'], 'service_id': endpoints[0]['service_id'],
            'publicurl': None, 'internalurl': None, 'adminurl': None, **urls}


class EndpointController(Controller):

    @wsgi.route('GET', '/endpoints')
    def index(self, req):
        self.admin_only(req)
        return {'endpoints': [_view(key, found) for key, found in self.managers.endpoint_templates.list().items()]}

    @wsgi.route('POST', '/endpoints', schema=schemas.member('endpoint', _ENDPOINT, ['service_id', 'publicurl']))
    def create(self, req, body):
        self.admin_only(req)
        values, templates = body['endpoint'], self.managers.endpoint_templates
        urls = {interface: values[f'{interface}url'] for interface in INTERFACES if values.get(f'{interface}url')}
        key = templates.create(urls, {'service_id': values['service_id'], 'region': values.get('region')})
        return {'endpoint': _view(key, templates.get(key))}

    @wsgi.route('DELETE', '/endpoints/<endpoint_id>', status=204)
    def delete(self, req, endpoint_id):
        self.admin_only(req)
        self.managers.endpoint_templates.delete(endpoint_id)
