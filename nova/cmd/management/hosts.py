"""nova-manage service, host and vm."""
import importlib

from essex import config
from nova.cmd.management import administrator, argument, command, table
from nova.compute import hosts, services, zones
from nova.db import instances

CONF = config.CONF


@command('service')
@argument('host', 'only on this host')
@argument('service', 'only this program, such as nova-compute')
def list_(host, service):
    """Print the daemons that have reported: :-) is up, XXX is down."""
    table(('Binary', 'Host', 'Zone', 'Status', 'State', 'Updated_At'),
          [(row.binary, row.host, row.zone, row.status, ':-)' if row.state == 'up' else 'XXX', row.last_seen_up)
           for row in services.list(administrator(), host, service)])


@command('service')
@argument('host', 'its host', required=True)
@argument('service', 'the program, such as nova-compute', required=True)
def enable(host, service):
    """Let the scheduler use a daemon's host."""
    services.set_enabled(administrator(), host, service, True)
    print(f'{service} on {host} is enabled')


@command('service')
@argument('host', 'its host', required=True)
@argument('service', 'the program, such as nova-compute', required=True)
@argument('reason', 'why, for others to read')
def disable(host, service, reason):
    """Have the scheduler put no new servers on a daemon's host."""
    services.set_enabled(administrator(), host, service, False, reason)
    print(f'{service} on {host} is disabled')


@command('service')
@argument('host', 'a compute host', required=True)
def describe_resource(host):
    """Print what a host has, and how much of it which project uses."""
    table(('Host', 'Project', 'CPU', 'Memory MB', 'Disk GB'),
          [tuple(row.values()) for row in hosts.describe(administrator(), host)])


@command('host', name='list')
@argument('zone', 'only of this availability zone')
def list_hosts(zone):
    """Print the hosts and their zones."""
    entries = {(row['host_name'], row['zone']) for row in hosts.list(administrator(), zone)}
    table(('Host', 'Zone'), sorted(entries))


@command('host')
def clear():
    """Stop every guest of this host and take down its networks. Disks and records stay. For when nova-compute and
    nova-network are stopped for good, or the host goes away."""
    # The drivers load what only hosts with guests have.
    driver = importlib.import_module('nova.compute.daemon').load_driver()
    firewall = importlib.import_module('nova.network.firewall').load()
    network = importlib.import_module('nova.network.driver').load()
    spec_of = importlib.import_module('nova.compute.executors.base').spec_of
    driver.init_host(CONF.host)
    try:
        guests = driver.list_instances()
        for row in instances.by_uuids(guests).values():
            driver.power_off(spec_of(row))
            firewall.remove(row.uuid, row.network_info)
    finally:
        driver.shutdown()
    network.apply_nat((), ())
    network.remove_stale(())
    print(f'{len(guests)} guests stopped, networks taken down')


@command('vm', name='list')
@argument('host', 'only on this host')
def list_servers(host):
    """Print the servers of all projects."""
    rows = instances.list_for(administrator(), {'all_tenants': True, **({'host': host} if host else {})},
                              sort=[('host', 'asc'), ('created_at', 'asc')])
    zone_of = zones.of_hosts()
    table(('ID', 'Name', 'Host', 'Flavor', 'State', 'Task', 'Launched', 'Image', 'Project', 'User', 'Zone'),
          [(row.uuid, row.display_name, row.host, row.flavor['name'], row.vm_state, row.task_state, row.launched_at,
            row.image_ref, row.project_id, row.user_id, zone_of.get(row.host)) for row in rows])
