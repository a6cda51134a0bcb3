"""Image data from a URL that a user gave: only from where the operator allows, wherever that leads.

The address is looked up once and the connection goes to the very address that was checked, so that a name cannot
mean another machine a moment later. Each redirect is checked like the first URL.
"""
import http.client
import ipaddress
import logging
import socket
import ssl
import time
import urllib.parse

from oslo_config import cfg

from essex import config
from glance.exception import FetchFailed, FetchRefused, ImageTooLarge, UploadBroken

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.ListOpt('allowed_schemes', default=['http', 'https'], help='Schemes of URLs that are fetched.'),
    cfg.ListOpt('disallowed_schemes', default=[], help='Schemes never fetched; read only without allowed_schemes.'),
    cfg.ListOpt('allowed_hosts', default=[],
                help='Hosts that are fetched from, as URLs name them; none: any. A host named here may have an address '
                     'of this network.'),
    cfg.ListOpt('disallowed_hosts', default=[], help='Hosts never fetched from; read only without allowed_hosts.'),
    cfg.ListOpt('allowed_ports', item_type=cfg.types.Port(), default=[80, 443],
                help='Ports that are fetched from; none: any.'),
    cfg.ListOpt('disallowed_ports', item_type=cfg.types.Port(), default=[],
                help='Ports never fetched from; read only without allowed_ports.'),
    cfg.ListOpt('allowed_networks', default=[],
                help='Networks (10.0.0.0/8) that are fetched from although they are not of the public Internet. '
                     'Loopback, private, link-local and other special addresses are refused otherwise.'),
    cfg.StrOpt('cafile', help='CA certificates that https servers are checked with. Unset: those of the system.'),
    cfg.IntOpt('connect_timeout', default=10, min=1, help='Seconds to wait for a connection.'),
    cfg.IntOpt('read_timeout', default=60, min=1, help='Seconds without a byte after which a fetch is given up.'),
    cfg.IntOpt('total_timeout', default=6 * 3600, min=1, help='Seconds one fetch may take in all.'),
]
GROUP = 'import_filtering_opts'
CONF = config.register(OPTS, GROUP)

_PORTS = {'http': 80, 'https': 443}
_REDIRECTS = 5
# Of the addresses of one host: a name may have thousands, each a wait for nothing.
_TRIED = 4
_MOVED = (301, 302, 303, 307, 308)
# IPv4 addresses in IPv6 clothes that a gateway translates back (RFC 6052).
_NAT64 = ipaddress.ip_network('64:ff9b::/96')
# All that is given out of the Internet's addresses. The library calls more of them global: fec0::/10, ::a.b.c.d.
_PUBLIC6 = ipaddress.ip_network('2000::/3')


class Target:
    """A URL taken apart and found to be allowed. Raises FetchRefused."""

    def __init__(self, url):
        options = CONF[GROUP]
        try:
            if not url.isascii() or any(character <= ' ' for character in url):
                raise ValueError('it holds blanks or characters that are not ASCII')
            parts = urllib.parse.urlsplit(url)
            self.scheme, self.host = parts.scheme.lower(), (parts.hostname or '').rstrip('.')
            self.port = parts.port or _PORTS.get(self.scheme)
        except ValueError as error:
            raise FetchRefused(problem=f'it is no URL ({error})') from error
        if not self.host or self.scheme not in _PORTS or not self.port:
            raise FetchRefused(problem=f'it is no {" or ".join(_PORTS)} URL with a host')
        if parts.username is not None or parts.password is not None:
            raise FetchRefused(problem='it holds a user name or a password')
        self.path = urllib.parse.urlunsplit(('', '', parts.path or '/', parts.query, ''))
        for what, value, allowed, disallowed in (
                ('scheme', self.scheme, options.allowed_schemes, options.disallowed_schemes),
                ('host', self.host, options.allowed_hosts, options.disallowed_hosts),
                ('port', self.port, options.allowed_ports, options.disallowed_ports)):
            if not _passes(value, allowed, disallowed):
                raise FetchRefused(problem=f'the {what} {str(value)[:80]} is not allowed')

    def __str__(self):
        """The URL for logs: a query may hold a secret."""
        return f'{self.scheme}://{self.host}:{self.port}{self.path.partition("?")[0]}'

    def addresses(self):
        """The addresses of the host, each one that may be connected to. Raises FetchRefused, FetchFailed."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(host=self.host, problem='its name is not known') from error
        addresses = list(dict.fromkeys(entry[4][0] for entry in found))
        named = self.host in (each.lower() for each in CONF[GROUP].allowed_hosts)
        if not named and not all(_is_open(address) for address in addresses):
            raise FetchRefused(problem=f'the host {self.host[:80]} has an address that is not of the public Internet')
        return addresses


def _passes(value, allowed, disallowed):
    """Whether a value is in the list of what is allowed or, where that is empty, not in the other."""
    if allowed:
        return value in [each.lower() if isinstance(each, str) else each for each in allowed]
    return value not in [each.lower() if isinstance(each, str) else each for each in disallowed]


def _is_open(text):
    """Whether an address is public, or in a network the operator named."""
    address = ipaddress.ip_address(text.partition('%')[0])
    if any(address in ipaddress.ip_network(network, strict=False) for network in CONF[GROUP].allowed_networks):
        return True
    if address.version == 6:
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xffffffff)
        if inner is not None:
            return _is_open(str(inner))
        if address not in _PUBLIC6:
            return False
    return address.is_global and not address.is_multicast


def check(url):
    """Raise FetchRefused when `url` may not be fetched by what it says; its addresses are looked at later."""
    Target(url)


def open_url(url, offset=0):
    """A Download of what is at `url` from `offset` on, its headers read. Raises FetchRefused, FetchFailed."""
    for _ in range(_REDIRECTS + 1):
        target = Target(url)
        connection = _connect(target)
        try:
            response = _ask(connection, target, offset)
            if response.status not in _MOVED:
                return _from(Download(connection, response, target), offset, response)
            where = response.getheader('Location') or ''
        except BaseException:
            connection.close()
            raise
        connection.close()
        LOG.info('%s leads on', target)
        url = urllib.parse.urljoin(url, where)
    raise FetchFailed(host=target.host, problem=f'it redirects more than {_REDIRECTS} times')


def _connect(target):
    problem = 'it has no address'
    for address in target.addresses()[:_TRIED]:
        try:
            sock = socket.create_connection((address, target.port), CONF[GROUP].connect_timeout)
            return _Connection(target, sock)
        except OSError as error:
            problem = f'it cannot be reached ({error.strerror or error})'
    raise FetchFailed(host=target.host, problem=problem)


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket to an address that was checked; with https, the certificate must be the host's."""

    def __init__(self, target, sock):
        options = CONF[GROUP]
        super().__init__(target.host, target.port, timeout=options.read_timeout)
        self.default_port = _PORTS[target.scheme]
        self.sock = sock
        if target.scheme == 'https':
            try:
                self.sock = ssl.create_default_context(cafile=options.cafile).wrap_socket(
                    sock, server_hostname=target.host)
            except BaseException:
                sock.close()
                raise
        self.sock.settimeout(options.read_timeout)

    def connect(self):
        """Never again: a second connection would go to an address that nobody has checked."""
        raise OSError('the connection is closed')


