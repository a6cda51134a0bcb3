"""nova-manage flavor (instance_type)."""
from nova.cmd.management import administrator, argument, boolean, command, table
from nova.compute import flavors
from nova.db import flavors as rows


@command('flavor', 'instance_type')
@argument('name', 'its name', required=True)
@argument('memory', 'memory in MB', required=True)
@argument('cpu', 'virtual processors', required=True)
@argument('root_gb', 'root disk in GB; 0: as large as the image', default=0)
@argument('ephemeral_gb', 'second disk in GB', default=0)
@argument('flavor', 'its id (a new uuid when left out)')
@argument('swap', 'swap disk in MB', default=0)
@argument('rxtx_factor', 'share of the network', default=1)
@argument('is_public', 'true: for every project', default=True, convert=boolean)
def create(name, memory, cpu, root_gb, ephemeral_gb, flavor, swap, rxtx_factor, is_public):
    """Make a flavor."""
    row = flavors.create(administrator(), name, memory, cpu, root_gb, flavor, ephemeral_gb, swap, rxtx_factor,
                         is_public)
    print(f'flavor {row.name} ({row.flavorid}) made')


@command('flavor', 'instance_type')
@argument('name', 'its name', required=True)
def delete(name):
    """Remove a flavor; servers that have it keep their sizes."""
    rows.delete(rows.get_by_name(name).id)
    print(f'flavor {name} removed')


@command('flavor', 'instance_type')
@argument('name', 'only this one')
def list_(name):
    """Print the flavors, all or one."""
    found = [rows.get_by_name(name)] if name else rows.list_for(administrator(), None, sort_key='memory_mb')
    table(('Name', 'ID', 'Memory MB', 'VCPUs', 'Root GB', 'Ephemeral GB', 'Swap MB', 'RXTX', 'Public', 'Extra specs'),
          [(row.name, row.flavorid, row.memory_mb, row.vcpus, row.root_gb, row.ephemeral_gb, row.swap_mb,
            row.rxtx_factor, row.is_public, ' '.join(f'{key}={value}' for key, value in row.extra_specs.items()))
           for row in found])
