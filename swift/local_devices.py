"""Which of a ring's devices are of this node: those whose address is ours and whose port is our server's."""
import socket

from swift import conf as options


def local_devices(ring, conf, default_port, replication=True):
    """Devices (dicts) of the ring that this node's server at bind_port serves.

    Options: bind_ip, ring_ip (the address rings name, when it is not bind_ip), bind_port, servers_per_port.
    """
    address = conf.get('ring_ip') or conf.get('bind_ip', '0.0.0.0')
    every_port = options.integer(conf, 'servers_per_port', 0, 0) > 0
    port = None if every_port else options.integer(conf, 'bind_port', default_port)
    return [device for device in ring.devs if device and _is_local(device, address, port, replication)]


def _is_local(device, address, port, replication):
    pairs = [(device['ip'], device['port'])]
    if replication:
        pairs.insert(0, (device.get('replication_ip') or device['ip'],
                         device.get('replication_port') or device['port']))
    return any((port is None or port == its_port) and _is_ours(its_ip, address) for its_ip, its_port in pairs)


def _is_ours(address, bound):
    if bound not in ('0.0.0.0', '::'):
        return address == bound
    return _bindable(address)


def _bindable(address):
    """Whether the system lets us use an address: only its own."""
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
