"""A network driver that does nothing on the host and remembers what it was asked: for the fake hypervisor, for
ordinary users, for tests."""
import collections

from nova.network.driver import Driver


class FakeDriver(Driver):
    """State that tests look at: networks {id: NetworkSpec}, dhcp {id: [(mac, hostname, address)]}, nat, floating."""

    def __init__(self):
        self.networks, self.dhcp = {}, {}
        self.nat, self.floating = (), ()
        # The newest only: the embedded cloud runs on this driver for weeks.
        self.calls = collections.deque(maxlen=1000)

    def check(self):
        self.calls.append('check')

    def setup_host(self):
        self.calls.append('setup_host')

    def setup_network(self, network):
        self.calls.append('setup_network')
        self.networks[network.id] = network

    def apply_dhcp(self, network, hosts):
        self.calls.append('apply_dhcp')
        self.dhcp[network.id] = list(hosts)

    def apply_nat(self, networks, floating):
        self.calls.append('apply_nat')
        self.nat, self.floating = tuple(networks), tuple(floating)

    def remove_stale(self, networks):
        self.calls.append('remove_stale')
        kept = {network.id for network in networks}
        self.networks = {key: value for key, value in self.networks.items() if key in kept}
        self.dhcp = {key: value for key, value in self.dhcp.items() if key in kept}
