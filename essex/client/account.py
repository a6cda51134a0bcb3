"""The account of this service at Keystone: the options of [keystone_authtoken], by the names of both eras, and
keystoneauth's plugin of it.
"""
import re

from keystoneauth1 import loading, token_endpoint
from keystoneauth1.identity import generic, v2, v3
from oslo_config import cfg

from essex import config

GROUP = 'keystone_authtoken'


def _was(*names):
    return [cfg.DeprecatedOpt(name, group=GROUP) for name in names]


OPTS = [
    cfg.StrOpt('auth_url', default='http://127.0.0.1:5000/v3', deprecated_opts=_was('identity_uri'),
               help='Keystone as this service reaches it. Without a version at its end, the newest it offers is used.'),
    cfg.StrOpt('www_authenticate_uri', deprecated_opts=_was('auth_uri'),
               help='Keystone as clients reach it, told them with a 401. auth_url when unset.'),
    cfg.StrOpt('auth_version', choices=['v3', 'v2.0', '3', '2.0'],
               help='API of an auth_url that names none, instead of asking for it.'),
    cfg.StrOpt('auth_type', default='password', deprecated_opts=_was('auth_plugin'),
               help='How this service logs in: password, admin_token, or another plugin of keystoneauth by name, whose '
                    'options then belong here too.'),
    cfg.StrOpt('username', deprecated_opts=_was('admin_user', 'user_name'), help='Account of this service.'),
    cfg.StrOpt('password', secret=True, deprecated_opts=_was('admin_password'), help='Its password.'),
    cfg.StrOpt('project_name', default='service', deprecated_opts=_was('admin_tenant_name', 'tenant_name'),
               help='Project the account works in.'),
    cfg.StrOpt('user_domain_name', default='Default', help='Domain of the account.'),
    cfg.StrOpt('project_domain_name', default='Default', help='Domain of the project.'),
    cfg.StrOpt('user_domain_id', help='Domain of the account by id, instead of its name.'),
    cfg.StrOpt('project_domain_id', help='Domain of the project by id, instead of its name.'),
    cfg.StrOpt('admin_token', secret=True, help='Static token of Keystone, instead of an account. For bootstrapping.'),
    cfg.StrOpt('auth_host', help='Host of Keystone, in files of old; with the next three it is instead of auth_url.'),
    cfg.PortOpt('auth_port', default=35357, help='Its port.'),
    cfg.StrOpt('auth_protocol', default='https', choices=['http', 'https'], help='Its protocol.'),
    cfg.StrOpt('auth_admin_prefix', default='', help='What stands before the version in its paths.'),
    cfg.StrOpt('region_name', help='Region whose endpoints are used. Any when unset.'),
    cfg.StrOpt('interface', default='internal', help='Endpoints used between services: internal, public or admin.'),
    cfg.StrOpt('cafile', help='CA certificates for HTTPS to other services.'),
    cfg.BoolOpt('insecure', default=False, help='Do not check certificates of other services.'),
    cfg.StrOpt('certfile', help='Certificate this service shows to others.'),
    cfg.StrOpt('keyfile', help='Its key, unless certfile holds it too.'),
    cfg.IntOpt('http_connect_timeout', default=5, help='Seconds to wait for a connection.'),
    cfg.IntOpt('http_request_timeout', default=60, help='Seconds to wait for an answer.'),
    cfg.IntOpt('http_request_max_retries', default=3, min=0,
               help='How often Keystone is tried again that does not take a connection.'),
]
CONF = config.register(OPTS, GROUP)
# Under these names files and Paste sections of other releases carry the same.
ALIASES = {old.name: option.dest for option in OPTS for old in option.deprecated_opts}

_PASSWORD_ONLY = ('project_name', 'user_domain_name', 'project_domain_name')
_VERSION = re.compile(r'/(v3|v2\.0)/?$')


def identity_url():
    """Keystone's URL as configured, without a slash at its end."""
    options = CONF[GROUP]
    if not options.auth_host:
        return options.auth_url.rstrip('/')
    prefix = options.auth_admin_prefix.strip('/')
    host = f'[{options.auth_host}]' if ':' in options.auth_host else options.auth_host
    return f'{options.auth_protocol}://{host}:{options.auth_port}{"/" + prefix if prefix else ""}'


def api_of(url, access_version=None):
    """(URL with its version, whether it is v3). `access_version()` tells 'v3' or 'v2.0' where neither `url` nor
    the configuration does."""
    named = _VERSION.search(url)
    if named:
        return url, named[1] == 'v3'
    version = CONF[GROUP].auth_version
    if not version:
        version = access_version() if access_version else 'v3'
    version = 'v' + version.lstrip('v')
    return f'{url}/{version}', version == 'v3'


def plugin():
    """The plugin that logs this service in. ValueError for one that does not exist."""
    options, url = CONF[GROUP], identity_url()
    if options.admin_token or options.auth_type in ('admin_token', 'token_endpoint'):
        return token_endpoint.Token(url, options.admin_token)
    if options.auth_type not in ('password', 'v3password', 'v2password'):
        return _other(options.auth_type)
    # Essex's own default.
    project = 'admin' if options.auth_host and options.project_name == 'service' else options.project_name
    if _VERSION.search(url) or options.auth_version or options.auth_type != 'password':
        url, is_v3 = api_of(url, lambda: options.auth_type.removesuffix('password').replace('v2', 'v2.0'))
        if not is_v3:
            return v2.Password(url, options.username, options.password, tenant_name=project)
        return v3.Password(url, username=options.username, password=options.password, project_name=project,
                           **_domains('user'), **_domains('project'))
    domains = {**_domains('user'), **_domains('project')}
    if domains == {'user_domain_name': 'Default', 'project_domain_name': 'Default'}:
        # Said this way, a Keystone without domains is as good.
        domains = {'default_domain_name': 'Default'}
    return generic.Password(url, username=options.username, password=options.password, project_name=project, **domains)


def _domains(kind):
    by_id = CONF[GROUP][f'{kind}_domain_id']
    return {f'{kind}_domain_id': by_id} if by_id else {f'{kind}_domain_name': CONF[GROUP][f'{kind}_domain_name']}


def register_plugin(name, group=GROUP):
    """Declare in a section the options of keystoneauth's plugin `name` that are not there yet; the plugin's loader."""
    try:
        loader = loading.get_plugin_loader(name)
    except Exception as error:
        raise ValueError(f'auth_type = {name}: keystoneauth has no such plugin ({error})') from None
    for option in loader.get_options():
        if option.dest not in CONF[group]:
            CONF.register_opt(cfg.StrOpt(option.dest, secret=option.secret, help=option.help), group=group)
    return loader


def _other(name):
    loader = register_plugin(name)

    def value(option):
        if option.dest == 'auth_url':
            return identity_url()
        # The defaults above are those of a log-in by password.
        if option.dest in _PASSWORD_ONLY:
            where = CONF.get_location(option.dest, GROUP)
            if where is None or where.location is cfg.Locations.opt_default:
                return None
        return CONF[GROUP][option.dest]
    return loader.load_from_options_getter(value)
