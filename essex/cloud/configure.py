"""Writes var/etc from etc/: the commented samples with this cloud's values set in them."""
import os
import shutil
from urllib.parse import urlsplit

from essex.cloud import configure_swift, ini, pki
from essex.cloud.layout import ROOT

SERVICES = {'keystone': ('keystone',), 'glance': ('glance-api',), 'nova': ('nova', 'nova-novncproxy'),
            'essex': ('operator',), 'swift': configure_swift.FILES, 'horizon': ('horizon',)}
_WITH_DATABASE = ('keystone', 'glance', 'nova')


def write(layout, settings, only=None):
    """Write every service's configuration. What an operator added to a file since is kept; our values win.

    `only` names the services when it is not all of them.
    """
    certificate = pki.ensure(layout.pki, _names(settings))
    for service, names in SERVICES.items():
        if only is not None and service not in only:
            continue
        target = layout.etc / service
        target.mkdir(parents=True, exist_ok=True)
        _private_state(layout.state(service), service, service in _WITH_DATABASE)
        for sample in sorted((ROOT / 'etc' / service).iterdir()):
            if sample.suffix == '.ini' or not (target / sample.name).exists():
                shutil.copy(sample, target / sample.name)
        for name in names:
            path = target / f'{name}.conf'
            text = ini.set_values(_present(path, service), _VALUES[name](layout, settings, certificate))
            _write_secret(path, text)


def _present(path, service):
    """The file's text; of one that is not there yet, that of the sample it begins as."""
    if path.exists():
        return path.read_text()
    sample = ROOT / 'etc' / service / configure_swift.SAMPLES.get(path.name, path.name)
    return sample.read_text() if sample.exists() else ''


def _private_state(directory, service, has_database):
    """Have the service's directory and, empty, its database: password hashes and user data are for nobody else."""
    directory.mkdir(parents=True, exist_ok=True)
    # Guests and dnsmasq open what lies below Nova's as users of their own: they may walk through, not list.
    os.chmod(directory, 0o711 if service == 'nova' else 0o700)
    if not has_database:
        return
    database = directory / f'{service}.sqlite'
    # SQLite gives the files beside it the mode of this one.
    os.close(os.open(database, os.O_WRONLY | os.O_CREAT, 0o600))
    os.chmod(database, 0o600)


def _names(settings):
    return list(dict.fromkeys([settings.address, '127.0.0.1', 'localhost']))


def _write_secret(path, text):
    temporary = path.with_suffix('.new')
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(temporary, path)


def _common(layout, settings, certificate, service, tls=True):
    values = {
        'DEFAULT': {'host': settings.host, 'my_ip': settings.address, 'state_path': layout.state(service),
                    'status_dir': layout.status},
        'database': {'connection': f'sqlite:///{layout.state(service) / service}.sqlite'},
        'trace': {'directory': layout.trace},
    }
    if settings.secure and tls:
        values['DEFAULT'] |= {'ssl_cert_file': certificate[0], 'ssl_key_file': certificate[1]}
    return values


def _authtoken(layout, settings, account):
    values = {'auth_url': settings.url('keystone', '/v3'), 'www_authenticate_uri': settings.url('keystone', '/v3'),
              'username': account, 'password': settings.password(account), 'project_name': 'service',
              'region_name': settings.region}
    if settings.secure:
        values['cafile'] = layout.pki / 'ca.pem'
    return values


def _account(layout, settings, name):
    """The sections of a service that calls others, too, on behalf of its users."""
    return {'keystone_authtoken': _authtoken(layout, settings, name),
            'service_user': {'send_service_user_token': 'true', 'auth_section': 'keystone_authtoken'}}


def _keystone(layout, settings, certificate):
    values = _common(layout, settings, certificate, 'keystone')
    values['DEFAULT'] |= {'bind_host': settings.address, 'public_port': settings.port('keystone'),
                          'admin_port': settings.port('keystone_admin')}
    values['fernet_tokens'] = {'key_repository': layout.state('keystone') / 'fernet-keys'}
    values['credential'] = {'key_repository': layout.state('keystone') / 'credential-keys'}
    return values


def _glance(layout, settings, certificate):
    values = _common(layout, settings, certificate, 'glance')
    values['DEFAULT'] |= {'bind_host': settings.address, 'bind_port': settings.port('glance')}
    values |= _account(layout, settings, 'glance')
    values['registry'] = {'bind_port': settings.port('glance_registry')}
    values['glance_store'] = {'filesystem_store_datadir': layout.state('glance') / 'images'}
    return values


def _nova(layout, settings, certificate):
    values = _common(layout, settings, certificate, 'nova')
    real = settings.hypervisor == 'libvirt'
    values['DEFAULT'] |= {
        'transport_url': 'memory://', 'osapi_compute_listen': settings.address,
        'osapi_compute_listen_port': settings.port('nova'), 'osapi_volume_listen': settings.address,
        'osapi_volume_listen_port': settings.port('volume'),
        # Guests reach it through their gateway, so it listens beyond loopback when there are guests.
        'metadata_listen': '0.0.0.0' if real else '127.0.0.1', 'metadata_listen_port': settings.port('metadata'),
        'compute_driver': settings.hypervisor, 'network_driver': 'linux' if real else 'fake',
        'instances_path': layout.state('nova') / 'instances', 'volumes_path': layout.state('nova') / 'volumes',
        'flat_network_bridge': settings.bridge,
        'novncproxy_base_url': settings.url('novncproxy', '/vnc_auto.html'),
        'enabled_daemons': 'api,metadata,scheduler,network,compute,volume,consoleauth',
    }
    if real:
        values['libvirt'] = {'connection_uri': settings.libvirt_uri, 'virt_type': settings.virt_type}
    values |= _account(layout, settings, 'nova')
    return values


def _proxy(layout, settings, certificate):
    values = _nova(layout, settings, certificate)
    values['DEFAULT'] |= {'novncproxy_host': settings.address, 'novncproxy_port': settings.port('novncproxy')}
    # The dashboard shows consoles in its pages.
    values['console'] = {'allowed_origins': urlsplit(settings.url('horizon')).netloc}
    return values


def _horizon(layout, settings, certificate):
    values = {'DEFAULT': _common(layout, settings, certificate, 'horizon')['DEFAULT'] | {
        'bind_host': settings.address, 'horizon_port': settings.port('horizon')},
        'trace': {'directory': layout.trace},
        'horizon': {'auth_url': settings.url('keystone', '/v3')}}
    if settings.secure:
        values['horizon']['cafile'] = layout.pki / 'ca.pem'
    return values


def _operator(layout, settings, certificate):
    values = _common(layout, settings, certificate, 'essex')
    del values['database']
    values['DEFAULT'] |= {'bind_host': settings.address, 'bind_port': settings.port('operator')}
    values['keystone_authtoken'] = _authtoken(layout, settings, 'operator')
    return values


_VALUES = {'keystone': _keystone, 'glance-api': _glance, 'nova': _nova,
           'nova-novncproxy': _proxy, 'horizon': _horizon, 'operator': _operator,
           **configure_swift.values_of(_authtoken)}
