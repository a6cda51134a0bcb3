"""domain_remap and cname_lookup: hosts that stand for accounts and containers."""
import builtins

import pytest

from swift.exceptions import ConfigurationError
from swift.middleware import cname_lookup, domain_remap, staticweb
from tests.unit.swift.middleware.kit import Cache, Store, call


class Seen:
    """An application that tells path and host."""

    def __call__(self, environ, start_response):
        self.path, self.host = environ['PATH_INFO'], environ.get('HTTP_HOST')
        start_response('200 OK', [])
        return [b'']


class TestRemap:
    def get(self, host, path='/o', **conf):
        seen = Seen()
        response = call(domain_remap.filter_factory({}, **conf)(seen), path, Host=host)
        return seen.path if response.status_int == 200 else response.status_int

    @pytest.mark.parametrize('host, path, expected', [
        ('c.auth-test.example.com', '/o', '/v1/AUTH_test/c/o'),
        ('C.AUTH-test.Example.COM:8080', '/a/b', '/v1/AUTH_test/c/a/b'),
        ('auth-test.example.com', '/', '/v1/AUTH_test/'),
        ('auth-test.example.com', '/c/o', '/v1/AUTH_test/c/o'),
        ('c.auth-1a-2b.example.com', '/v1/o', '/v1/AUTH_1a-2b/c/v1/o'),
        ('c.auth_test.example.com', '/o', '/v1/AUTH_test/c/o'),
        ('example.com', '/v1/AUTH_x', '/v1/AUTH_x'),
        ('other.net', '/v1/AUTH_x', '/v1/AUTH_x'),
        ('c.test.example.com', '/o', '/o'),
        ('notexample.com', '/o', '/o'),
        ('a.b.auth-test.example.com', '/o', 400), ('.auth-test.example.com', '/o', 400),
        ('c..example.com', '/o', 400), ('c%2f.auth-test.example.com', '/o', 400),
        ('c/x.auth-t.example.com', '/o', 400)])
    def test_the_host_names_account_and_container(self, host, path, expected):
        assert self.get(host, path) == expected

    def test_other_prefixes_and_domains(self):
        assert self.get('c.swift-x.s.net', storage_domain='example.com, s.net',
                        reseller_prefixes='AUTH, Swift') == '/v1/Swift_x/c/o'
        assert self.get('c.test.example.com', default_reseller_prefix='AUTH') == '/v1/AUTH_test/c/o'
        assert self.get('c.auth-x.example.com', '/v1/o', mangle_client_paths='true') == '/v1/AUTH_x/c/o'

    def test_a_sites_redirects_stay_on_its_host(self):
        store = Store()
        store.add_container('c', X_Container_Meta_Web_Listings='true')
        store.add_object('c/dir/x')
        app = domain_remap.filter_factory({})(staticweb.filter_factory({})(store))
        response = call(app, '/dir', Host='c.auth-test.example.com')
        assert response.headers['Location'] == 'http://c.auth-test.example.com/dir/'


class Records:
    """DNS by a dict; counts what is asked."""

    def __init__(self, **records):
        self.records, self.asked = {name.replace('_', '.'): value for name, value in records.items()}, []

    def cname(self, host):
        self.asked.append(host)
        return 60, self.records.get(host)


class TestCname:
    def get(self, host, records, depth=1, cache=None):
        seen = Seen()
        app = cname_lookup.CnameLookup(seen, {'lookup_depth': str(depth)}, records)
        response = call(app, '/', cache=cache, Host=host)
        return seen.host if response.status_int == 200 else response.status_int

    @pytest.mark.parametrize('host, depth, expected', [
        ('my.site', 1, 'c.auth-x.example.com'), ('MY.site:8080', 1, 'c.auth-x.example.com:8080'),
        ('far.site', 1, 400), ('far.site', 2, 'c.auth-x.example.com'), ('none.site', 3, 400), ('loop.site', 9, 400),
        ('evil.site', 1, 400), ('x.example.com', 1, 'x.example.com'), ('example.com', 1, 'example.com'),
        ('127.0.0.1:8080', 1, '127.0.0.1:8080'), ('[::1]:8080', 1, '[::1]:8080')])
    def test_follows_records_into_the_storage_domain(self, host, depth, expected):
        records = Records(my_site='c.auth-x.example.com', far_site='my.site', loop_site='loop.site',
                          evil_site='notexample.com')
        assert self.get(host, records, depth) == expected

    def test_remembers(self):
        records, cache = Records(my_site='c.auth-x.example.com'), Cache()
        for _ in range(2):
            assert self.get('my.site', records, cache=cache) == 'c.auth-x.example.com'
            assert self.get('no.site', records, cache=cache) == 400
        assert records.asked == ['my.site', 'no.site']

    def test_without_dnspython_it_does_not_start(self, monkeypatch):
        real = builtins.__import__

        def missing(name, *args, **kwargs):
            if name.startswith('dns.'):
                raise ImportError(name)
            return real(name, *args, **kwargs)
        monkeypatch.setattr(builtins, '__import__', missing)
        with pytest.raises(ConfigurationError, match='pip install dnspython'):
            cname_lookup.filter_factory({})

    def test_a_wrong_nameserver_does_not_start_either(self):
        with pytest.raises(ConfigurationError, match='nameservers'):
            cname_lookup.filter_factory({}, nameservers='not an address')

    def test_names_that_dns_cannot_hold_are_not_found(self):
        resolver = cname_lookup.Resolver(['127.0.0.1'])
        resolver._resolver.lifetime = 0.05
        for host in ('a' * 300, 'a..b', '\xff.example'):
            assert resolver.cname(host) == (0, None)
