"""The packet filter of a compute host: what each guest may send, and what its security groups let in.

Two tables, both named essex_nova_guests, in nftables:

* family `bridge`, by tap device and without state. What a guest sends has its own MAC and one of its own IPv4
  addresses (in ARP too) or is dropped; it is no DHCP server; nothing but IPv4 and ARP passes (so no router
  advertisements, no VLAN tags, no IPv6 around the filter). What reaches a guest is ARP, DHCP answers, and IPv4 to
  its own addresses: no broadcasts of others.
* family `ip`, by the guest's address and with connection tracking: the security groups. Answers to what the guest
  itself began are let in; everything else is compared with the rules at every packet, so that a rule that is taken
  back ends the connections it had let in.

Connection tracking in the bridge family (nf_conntrack_bridge) would need one table only, but many kernels are built
without it. bridge-nf-call-iptables (br_netfilter) shows the packets between two guests of a bridge to the family `ip`,
with connection tracking, on every kernel that has one of the two; iptables' physdev match, the old way to tell taps
apart there, is not needed since the first table has proved whose an address is.

Everything of a guest is in chains that carry its uuid, reached through two maps; each change is one transaction.
Interfaces need not exist yet: `apply` comes before the guest runs.
"""
import abc
import collections
import ipaddress
import logging
import os
import re

from essex import concurrency
from essex.exception import ConfigError
from nova.exception import FirewallError
from nova.network import commands, nftables
from nova.network.options import CONF

LOG = logging.getLogger(__name__)

TABLE = 'essex_nova_guests'
_BRIDGE_NETFILTER = '/proc/sys/net/bridge/bridge-nf-call-iptables'
_UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
_MAC = re.compile(r'[0-9a-f]{2}(:[0-9a-f]{2}){5}')
_B, _I = f'bridge {TABLE}', f'ip {TABLE}'

# Made again with every change: what somebody deleted by hand comes back.
_FRAME = [
    f'add table {_B}', f'add map {_B} taps {{ type ifname : verdict; }}',
    f'add map {_B} guests {{ type ifname : verdict; }}',
    f'add chain {_B} prerouting {{ type filter hook prerouting priority -300; policy accept; }}',
    f'add chain {_B} postrouting {{ type filter hook postrouting priority 200; policy accept; }}',
    f'flush chain {_B} prerouting', f'add rule {_B} prerouting iifname vmap @taps',
    f'flush chain {_B} postrouting', f'add rule {_B} postrouting oifname vmap @guests',
    f'add table {_I}', f'add map {_I} guests {{ type ipv4_addr : verdict; }}',
    f'add chain {_I} forward {{ type filter hook forward priority -5; policy accept; }}',
    f'add chain {_I} output {{ type filter hook output priority -5; policy accept; }}',
    f'flush chain {_I} forward', f'add rule {_I} forward ip daddr vmap @guests',
    f'flush chain {_I} output', f'add rule {_I} output ip daddr vmap @guests',
]


class FirewallDriver(abc.ABC):
    """What a hypervisor driver needs. Each method may be repeated."""

    @abc.abstractmethod
    def apply(self, instance, network_info, security):
        """Have the traffic of a guest filtered. `instance` has a uuid, `network_info` is a list of VIFs
        (nova.network.model), `security` comes from nova.network.security.rules_for. Raises FirewallError."""

    @abc.abstractmethod
    def remove(self, instance_uuid, network_info=None):
        """Have nothing of a guest in the filter. Raises FirewallError."""

    @abc.abstractmethod
    def leftovers(self):
        """The uuids, as a set, of which there is something in the filter."""

    @abc.abstractmethod
    def plugged(self, network_info):
        """Have the taps, now that they are ports of their bridges, pass back to a guest what it sends to its own
        floating address. A tap that is gone is passed over."""


def load():
    """The configured one. Raises ConfigError."""
    if CONF.firewall_driver == 'nftables':
        return Firewall()
    if CONF.firewall_driver == 'fake':
        return FakeFirewall()
    raise ConfigError(f'firewall_driver = {CONF.firewall_driver}: it is nftables or fake.')


