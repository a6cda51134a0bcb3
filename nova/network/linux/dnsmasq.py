"""DHCP and names on a bridge: one dnsmasq a network, configured by files, found again by its pid file.

It runs by itself: guests keep their leases while nova-network is away. The file of hosts is also the memory of whom
it may have given a lease: what vanishes from it is released first, then written.
"""
import ipaddress
import logging
import os
import re
import secrets
import signal
import socket
import struct

from essex import concurrency
from nova.network import commands
from nova.network.linux import files
from nova.network.options import CONF

LOG = logging.getLogger(__name__)

_HOSTNAME = re.compile(r'[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?')
_STOP_SECONDS = 5


class Dnsmasq:
    """The dnsmasq of one network (a NetworkSpec)."""

    def __init__(self, network):
        self.network = network
        base = f'nova-{network.bridge}'
        self.config, self.hosts = files.path(f'{base}.conf'), files.path(f'{base}.hosts')
        self.pid_file = files.path(f'{base}.pid')

    def apply(self, hosts):
        """Have it run and know exactly `hosts`: [(mac, hostname, address)]."""
        wanted, running = self._hosts_text(hosts), self.pid()
        self._release_gone(wanted, running)
        hosts_changed = files.write(self.hosts, wanted)
        if files.write(self.config, self._config_text()) and running:
            self.stop()
            running = None
        if not running:
            self._start()
        elif hosts_changed:
            os.kill(running, signal.SIGHUP)

    def pid(self):
        """Its process, or None when it does not run."""
        recorded = (files.read(self.pid_file) or '').strip()
        if recorded.isdigit() and self._is_ours(int(recorded)):
            return int(recorded)
        # Killed between its start and the writing of the file, or the file was lost.
        return next((int(each) for each in os.listdir('/proc') if each.isdigit() and self._is_ours(int(each))), None)

    def _is_ours(self, pid):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                arguments = file.read().split(b'\0')
        except (FileNotFoundError, ProcessLookupError):
            return False
        return arguments[0].endswith(b'dnsmasq') and f'--conf-file={self.config}'.encode() in arguments

    def _start(self):
        LOG.info('starting dnsmasq on %s', self.network.bridge)
        # It detaches itself when it has its addresses, and fails before that.
        commands.run('dnsmasq', f'--conf-file={self.config}')

    def stop(self):
        """Have it not run."""
        for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, number)
            waited = 0
            while self._is_ours(pid) and waited < seconds:
                concurrency.sleep(0.02)
                waited += 0.02

    def remove(self):
        """Have neither the process nor its files."""
        self.stop()
        for path in (self.hosts, self.pid_file, self.config):
            files.remove(path)

    # -- files

    def _hosts_text(self, hosts):
        lines = []
        for mac, hostname, address in hosts:
            name = [hostname] if hostname and _HOSTNAME.fullmatch(hostname) else []
            lines.append(','.join([mac, *name, address]))
        return ''.join(f'{line}\n' for line in lines)

    def _config_text(self):
        network = self.network
        block = ipaddress.ip_network(network.cidr)
        lines = [
            '# Written by nova-network; changes are lost.',
            'strict-order', 'bind-interfaces', f'interface={network.bridge}', 'except-interface=lo', 'no-hosts',
            f'pid-file={self.pid_file}', f'user={self._user()}', f'domain={CONF.dhcp_domain}', 'expand-hosts',
            f'local=/{CONF.dhcp_domain}/', f'dhcp-hostsfile={self.hosts}',
            # Static: only servers get addresses, each its own. dnsmasq would ping a dynamic one for 3 seconds.
            f'dhcp-range={network.dhcp_start},static,{block.netmask},{CONF.dhcp_lease_time}s',
            f'dhcp-lease-max={block.num_addresses}', 'leasefile-ro', 'dhcp-no-override', 'dhcp-authoritative',
            f'dhcp-option=option:router,{network.gateway}', f'dhcp-option=option:dns-server,{network.dhcp_server}']
        if network.mtu:
            lines.append(f'dhcp-option-force=option:mtu,{network.mtu}')
        servers = [*network.dns, *CONF.dns_server]
        if servers:
            lines += ['no-resolv', *(f'server={server}' for server in servers)]
        if CONF.dnsmasq_config_file:
            lines.append(f'conf-file={CONF.dnsmasq_config_file}')
        return '\n'.join(lines) + '\n'

    def _user(self):
        """Nobody, unless nobody could not read the file of hosts again after a change."""
        directory = os.path.dirname(self.hosts)
        while directory != '/':
            if not os.stat(directory).st_mode & 0o001:
                return 'root'
            directory = os.path.dirname(directory)
        return 'nobody'

    # -- leases

    def _release_gone(self, wanted, running):
        """Make dnsmasq forget the leases of hosts that go: it gives no address away that another has a lease of."""
        if not running:
            return
        kept = set(_pairs(wanted))
        for mac, address in _pairs(files.read(self.hosts) or ''):
            if (mac, address) not in kept:
                self._release(mac, address)

    def _release(self, mac, address):
        """Send the DHCPRELEASE that the server itself would have sent."""
        number = secrets.token_bytes(4)
        head = struct.pack('!BBBB4sHH4s4s4s4s', 1, 1, 6, 0, number, 0, 0, socket.inet_aton(address), b'', b'', b'')
        hardware = bytes.fromhex(mac.replace(':', '')).ljust(16, b'\0')
        options = (b'\x63\x82\x53\x63' + b'\x35\x01\x07'
                   + b'\x36\x04' + socket.inet_aton(self.network.dhcp_server) + b'\xff')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            # So dnsmasq takes it as come in by the bridge, though it comes from its own host.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.network.bridge.encode() + b'\0')
            sock.sendto(head + hardware + b'\0' * 192 + options, (self.network.dhcp_server, 67))


def _pairs(text):
    for line in text.splitlines():
        parts = line.split(',')
        yield parts[0], parts[-1]
