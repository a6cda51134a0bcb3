"""How every one of Nova's programs starts. Import nothing of Nova before `concurrency.patch()`."""
import importlib
import sys

from essex import config, service
from essex.exception import ConfigError, EssexError

# What each daemon is called, and its class: imported only when it is wanted.
DAEMONS = {
    'api': ('nova-api', 'nova.api.daemon:ApiDaemon'),
    'metadata': ('nova-api-metadata', 'nova.api.metadata.daemon:MetadataDaemon'),
    'scheduler': ('nova-scheduler', 'nova.scheduler.daemon:SchedulerDaemon'),
    'compute': ('nova-compute', 'nova.compute.daemon:ComputeDaemon'),
    'network': ('nova-network', 'nova.network.daemon:NetworkDaemon'),
    'volume': ('nova-volume', 'nova.volume.daemon:VolumeDaemon'),
    'consoleauth': ('nova-consoleauth', 'nova.console.daemon:ConsoleAuthDaemon'),
    'novncproxy': ('nova-novncproxy', 'nova.console.daemon:NoVncProxyDaemon'),
}


def daemons(names):
    """New daemons by their short names. Raises ConfigError for a name nobody has."""
    unknown = sorted(set(names) - set(DAEMONS))
    if unknown or not names:
        raise ConfigError(f'There is no daemon {", ".join(unknown) or "named"}; there are {", ".join(DAEMONS)}.')
    return [_make(name) for name in dict.fromkeys(names)]


def _make(name):
    module, _, attribute = DAEMONS[name][1].partition(':')
    return getattr(importlib.import_module(module), attribute)()


def run(name, argv=None):
    """The program of one daemon."""
    program = DAEMONS[name][0]
    start(program, program, lambda: [name], argv)


def start(program, process, names, argv=None):
    """Read the configuration and run the daemons `names()` in this process until a signal ends them.

    `process` is what the process is called in `essex status`. A daemon that cannot start ends it with a sentence.
    """
    config.load('nova', sys.argv[1:] if argv is None else argv, prog=program)
    try:
        service.run(daemons(names()), name=process)
    except EssexError as error:
        raise SystemExit(f'{program}: {error}') from error
