"""What is fetched from a URL of a user, and what never is: other schemes, hosts, ports, and this network."""
import socket

import pytest

from glance.exception import FetchFailed, FetchRefused, UploadBroken
from glance.image import fetch
from tests.fixtures import certificates
from tests.fixtures.web import WebServer


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    yield made
    made.stop()


@pytest.fixture
def local(conf):
    """Lets loopback and every port be fetched from."""
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [], fetch.GROUP)


def read(url):
    with fetch.open_url(url) as source:
        return source.size, take(source)


def take(source):
    found, view = b'', memoryview(bytearray(65536))
    while count := source.readinto(view):
        found += view[:count]
    return found


def test_data_with_and_without_a_size(web, local):
    web.pages['/sized?x=1'] = (200, {}, b'x' * 100000)
    assert read(web.url('/sized?x=1#part')) == (100000, b'x' * 100000)
    web.pages['/open'] = (200, {}, lambda handler: handler.wfile.write(b'y' * 70000))
    assert read(web.url('/open')) == (None, b'y' * 70000)
    web.pages['/chunked'] = (200, {'Transfer-Encoding': 'chunked'},
                             lambda handler: handler.wfile.write(b'3\r\nabc\r\n0\r\n\r\n'))
    assert read(web.url('/chunked')) == (None, b'abc')


@pytest.mark.parametrize('url', [
    'file:///etc/passwd', 'ftp://example.org/x', 'gopher://example.org:80/', 'http:///x', 'example.org', '', 'http://',
    'http://user:secret@example.org/', 'http://example.org:99999/', 'http://example.org/a b', 'http://exämple.org/',
    'http://example.org\r\nX: y/', 'http://[::1/', 'http://example.org:22/', 'https://example.org:8080/', '//x/y'])
def test_urls_that_mean_nothing_or_too_much(conf, url):
    with pytest.raises(FetchRefused) as caught:
        fetch.check(url)
    assert caught.value.code == 400 and 'secret' not in str(caught.value)


@pytest.mark.parametrize('host', [
    '127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', 'localhost', '10.0.0.1', '172.16.0.1', '192.168.1.1', '0.0.0.0',
    '169.254.169.254', '100.64.0.1', '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00::1]', '[::]',
    '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[::7f00:1]', '[fec0::1]',
    '[2002:7f00:1::]', '224.0.0.1', '255.255.255.255'])
def test_this_network_is_never_asked(conf, host):
    url = f'http://{host}/'
    fetch.check(url)
    with pytest.raises((FetchRefused, FetchFailed)) as caught:
        fetch.open_url(url)
    assert 'public Internet' in str(caught.value) or 'not known' in str(caught.value)


def test_allow_lists_beat_deny_lists(conf):
    group = fetch.GROUP
    conf.set('disallowed_hosts', ['bad.example.org'], group)
    fetch.check('http://good.example.org/')
    for url in ('http://bad.example.org/', 'http://BAD.example.org./'):
        with pytest.raises(FetchRefused):
            fetch.check(url)
    conf.set('allowed_hosts', ['bad.example.org'], group)
    fetch.check('http://bad.example.org/')
    with pytest.raises(FetchRefused):
        fetch.check('http://good.example.org/')
    conf.set('allowed_ports', [], group)
    conf.set('disallowed_ports', [22], group)
    fetch.check('http://bad.example.org:8080/')
    with pytest.raises(FetchRefused):
        fetch.check('http://bad.example.org:22/')
    conf.set('allowed_schemes', ['https'], group)
    with pytest.raises(FetchRefused):
        fetch.check('http://bad.example.org/')


def test_a_host_the_operator_named_may_be_of_this_network(conf, web):
    conf.set('allowed_ports', [web.port], fetch.GROUP)
    web.pages['/named'] = (200, {}, b'data')
    with pytest.raises(FetchRefused):
        fetch.open_url(web.url('/named', 'localhost'))
    conf.set('allowed_hosts', ['localhost'], fetch.GROUP)
    assert read(web.url('/named', 'localhost')) == (4, b'data')


