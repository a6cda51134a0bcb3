"""The one-host cloud's own parts."""
import base64
import ipaddress
import socket
import ssl
import stat
import subprocess
import sys

import pytest
from cryptography import x509

from essex import context, trace
from essex.cloud import configure, ini, lifecycle, openrc, pki, processes, settings, supervisor, timeline
from essex.cloud.layout import Layout
from essex.exception import ConfigError, EssexError
from swift import conf

SAMPLE = '''# About this file
[DEFAULT]
# Name of the node
#host = somewhere

[database]
#connection = sqlite:///x
'''


def test_values_stand_beside_their_explanation():
    text = ini.set_values(SAMPLE, {'DEFAULT': {'host': 'a', 'new': 1}, 'database': {'connection': 'b'}, 'x': {'y': 2}})
    assert '# Name of the node\nhost = a\n' in text
    assert text.index('new = 1') < text.index('[database]')
    assert '[database]\nconnection = b' in text
    assert text.endswith('[x]\ny = 2\n')


def test_setting_again_changes_nothing():
    values = {'DEFAULT': {'host': 'a', 'new': 1}, 'x': {'y': 2}}
    once = ini.set_values(SAMPLE, values)
    assert ini.set_values(once, values) == once


@pytest.fixture
def made(tmp_path):
    return settings.Settings.create(Layout(tmp_path / 'var'), address='127.0.0.1')


def test_settings_are_for_the_owner_alone(made):
    assert stat.S_IMODE(made.layout.settings.stat().st_mode) == 0o600
    again = settings.Settings.load(made.layout)
    assert again.password('admin') == made.password('admin')
    assert len({again.password(name) for name in settings.ACCOUNTS}) == len(settings.ACCOUNTS)
    assert again.url('nova', '/v2.1') == 'http://127.0.0.1:8774/v2.1'


def test_a_cloud_of_an_earlier_version_is_completed(made):
    for name in ('swift', 'swift_account', 'swift_container', 'swift_object'):
        made._parser.remove_option('ports', name)
    made._parser.remove_option('passwords', 'swift')
    made._parser.remove_option('cloud', 'swift_hash_suffix')
    made.save()
    old = settings.Settings.load(made.layout)
    kept = old.password('admin')
    with socket.create_server(('127.0.0.1', 0)) as taken:
        busy, usual = taken.getsockname()[1], settings.PORTS['swift_account']
        settings.PORTS['swift_account'] = busy
        try:
            old.complete()
        finally:
            settings.PORTS['swift_account'] = usual
    again = settings.Settings.load(made.layout)
    assert again.password('swift') and again.password('admin') == kept and len(again.swift_hash_suffix) == 32
    assert again.port('swift_account') != busy
    suffix = again.swift_hash_suffix
    again.complete()
    assert settings.Settings.load(made.layout).swift_hash_suffix == suffix


def test_object_storage_has_two_proxies_to_choose_from(made):
    made.set('host', 'here')
    made.save()
    configure.write(made.layout, made, ['swift'])
    assert not (made.layout.etc / 'nova').exists()
    whole, alone = (made.layout.config('swift', name).read_text() for name in ('proxy-server', 'proxy-server-alone'))
    assert 'authtoken s3api s3token keystoneauth' in whole and 's3api tempauth' in alone
    assert f'user_demo_demo = {made.password("demo")} .admin' in alone
    for names, expected in ((None, 'proxy-server.conf'), (['swift'], 'proxy-server-alone.conf'),
                            (['keystone', 'swift'], 'proxy-server.conf')):
        proxy = next(each for each in processes.table(made.layout, 'fake', names) if each.name == 'swift-proxy')
        assert proxy.arguments[0].endswith(f'/{expected}')
    with pytest.raises(ConfigError, match='toaster'):
        processes.table(made.layout, 'fake', ['toaster'])


