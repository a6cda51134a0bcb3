"""One server in full, for the controllers that answer with one."""
from nova.api.compute import common, server_views
from nova.compute import volumes, zones

# What changes of a server answer without, up to 2.74.
_EXTENDED = ('OS-EXT-', 'OS-SRV-USG:', 'os-extended-volumes:', 'config_drive', 'key_name', 'security_groups')


class ServerDetails:
    """`compute` and `network` are the APIs of those."""

    def __init__(self, compute, network):
        self.compute, self.network, self.zones = compute, network, zones.OfServers()

    def several(self, req, rows):
        """Each of `rows` in full, in a fixed number of statements."""
        faults = self.compute.faults(rows)
        groups = self.network.group_names([row.uuid for row in rows])
        attached = volumes.of_servers(rows)
        with_host = common.allowed(req, 'servers:show:host')
        return [server_views.detail(req, row, self.zones.of(row), faults.get(row.uuid), groups.get(row.uuid, ()),
                                    with_host, attached.get(row.uuid, ())) for row in rows]

    def one(self, req, row):
        """A row in full."""
        return self.several(req, [row])[0]

    def changed(self, req, row):
        """A row that was just changed."""
        shown = {key: value for key, value in self.one(req, row).items() if not key.startswith(_EXTENDED)}
        shown['addresses'] = {label: [{key: value for key, value in each.items() if not key.startswith(_EXTENDED)}
                                      for each in entries] for label, entries in shown['addresses'].items()}
        return shown
