"""The values of object storage's files in var/etc/swift: one storage node of four devices, and a proxy.

The proxy has two files: proxy-server.conf for the whole cloud, with Keystone, and proxy-server-alone.conf for object
storage alone, with the users of its own configuration (tempauth).
"""
import base64
import configparser
import functools
import secrets

_SERVERS = ('account', 'container', 'object')
FILES = ('swift', 'proxy-server', 'proxy-server-alone', *(f'{kind}-server' for kind in _SERVERS), 'keymaster',
         'internal-client', 'object-expirer', 'container-reconciler', 'dispersion')
# Files that begin as another one's sample.
SAMPLES = {'proxy-server-alone.conf': 'proxy-server.conf'}
_PIPELINE = ('catch_errors gatekeeper healthcheck proxy-logging cache listing_formats container_sync bulk tempurl '
             'formpost ratelimit crossdomain {auth} staticweb copy container-quotas account-quotas slo dlo '
             'versioned_writes symlink {encryption}proxy-logging proxy-server')
_INTERNAL = 'catch_errors proxy-logging cache {encryption}proxy-server'


def values_of(authtoken):
    """{file: function(layout, settings, certificate) -> {section: {option: value}}}."""
    return {'swift': _swift, 'proxy-server': functools.partial(_proxy, authtoken=authtoken),
            'proxy-server-alone': _alone, 'keymaster': _keymaster, 'internal-client': _internal,
            'object-expirer': _daemon, 'container-reconciler': _daemon, 'dispersion': _dispersion,
            **{f'{kind}-server': functools.partial(_server, kind) for kind in _SERVERS}}


def _swift(layout, settings, certificate):
    return {'swift-hash': {'swift_hash_path_suffix': settings.swift_hash_suffix}}


def _daemon(layout, settings, certificate):
    return {'DEFAULT': {'swift_dir': layout.etc / 'swift', 'log_file': '-', 'status_dir': layout.status,
                        'host': settings.host, 'trace_directory': layout.trace,
                        'recon_cache_path': layout.state('swift') / 'recon',
                        'recon_lock_path': layout.run}}


def _keymaster(layout, settings, certificate):
    """The root secret, made when objects are first to be encrypted: it is in this file and nowhere else."""
    if settings.encrypts_objects and not _has_secret(layout):
        return {'keymaster': {'encryption_root_secret': base64.b64encode(secrets.token_bytes(32)).decode()}}
    return {}


def _has_secret(layout):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(layout.config('swift', 'keymaster'), encoding='utf-8')
    return parser.has_section('keymaster') and any(
        name.startswith('encryption_root_secret') for name in parser.options('keymaster'))


def _encrypting(layout, settings, template, **words):
    """The sections of a pipeline, with encryption where it is on, or was: what is encrypted stays readable."""
    there = settings.encrypts_objects or _has_secret(layout)
    values = {'pipeline:main': {'pipeline': template.format(encryption='keymaster encryption ' if there else '',
                                                            **words)}}
    if there:
        values['filter:keymaster'] = {'keymaster_config_path': layout.config('swift', 'keymaster')}
        values['filter:encryption'] = {'disable_encryption': 'false' if settings.encrypts_objects else 'true'}
    return values


def _internal(layout, settings, certificate):
    return _daemon(layout, settings, certificate) | _encrypting(layout, settings, _INTERNAL)


def _server(kind, layout, settings, certificate):
    values = _daemon(layout, settings, certificate)
    values['DEFAULT'] |= {'bind_ip': settings.host_of(f'swift_{kind}'), 'bind_port': settings.port(f'swift_{kind}'),
                          'workers': 1, 'devices': layout.state('swift') / 'devices', 'mount_check': 'false'}
    # All copies are on this host: they part seldom, and what looks for it should not be felt.
    values[f'{kind}-replicator'] = {'interval': 300}
    if kind == 'object':
        values['object-auditor'] = {'interval': 600}
        values['object-reconstructor'] = {'interval': 300}
    if kind == 'container':
        # An account shows what is in it soon: there are few containers to ask.
        values['container-updater'] = {'interval': 30}
        values['container-sync'] = {'internal_client_conf_path': layout.config('swift', 'internal-client')}
    return values


def _any_proxy(layout, settings, certificate):
    values = _daemon(layout, settings, certificate)
    # One process: the cache with what it knows of accounts and tokens is its own.
    values['DEFAULT'] |= {'bind_ip': settings.address, 'bind_port': settings.port('swift'), 'workers': 1}
    if settings.secure:
        values['DEFAULT'] |= {'cert_file': certificate[0], 'key_file': certificate[1]}
    values['app:proxy-server'] = {'account_autocreate': 'true', 'allow_account_management': 'true'}
    values['filter:versioned_writes'] = {'allow_versioned_writes': 'true', 'allow_object_versioning': 'true'}
    return values


def _proxy(layout, settings, certificate, authtoken):
    values = _any_proxy(layout, settings, certificate)
    values |= _encrypting(layout, settings, _PIPELINE, auth='authtoken s3api s3token keystoneauth')
    values['filter:authtoken'] = authtoken(layout, settings, 'swift')
    # Whoever may start servers in a project may keep objects there.
    values['filter:keystoneauth'] = {'operator_roles': 'admin, swiftoperator, member', 'project_reader_roles': 'reader'}
    return values


def _alone(layout, settings, certificate):
    values = _any_proxy(layout, settings, certificate)
    values |= _encrypting(layout, settings, _PIPELINE, auth='s3api tempauth')
    values['filter:tempauth'] = {'user_admin_admin': f'{settings.password("admin")} .admin .reseller_admin',
                                 'user_demo_demo': f'{settings.password("demo")} .admin'}
    return values


def _dispersion(layout, settings, certificate):
    values = {'auth_version': 3, 'auth_url': settings.url('keystone', '/v3'), 'auth_user': 'admin',
              'auth_key': settings.password('admin'), 'project_name': 'admin', 'swift_dir': layout.etc / 'swift'}
    if settings.secure:
        values['cafile'] = layout.pki / 'ca.pem'
    return {'dispersion': values}
