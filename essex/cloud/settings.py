"""What was decided when the cloud was made: addresses, ports, hypervisor, passwords (cloud.ini, mode 0600)."""
import configparser
import os
import random
import secrets
import socket

from essex.exception import ConfigError

PORTS = {'keystone': 5000, 'keystone_admin': 35357, 'glance': 9292, 'glance_registry': 9191, 'nova': 8774,
         'metadata': 8775, 'volume': 8776, 'novncproxy': 6080, 'swift': 8080, 'swift_account': 6202,
         'swift_container': 6201, 'swift_object': 6200, 'horizon': 8000, 'operator': 8790}
# On loopback, whatever the address of the APIs: nobody but the cloud itself speaks to them.
_INSIDE = ('swift_account', 'swift_container', 'swift_object')
ACCOUNTS = ('admin', 'demo', 'nova', 'glance', 'swift', 'operator')
# Read aloud and typed without doubt: no 0, O, 1, l, I.
_ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'


def new_password(length=20):
    """A random password."""
    return ''.join(secrets.choice(_ALPHABET) for _ in range(length))


_FIRST_PORT = 10000


def free_ports(count, address='127.0.0.1'):
    """`count` different TCP ports that are free now. Raises ConfigError when there are not that many.

    Below those the system gives to outgoing connections: one of them could hold such a port while the cloud is down.
    """
    found = []
    candidates = range(_FIRST_PORT, max(_first_ephemeral(), _FIRST_PORT + 1000))
    for port in random.SystemRandom().sample(candidates, len(candidates)):
        if len(found) == count:
            return found
        if _is_free(address, port):
            found.append(port)
    raise ConfigError(f'There are no {count} free ports on {address}.')


def _first_ephemeral():
    with open('/proc/sys/net/ipv4/ip_local_port_range', encoding='ascii') as file:
        return int(file.read().split()[0])


def _is_free(address, port):
    try:
        with socket.create_server((address, port)):
            return True
    except OSError:
        return False


class Settings:
    """The values of cloud.ini. Made once by `create`, then read by every command."""

    def __init__(self, layout, parser):
        self.layout, self._parser = layout, parser

    @classmethod
    def load(cls, layout):
        """Read them. Raises ConfigError when the cloud was not made yet."""
        parser = configparser.ConfigParser(interpolation=None)
        if not parser.read(layout.settings):
            raise ConfigError(f'There is no cloud in {layout.root} yet: run tools/start (or `essex init`) first.')
        return cls(layout, parser)

    @classmethod
    def create(cls, layout, address='127.0.0.1', hypervisor='fake', network_cidr='10.100.0.0/24',
               floating_cidr='172.24.4.0/28', ports=None, tls=False):
        """Decide and write them."""
        parser = configparser.ConfigParser(interpolation=None)
        parser['cloud'] = {'address': address, 'hypervisor': hypervisor, 'region': 'RegionOne',
                           'tls': 'yes' if tls else 'no', 'network_cidr': network_cidr,
                           'floating_cidr': floating_cidr, 'bridge': 'br100'}
        parser['ports'] = {name: str(number) for name, number in (ports or PORTS).items()}
        parser['passwords'] = {name: new_password() for name in ACCOUNTS}
        layout.create()
        made = cls(layout, parser)
        made.complete()
        return made

    def complete(self):
        """Decide what a cloud that was made by an earlier version has not, and save."""
        for name, number in PORTS.items():
            if name not in self._parser['ports']:
                self._parser['ports'][name] = str(number if _is_free(self.host_of(name), number)
                                                  else free_ports(1, self.host_of(name))[0])
        for name in ACCOUNTS:
            if name not in self._parser['passwords']:
                self._parser['passwords'][name] = new_password()
        if 'swift_hash_suffix' not in self._parser['cloud']:
            self._parser['cloud']['swift_hash_suffix'] = secrets.token_hex(16)
        self.save()

    def save(self):
        """Write cloud.ini, whole or not at all."""
        temporary = f'{self.layout.settings}.new'
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
            self._parser.write(file)
        os.replace(temporary, self.layout.settings)

    def __getattr__(self, name):
        try:
            return self._parser['cloud'][name]
        except KeyError:
            raise AttributeError(name) from None

    def set(self, name, value):
        """Change one value of [cloud]; call save() after."""
        self._parser['cloud'][name] = value

    @property
    def secure(self):
        """Whether the APIs speak HTTPS."""
        return self.tls == 'yes'

    @property
    def encrypts_objects(self):
        """Whether object storage encrypts what it keeps."""
        return self._parser['cloud'].get('encrypt_objects') == 'yes'

    def password(self, account):
        """The generated password of an account."""
        return self._parser['passwords'][account]

    def port(self, name):
        """The port of an endpoint."""
        return int(self._parser['ports'][name])

    @staticmethod
    def is_inside(name):
        """Whether an endpoint is for the cloud itself alone: on loopback, without TLS."""
        return name in _INSIDE

    def host_of(self, name):
        """The address an endpoint listens on."""
        return '127.0.0.1' if self.is_inside(name) else self.address

    def url(self, name, path=''):
        """The URL of an endpoint as clients use it."""
        host = f'[{self.address}]' if ':' in self.address else self.address
        return f'{"https" if self.secure else "http"}://{host}:{self.port(name)}{path}'

    def environment(self, account):
        """The OS_* variables of an account, as openstack reads them."""
        values = {'OS_AUTH_URL': self.url('keystone', '/v3'), 'OS_USERNAME': account,
                  'OS_PASSWORD': self.password(account),
                  'OS_PROJECT_NAME': account if account in ('admin', 'demo') else 'service',
                  'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default',
                  'OS_IDENTITY_API_VERSION': '3', 'OS_REGION_NAME': self.region}
        if self.secure:
            values['OS_CACERT'] = str(self.layout.pki / 'ca.pem')
        return values
