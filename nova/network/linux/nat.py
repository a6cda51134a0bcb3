"""Address translation of a network host: the outside for guests, floating addresses, the way to the metadata.

One table of our own, replaced whole in one transaction; other tables are left alone.
"""
import ipaddress

from nova.network import commands, nftables
from nova.network.options import CONF

TABLE = 'essex_nova'
METADATA_ADDRESS = '169.254.169.254'


def apply(networks, floating):
    """Have exactly the translation of those NetworkSpecs and FloatingNats; returns the floating addresses (a set)
    that pointed elsewhere before."""
    before = translated()
    nftables.apply(script(networks, floating))
    now = {each.address: each.fixed_address for each in floating}
    changed = {address for address, fixed in before.items() if now.get(address) != fixed}
    forget_connections(changed)
    return changed


def translated():
    """{floating address: fixed address} as the kernel has it."""
    return {key: value for kind, each in nftables.objects(TABLE, ('maps',))
            if kind == 'map' and each['name'] == 'floating' for key, value in each.get('elem', ())}


def forget_connections(addresses):
    """End the connections through floating addresses that point elsewhere now, where `conntrack` is installed.

    Without it they go on until they end by themselves, to the server that had the address.
    """
    if not addresses or not commands.present('conntrack'):
        return
    for address in sorted(addresses):
        for direction in ('--orig-dst', '--reply-dst'):
            # Status 1: there was none.
            commands.run('conntrack', '-D', direction, address, accept=(0, 1))


def script(networks, floating):
    """The lines of the nft script."""
    cidrs = sorted(str(ipaddress.IPv4Network(network.cidr)) for network in networks)
    return [
        # Deleting needs a table that is there.
        f'table ip {TABLE}', f'delete table ip {TABLE}', f'table ip {TABLE} {{',
        *_map('floating', [(each.address, each.fixed_address) for each in floating]),
        *_map('fixed', _unique([(each.fixed_address, each.address) for each in floating])),
        'chain prerouting { type nat hook prerouting priority dstnat; policy accept;',
        *(_metadata(network) for network in networks), 'dnat to ip daddr map @floating', '}',
        'chain output { type nat hook output priority -100; policy accept;', 'dnat to ip daddr map @floating', '}',
        'chain postrouting { type nat hook postrouting priority srcnat; policy accept;',
        *(_postrouting(cidrs) if cidrs else ()), '}', '}']


def _map(name, pairs):
    yield f'map {name} {{ type ipv4_addr : ipv4_addr;'
    if pairs:
        yield 'elements = ' + nftables.braces(f'{_ip(key)} : {_ip(value)}' for key, value in pairs)
    yield '}'


def _unique(pairs):
    # A server with several floating addresses is seen outside under its first one.
    return list(dict(reversed(pairs)).items())


def _ip(address):
    return str(ipaddress.IPv4Address(address))


def _metadata(network):
    host = CONF.metadata_host
    if not host or ipaddress.ip_address(host).is_loopback:
        host = network.dhcp_server
    port = CONF.metadata_port or CONF.metadata_listen_port
    return (f'iifname {nftables.quoted(network.bridge)} ip daddr {METADATA_ADDRESS} tcp dport 80 '
            f'dnat to {_ip(host)}:{port}')


def _postrouting(cidrs):
    guests = f'ip saddr {nftables.braces(cidrs)}'
    # Guests of our networks see each other as they are, but for one who was reached by its floating address: its
    # answer has to come back this way.
    yield f'{guests} ip daddr {nftables.braces(cidrs)} ct status & dnat == 0 accept'
    yield f'{guests} ip daddr {{ 224.0.0.0/4, 255.255.255.255 }} accept'
    untouched = [str(ipaddress.IPv4Network(cidr)) for cidr in CONF.dmz_cidr]
    if CONF.metadata_host and not ipaddress.ip_address(CONF.metadata_host).is_loopback:
        # The metadata service knows a guest by its fixed address.
        untouched.append(_ip(CONF.metadata_host))
    if untouched:
        yield f'{guests} ip daddr {nftables.braces(untouched)} accept'
    yield 'snat to ip saddr map @fixed'
    yield f'{guests} ' + (f'snat to {_ip(CONF.routing_source_ip)}' if CONF.routing_source_ip else 'masquerade')