class Firewall(FirewallDriver):
    """nftables, in the network namespace of this process."""

    def __init__(self):
        self._lock = concurrency.Semaphore(1)

    def apply(self, instance, network_info, security):
        with self._lock:
            self._guarded(self._apply, instance.uuid, network_info or [], (security or {}).get('rules', ()))

    def remove(self, instance_uuid, network_info=None):
        with self._lock:
            self._guarded(self._remove, instance_uuid)

    def leftovers(self):
        with self._lock:
            chains, _elements = self._guarded(_present)
        return {_owner(name) for _family, name in chains} - {None}

    def plugged(self, network_info):
        # A bridge sends nothing back through the port it came by, unless told to (hairpin).
        lines = [f'link set dev {vif["devname"]} hairpin on' for vif in network_info or ()]
        if not lines:
            return
        try:
            commands.run('bridge', '-force', '-batch', '-', stdin='\n'.join(lines) + '\n')
        except commands.CommandFailed as error:
            # The guest may have ended meanwhile; whoever started it finds that out better than this.
            LOG.warning('guests cannot reach themselves by their floating addresses: %s', error)

    @staticmethod
    def _guarded(function, *arguments):
        try:
            return function(*arguments)
        except (commands.CommandFailed, OSError, ValueError, KeyError) as error:
            raise FirewallError(host=CONF.host, reason=str(error)) from error

    @staticmethod
    def _apply(uuid, network_info, rules):
        _have_bridge_netfilter()
        wanted = _Guest(uuid, network_info, rules)
        chains, elements = _present()
        own = [(family, name) for family, name in chains if _owner(name) == uuid]
        nftables.apply([*_FRAME, *_delete_elements(elements, own, wanted.keys), *_delete_chains(own),
                        *wanted.script()])

    @staticmethod
    def _remove(uuid):
        chains, elements = _present()
        own = [(family, name) for family, name in chains if _owner(name) == uuid]
        if own:
            nftables.apply([*_delete_elements(elements, own, ()), *_delete_chains(own)])


class _Guest:
    """The chains of one guest, as lines of an nft script."""

    def __init__(self, uuid, network_info, rules):
        if not _UUID.fullmatch(uuid):
            raise ValueError(f'{uuid!r} is no uuid')
        self.uuid, self.vifs, self.rules = uuid, network_info, rules
        self.addresses = [address for vif in network_info for address in _addresses(vif)]
        self.keys = {*(vif['devname'] for vif in network_info), *self.addresses}

    def script(self):
        for vif in self.vifs:
            yield from self._sends(vif)
            yield from self._receives(vif)
        if self.addresses:
            yield from self._groups()

    def _sends(self, vif):
        device, mac, own = vif['devname'], _mac(vif), nftables.braces(_addresses(vif))
        chain = f'{_B} from-{device}-{self.uuid}'
        yield f'add chain {chain}'
        yield f'add rule {chain} ether saddr != {mac} drop'
        if _addresses(vif):
            yield f'add rule {chain} ether type arp arp saddr ether {mac} arp saddr ip {own} accept'
            yield f'add rule {chain} ether type ip udp sport 67 drop'
            yield f'add rule {chain} ether type ip ip saddr {own} accept'
        # A guest asks whether its address is in use before it has one, and for one by DHCP.
        yield f'add rule {chain} ether type arp arp saddr ether {mac} arp saddr ip 0.0.0.0 accept'
        yield (f'add rule {chain} ether type ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 '
               'accept')
        # Reverse ARP is how QEMU says where a guest has moved to.
        yield f'add rule {chain} ether type 0x8035 accept'
        yield f'add rule {chain} drop'
        yield f'add element {_B} taps {{ {nftables.quoted(device)} : goto from-{device}-{self.uuid} }}'

    def _receives(self, vif):
        device = vif['devname']
        chain = f'{_B} to-{device}-{self.uuid}'
        yield f'add chain {chain}'
        # Its own, come back from the bridge, would look to it like somebody with its address.
        yield f'add rule {chain} ether type arp ether saddr {_mac(vif)} drop'
        yield f'add rule {chain} ether type arp accept'
        if _addresses(vif):
            yield f'add rule {chain} ether type ip ip daddr {nftables.braces(_addresses(vif))} accept'
        yield f'add rule {chain} ether type ip udp sport 67 udp dport 68 accept'
        yield f'add rule {chain} drop'
        yield f'add element {_B} guests {{ {nftables.quoted(device)} : goto to-{device}-{self.uuid} }}'

    def _groups(self):
        chain = f'{_I} groups-{self.uuid}'
        yield f'add chain {chain}'
        yield f'add rule {chain} ct state invalid drop'
        yield f'add rule {chain} ct direction reply ct state established,related accept'
        # Errors about connections that were let in (fragmentation needed ...).
        yield f'add rule {chain} meta l4proto icmp ct state related accept'
        for server in sorted({vif['network']['dhcp_server'] for vif in self.vifs if vif['network'].get('dhcp_server')}):
            yield f'add rule {chain} ip saddr {_ipv4(server)} udp sport 67 udp dport 68 accept'
        if CONF.allow_same_net_traffic:
            for cidr in sorted({vif['network']['cidr'] for vif in self.vifs}):
                yield f'add rule {chain} ip saddr {ipaddress.IPv4Network(cidr)} accept'
        for match in _matches(self.rules):
            yield f'add rule {chain} {match} accept'
        yield f'add rule {chain} drop'
        for address in self.addresses:
            yield f'add element {_I} guests {{ {address} : goto groups-{self.uuid} }}'


