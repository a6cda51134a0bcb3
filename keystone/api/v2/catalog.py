"""/v2.0/OS-KSADM/services and /v2.0/endpoints: the three URLs of an endpoint are one object here"""
from essex import wsgi
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import taken
from keystone.db.records import Hints
from keystone.exception import EndpointNotFound
from keystone.ids import new_id

MEMBER = 'OS-KSADM:service'
_SERVICE = {'name': schemas.LONG_NAME, 'type': schemas.LONG_NAME, 'description': schemas.DESCRIPTION}
_URL_OR_NULL = {'type': ['string', 'null'], 'maxLength': 2000}
_ENDPOINT = {'region': schemas.REGION_ID_OR_NULL, 'service_id': schemas.ID, 'publicurl': schemas.URL,
             'internalurl': _URL_OR_NULL, 'adminurl': _URL_OR_NULL}
INTERFACES = ('public', 'internal', 'admin')


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


def _view(key, endpoints):
    urls = {f'{each["interface"]}url': each['url'] for each in endpoints}
    return {'id': key, 'region': endpoints[0]['region_id'], 'service_id': endpoints[0]['service_id'],
            'publicurl': None, 'internalurl': None, 'adminurl': None, **urls}


class EndpointController(Controller):

    @wsgi.route('GET', '/endpoints')
    def index(self, req):
        self.admin_only(req)
        found = group(self.managers.catalog.list_endpoints(Hints()))
        return {'endpoints': [_view(key, endpoints) for key, endpoints in found.items()]}

    @wsgi.route('POST', '/endpoints', schema=schemas.member('endpoint', _ENDPOINT, ['service_id', 'publicurl']))
    def create(self, req, body):
        self.admin_only(req)
        values, key = body['endpoint'], new_id()
        self.managers.catalog.get_service(values['service_id'])
        made = [self.managers.catalog.create_endpoint(
            {'service_id': values['service_id'], 'region': values.get('region'), 'interface': interface,
             'url': values[f'{interface}url'], 'legacy_id': key})
            for interface in INTERFACES if values.get(f'{interface}url')]
        return {'endpoint': _view(key, made)}

    @wsgi.route('DELETE', '/endpoints/<endpoint_id>', status=204)
    def delete(self, req, endpoint_id):
        self.admin_only(req)
        found = group(self.managers.catalog.list_endpoints(Hints()))
        if endpoint_id not in found:
            raise EndpointNotFound(endpoint_id)
        for endpoint in found[endpoint_id]:
            self.managers.catalog.delete_endpoint(endpoint['id'])
