"""The processes of the one-host cloud and how one is started: forked from a parent that has imported everything."""
import dataclasses
import gc
import importlib
import logging
import os
import signal
import sys
import traceback

from essex import concurrency, db, rpc
from essex.client import session
from essex.exception import ConfigError


@dataclasses.dataclass(frozen=True)
class Process:
    """A child: `module`.`function`(argv) runs it. `health` names the settings' endpoint that tells it serves, `ports`
    all it listens on."""

    name: str
    module: str
    arguments: tuple
    health: tuple = ()
    ports: tuple = ()
    function: str = 'main'


# What `--only` calls by one name.
GROUPS = {'swift': ('swift-object', 'swift-container', 'swift-proxy')}


def table(layout, hypervisor='fake', only=None):
    """The processes, in the order they start; of `only` these names.

    Object storage without Keystone knows the users of its own configuration.
    """
    if only is None:
        return _all(layout, hypervisor, alone=False)
    names = {name for each in only for name in GROUPS.get(each, (each,))}
    table = _all(layout, hypervisor, 'keystone' not in names)
    unknown = names - {each.name for each in table}
    if unknown:
        raise ConfigError(f'This cloud has no {", ".join(sorted(unknown))}.')
    return tuple(each for each in table if each.name in names)


def _all(layout, hypervisor, alone):
    def files(service, *names):
        return tuple(part for name in names for part in ('--config-file', str(layout.config(service, name))))
    # The last: `essex up` has started libvirtd before, and this one makes sure that it stays.
    own = (Process('libvirtd', 'essex.cloud.keeper', (str(layout.libvirt),)),) if hypervisor == 'libvirt' else ()
    return (
        Process('keystone', 'keystone.cmd.api', files('keystone', 'keystone'), ('keystone',),
                ('keystone', 'keystone_admin')),
        # Files keep a process busy with system calls; two workers let a PUT use the second processor.
        Process('swift-object', 'swift.cmd.storage',
                (str(layout.etc / 'swift'), '--daemons', 'yes', '--kinds', 'object',
                 '--workers', str(min(2, os.cpu_count() or 1))), ('swift_object',), ('swift_object',)),
        Process('swift-container', 'swift.cmd.storage',
                (str(layout.etc / 'swift'), '--daemons', 'yes', '--kinds', 'account', 'container'),
                ('swift_account', 'swift_container'), ('swift_account', 'swift_container')),
        Process('swift-proxy', 'swift.cmd.servers',
                (str(layout.config('swift', 'proxy-server-alone' if alone else 'proxy-server')),), ('swift',),
                ('swift',), 'proxy'),
        Process('glance', 'glance.cmd.all', files('glance', 'glance-api'), ('glance',), ('glance', 'glance_registry')),
        Process('nova', 'nova.cmd.all', files('nova', 'nova'), ('nova', 'volume'),
                ('nova', 'metadata', 'volume')),
        Process('novncproxy', 'nova.cmd.novncproxy', files('nova', 'nova-novncproxy'), ('novncproxy',),
                ('novncproxy',)),
        Process('horizon', 'horizon.cmd.server', files('horizon', 'horizon'), ('horizon',), ('horizon',)),
        Process('operator', 'essex.operator.cmd', files('essex', 'operator'), ('operator',), ('operator',)), *own)


# What every service imports. Their own modules stay out: they declare options, each in a process of its own.
_SHARED = ('sqlalchemy.orm', 'sqlalchemy.dialects.sqlite', 'kombu', 'webob', 'paste.deploy',
           'werkzeug.routing', 'keystoneauth1.session', 'keystoneauth1.identity.v3', 'requests', 'oslo_policy.policy',
           'stevedore', 'fastjsonschema', 'cryptography.fernet', 'cryptography.hazmat.primitives.asymmetric.ed25519',
           'bcrypt', 'orjson', 'msgpack', 'essex.wsgi', 'essex.service', 'essex.operation', 'essex.policy',
           'essex.middleware.auth_token', 'essex.middleware.access_log', 'essex.db.migration')


def preload():
    """Import what the children share, so that they start at once and its memory counts once."""
    concurrency.patch()
    for name in _SHARED:
        importlib.import_module(name)
    gc.collect()
    # Collections in the children would otherwise write to every shared object's header.
    gc.freeze()


def fork(process, log_path):
    """Start a child; returns its pid. Its standard output and error go to the log file."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _become(process, log_path)
        getattr(importlib.import_module(process.module), process.function)(list(process.arguments))
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
        if isinstance(error.code, str):
            # The sentence Python itself would print.
            print(error.code, file=sys.stderr)
    except BaseException:
        # The parent's frames must never see it: this child ends here.
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stderr.flush()
        os._exit(status)


def _become(process, log_path):
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = [process.name]
    concurrency.after_fork()
    rpc.after_fork()
    db.dispose()
    session.reset()


def run_in_child(function, *args, log):
    """Call `function` in a forked child and wait for it (work that must not touch the parent's state).

    What it prints goes to the file `log`. Raises RuntimeError with the end of that when it fails.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            concurrency.after_fork()
            function(*args)
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, result = os.waitpid(pid, 0)
    if result:
        with open(log, encoding='utf-8', errors='replace') as lines:
            last = lines.read().strip().splitlines()[-1:]
        raise RuntimeError(f'{args[0]} {" ".join(args[1])} failed: {"".join(last)} (all of it is in {log})')