def _addresses(vif):
    return [_ipv4(fixed['address']) for fixed in vif['fixed_ips'] if fixed.get('version', 4) == 4]


def _ipv4(address):
    return str(ipaddress.IPv4Address(address))


def _mac(vif):
    mac = vif['address'].lower()
    if not _MAC.fullmatch(mac):
        raise ValueError(f'{mac!r} is no MAC address')
    return mac


def _matches(rules):
    """The rules as nft matches, one a protocol and port range: their sources become one set."""
    sources = collections.OrderedDict()
    for rule in rules:
        block = ipaddress.ip_network(rule['cidr'] or '0.0.0.0/0', strict=False)
        if block.version == 4:
            key = ((rule['protocol'] or '').lower(), rule['from_port'], rule['to_port'])
            sources.setdefault(key, []).append(block)
    for (protocol, low, high), blocks in sources.items():
        blocks = list(ipaddress.collapse_addresses(blocks))
        everywhere = blocks[0].prefixlen == 0
        parts = [] if everywhere else [f'ip saddr {nftables.braces(map(str, blocks))}']
        parts += _protocol(protocol, low, high)
        yield ' '.join(parts) or 'ip version 4'


def _protocol(protocol, low, high):
    if not protocol:
        return []
    if protocol == 'icmp':
        return ['ip protocol icmp', *([f'icmp type {int(low)}'] if low not in (None, -1) else []),
                *([f'icmp code {int(high)}'] if high not in (None, -1) else [])]
    if protocol not in ('tcp', 'udp'):
        raise ValueError(f'{protocol!r} is not tcp, udp or icmp')
    if low in (None, -1) or (low, high) == (1, 65535):
        return [f'ip protocol {protocol}']
    return [f'{protocol} dport {int(low)}' if low == high else f'{protocol} dport {int(low)}-{int(high)}']


def _owner(chain):
    found = _UUID.search(chain)
    return found.group() if found else None


def _present():
    """([(family, chain)], [(family, map, key, chain)]) of our tables."""
    chains, elements = [], []
    for kind, value in nftables.objects(TABLE, ('maps', 'chains')):
        if kind == 'chain':
            chains.append((value['family'], value['name']))
        elif kind == 'map':
            elements += [(value['family'], value['name'], key, verdict['goto']['target'])
                         for key, verdict in value.get('elem', ())]
    return chains, elements


def _delete_elements(elements, chains, keys):
    """Lines that delete the elements that lead to one of `chains` or stand for one of `keys`."""
    for family, name, key, target in elements:
        if (family, target) in chains or key in keys:
            written = nftables.quoted(key) if family == 'bridge' else key
            yield f'delete element {family} {TABLE} {name} {{ {written} }}'


def _delete_chains(chains):
    for family, name in chains:
        yield f'flush chain {family} {TABLE} {name}'
        yield f'delete chain {family} {TABLE} {name}'


def _have_bridge_netfilter():
    """Let the family ip see what a bridge passes on; the setting belongs to the network namespace."""
    if not os.path.exists(_BRIDGE_NETFILTER):
        try:
            commands.run('modprobe', 'br_netfilter')
        except commands.CommandFailed as error:
            raise ValueError(f'this kernel has no br_netfilter, without which traffic between two guests of a host '
                             f'cannot be filtered ({error})') from error
    with open(_BRIDGE_NETFILTER, 'r+', encoding='ascii') as file:
        if file.read().strip() != '1':
            file.seek(0)
            file.write('1')


class FakeFirewall(FirewallDriver):
    """Filters nothing and remembers: `applied` is {uuid: (network_info, security)}."""

    def __init__(self):
        self.applied = {}

    def apply(self, instance, network_info, security):
        self.applied[instance.uuid] = (network_info, security)

    def remove(self, instance_uuid, network_info=None):
        self.applied.pop(instance_uuid, None)

    def leftovers(self):
        return set(self.applied)

    def plugged(self, network_info):
        """Nothing is filtered, nothing has to be let back."""
