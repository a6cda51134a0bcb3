"""nova-manage floating."""
from nova.cmd.management import administrator, argument, command, table
from nova.db import floating_ips
from nova.network.api import API


@command('floating')
@argument('ip_range', 'addresses, such as 192.0.2.0/28', required=True)
@argument('pool', 'pool they belong to (default_floating_pool)')
@argument('interface', 'interface that gets them (public_interface)')
def create(ip_range, pool, interface):
    """Add floating addresses to a pool. Those that are there already stay as they are."""
    count = API().create_floating_ips(administrator(), ip_range, pool, interface, missing_only=True)
    print(f'{count} floating addresses added')


@command('floating')
@argument('ip_range', 'addresses, such as 192.0.2.0/28', required=True)
def delete(ip_range):
    """Remove floating addresses that no server has."""
    API().delete_floating_ips(administrator(), ip_range)
    print(f'floating addresses of {ip_range} removed')


@command('floating')
@argument('host', 'only those this host translates')
def list_(host):
    """Print the floating addresses."""
    table(('Address', 'Pool', 'Project', 'Fixed address', 'Server', 'Host', 'Interface'),
          [(row.address, row.pool, row.project_id, row.fixed_address, row.instance_uuid, row.host, row.interface)
           for row in floating_ips.list_all(host)])
