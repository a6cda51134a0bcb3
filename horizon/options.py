"""What an operator sets in horizon.conf: data alone, no code."""
import os
import secrets

from oslo_config import cfg

from essex import config
from essex.exception import ConfigError
from essex.wsgi import server  # noqa: F401 - declares bind_host and the certificate

OPTS = [
    cfg.PortOpt('horizon_port', default=8000, help='Port of the dashboard; its address is bind_host.'),
    cfg.StrOpt('secret_key', secret=True, help='Seals sessions. All processes of a site share it. Unset: made once, in '
                                               'a file of state_path.'),
]
HORIZON_OPTS = [
    cfg.StrOpt('webroot', default='/', help='Path below which the web server in front has the dashboard.'),
    cfg.StrOpt('site_name', default='Essex', help='What the pages call this cloud.'),
    cfg.StrOpt('auth_url', default='http://127.0.0.1:5000/v3', help='Keystone as the dashboard reaches it.'),
    cfg.StrOpt('public_auth_url', help='Keystone as clients reach it, for downloads such as openrc. auth_url when '
                                       'unset.'),
    cfg.StrOpt('identity_api_version', default='3', choices=['3', '2.0'], help='API that people log in with.'),
    cfg.ListOpt('regions', default=[], help='Further clouds to log in to: "URL label" each.'),
    cfg.StrOpt('default_domain', default='Default', help='Domain of users who name none.'),
    cfg.BoolOpt('ask_domain', default=True, help='Show a field for the domain at log-in.'),
    cfg.ListOpt('domain_choices', default=[], help='Domains to choose from at log-in, instead of a field to fill in.'),
    cfg.StrOpt('interface', default='public', choices=['public', 'internal', 'admin'],
               help='Endpoints of the catalog the dashboard uses.'),
    cfg.StrOpt('cafile', help='CA certificates for HTTPS to the services.'),
    cfg.BoolOpt('insecure', default=False, help='Do not check certificates of the services.'),
    cfg.IntOpt('request_timeout', default=20, min=1, help='Seconds a call to a service may take.'),
    cfg.StrOpt('default_role', default='member', help='Role a new user gets in the first project.'),
    cfg.ListOpt('allowed_hosts', default=['localhost', '127.0.0.1', '[::1]'],
                help='Names and addresses the dashboard is reached by; requests for others are refused. my_ip and '
                     'bind_host are always among them.'),
    cfg.IntOpt('failures_per_address', default=30, min=0,
               help='Failed log-ins a minute from one address of browsers, after which it has to wait: Keystone counts '
                    'those of all as of one address. 0: no limit.'),
    cfg.StrOpt('session_engine', default='sealed_cookies', choices=['sealed_cookies', 'cache', 'database'],
               help='Where sessions are: encrypted in the browser (nothing to share or lose), in the cache, or in '
                    'session_database.'),
    cfg.StrOpt('session_database', help='Path of the SQLite file of session_engine database.'),
    cfg.IntOpt('session_timeout', default=28800, min=60, help='Seconds after which one logs in again, at most; the '
                                                              'token may end earlier.'),
    cfg.ListOpt('memcached_servers', default=[], help='host:port of the shared cache. Unset: the memory of each '
                                                      'process.'),
    cfg.BoolOpt('secure_cookies', help='Cookies for HTTPS alone. Unset: when this process speaks HTTPS itself.'),
    cfg.BoolOpt('behind_tls_proxy', default=False, help='Trust X-Forwarded-Proto and -For of the proxy in front.'),
    cfg.ListOpt('plugins', default=[], help='Modules (package.module) that register further dashboards and panels.'),
    cfg.ListOpt('hidden_panels', default=[], help='Panels not shown, as dashboard/panel.'),
    cfg.IntOpt('page_size', default=100, min=5, max=1000, help='Rows a page of a table shows.'),
    cfg.IntOpt('log_lines', default=100, min=1, help='Lines of a console log shown first.'),
    cfg.IntOpt('upload_megabytes', default=0, min=0, help='Largest upload through the dashboard; 0: what the services '
                                                          'take.'),
    cfg.ListOpt('console_hosts', default=[], help='Origins (https://host:port) of console proxies that pages may '
                                                  'frame, beside the one Nova names.'),
    cfg.BoolOpt('debug_pages', default=False, help="Django's pages of errors, which show settings. For development."),
]
CONF = config.register(OPTS)
config.register(HORIZON_OPTS, 'horizon')


def secret_key():
    """The key sessions are sealed with. Raises ConfigError when its file cannot be read or made."""
    if CONF.secret_key:
        return CONF.secret_key
    path = os.path.join(CONF.state_path, 'secret_key')
    try:
        os.makedirs(CONF.state_path, exist_ok=True)
        try:
            # Whoever comes second reads what the first one wrote.
            with open(os.open(f'{path}.{os.getpid()}', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w') as file:
                file.write(secrets.token_urlsafe(48))
            os.link(f'{path}.{os.getpid()}', path)
        except FileExistsError:
            pass
        finally:
            if os.path.exists(f'{path}.{os.getpid()}'):
                os.unlink(f'{path}.{os.getpid()}')
        with open(path, encoding='ascii') as file:
            return file.read()
    except OSError as error:
        raise ConfigError(f'The key of sessions cannot be kept in {path}: {error}. Set secret_key in horizon.conf, or '
                          'state_path to a directory this account may write to.') from error
