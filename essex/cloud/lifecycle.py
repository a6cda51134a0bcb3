"""Making, starting and stopping the one-host cloud."""
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time

from essex.cloud import checks, configure, health, openrc, prepare, processes, status
from essex.cloud.libvirtd import PrivateLibvirtd
from essex.cloud.settings import Settings
from essex.cloud.supervisor import Supervisor
from essex.exception import ConfigError, EssexError

# The hypervisor of a cloud that has object storage alone so far.
_UNDECIDED = 'undecided'


def init(layout, say, hypervisor='auto', only=None, encrypt_objects=None, **options):
    """Make the cloud in `layout`, or find it made: settings, configuration, databases, keys. Returns its settings.

    `only` ['swift'] makes object storage alone; the rest can be made later. `encrypt_objects` None leaves it as it is.
    """
    problems = checks.problems(layout.root)
    if problems:
        raise ConfigError('A cloud cannot run here: ' + '; '.join(problems) + '.')
    layout.create()
    if layout.settings.exists():
        settings = Settings.load(layout)
        settings.complete()
    else:
        settings = Settings.create(layout, hypervisor=_UNDECIDED, **options)
        settings.set('host', socket.gethostname())
    if encrypt_objects is not None:
        settings.set('encrypt_objects', 'yes' if encrypt_objects else 'no')
    if only is None and settings.hypervisor == _UNDECIDED:
        _decide_hypervisor(layout, settings, hypervisor)
    settings.save()
    say('configuration in ' + str(layout.etc))
    configure.write(layout, settings, only)
    if only is None:
        openrc.write(layout, settings)
    processes.preload()
    prepare.run(layout, settings, say, only)
    return settings


def _decide_hypervisor(layout, settings, wanted):
    reasons = checks.missing_for_guests()
    if wanted == 'libvirt' and reasons:
        raise ConfigError('Real guests cannot run here: ' + '; '.join(reasons) + '.')
    kind = ('fake' if reasons else 'libvirt') if wanted == 'auto' else wanted
    settings.set('hypervisor', kind)
    settings.set('virt_type', 'auto')
    settings.set('libvirt_uri', PrivateLibvirtd(str(layout.libvirt)).uri if kind == 'libvirt' else '')


def encrypt_objects(layout, say, wanted):
    """Switch encryption at rest of object storage on or off in a cloud that is down. Raises EssexError."""
    settings = Settings.load(layout)
    if settings.encrypts_objects == wanted:
        return
    if status.supervisor_pid(layout):
        raise EssexError('The cloud is up: `essex down` first, encryption is switched while it stands.')
    settings.set('encrypt_objects', 'yes' if wanted else 'no')
    settings.save()
    configure.write(layout, settings, ['swift'])
    say(f'new objects are {"encrypted" if wanted else "not encrypted any more"}; the root secret is in '
        f'{layout.config("swift", "keymaster")}')


def up(layout, say, foreground=False, only=None, timeout=60):
    """Start the daemons and wait until every endpoint is healthy. Returns the seconds it took.

    Raises EssexError with what is wrong when one does not become healthy.
    """
    settings = Settings.load(layout)
    if status.supervisor_pid(layout):
        say('the cloud is up already')
        return 0
    began = time.monotonic()
    table = processes.table(layout, settings.hypervisor, only)
    _check(settings, table)
    if any(each.name == 'libvirtd' for each in table):
        PrivateLibvirtd(str(layout.libvirt)).start()
    processes.preload()
    if foreground:
        _log_to(None)
        Supervisor(layout, table).run()
        return 0
    (layout.run / 'deaths.json').unlink(missing_ok=True)
    pid = _detach(layout, table)
    endpoints = [name for each in table for name in each.health]
    trouble = health.wait(settings, endpoints, timeout, alive=lambda: _alive(pid) and not _dying(layout), progress=say)
    if trouble:
        last = ''.join(f'\n  {name} dies at its start; the end of its log: {_last_line(layout, name)}'
                       for name in _dying(layout))
        raise EssexError('The cloud is not healthy: ' + '; '.join(trouble) + f'. Logs are in {layout.log}.{last}')
    return time.monotonic() - began


def _check(settings, table):
    """Raise EssexError when another program has a port of ours (its answers would pass for ours), or the cloud was
    not made for what is to run."""
    if settings.hypervisor == _UNDECIDED and any(not each.name.startswith('swift-') for each in table):
        raise EssexError('This is object storage alone so far: `essex init` makes the rest of the cloud.')
    for name in [name for each in table for name in each.ports]:
        host = settings.host_of(name)
        try:
            with socket.create_server((host, settings.port(name)), reuse_port=False):
                continue
        except OSError as error:
            raise EssexError(f'Port {settings.port(name)} of {host} ({name}) cannot be used: '
                             f'{error.strerror}. Stop the program that has it, or change the port in '
                             f'{settings.layout.settings} and run `essex init` again.') from error


def _detach(layout, table):
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        os.chdir('/')
        _log_to(layout.log / 'essex.log')
        Supervisor(layout, table).run()
        code = 0
    except BaseException:
        logging.getLogger(__name__).exception('the supervisor stopped')
    finally:
        logging.shutdown()
        os._exit(code)


def _dying(layout):
    """Names of the processes that have died twice since the start: waiting longer would not help."""
    try:
        deaths = json.loads((layout.run / 'deaths.json').read_text())
    except (OSError, ValueError):
        return []
    return [name for name, count in deaths.items() if count >= 2]


def _last_line(layout, name):
    lines = (layout.log / f'{name}.log').read_text(errors='replace').rstrip().splitlines()
    return lines[-1][:500] if lines else '(empty)'


def _alive(pid):
    done, _ = os.waitpid(pid, os.WNOHANG)
    return done == 0


def _log_to(path):
    if path is not None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    logging.basicConfig(level=logging.INFO, format='%(asctime)s %(levelname)s %(message)s', force=True)


def down(layout, say, guests=False, timeout=60):
    """Stop the daemons. Guests go on running unless `guests`; then they are shut down and their host side removed."""
    pid = status.supervisor_pid(layout)
    if pid is None:
        say('the cloud is down already')
    else:
        os.kill(pid, signal.SIGTERM)
        _wait_gone(layout, pid, timeout)
        say('daemons stopped')
    if guests and layout.settings.exists():
        _stop_guests(layout, Settings.load(layout), say)


def _wait_gone(layout, pid, timeout):
    end = time.monotonic() + timeout
    while status.supervisor_pid(layout) == pid:
        if time.monotonic() > end:
            raise EssexError(f'The supervisor (pid {pid}) does not stop. See {layout.log}/essex.log.')
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)


def _stop_guests(layout, settings, say):
    if settings.hypervisor != 'libvirt':
        return
    prepare.manage(layout, 'nova', 'host clear')
    PrivateLibvirtd(str(layout.libvirt)).stop()
    say('guests, their networks and libvirtd stopped')
