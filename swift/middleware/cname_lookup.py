"""A host of the user's own (`files.mine.example`) stands for the one in the storage domain its CNAME record names.

Needs dnspython (`pip install dnspython`), and domain_remap after it.
"""
import ipaddress
import logging

from swift import conf as conf_file
from swift.exceptions import ConfigurationError
from swift.middleware.authorization import text
from swift.middleware.domain_remap import below, domains, host_of
from swift.proxy import registry

LOG = logging.getLogger(__name__)

_MISSING_SECONDS = 60
_TIMEOUT = 5


class Resolver:
    """Asks DNS for CNAME records. Raises ConfigurationError when dnspython or a nameserver is missing."""

    def __init__(self, nameservers=()):
        try:
            import dns.exception
            import dns.resolver
        except ImportError:
            raise ConfigurationError('cname_lookup needs dnspython: install it (pip install dnspython) or take '
                                     'cname_lookup out of the pipeline') from None
        self._dns = dns
        try:
            self._resolver = dns.resolver.Resolver(configure=not nameservers)
            if nameservers:
                self._resolver.nameservers = list(nameservers)
        except (dns.exception.DNSException, ValueError) as error:
            raise ConfigurationError(f'cname_lookup: nameservers: {error}') from None
        self._resolver.lifetime = _TIMEOUT

    def cname(self, host):
        """(seconds to remember it, the host a CNAME record names or None)."""
        try:
            answer = self._resolver.resolve(host, 'CNAME', search=False).rrset
            return answer.ttl, answer[0].target.to_text(omit_final_dot=True).lower()
        except (self._dns.resolver.NXDOMAIN, self._dns.resolver.NoAnswer):
            return _MISSING_SECONDS, None
        except (self._dns.exception.DNSException, UnicodeError) as error:
            LOG.warning('The CNAME of a host cannot be looked up: %s', type(error).__name__)
            return 0, None


class CnameLookup:
    """WSGI filter."""

    def __init__(self, app, conf, resolver=None):
        self.app, self.domains = app, domains(conf)
        self.depth = conf_file.integer(conf, 'lookup_depth', 1, 1)
        self.resolver = resolver or Resolver(conf_file.words(conf, 'nameservers'))

    def __call__(self, environ, start_response):
        host, port = host_of(environ)
        if not host or self._is_ours(host) or _is_address(environ.get('HTTP_HOST') or host):
            return self.app(environ, start_response)
        found = self._find(environ.get('swift.cache'), host)
        if found is None:
            return text(400, 'CNAME lookup failed to resolve to a valid domain')(environ, start_response)
        environ['HTTP_HOST'] = f'{found}:{port}' if port else found
        return self.app(environ, start_response)

    def _is_ours(self, host):
        return below(host, self.domains) is not None or '.' + host in self.domains

    def _find(self, cache, host):
        """The host in the storage domain that `host` stands for, or None (no record, a loop, too long a chain)."""
        for _ in range(self.depth):
            host = self._cname(cache, host)
            if not host:
                return None
            if self._is_ours(host):
                return host
        return None

    def _cname(self, cache, host):
        key = f'cname-{host}'
        found = cache.get(key) if cache is not None else None
        if found is None:
            seconds, found = self.resolver.cname(host)
            if cache is not None and seconds > 0:
                cache.set(key, found or '', seconds)
        return found


def _is_address(host):
    try:
        ipaddress.ip_address(host.partition(']')[0].removeprefix('[') if host.startswith('[') else host.split(':')[0])
    except ValueError:
        return False
    return True


def filter_factory(global_conf, **local_conf):
    """Paste: storage_domain, lookup_depth, nameservers."""
    conf = {**global_conf, **local_conf}
    resolver = Resolver(conf_file.words(conf, 'nameservers'))
    registry.register('cname_lookup', lookup_depth=conf_file.integer(conf, 'lookup_depth', 1, 1))
    return lambda app: CnameLookup(app, conf, resolver)
