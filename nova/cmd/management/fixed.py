"""nova-manage fixed."""
from nova.cmd.management import argument, command, table
from nova.db import fixed_ips


@command('fixed')
@argument('host', 'only those of servers on this host')
def list_(host):
    """Print the addresses of networks that are in use or reserved."""
    table(('Network', 'Address', 'MAC', 'Hostname', 'Server', 'Host', 'Reserved'),
          [(row['network'], row['address'], row['mac'], row['hostname'], row['instance_uuid'], row['host'],
            row['reserved']) for row in fixed_ips.list_all(host)])


@command('fixed')
@argument('address', 'an address of a network', required=True)
def reserve(address):
    """Keep an address from servers."""
    fixed_ips.reserve(address)
    print(f'{address} is reserved')


@command('fixed')
@argument('address', 'a reserved address', required=True)
def unreserve(address):
    """Let servers have an address again."""
    fixed_ips.unreserve(address)
    print(f'{address} is free')
