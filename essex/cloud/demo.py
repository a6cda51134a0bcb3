"""`essex demo`: a first server of the account `demo`, waited for until it answers over SSH."""
import os
import shutil
import socket
import subprocess
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from essex.cloud.api import Api
from essex.exception import EssexError

_OPEN = (('tcp', 22, 22), ('icmp', -1, -1))
_TROUBLE = 'ERROR'


class DemoFailed(EssexError):
    """The first server did not come up; the message says what the cloud said."""


class Demo:
    """The first server. `say(text)` reports progress."""

    def __init__(self, layout, settings, say):
        self.layout, self.settings, self.say = layout, settings, say
        self.api = Api(settings, 'demo')
        self.key = layout.root / 'demo.key'

    def run(self, name='first', timeout=180):
        """Have the server, running and answering; returns (server, address, seconds from POST to SSH or None)."""
        self._keypair()
        self._open_ports()
        server = self._find(name)
        began = None
        if server is None:
            began = time.monotonic()
            server = self._create(name)
        server = self._wait_active(server['id'], timeout)
        address = next((each['addr'] for group in server['addresses'].values() for each in group), None)
        if self.settings.hypervisor == 'fake':
            return server, address, None
        self.say(f'server {name} is ACTIVE at {address}; waiting for SSH')
        self._wait_ssh(address, timeout)
        return server, address, time.monotonic() - began if began else None

    def _keypair(self):
        if not self.key.exists():
            key = ed25519.Ed25519PrivateKey.generate()
            private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH,
                                        serialization.NoEncryption())
            with open(os.open(self.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
                file.write(private)
        private = serialization.load_ssh_private_key(self.key.read_bytes(), password=None)
        public = private.public_key().public_bytes(serialization.Encoding.OpenSSH,
                                                   serialization.PublicFormat.OpenSSH).decode()
        names = [each['keypair']['name'] for each in self.api.compute.get('/os-keypairs').json()['keypairs']]
        if 'demo' not in names:
            self.say('key pair "demo"')
            self.api.compute.post('/os-keypairs', json={'keypair': {'name': 'demo', 'public_key': public}})

    def _open_ports(self):
        groups = self.api.compute.get('/os-security-groups').json()['security_groups']
        group = next(each for each in groups if each['name'] == 'default')
        present = {(rule['ip_protocol'], rule['from_port'], rule['to_port']) for rule in group['rules']}
        for protocol, first, last in _OPEN:
            if (protocol, first, last) not in present:
                self.api.compute.post('/os-security-group-rules', json={'security_group_rule': {
                    'parent_group_id': group['id'], 'ip_protocol': protocol, 'from_port': first, 'to_port': last,
                    'cidr': '0.0.0.0/0'}})

    def _find(self, name):
        servers = self.api.compute.get('/servers', params={'name': f'^{name}$'}).json()['servers']
        return servers[0] if servers else None

    def _create(self, name):
        image = self._image()
        flavors = self.api.compute.get('/flavors/detail').json()['flavors']
        fitting = [each for each in flavors if each['ram'] >= image['min_ram'] and each['disk'] >= image['min_disk']]
        flavor = min(fitting, key=lambda each: each['ram'])
        self.say(f'server "{name}" ({flavor["name"]}, {flavor["ram"]} MB, image {image["name"]})')
        return self.api.compute.post('/servers', json={'server': {
            'name': name, 'imageRef': image['id'], 'flavorRef': flavor['id'], 'key_name': 'demo'}}).json()['server']

    def _image(self):
        images = self.api.image.get('/images', params={'visibility': 'public'}).json()['images']
        by_name = {each['name']: each for each in images}
        for name in ('essex-tiny', 'blank'):
            if name in by_name:
                return by_name[name]
        raise DemoFailed('There is no image to boot: `essex furnish` uploads one.')

    def _wait_active(self, identity, timeout):
        end = time.monotonic() + timeout
        while True:
            server = self.api.compute.get(f'/servers/{identity}').json()['server']
            if server['status'] == 'ACTIVE':
                return server
            if server['status'] == _TROUBLE:
                raise DemoFailed(f'The server went to ERROR: {server.get("fault", {}).get("message")} '
                                 f'(`openstack server show {identity}` tells more).')
            if time.monotonic() > end:
                raise DemoFailed(f'The server is still {server["status"]} after {timeout} s.')
            time.sleep(0.2)

    def _wait_ssh(self, address, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self._port_open(address) and self.ssh(address, 'true').returncode == 0:
                return
            time.sleep(0.1)
        raise DemoFailed(f'The server at {address} does not answer over SSH after {timeout} s. Its console tells why: '
                         '`openstack console log show first`.')

    @staticmethod
    def _port_open(address):
        try:
            socket.create_connection((address, 22), timeout=1).close()
        except OSError:
            return False
        return True

    def ssh_command(self, address):
        """The ssh command line that logs in."""
        return [shutil.which('ssh') or 'ssh', '-i', str(self.key), '-o', 'StrictHostKeyChecking=no',
                '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=5',
                '-o', 'BatchMode=yes', f'cirros@{address}']

    def ssh(self, address, command):
        """Run a command in the server; a subprocess.CompletedProcess."""
        return subprocess.run([*self.ssh_command(address), command], capture_output=True, text=True, timeout=30,
                              check=False)
