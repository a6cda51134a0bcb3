"""/os-networks and /os-tenant-networks, as nova-network clouds have them."""
import ipaddress

from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import common, schemas
from nova.network import api as network_api

_ADDRESS = {'type': 'string', 'format': 'ipv4'}
CREATE = schemas.wrapped('network', {
    'label': schemas.NAME, 'cidr': {'type': 'string', 'format': 'cidr'}, 'gateway': _ADDRESS, 'dhcp_start': _ADDRESS,
    'dns1': _ADDRESS, 'dns2': _ADDRESS, 'bridge': {'type': 'string', 'minLength': 1, 'maxLength': 15},
    'bridge_interface': {'type': 'string', 'minLength': 1, 'maxLength': 15},
    'mtu': {'type': 'integer', 'minimum': 576, 'maximum': 65535}}, required=('label', 'cidr'))
_ACTION = {'type': 'object', 'minProperties': 1, 'maxProperties': 1}


class Networks(wsgi.Controller):
    """Networks of the cloud."""

    def __init__(self):
        self.network = network_api.API()

    @wsgi.route('GET', '/os-networks')
    @wsgi.route('GET', '/os-networks/detail')
    def index(self, req):
        common.authorize(req, 'networks:show')
        full = common.allowed(req, 'networks:change')
        return {'networks': [view(row, full) for row in self.network.list_networks(req.context)]}

    @wsgi.route('GET', '/os-networks/<network_id>')
    def show(self, req, network_id):
        common.authorize(req, 'networks:show')
        row = self.network.get_network(req.context, network_id)
        return {'network': view(row, common.allowed(req, 'networks:change'))}

    @wsgi.route('POST', '/os-networks', schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'networks:change')
        return {'network': view(self.network.create_network(req.context, **body['network']), True)}

    @wsgi.route('DELETE', '/os-networks/<network_id>', status=202)
    def delete(self, req, network_id):
        common.authorize(req, 'networks:change')
        self.network.delete_network(req.context, network_id)

    @wsgi.route('POST', '/os-networks/<network_id>/action', status=202, schema=_ACTION)
    def action(self, req, network_id, body):
        common.authorize(req, 'networks:change')
        if 'disassociate' not in body:
            raise BadRequest(f'There is no such action: {next(iter(body))[:80]}')
        self.network.disassociate_network(req.context, network_id)

    @wsgi.route('GET', '/os-tenant-networks')
    def tenant_index(self, req):
        common.authorize(req, 'networks:show')
        return {'networks': [_brief(row) for row in self.network.list_networks(req.context)]}

    @wsgi.route('GET', '/os-tenant-networks/<network_id>')
    def tenant_show(self, req, network_id):
        common.authorize(req, 'networks:show')
        return {'network': _brief(self.network.get_network(req.context, network_id))}


def _brief(row):
    return {'id': row.uuid, 'cidr': row.cidr, 'label': row.label}


def view(row, full):
    """A network. Users see what concerns their servers, administrators the host side as well."""
    shown = {'id': row.uuid, 'label': row.label, 'cidr': row.cidr, 'netmask': row.netmask, 'gateway': row.gateway,
             'broadcast': row.broadcast or str(ipaddress.ip_network(row.cidr).broadcast_address), 'dns1': row.dns1,
             'dns2': row.dns2, 'cidr_v6': None, 'gateway_v6': None, 'netmask_v6': None}
    if full:
        shown.update({
            'bridge': row.bridge, 'bridge_interface': row.bridge_interface, 'vlan': row.vlan, 'host': row.host,
            'multi_host': row.multi_host, 'injected': row.injected, 'project_id': row.project_id,
            'dhcp_start': row.dhcp_start, 'dhcp_server': row.dhcp_server or row.gateway, 'mtu': row.mtu,
            'priority': row.priority, 'enable_dhcp': True, 'share_address': False, 'rxtx_base': None,
            'vpn_private_address': None, 'vpn_public_address': None, 'vpn_public_port': None,
            'created_at': common.microtime(row.created_at), 'updated_at': common.microtime(row.updated_at),
            'deleted_at': None, 'deleted': False})
    return shown