def _ask(connection, target, offset):
    headers = {'Accept': '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'essex-glance', 'Connection': 'close'}
    if offset:
        headers['Range'] = f'bytes={offset}-'
    try:
        connection.request('GET', target.path, headers=headers)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise FetchFailed(host=target.host, problem=f'it does not answer ({_reason(error)})') from error
    if response.status not in (200, *_MOVED) and not _is_rest(response, offset):
        raise FetchFailed(host=target.host, problem=f'it answers {response.status}', status=response.status)
    if response.getheader('Content-Encoding', 'identity').lower() != 'identity':
        raise FetchFailed(host=target.host, problem='it sends the data encoded, unasked')
    return response


def _is_rest(response, offset):
    """Whether the answer is the part that was asked for, or says that there is nothing behind `offset`."""
    if response.status == 416:
        return bool(offset)
    return response.status == 206 and response.getheader('Content-Range', '').startswith(f'bytes {offset}-')


def _from(download, offset, response):
    """`download` at `offset`, also where the server has sent everything."""
    if response.status == 416:
        download.end()
    elif response.status == 200 and offset:
        download.skip(offset)
    return download


class Download:
    """Data that comes in: what an upload takes as its source. `size` is None where the server does not tell."""

    def __init__(self, connection, response, target):
        self._connection, self._response, self._target = connection, response, target
        self.size = response.length
        self._end = time.monotonic() + CONF[GROUP].total_timeout

    def readinto(self, view):
        """Fill the memoryview `view` as far as it goes; returns the count, 0 at the end. Raises UploadBroken."""
        if time.monotonic() > self._end:
            raise UploadBroken(problem=f'{self._target.host} took longer than {CONF[GROUP].total_timeout} seconds')
        try:
            count = self._response.readinto(view)
        except (OSError, http.client.HTTPException) as error:
            raise UploadBroken(problem=f'{self._target.host} broke off ({_reason(error)})') from error
        if not count and self._response.length:
            raise UploadBroken(problem=f'{self._target.host} broke off {self._response.length} bytes before the end')
        return count

    def skip(self, count):
        """Drop the next `count` bytes, as far as there are so many."""
        view = memoryview(bytearray(min(count, 65536)))
        while count and (got := self.readinto(view[:count])):
            count -= got

    def end(self):
        """Take what is left, such as the text of an error, for nothing."""
        self._response.read()
        self.size = 0

    def check_size(self, limit):
        """Raise ImageTooLarge when the server announces more than `limit` bytes."""
        if self.size is not None and self.size > limit:
            raise ImageTooLarge(limit=limit)

    def close(self):
        """Let go of the connection."""
        self._response.close()
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()


def _reason(error):
    return str(error)[:200] or type(error).__name__
