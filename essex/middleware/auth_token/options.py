"""Options of auth_token: in [keystone_authtoken] of a service's file, or in its section of a Paste file."""
import ipaddress
import logging

from oslo_config import cfg

from essex import config
from essex.client import account, session

LOG = logging.getLogger(__name__)
GROUP = account.GROUP
_STRATEGIES = ('None', 'MAC', 'ENCRYPT')

OPTS = [
    cfg.IntOpt('token_cache_time', default=60, min=-1,
               help='Seconds a validated token is believed before Keystone is asked again; -1 or 0 is not at all.'),
    cfg.IntOpt('token_cache_size', default=10000, min=1, help='Tokens remembered at most in a process.'),
    cfg.BoolOpt('delay_auth_decision', default=False, help='Let requests without a valid token through, unidentified.'),
    cfg.BoolOpt('include_service_catalog', default=True,
                help='Ask for the catalog with each token, and hand it on in X-Service-Catalog.'),
    cfg.StrOpt('service_type', help='Type of this service in the catalog, which access rules of application '
                                    'credentials name. Without it such credentials are of no use here.'),
    cfg.ListOpt('service_token_roles', default=['service'],
                help='Roles of which one makes X-Service-Token that of a service: requests on its behalf may carry a '
                     "user's token that has expired since."),
    cfg.BoolOpt('service_token_roles_required', default=False,
                help='Refuse requests whose X-Service-Token has none of these roles.'),
    cfg.StrOpt('client_certificate_header',
               help='Header in which a proxy in front hands on the certificate of the client, for the filter '
                    'oauth2_mtls_token: as PEM, %-encoded (nginx) or not (Apache), or as RFC 9440 has it. Unset: only '
                    'the variable SSL_CLIENT_CERT of a web server that runs the service is believed.'),
    cfg.ListOpt('trusted_proxies', default=[],
                help='Addresses or networks of the proxies that are believed about that header. They must remove it '
                     'from what clients send.'),
    cfg.ListOpt('memcached_servers', default=[], deprecated_opts=[cfg.DeprecatedOpt('memcache_servers',
                                                                                    group=GROUP)],
                help='memcached servers (host:port) that keep validated tokens for all processes.'),
    cfg.StrOpt('memcache_security_strategy', default='None', choices=_STRATEGIES, ignore_case=True,
               help='What protects tokens there from whoever can write to or read from memcached: MAC or ENCRYPT.'),
    cfg.StrOpt('memcache_secret_key', secret=True, help='Secret of that protection, the same on every host.'),
    cfg.IntOpt('memcache_pool_maxsize', default=10, min=1, help='Connections to each memcached at most.'),
    cfg.FloatOpt('memcache_pool_socket_timeout', default=3.0, help='Seconds to wait for memcached.'),
    cfg.FloatOpt('memcache_pool_dead_retry', default=300.0, help='Seconds a memcached that failed is left alone.'),
    cfg.FloatOpt('memcache_pool_unused_timeout', default=60.0, help='Seconds an idle connection to it is kept.'),
]
CONF = config.register(OPTS, GROUP)
_ALIASES = {**account.ALIASES, 'memcache_servers': 'memcached_servers'}


def check():
    """ValueError when options contradict each other."""
    options = CONF[GROUP]
    if options.memcache_security_strategy != 'None' and not options.memcache_secret_key:
        raise ValueError(f'memcache_security_strategy = {options.memcache_security_strategy} needs memcache_secret_key')
    for each in options.trusted_proxies:
        ipaddress.ip_network(each.strip(), strict=False)


def apply(section):
    """Make the options of a Paste section those of the group. ValueError for a wrong value.

    `oslo_config_file` and `oslo_config_project` name a service's file to read first.
    """
    section = dict(section)
    _load(section.pop('oslo_config_project', None), section.pop('oslo_config_file', None))
    kind = section.get('auth_type') or section.get('auth_plugin')
    if kind and kind not in ('password', 'v2password', 'v3password', 'admin_token', 'token_endpoint'):
        account.register_plugin(kind)
    known = CONF[GROUP]
    for given, value in section.items():
        name = _ALIASES.get(given, given)
        if name not in known:
            LOG.warning('Option %s of the filter authtoken means nothing here', given)
            continue
        try:
            CONF.set_override(name, value, GROUP)
        except ValueError as error:
            raise ValueError(f'option {given} of the filter authtoken: {error}') from None
    check()
    session.reset()


def _load(project, path):
    if project or path:
        # Those of the service's own options that are not ours stay unread.
        CONF([], project=project, default_config_files=[path] if path else None)
