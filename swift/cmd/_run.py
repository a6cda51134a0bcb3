"""From a Swift configuration file to a running process: options, log, Paste pipeline, workers, signals.

[DEFAULT] holds the original's options, and these of ours: log_file, status_dir, host, state_path, trace_directory,
graceful_shutdown_timeout.
"""
import argparse
import contextlib
import logging
import logging.handlers
import os
import pwd
import resource

from essex import concurrency, config, service, vitals
from essex.exception import ConfigError
from essex.wsgi import server as wsgi_server
from swift import conf as options
from swift.devices import Devices
from swift.exceptions import ConfigurationError
from swift.headers import true_value

LOG = logging.getLogger(__name__)

# Ours, by the name in [DEFAULT]: passed on to CONF as they are.
_OWN = {'status_dir': str, 'host': str, 'state_path': str, 'graceful_shutdown_timeout': int}
_OPEN_FILES = 32768
# What a single pass may be restricted to.
_LISTS = {'devices': str, 'partitions': int, 'policies': int}


def defaults(path):
    """[DEFAULT] of a configuration file, without any section's."""
    return {**options.parse(path).defaults(), '__file__': path}


def configure(name, conf, verbose=False):
    """Have essex.config's CONF say what `conf` ([DEFAULT]) says, and start logging as `name`."""
    config.load('swift', [], config_files=[], prog=name)
    for option, kind in _OWN.items():
        if option in conf:
            config.CONF.set_override(option, kind(conf[option]))
    if 'trace_directory' in conf:
        config.CONF.set_override('directory', conf['trace_directory'], 'trace')
    most, patience = options.integer(conf, 'max_clients', 1024, 1), int(options.number(conf, 'client_timeout', 60, 1))
    values = {'backlog': options.integer(conf, 'backlog', 4096, 1), 'workers': 1, 'wsgi_default_pool_size': most,
              # Proxies alone speak to storage nodes, and may be few.
              'client_connections': max(1, most * 4 // 5) if name == 'proxy-server' else 0,
              'client_head_timeout': min(20, patience),
              # The servers answer 408 themselves; this ends connections that do not even send their headers.
              'client_socket_timeout': patience + 5}
    if conf.get('cert_file'):
        values |= {'ssl_cert_file': conf['cert_file'], 'ssl_key_file': conf.get('key_file') or conf['cert_file']}
    for option, value in values.items():
        config.CONF.set_override(option, value)
    start_log(name, conf, verbose)


def workers(conf, default):
    """How many processes serve: `auto` is one a core, 0 and 1 are this one."""
    wanted = str(conf.get('workers', default)).strip().lower()
    if wanted == 'auto':
        return os.cpu_count() or 1
    return max(1, options.integer({'workers': wanted}, 'workers', 1, 0))


def start_log(name, conf, verbose=False):
    """Log to `log_file`, to standard error when `verbose` or `log_file = -`, else to syslog where there is one."""
    level = logging.getLevelName(conf.get('log_level', 'INFO').strip().upper())
    if not isinstance(level, int):
        raise ConfigurationError(f'log_level = {conf["log_level"]}: DEBUG, INFO, WARNING or ERROR')
    config.setup_logging(_handler(conf.get('log_name') or name, conf, verbose), level)


def _handler(name, conf, verbose):
    path, address = conf.get('log_file'), conf.get('log_address', '/dev/log')
    if verbose or path == '-':
        return logging.StreamHandler()
    if path:
        os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
        return config.LogFile(path)
    if not os.path.exists(address) and 'log_udp_host' not in conf:
        return logging.StreamHandler()
    return _syslog(name, conf, address)


def _syslog(name, conf, address):
    facility = conf.get('log_facility', 'LOG_LOCAL0').removeprefix('LOG_').lower()
    known = logging.handlers.SysLogHandler.facility_names
    if facility not in known:
        raise ConfigurationError(f'log_facility = {conf["log_facility"]}: unknown')
    if conf.get('log_udp_host'):
        address = (conf['log_udp_host'], options.integer(conf, 'log_udp_port', 514, 1))
    handler = logging.handlers.SysLogHandler(address, known[facility])
    handler.ident = f'{name}: '
    return handler


def prepare_process(conf):
    """Raise the limit of open files, then become `user` if that is set."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(_OPEN_FILES, hard) if os.geteuid() == 0 else hard
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    user = conf.get('user')
    if user and os.geteuid() == 0:
        try:
            account = pwd.getpwnam(user)
        except KeyError:
            raise ConfigurationError(f'user = {user}: this system has no such user') from None
        os.initgroups(user, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ['HOME'] = account.pw_dir


class Server(service.Daemon):
    """Serves the pipeline of a configuration file on its bind_ip and bind_port."""

    def __init__(self, name, path, port, verbose=False):
        super().__init__()
        self.name, self.path, self._verbose = name, path, verbose
        self.conf, self._port = defaults(path), port

    def setup(self):
        if self.name != 'proxy-server':
            # Servers of one process have the same ones.
            vitals.tell('devices', Devices(self.conf).facts)
        host = self.conf.get('bind_ip', '0.0.0.0')
        self.add_wsgi(application(self.path), host, options.integer(self.conf, 'bind_port', self._port, 1))

    def on_reload(self):
        start_log(self.name, defaults(self.path), self._verbose)


class Background(service.Daemon):
    """Runs a swift.daemon.Daemon until told to stop. `make()` makes it."""

    every_worker = False

    def __init__(self, name, make):
        super().__init__()
        self.name, self._make = name, make

    def setup(self):
        self.add(_Thread(self._make().run_forever))


class _Thread:
    def __init__(self, function):
        self._function, self._thread = function, None

    def start(self):
        self._thread = concurrency.spawn(self._function)

    def stop(self, timeout=None):
        # What a daemon does may be broken off anywhere: it must hold for kill -9 as well.
        self._thread.kill()


def application(path):
    """The pipeline `main` of a configuration file. Raises ConfigurationError."""
    try:
        return wsgi_server.loadapp(path, 'main')
    except LookupError as error:
        raise ConfigurationError(f'{path}: {error}') from error


@contextlib.contextmanager
def sentences(name):
    """End the process with a sentence when the configuration is wrong."""
    try:
        yield
    except (ConfigurationError, ConfigError) as error:
        raise SystemExit(f'{name}: {error}') from error


def run_server(name, port, default_workers, argv=None, does=None):
    """`swift-<kind>-server CONF [-v]`: serve until told to stop. `does`: a sentence for --help."""
    parser = argparse.ArgumentParser(prog=f'swift-{name}', description=does)
    _common(parser, name)
    args = parser.parse_args(argv)
    with sentences(parser.prog):
        conf = defaults(args.conf)
        configure(name, conf, args.verbose)
        config.CONF.set_override('workers', workers(conf, default_workers))
        prepare_process(conf)
        service.run([Server(name, args.conf, port, args.verbose)])


def run_daemon(section, load, kind=None, argv=None, more=(), does=None):
    """`swift-<section> CONF [once] [-v]`: one pass, or passes until told to stop.

    `load()` gives the class, a swift.daemon.Daemon; `kind` names the usual file (account-server); `more` are
    (flags, option, help): devices, partitions and policies are lists for run_once, others values for the section.
    `does`: a sentence for --help.
    """
    parser = argparse.ArgumentParser(prog=f'swift-{section}', description=does)
    _common(parser, kind or section)
    parser.add_argument('once', nargs='?', choices=('once',),
                        help='make one pass and end; without it, pass after pass until told to stop')
    parser.add_argument('-o', '--once', dest='once_flag', action='store_true', help=argparse.SUPPRESS)
    for flags, option, text in more:
        parser.add_argument(*flags, dest=option, help=text)
    args = parser.parse_args(argv)
    with sentences(parser.prog):
        conf = options.section(args.conf, section, required=False)
        given = {option: getattr(args, option) for _, option, _ in more if getattr(args, option) is not None}
        only = {name: _list(name, kind, given.pop(name)) for name, kind in _LISTS.items() if name in given}
        conf |= given
        configure(section, conf, args.verbose)
        prepare_process(conf)
        if args.once or args.once_flag:
            LOG.info('%s: one pass', section)
            load()(conf).run_once(**only)
            logging.shutdown()
        else:
            service.run([Background(section, lambda: load()(conf))])


def _list(name, kind, text):
    try:
        return [kind(word) for word in text.replace(',', ' ').split()]
    except ValueError:
        raise ConfigurationError(f'--{name} {text}: numbers are needed') from None


def _common(parser, kind):
    parser.add_argument('conf', nargs='?', default=f'/etc/swift/{kind}.conf',
                        help='configuration file (default: %(default)s)')
    parser.add_argument('-v', '--verbose', action='store_true', help='log to standard error')


def enabled(path, section):
    """Whether a file has the section of a daemon, and it does not say `disabled = yes`."""
    parser = options.parse(path)
    return parser.has_section(section) and not true_value(parser.get(section, 'disabled', fallback='no'))
