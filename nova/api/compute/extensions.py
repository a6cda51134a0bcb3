"""/extensions: what older clients ask to find out what there is."""
from essex import wsgi
from essex.exception import NotFound
from nova.api.compute import common

# alias: (name, what it adds)
_EXTENSIONS = {
    'OS-DCF': ('DiskConfig', 'Disk management of servers.'),
    'OS-EXT-AZ': ('ExtendedAvailabilityZone', 'The zone a server is in.'),
    'OS-EXT-IPS': ('ExtendedIps', 'The kind of each address.'),
    'OS-EXT-IPS-MAC': ('ExtendedIpsMac', 'The card of each address.'),
    'OS-EXT-SRV-ATTR': ('ExtendedServerAttributes', 'Host side of servers, for administrators.'),
    'OS-EXT-STS': ('ExtendedStatus', 'Detailed states of servers.'),
    'OS-FLV-DISABLED': ('FlavorDisabled', 'Flavors that cannot be used any more.'),
    'OS-FLV-EXT-DATA': ('FlavorExtraData', 'Ephemeral disks of flavors.'),
    'OS-SCH-HNT': ('SchedulerHints', 'Hints where a server should be.'),
    'OS-SRV-USG': ('ServerUsage', 'When a server was launched and terminated.'),
    'os-admin-actions': ('AdminActions', 'Actions on servers for administrators.'),
    'os-aggregates': ('Aggregates', 'Groups of hosts.'),
    'os-availability-zone': ('AvailabilityZone', 'Zones of hosts.'),
    'os-config-drive': ('ConfigDrive', 'Configuration on a disk of the server.'),
    'os-console-output': ('ConsoleOutput', 'What a server wrote to its console.'),
    'os-consoles': ('Consoles', 'Consoles in the browser.'),
    'os-essex-operations': ('Operations', 'Long work on servers and volumes that is stuck or failed.'),
    'os-flavor-access': ('FlavorAccess', 'Flavors of some projects alone.'),
    'os-flavor-extra-specs': ('FlavorExtraSpecs', 'What the scheduler reads of flavors.'),
    'os-flavor-manage': ('FlavorManage', 'Making and deleting flavors.'),
    'os-floating-ip-pools': ('FloatingIpPools', 'Pools of floating addresses.'),
    'os-floating-ips': ('FloatingIps', 'Floating addresses.'),
    'os-hosts': ('Hosts', 'Hosts of the cloud.'),
    'os-hypervisors': ('Hypervisors', 'Hypervisors and what they have.'),
    'os-instance-actions': ('InstanceActions', 'What was done to a server.'),
    'os-keypairs': ('Keypairs', 'Public keys of users.'),
    'os-migrations': ('Migrations', 'Resizes of servers, for administrators.'),
    'os-networks': ('Networks', 'Networks of the cloud.'),
    'os-quota-class-sets': ('QuotaClasses', 'What a project may have by default.'),
    'os-quota-sets': ('Quotas', 'What a project may have.'),
    'os-security-groups': ('SecurityGroups', 'Which traffic reaches servers.'),
    'os-server-diagnostics': ('ServerDiagnostics', 'Numbers of running servers.'),
    'os-server-start-stop': ('ServerStartStop', 'Turning servers off and on.'),
    'os-services': ('Services', 'Daemons of the cloud.'),
    'os-simple-tenant-usage': ('SimpleTenantUsage', 'What projects used over time.'),
    'os-volumes': ('Volumes', 'Volumes, their snapshots and types, also disks of servers.'),
    'os-virtual-interfaces': ('VirtualInterfaces', 'Network cards of servers.'),
}


def _view(alias):
    name, description = _EXTENSIONS[alias]
    return {'alias': alias, 'name': name, 'description': description, 'links': [], 'updated': '2014-12-03T00:00:00Z',
            'namespace': f'http://docs.openstack.org/compute/ext/{alias}/api/v1.1'}


class Extensions(wsgi.Controller):
    """A fixed list: extensions are parts of the API today."""

    @wsgi.route('GET', '/extensions')
    def index(self, req):
        common.authorize(req, 'extensions:show')
        return {'extensions': [_view(alias) for alias in sorted(_EXTENSIONS)]}

    @wsgi.route('GET', '/extensions/<alias>')
    def show(self, req, alias):
        common.authorize(req, 'extensions:show')
        if alias not in _EXTENSIONS:
            raise NotFound(f'There is no extension {alias[:80]}.')
        return {'extension': _view(alias)}
