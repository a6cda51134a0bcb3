"""Networks as users see them and administrators make them."""
import ipaddress
import uuid as uuids

from essex import db
from nova import exception
from nova.db import networks
from nova.network import refresh
from nova.network.options import CONF

_SMALLEST = 29   # a gateway and five servers; less is a slip of the pen


class Networks:
    """Part of nova.network.api.API. Rows are Network."""

    def list_networks(self, context):
        """The networks the caller's servers may use (an administrator: all), in the order of the cards."""
        return networks.list_for(context)

    def get_network(self, context, uuid):
        """One of them. Raises NetworkNotFound."""
        return networks.get_for(context, uuid)

    def create_network(self, context, label, cidr, gateway=None, dhcp_start=None, dns1=None, dns2=None, bridge=None,
                       bridge_interface=None, mtu=None, project_id=None, uuid=None, multi_host=False, priority=0):
        """Make a network: gateway the first address, servers from the second on, unless said otherwise.

        Raises InvalidNetwork, NetworkExists (its addresses are another's).
        """
        block = _block(cidr)
        gateway = _inside(block, 'gateway', gateway or block[1])
        first = next(address for address in (block[1], block[2]) if str(address) != gateway)
        if multi_host:
            raise exception.InvalidNetwork(reason='multi_host is not supported: one host serves a network.')
        if not isinstance(label, str) or not 0 < len(label) <= 255:
            raise exception.InvalidNetwork(reason='its label must be a text of 1 to 255 characters.')
        if mtu is not None and not 68 <= int(mtu) <= 65535:
            raise exception.InvalidNetwork(reason=f'an MTU of {mtu} is not possible.')
        row = self._insert(block, {
            'uuid': uuid or str(uuids.uuid4()), 'label': label, 'cidr': str(block), 'netmask': str(block.netmask),
            'gateway': gateway, 'broadcast': str(block.broadcast_address), 'dhcp_server': gateway,
            'dhcp_start': _inside(block, 'dhcp_start', dhcp_start or first), 'dns1': _address('dns1', dns1),
            'dns2': _address('dns2', dns2), 'bridge': _device('bridge', bridge) or CONF.flat_network_bridge,
            'bridge_interface': _device('bridge_interface', bridge_interface), 'mtu': mtu, 'project_id': project_id,
            'multi_host': False, 'priority': priority})
        refresh.networks(context)
        return row

    @db.retry
    def _insert(self, block, values):
        with db.writer():
            for other in networks.list_all():
                if block.overlaps(ipaddress.ip_network(other.cidr)):
                    raise exception.NetworkExists(cidr=str(block), other=f'{other.label} ({other.cidr})')
                if other.bridge == values['bridge']:
                    raise exception.InvalidNetwork(
                        reason=f'bridge {other.bridge} is that of network {other.label}: each needs its own.')
            return networks.create(values)

    def delete_network(self, context, uuid):
        """Delete a network no server is on. Raises NetworkNotFound, NetworkInUse."""
        networks.delete(uuid)
        refresh.networks(context)

    def disassociate_network(self, context, uuid):
        """Take a network from its project: all may use it. Raises NetworkNotFound."""
        networks.update(uuid, project_id=None)


def _block(cidr):
    try:
        block = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise exception.InvalidNetwork(reason=f'{cidr}: {error}') from None
    if block.prefixlen > _SMALLEST:
        raise exception.InvalidNetwork(reason=f'{cidr} is too small: /{_SMALLEST} is the least.')
    return block


def _inside(block, name, address):
    try:
        parsed = ipaddress.IPv4Address(str(address))
    except ValueError:
        raise exception.InvalidNetwork(reason=f'{name} {address} is not an IPv4 address.') from None
    if parsed not in block or parsed in (block.network_address, block.broadcast_address):
        raise exception.InvalidNetwork(reason=f'{name} {address} is not an address of a host in {block}.')
    return str(parsed)


def _address(name, value):
    if not value:
        return None
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise exception.InvalidNetwork(reason=f'{name} {value} is not an IP address.') from None


def _device(name, value):
    if not value:
        return None
    if len(value) > 15 or not value.isascii() or any(each.isspace() or each in '/:"\\' for each in value):
        raise exception.InvalidNetwork(reason=f'{name} {value!r} is not a name an interface can have.')
    return value
