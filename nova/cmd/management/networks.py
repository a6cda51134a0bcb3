"""nova-manage network."""
from nova import exception
from nova.cmd.management import administrator, argument, boolean, command, table
from nova.db import networks
from nova.network.api import API


@command('network')
@argument('label', 'its name', required=True)
@argument('fixed_range_v4', 'its addresses, such as 10.0.0.0/24', required=True)
@argument('gateway', 'address of the gateway (the first)')
@argument('dhcp_start', 'first address servers get (the second)')
@argument('bridge', 'bridge on the hosts (flat_network_bridge)')
@argument('bridge_interface', 'interface to put into the bridge')
@argument('dns1', 'name server')
@argument('dns2', 'another')
@argument('mtu', 'largest packet in bytes', convert=int)
@argument('project_id', 'the one project that may use it')
@argument('uuid', 'its id (a new one)')
@argument('multi_host', 'true: every compute host serves its own guests', default=False, convert=boolean)
@argument('priority', 'servers get cards of networks with lower numbers first', default=0, convert=int)
def create(label, fixed_range_v4, **more):
    """Make a network; nova-network sets it up when it hears of it, within a minute at the latest."""
    row = API().create_network(administrator(), label, fixed_range_v4, **more)
    print(f'network {row.label} {row.cidr} ({row.uuid}) made')


def _network(fixed_range, uuid):
    for row in networks.list_all() if uuid or fixed_range else ():
        if uuid in (None, row.uuid) and fixed_range in (None, row.cidr):
            return row
    raise exception.NetworkNotFound(network_id=uuid or fixed_range or '(none given)')


@command('network')
@argument('fixed_range', 'its addresses')
@argument('uuid', 'its id')
def delete(fixed_range, uuid):
    """Remove a network no server has a card of."""
    row = _network(fixed_range, uuid)
    API().delete_network(administrator(), row.uuid)
    print(f'network {row.label} {row.cidr} removed')


@command('network')
@argument('fixed_range', 'its addresses', required=True)
@argument('project', 'the one project that may use it from now on')
@argument('host', 'the host whose nova-network serves it from now on')
@argument('disassociate_project', 'let every project use it', flag=True)
@argument('disassociate_host', 'let any nova-network take it over', flag=True)
def modify(fixed_range, project, host, disassociate_project, disassociate_host):
    """Change whose a network is, and who serves it."""
    values = {}
    if project or disassociate_project:
        values['project_id'] = None if disassociate_project else project
    if host or disassociate_host:
        values['host'] = None if disassociate_host else host
    row = networks.update(_network(fixed_range, None).uuid, **values)
    print(f'network {row.label}: project {row.project_id or "(all)"}, host {row.host or "(none yet)"}')


@command('network')
def list_():
    """Print the networks."""
    table(('ID', 'Label', 'IPv4', 'Gateway', 'Start', 'DNS1', 'DNS2', 'Bridge', 'Project', 'Host'),
          [(row.uuid, row.label, row.cidr, row.gateway, row.dhcp_start, row.dns1, row.dns2, row.bridge,
            row.project_id, row.host) for row in networks.list_all()])

