"""The contract of a network driver: what nova-network does on its host.

Drivers know no database and no RPC: they get values. Every method makes true what its first sentence says whatever
is there already, so that it can be called again after a crash cut it short.
"""
import abc
import dataclasses
import ipaddress

from stevedore import driver as stevedore_driver

from essex.exception import ConfigError
from nova.network.options import CONF

NAMESPACE = 'essex.nova.network'


@dataclasses.dataclass(frozen=True)
class NetworkSpec:
    """What a driver has to know about a network."""

    id: str
    label: str
    cidr: str
    gateway: str
    dhcp_server: str
    dhcp_start: str
    bridge: str
    bridge_interface: str = None
    dns: tuple = ()
    mtu: int = None

    @classmethod
    def of(cls, row):
        """The spec of a nova.db.models.Network; what the row leaves open comes from the configuration."""
        own = row.bridge and row.bridge != CONF.flat_network_bridge
        return cls(id=row.uuid, label=row.label, cidr=row.cidr, gateway=row.gateway,
                   dhcp_server=row.dhcp_server or row.gateway, dhcp_start=row.dhcp_start,
                   bridge=row.bridge or CONF.flat_network_bridge,
                   bridge_interface=row.bridge_interface or (None if own else CONF.flat_interface),
                   dns=tuple(dns for dns in (row.dns1, row.dns2) if dns),
                   mtu=row.mtu or CONF.network_device_mtu or None)

    @property
    def prefix(self):
        """The number of bits of the network part."""
        return ipaddress.ip_network(self.cidr).prefixlen


@dataclasses.dataclass(frozen=True)
class FloatingNat:
    """A floating address and the fixed one it stands for."""

    address: str
    fixed_address: str
    interface: str = None


class Driver(abc.ABC):
    """A way to do a cloud's networks on a host."""

    @abc.abstractmethod
    def check(self):
        """Raise ConfigError, with what to do, when this host lacks what the driver needs."""

    @abc.abstractmethod
    def setup_host(self):
        """Have what all networks of the host share: forwarding, the metadata address."""

    @abc.abstractmethod
    def setup_network(self, network):
        """Have the bridge of a NetworkSpec with its gateway address."""

    @abc.abstractmethod
    def apply_dhcp(self, network, hosts):
        """Have DHCP (and names) served on a network to exactly `hosts`: [(mac, hostname, address)].

        The lease of a host that is no longer among them is forgotten, so that another can have its address.
        """

    @abc.abstractmethod
    def apply_nat(self, networks, floating):
        """Have exactly those networks reach the outside and the metadata service, and exactly those FloatingNats."""

    @abc.abstractmethod
    def remove_stale(self, networks):
        """Have nothing on the host of networks that are not among `networks`."""


def load(name=None):
    """The configured driver. Raises ConfigError."""
    name = name or CONF.network_driver
    try:
        manager = stevedore_driver.DriverManager(NAMESPACE, name, invoke_on_load=True,
                                                 on_load_failure_callback=_reraise)
    except RuntimeError as error:
        raise ConfigError(f'network_driver = {name}: there is no such driver in {NAMESPACE}.') from error
    return manager.driver


def _reraise(manager, entry_point, error):
    raise error