def test_redirects_are_checked_like_the_first(web, local, conf):
    web.pages['/end'] = (200, {}, b'data')
    web.pages['/moved'] = (302, {'Location': '/end'}, b'')
    web.pages['/again'] = (301, {'Location': web.url('/moved')}, b'')
    assert read(web.url('/again')) == (4, b'data')
    web.pages['/loop'] = (302, {'Location': '/loop'}, b'')
    with pytest.raises(FetchFailed, match='redirects'):
        fetch.open_url(web.url('/loop'))
    for where in ('file:///etc/passwd', 'http://10.0.0.1/', f'http://[::1]:{web.port}/end', 'http://a:b@x/'):
        web.pages['/out'] = (302, {'Location': where}, b'')
        with pytest.raises(FetchRefused):
            fetch.open_url(web.url('/out'))
    conf.set('disallowed_ports', [1], fetch.GROUP)
    web.pages['/port'] = (307, {'Location': 'http://127.0.0.1:1/'}, b'')
    with pytest.raises(FetchRefused, match='port'):
        fetch.open_url(web.url('/port'))


def test_the_address_that_was_checked_is_the_one_that_is_asked(web, conf, monkeypatch):
    """A name that means another machine a moment later: it is looked up once."""
    conf.set('allowed_ports', [], fetch.GROUP)
    conf.set('allowed_networks', ['127.0.0.1/32'], fetch.GROUP)
    web.pages['/rebound'] = (200, {}, b'data')
    asked = []

    def lookup(host, port, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, '', ('127.0.0.1' if len(asked) == 1 else '127.0.0.2', port))]
    with monkeypatch.context() as patch:
        real = socket.getaddrinfo
        patch.setattr(socket, 'getaddrinfo', lambda host, port, *args, **options:
                      lookup(host, port) if host == 'rebind.test' else real(host, port, *args, **options))
        assert read(web.url('/rebound', 'rebind.test')) == (4, b'data')
        assert asked == ['rebind.test']
        with pytest.raises(FetchRefused):
            fetch.open_url(web.url('/rebound', 'rebind.test'))


def test_one_bad_address_of_several_is_enough(conf, monkeypatch):
    monkeypatch.setattr(socket, 'getaddrinfo', lambda *args, **options: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, '', (address, 80)) for address in ('192.0.32.8', '10.0.0.1')])
    with pytest.raises(FetchRefused):
        fetch.open_url('http://two.example.org/')


def test_a_host_of_many_addresses_is_given_up_soon(conf, monkeypatch):
    monkeypatch.setattr(socket, 'getaddrinfo', lambda *args, **options: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, '', (f'192.0.32.{number}', 80)) for number in range(200)])
    tried = []

    def connect(address, timeout):
        tried.append(address)
        raise TimeoutError('timed out')
    monkeypatch.setattr(socket, 'create_connection', connect)
    with pytest.raises(FetchFailed, match='cannot be reached'):
        fetch.open_url('http://many.example.org/')
    assert 1 < len(tried) < 10


def test_servers_that_misbehave(web, local, conf):
    web.pages['/missing'] = (404, {}, b'')
    with pytest.raises(FetchFailed, match='404'):
        fetch.open_url(web.url('/missing'))
    web.pages['/coded'] = (200, {'Content-Encoding': 'gzip'}, b'x')
    with pytest.raises(FetchFailed, match='encoded'):
        fetch.open_url(web.url('/coded'))
    web.pages['/short'] = (200, {'Content-Length': '100'}, lambda handler: handler.wfile.write(b'x' * 10))
    with pytest.raises(UploadBroken, match='90 bytes before the end'):
        read(web.url('/short'))
    with socket.create_server(('127.0.0.1', 0)) as silent:
        conf.set('read_timeout', 1, fetch.GROUP)
        with pytest.raises(FetchFailed, match='does not answer'):
            fetch.open_url(f'http://127.0.0.1:{silent.getsockname()[1]}/')
        port = silent.getsockname()[1]
    with pytest.raises(FetchFailed, match='cannot be reached'):
        fetch.open_url(f'http://127.0.0.1:{port}/')


def test_a_fetch_without_end(web, local, monkeypatch):
    web.pages['/sized'] = (200, {}, b'x' * 100)
    with fetch.open_url(web.url('/sized')) as source:
        source._end = 0
        with pytest.raises(UploadBroken, match='took longer'):
            take(source)


def test_certificates_are_checked(local, conf, tmp_path):
    certificates.make(str(tmp_path))
    web = WebServer((tmp_path / 'server.pem', tmp_path / 'server.key'))
    try:
        web.pages['/'] = (200, {}, b'data')
        with pytest.raises(FetchFailed, match='certificate'):
            fetch.open_url(web.url('/', 'localhost'))
        conf.set('cafile', str(tmp_path / 'ca.pem'), fetch.GROUP)
        conf.set('allowed_networks', ['127.0.0.0/8', '::1/128'], fetch.GROUP)
        assert read(web.url('/', 'localhost')) == (4, b'data')
    finally:
        web.stop()
