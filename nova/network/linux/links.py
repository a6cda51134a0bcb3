"""Interfaces, bridges and their addresses, through iproute2."""
import json
import socket
import struct

from nova.network import commands


def show(device):
    """`ip -json` of a device with its addresses; None when there is no such device."""
    output = commands.run('ip', '-json', '-details', 'address', 'show', 'dev', device, accept=(0, 1))
    found = [each for each in json.loads(output or '[]') if each]
    return found[0] if found else None


def addresses(device):
    """The IPv4 addresses of a device, with prefix: ['10.0.0.1/24']."""
    return [f'{each["local"]}/{each["prefixlen"]}' for each in (show(device) or {}).get('addr_info', ())
            if each.get('family') == 'inet']


def change(*lines):
    """Run `ip` commands, one a line, stopping at the first that fails."""
    if lines:
        commands.run('ip', '-batch', '-', stdin='\n'.join(lines) + '\n')


def have_bridge(name, mac, mtu=None):
    """Have a bridge that is up; True when it had to be made.

    Its MAC address is fixed: else it would be that of one of its ports, and change as servers come and go, while
    they remember it as their gateway's.
    """
    bridge, made = show(name), False
    if bridge is None:
        change(f'link add name {name} address {mac} type bridge forward_delay 0 stp_state 0')
        bridge, made = {}, True
    elif bridge.get('linkinfo', {}).get('info_kind') != 'bridge':
        raise commands.CommandFailed(f'the device {name} exists and is no bridge')
    if mtu and bridge.get('mtu') != mtu:
        change(f'link set dev {name} mtu {mtu}')
    if 'UP' not in bridge.get('flags', ()):
        change(f'link set dev {name} up')
    return made


def have_address(device, address, more=''):
    """Have `address` (with prefix) on a device."""
    if address not in addresses(device):
        change(f'address add {address} {more} dev {device}'.replace('  ', ' '))


def drop_address(device, address):
    """Have `address` (with prefix) not on a device."""
    if address in addresses(device):
        change(f'address del {address} dev {device}')


def enslave(device, bridge):
    """Have a device as a port of a bridge, which takes over its addresses and routes, so that the host stays
    reachable through it."""
    port = show(device)
    if port is None:
        raise commands.CommandFailed(f'there is no interface {device} to put into {bridge}')
    lines = [] if port.get('master') == bridge else [f'link set dev {device} master {bridge}']
    if 'UP' not in port.get('flags', ()):
        lines.append(f'link set dev {device} up')
    moved = addresses(device)
    # Routes go with the addresses they need: read them before.
    routes = _gateways(device) if moved else []
    present = set(addresses(bridge))
    # The new first: there is no moment without.
    lines += [f'address add {address} brd + dev {bridge}' for address in moved if address not in present]
    lines += [f'address del {address} dev {device}' for address in moved]
    lines += [f'route replace {route.get("dst", "default")} via {route["gateway"]} dev {bridge}'
              + (f' metric {route["metric"]}' if 'metric' in route else '') for route in routes]
    change(*lines)


def _gateways(device):
    routes = json.loads(commands.run('ip', '-json', '-4', 'route', 'show', 'dev', device) or '[]')
    return [route for route in routes if route.get('gateway')]


def default_device():
    """The interface of the default route; lo when there is none."""
    for route in json.loads(commands.run('ip', '-json', '-4', 'route', 'show', 'default') or '[]'):
        if route.get('dev'):
            return route['dev']
    return 'lo'


def ports(bridge):
    """The names of the ports of a bridge."""
    found = json.loads(commands.run('ip', '-json', 'link', 'show', 'master', bridge, accept=(0, 1, 255)) or '[]')
    return [each['ifname'] for each in found if each]


def announce(device, address):
    """Tell the segment by ARP that `address` is at this device now: neighbours may remember another's."""
    mac = (show(device) or {}).get('address', '')
    if len(mac) != 17 or mac == '00:00:00:00:00:00':
        return
    own, ip = bytes.fromhex(mac.replace(':', '')), socket.inet_aton(address)
    frame = (b'\xff' * 6 + own + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, 1) + own + ip + b'\0' * 6 + ip)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((device, 0))
        sock.send(frame)
