"""What this service points at and depends on: endpoints, directories, memcached."""
import datetime
import email.utils
import ipaddress
import socket
from urllib.parse import urlsplit

import requests

from essex import config
from keystone.catalog import templates
from keystone.db.records import Hints
from keystone.doctor import error, warning

CONF = config.CONF

TIMEOUT = 3
SKEW = 5


def _is_local(host):
    if host == 'localhost':
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


class Endpoints:
    """Every endpoint of the catalog, each address asked once."""

    def __init__(self, catalog):
        self.catalog = catalog

    def check(self):
        """Findings about the catalog and what answers there."""
        services = {each['id']: each for each in self.catalog.list_services(Hints())}
        endpoints = [each for each in self.catalog.list_endpoints(Hints()) if each['enabled']]
        if not any(services[each['service_id']]['type'] == 'identity' for each in endpoints):
            yield error('The catalog has no endpoint of this service (type identity): clients find nothing.',
                        'Run `keystone-manage bootstrap` with --bootstrap-public-url and --bootstrap-region-id.')
        roots, hosts = {}, {}
        for endpoint in endpoints:
            name = services[endpoint['service_id']]['name'] or services[endpoint['service_id']]['type']
            label = f'{endpoint["interface"]} endpoint of {name}'
            parts = self._parts(endpoint['url'])
            if parts is None:
                yield error(f'The {label} has the malformed URL {endpoint["url"]!r}: it is left out of every catalog.',
                            f'openstack endpoint set --url URL {endpoint["id"]}')
                continue
            roots.setdefault(f'{parts.scheme}://{parts.netloc}', []).append(label)
            hosts.setdefault(_is_local(parts.hostname), []).append((label, parts.hostname))
        yield from self._local(hosts)
        for root, labels in roots.items():
            yield from _answers(root, labels)

    @staticmethod
    def _parts(url):
        """The split URL, None for one no catalog would show or nobody could call."""
        if not templates.is_valid(url):
            return None
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 - raises ValueError
        except ValueError:
            return None
        return parts if parts.scheme in ('http', 'https') and parts.hostname else None

    @staticmethod
    def _local(hosts):
        """Addresses that mean another machine on every machine, among those that do not."""
        if True in hosts and False in hosts:
            for label, host in hosts[True]:
                yield warning(f'The {label} points at {host}, which is another machine for everybody else; other '
                              'endpoints name real hosts.', 'openstack endpoint set --url URL ENDPOINT')


def _answers(root, labels):
    """Findings about one address: does it answer, is its clock right."""
    what = f'The {labels[0]}' + (f' (and {len(labels) - 1} others)' if len(labels) > 1 else '')
    try:
        # Whether its certificate is one clients trust is part of the question.
        answer = requests.get(root + '/', timeout=TIMEOUT, allow_redirects=False)
    except requests.exceptions.SSLError as problem:
        yield error(f'{what} at {root} has a certificate that is not trusted here: {_reason(problem)}.',
                    'Use a certificate of an authority the hosts know, with the name in the URL.')
        return
    except requests.exceptions.RequestException as problem:
        yield warning(f'{what} does not answer at {root}: {_reason(problem)}.',
                      'Start that service, correct the URL (openstack endpoint set), or open the firewall.')
        return
    if answer.status_code >= 500:
        yield warning(f'{what} answers {answer.status_code} at {root}.', 'Look into the log of that service.')
    sent = answer.headers.get('Date') and email.utils.parsedate_to_datetime(answer.headers['Date'])
    if sent:
        skew = abs((datetime.datetime.now(datetime.UTC) - sent).total_seconds())
        if skew > SKEW:
            yield error(f'The clock behind {root} is {skew:.0f} seconds away from this host\'s.',
                        'Run chrony or ntpd on both: tokens are valid and void by time.')


def _reason(problem):
    """The innermost cause, in its own words."""
    while problem.__cause__ or problem.__context__:
        problem = problem.__cause__ or problem.__context__
    return getattr(problem, 'strerror', None) or str(problem)[:200]


def _connect(host, port):
    """None when something listens there, else why not."""
    try:
        socket.create_connection((host, port), TIMEOUT).close()
    except OSError as problem:
        return problem.strerror or str(problem)
    return None


def directory():
    """The LDAP servers, where users are kept there."""
    if CONF.identity.driver != 'ldap' or 'ldap' not in CONF:
        return
    for url in CONF.ldap.url.replace(',', ' ').split():
        parts = urlsplit(url)
        if parts.scheme not in ('ldap', 'ldaps'):
            continue
        port = parts.port or (636 if parts.scheme == 'ldaps' else 389)
        problem = _connect(parts.hostname or 'localhost', port)
        if problem:
            yield error(f'[ldap] url: {parts.hostname}:{port} does not answer: {problem}. Nobody can log in.',
                        'Start the directory, correct the URL, or open the firewall.')
        if parts.scheme == 'ldap' and not getattr(CONF.ldap, 'use_tls', False) and not _is_local(parts.hostname):
            yield warning(f'Passwords go to {parts.hostname} in the clear.', 'Set [ldap] use_tls or an ldaps:// URL.')


def _memcached_servers():
    """(where it is set, host:port) of what is asked for."""
    if CONF.token.provider == 'uuid' and getattr(CONF.token, 'driver', None) == 'memcache':
        yield from (('[memcache] servers', server) for server in CONF.memcache.servers)
    if 'cache' in CONF and getattr(CONF.cache, 'memcache_servers', None):
        yield from (('[cache] memcache_servers', server) for server in CONF.cache.memcache_servers)


def memcached():
    """The memcached servers, where anything is kept there."""
    for option, server in _memcached_servers():
        host, _, port = server.strip().rpartition(':')
        if not host or not port.isdigit():
            yield error(f'{option}: {server!r} is not host:port.', 'Write it as host:11211.')
            continue
        problem = _connect(host.strip('[]'), int(port))
        if problem:
            yield error(f'{option}: {server} does not answer: {problem}.',
                        'Start memcached there, or correct the option.')


CHECKS = (directory, memcached)