def test_encryption_of_objects_is_switched_with_a_secret_that_stays(made):
    made.set('host', 'here')
    made.save()
    files = {name: made.layout.config('swift', name) for name in (
        'proxy-server', 'proxy-server-alone', 'internal-client', 'object-expirer', 'keymaster')}

    def written():
        configure.write(made.layout, made, ['swift'])
        return {name: conf.parse(str(path)) for name, path in files.items()}

    def pipelines(found):
        return {name for name, parser in found.items() if parser.has_section('pipeline:main')
                and 'keymaster encryption' in parser['pipeline:main']['pipeline']}
    off = written()
    assert pipelines(off) == set() and not dict(off['keymaster'].items('keymaster'))
    lifecycle.encrypt_objects(made.layout, print, True)
    made = settings.Settings.load(made.layout)
    on = written()
    secret = on['keymaster']['keymaster']['encryption_root_secret']
    assert len(base64.b64decode(secret)) == 32 and files['keymaster'].stat().st_mode & 0o777 == 0o600
    # The expirer reads no object, and what moves objects between policies must not change them.
    assert pipelines(on) == {'proxy-server', 'proxy-server-alone', 'internal-client'}
    assert not any(secret in path.read_text() for name, path in files.items() if name != 'keymaster')
    for name in pipelines(on):
        assert on[name]['filter:keymaster']['keymaster_config_path'] == str(files['keymaster'])
        assert on[name]['filter:encryption']['disable_encryption'] == 'false'
    lifecycle.encrypt_objects(made.layout, print, False)
    made = settings.Settings.load(made.layout)
    again = written()
    assert pipelines(again) == pipelines(on)
    assert again['proxy-server']['filter:encryption']['disable_encryption'] == 'true'
    assert again['keymaster']['keymaster']['encryption_root_secret'] == secret


def test_encryption_is_not_switched_below_a_cloud_that_runs(made, monkeypatch):
    monkeypatch.setattr(lifecycle.status, 'supervisor_pid', lambda layout: 1)
    with pytest.raises(EssexError, match='essex down'):
        lifecycle.encrypt_objects(made.layout, print, True)
    assert not settings.Settings.load(made.layout).encrypts_objects


def test_databases_are_for_the_owner_alone(made):
    made.set('host', 'here')
    made.save()
    for _ in range(2):
        configure.write(made.layout, made)
        for service in ('keystone', 'glance', 'nova'):
            directory = made.layout.state(service)
            assert stat.S_IMODE((directory / f'{service}.sqlite').stat().st_mode) == 0o600
            assert stat.S_IMODE(directory.stat().st_mode) & 0o066 == 0


def test_urllib3_is_not_imported_before_tls_is_green(tmp_path):
    code = ('import sys\nfrom essex import concurrency\nfrom essex.cloud import cli\npatch = concurrency.patch\n'
            'def spy():\n    print("urllib3" in sys.modules)\n    patch()\n'
            f'concurrency.patch = spy\ncli.main(["--state-dir", {str(tmp_path)!r}, "up"])')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split()[:1] == ['False'], done.stderr


def test_no_cloud_yet_is_said(tmp_path):
    with pytest.raises(ConfigError, match='tools/start'):
        settings.Settings.load(Layout(tmp_path))


def test_openrc_names_the_account(made):
    text = openrc.text(made, 'demo')
    assert f'export OS_PASSWORD={made.password("demo")}' in text
    assert 'export OS_PROJECT_NAME=demo' in text
    openrc.write(made.layout, made)
    assert stat.S_IMODE(made.layout.openrc.stat().st_mode) == 0o600


def test_certificates_are_made_once_and_name_the_address(tmp_path):
    certificate, key = pki.ensure(tmp_path, ['127.0.0.1', 'localhost'])
    first = certificate.read_bytes()
    pki.ensure(tmp_path, ['127.0.0.1', 'localhost'])
    assert certificate.read_bytes() == first
    names = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address('127.0.0.1') in names.get_values_for_type(x509.IPAddress)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    pki.ensure(tmp_path, ['192.0.2.1'])
    assert certificate.read_bytes() != first


def test_a_timeline_shows_every_hop(conf, tmp_path):
    conf.set('directory', str(tmp_path), 'trace')
    request = context.RequestContext()
    token = context.bind(request)
    with trace.daemon_scope('nova-api'), trace.span('POST /servers'), trace.daemon_scope('nova-compute'), \
            trace.span('boot: disk'):
        pass
    context.unbind(token)
    lines = timeline.lines(tmp_path, request.request_id)
    assert '2 spans' in lines[0]
    assert 'nova-api' in lines[3] and 'POST /servers' in lines[3]
    assert '  boot: disk' in lines[4]
    assert timeline.lines(tmp_path, 'req-unknown') == []


def test_a_death_is_described():
    assert supervisor.describe(9) == 'signal SIGKILL'
    assert supervisor.describe(256) == 'exit status 1'


def test_free_ports_are_none_that_outgoing_connections_get():
    """Such a port could be another's when the cloud comes up again."""
    with open('/proc/sys/net/ipv4/ip_local_port_range', encoding='ascii') as file:
        lowest = int(file.read().split()[0])
    ports = settings.free_ports(50)
    assert len(set(ports)) == 50 and all(1024 < port < lowest for port in ports)
