"""LinuxDriver: the contract of nova.network.driver on a Linux host, as root."""
import contextlib
import glob
import hashlib
import json
import os

from essex.exception import ConfigError
from nova.exception import NetworkSetupFailed
from nova.network import commands
from nova.network.driver import Driver, NetworkSpec
from nova.network.linux import files, links, nat
from nova.network.linux.dnsmasq import Dnsmasq
from nova.network.options import CONF

PROGRAMS = {'ip': 'iproute2', 'nft': 'nftables', 'dnsmasq': 'dnsmasq-base'}
_METADATA = f'{nat.METADATA_ADDRESS}/32'


class LinuxDriver(Driver):
    """Remembers nothing itself: what it made is in files below networks_path, for whoever comes after a crash."""

    def check(self):
        if os.geteuid() != 0:
            raise ConfigError('network_driver = linux needs root (bridges, addresses, packet filter). Run nova-network '
                              'as root, or set network_driver = fake.')
        commands.require(PROGRAMS)

    def setup_host(self):
        with _failing('of the cloud'):
            files.set_kernel('ipv4/ip_forward', '1')
            links.change('link set dev lo up')
            # Guests that think the address is on their own segment ask for it by ARP.
            links.have_address('lo', _METADATA, 'scope link')

    def setup_network(self, network):
        with _failing(network):
            record = _Record(network.bridge)
            made = record.value.get('made', links.show(network.bridge) is None)
            # Before acting: what a kill leaves must be found.
            record.write({'network': network.id, 'made': made, 'address': _gateway(network)})
            links.have_bridge(network.bridge, _mac(network.id), network.mtu)
            links.have_address(network.bridge, _gateway(network), 'brd +')
            if network.bridge_interface:
                links.enslave(network.bridge_interface, network.bridge)

    def apply_dhcp(self, network, hosts):
        with _failing(network):
            Dnsmasq(network).apply(hosts)

    def apply_nat(self, networks, floating):
        with _failing('of the cloud'):
            default = CONF.public_interface or (links.default_device() if floating else None)
            wanted = {each.address: each.interface or default for each in floating}
            record = _Floating()
            for address, device in record.value.items():
                if wanted.get(address) != device:
                    links.drop_address(device, f'{address}/32')
            record.write(wanted)
            nat.apply(networks, floating)
            self._have_floating(wanted)

    @staticmethod
    def _have_floating(wanted):
        failed = []
        present = {device: set(links.addresses(device)) for device in set(wanted.values())}
        for address, device in wanted.items():
            if f'{address}/32' in present[device]:
                continue
            try:
                links.change(f'address add {address}/32 dev {device}')
                if CONF.send_arp_for_ha:
                    links.announce(device, address)
            except (commands.CommandFailed, OSError) as error:
                # The others are to work all the same.
                failed.append(f'{address} on {device}: {error}')
        if failed:
            raise commands.CommandFailed('; '.join(failed))

    def remove_stale(self, networks):
        kept = {network.bridge: network for network in networks}
        for path in glob.glob(files.path('nova-*.json')):
            record = _Record(os.path.basename(path)[len('nova-'):-len('.json')])
            network = kept.get(record.bridge)
            if network is None:
                self._remove(record)
            elif record.value.get('address') != _gateway(network):
                with _failing(network):
                    links.drop_address(record.bridge, record.value['address'])

    @staticmethod
    def _remove(record):
        """Have nothing of a network; its bridge stays while something is plugged in, or if it was there before."""
        with _failing(record.bridge):
            address = record.value['address']
            gateway = address.split('/')[0]
            Dnsmasq(NetworkSpec(record.value['network'], '', '', gateway, gateway, gateway, record.bridge)).remove()
            if links.show(record.bridge) is not None:
                if record.value['made'] and not links.ports(record.bridge):
                    links.change(f'link del dev {record.bridge}')
                else:
                    links.drop_address(record.bridge, address)
            record.remove()


class _Record:
    """What is remembered of a bridge, as JSON in a file."""

    def __init__(self, bridge):
        self.bridge = bridge
        self._path = files.path(f'nova-{bridge}.json')
        self.value = json.loads(files.read(self._path) or '{}')

    def write(self, value):
        self.value = value
        files.write(self._path, json.dumps(value))

    def remove(self):
        files.remove(self._path)


class _Floating(_Record):
    """{floating address: interface} that may be on this host: written before they are."""

    def __init__(self):
        self.bridge = None
        self._path = files.path('floating.json')
        self.value = json.loads(files.read(self._path) or '{}')


def _gateway(network):
    return f'{network.dhcp_server}/{network.prefix}'


def _mac(network_id):
    """A MAC address for the bridge of a network: the same at every start, marked as locally administered."""
    digest = hashlib.sha256(network_id.encode()).hexdigest()
    return 'fe:16:3e:' + ':'.join((digest[:2], digest[2:4], digest[4:6]))


@contextlib.contextmanager
def _failing(network):
    name = f'{network.label} ({network.bridge})' if isinstance(network, NetworkSpec) else network
    try:
        yield
    except (commands.CommandFailed, OSError, ValueError, KeyError) as error:
        raise NetworkSetupFailed(network=name, host=CONF.host, reason=str(error)) from error
